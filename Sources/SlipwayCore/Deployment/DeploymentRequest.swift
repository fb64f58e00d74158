package import FoundationEssentials

/// What is asked of CodeDeploy: a revision to a group. What is nil is left to the group.
///
/// AWS operation: `CreateDeployment`.
package struct DeploymentRequest: Hashable, Sendable {
    package var application: ApplicationName
    package var deploymentGroup: DeploymentGroup
    package var revision: S3Location
    package var deploymentConfiguration: DeploymentConfiguration?
    package var description: DeploymentDescription?
    package var fileExistsBehavior: FileExistsBehavior?
    package var ignoreApplicationStopFailures: Bool?
    /// An empty list switches automatic rollback off.
    package var autoRollback: [AutoRollbackEvent]?
    package var updateOutdatedInstancesOnly: Bool?

    package init(
        application: ApplicationName, deploymentGroup: DeploymentGroup, revision: S3Location,
        deploymentConfiguration: DeploymentConfiguration? = nil,
        description: DeploymentDescription? = nil, fileExistsBehavior: FileExistsBehavior? = nil,
        ignoreApplicationStopFailures: Bool? = nil, autoRollback: [AutoRollbackEvent]? = nil,
        updateOutdatedInstancesOnly: Bool? = nil
    ) {
        self.application = application
        self.deploymentGroup = deploymentGroup
        self.revision = revision
        self.deploymentConfiguration = deploymentConfiguration
        self.description = description
        self.fileExistsBehavior = fileExistsBehavior
        self.ignoreApplicationStopFailures = ignoreApplicationStopFailures
        self.autoRollback = autoRollback
        self.updateOutdatedInstancesOnly = updateOutdatedInstancesOnly
    }
}

/// What stopping a deployment came to.
///
/// AWS operation: `StopDeployment`; AWS: `StopStatus`.
package enum StopStatus: RawRepresentable, Hashable, Sendable {
    /// It will stop.
    case pending
    /// It has stopped.
    case succeeded
    case other(String)

    package init(rawValue: String) {
        self =
            switch rawValue {
            case "Pending": .pending
            case "Succeeded": .succeeded
            default: .other(rawValue)
            }
    }

    /// As AWS writes it.
    package var rawValue: String {
        switch self {
        case .pending: "Pending"
        case .succeeded: "Succeeded"
        case .other(let name): name
        }
    }
}

/// What a deployment group says of its past.
///
/// AWS operation: `GetDeploymentGroup`.
package struct DeploymentGroupInfo: Equatable, Sendable {
    package var lastSuccessfulID: DeploymentID?
    package var lastAttemptedID: DeploymentID?
    package var targetRevision: Revision?

    package init(
        lastSuccessfulID: DeploymentID? = nil, lastAttemptedID: DeploymentID? = nil,
        targetRevision: Revision? = nil
    ) {
        self.lastSuccessfulID = lastSuccessfulID
        self.lastAttemptedID = lastAttemptedID
        self.targetRevision = targetRevision
    }
}

/// Whether and when a revision was deployed.
///
/// AWS operation: `GetApplicationRevision`; AWS: `GenericRevisionInfo`.
package struct RevisionUse: Equatable, Sendable {
    package var lastUsedAt: Date?

    package init(lastUsedAt: Date?) { self.lastUsedAt = lastUsedAt }
}
