package import FoundationEssentials

/// What AWS says of a deployment.
///
/// AWS operation: `GetDeployment`; what an answer leaves out is nil.
package struct DeploymentInfo: Equatable, Sendable {
    package var id: DeploymentID
    package var status: DeploymentStatus
    package var application: ApplicationName?
    package var deploymentGroup: DeploymentGroup?
    package var deploymentConfiguration: DeploymentConfiguration?
    package var revision: Revision?
    /// What the group had before.
    package var previousRevision: Revision?
    package var overview: DeploymentOverview?
    package var errorInformation: ErrorInformation?
    package var rollback: RollbackInfo?
    /// What makes CodeDeploy roll the deployment back by itself; nil where that is off.
    package var autoRollback: [AutoRollbackEvent]?
    package var creator: DeploymentCreator?
    package var description: UntrustedText?
    package var fileExistsBehavior: FileExistsBehavior?
    package var ignoreApplicationStopFailures: Bool?
    package var updateOutdatedInstancesOnly: Bool?
    package var createdAt: Date?
    package var startedAt: Date?
    package var completedAt: Date?

    package init(
        id: DeploymentID, status: DeploymentStatus, application: ApplicationName? = nil,
        deploymentGroup: DeploymentGroup? = nil,
        deploymentConfiguration: DeploymentConfiguration? = nil, revision: Revision? = nil,
        previousRevision: Revision? = nil, overview: DeploymentOverview? = nil,
        errorInformation: ErrorInformation? = nil, rollback: RollbackInfo? = nil,
        autoRollback: [AutoRollbackEvent]? = nil, creator: DeploymentCreator? = nil,
        description: UntrustedText? = nil,
        fileExistsBehavior: FileExistsBehavior? = nil, ignoreApplicationStopFailures: Bool? = nil,
        updateOutdatedInstancesOnly: Bool? = nil,
        createdAt: Date? = nil, startedAt: Date? = nil, completedAt: Date? = nil
    ) {
        self.id = id
        self.status = status
        self.application = application
        self.deploymentGroup = deploymentGroup
        self.deploymentConfiguration = deploymentConfiguration
        self.revision = revision
        self.previousRevision = previousRevision
        self.overview = overview
        self.errorInformation = errorInformation
        self.rollback = rollback
        self.autoRollback = autoRollback
        self.creator = creator
        self.description = description
        self.fileExistsBehavior = fileExistsBehavior
        self.ignoreApplicationStopFailures = ignoreApplicationStopFailures
        self.updateOutdatedInstancesOnly = updateOutdatedInstancesOnly
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.completedAt = completedAt
    }

    /// How long it took by AWS's own clock, to the millisecond; nil until it is over.
    package var duration: Duration? {
        guard let createdAt, let completedAt else { return nil }
        let seconds = max(0, completedAt.timeIntervalSince(createdAt))
        return .milliseconds(Int64((seconds * 1000).rounded()))
    }

    /// Whether somebody stopped it, rather than an alarm.
    package var wasStoppedByUser: Bool {
        status == .stopped && errorInformation.map { $0.code == .manualStop } ?? true
    }
}

/// How many targets are how far.
///
/// AWS: `DeploymentOverview`, in its order.
package struct DeploymentOverview: Hashable, Sendable {
    package var pending: Int
    package var inProgress: Int
    package var succeeded: Int
    package var failed: Int
    package var skipped: Int
    package var ready: Int

    package init(
        pending: Int = 0, inProgress: Int = 0, succeeded: Int = 0, failed: Int = 0,
        skipped: Int = 0, ready: Int = 0
    ) {
        self.pending = pending
        self.inProgress = inProgress
        self.succeeded = succeeded
        self.failed = failed
        self.skipped = skipped
        self.ready = ready
    }

    package var total: Int { pending + inProgress + succeeded + failed + skipped + ready }

    /// How many are done with.
    package var finished: Int { succeeded + failed + skipped }
}

/// Why a deployment failed or was stopped, as AWS sees it.
///
/// AWS: `ErrorInformation`.
package struct ErrorInformation: Hashable, Sendable {
    package var code: DeploymentErrorCode
    package var message: UntrustedText?

    package init(code: DeploymentErrorCode, message: UntrustedText?) {
        self.code = code
        self.message = message
    }
}

/// The class of a failure, such as `HEALTH_CONSTRAINTS`. AWS has some forty and adds more.
///
/// AWS: `ErrorCode`.
package struct DeploymentErrorCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let healthConstraints = DeploymentErrorCode(rawValue: "HEALTH_CONSTRAINTS")
    package static let healthConstraintsInvalid = DeploymentErrorCode(
        rawValue: "HEALTH_CONSTRAINTS_INVALID")
    package static let noInstances = DeploymentErrorCode(rawValue: "NO_INSTANCES")
    package static let manualStop = DeploymentErrorCode(rawValue: "MANUAL_STOP")
    package static let revisionMissing = DeploymentErrorCode(rawValue: "REVISION_MISSING")
    package static let timeout = DeploymentErrorCode(rawValue: "TIMEOUT")
    package static let alarmActive = DeploymentErrorCode(rawValue: "ALARM_ACTIVE")
    package static let agentIssue = DeploymentErrorCode(rawValue: "AGENT_ISSUE")
    package static let invalidRevision = DeploymentErrorCode(rawValue: "INVALID_REVISION")
    package static let roleMissing = DeploymentErrorCode(rawValue: "IAM_ROLE_MISSING")
    package static let rolePermissions = DeploymentErrorCode(rawValue: "IAM_ROLE_PERMISSIONS")
}

/// How a deployment and its rollback, which is a deployment of its own, name each other.
///
/// AWS: `RollbackInfo`.
package struct RollbackInfo: Hashable, Sendable {
    /// On the deployment that was rolled back: the one that does it.
    package var rollbackID: DeploymentID?
    /// On the deployment that rolls back: the one that made it necessary.
    package var triggeringID: DeploymentID?
    package var message: UntrustedText?

    package init(
        rollbackID: DeploymentID? = nil, triggeringID: DeploymentID? = nil,
        message: UntrustedText? = nil
    ) {
        self.rollbackID = rollbackID
        self.triggeringID = triggeringID
        self.message = message
    }
}

/// Who made a deployment: `user`, `codeDeployRollback`, `autoscaling` and others.
///
/// AWS: `DeploymentCreator`.
package struct DeploymentCreator: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let user = DeploymentCreator(rawValue: "user")
    package static let rollback = DeploymentCreator(rawValue: "codeDeployRollback")
}
