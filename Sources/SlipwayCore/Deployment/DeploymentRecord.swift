import FoundationEssentials

/// What the store's history knows of an attempt to deploy.
package struct DeploymentRecord: Equatable, Sendable {
    /// The number of the attempt in its store.
    package struct ID: Hashable, Sendable {
        package let rawValue: Int64

        package init(_ rawValue: Int64) { self.rawValue = rawValue }
    }

    package var id: ID
    package var attempt: DeploymentAttempt
    /// Nil until CodeDeploy has named it.
    package var deployment: DeploymentID?
    package var revision: S3Location?
    /// Nil until it is known how it ended: it is under way, or slipway was ended before it knew.
    package var outcome: DeployOutcome?
    package var rollback: DeploymentID?
    package var startedAt: Timestamp
    package var startedBy: String
    package var endedAt: Timestamp?
    /// Who had it stopped, where it was and the store knows.
    package var stop: DeploymentStop?

    package init(
        id: ID, attempt: DeploymentAttempt, deployment: DeploymentID?, revision: S3Location?,
        outcome: DeployOutcome?, rollback: DeploymentID?, startedAt: Timestamp, startedBy: String,
        endedAt: Timestamp?, stop: DeploymentStop? = nil
    ) {
        self.id = id
        self.attempt = attempt
        self.deployment = deployment
        self.revision = revision
        self.outcome = outcome
        self.rollback = rollback
        self.startedAt = startedAt
        self.startedBy = startedBy
        self.endedAt = endedAt
        self.stop = stop
    }

    /// Whether AWS may know more of its end than the history does.
    package var isOpen: Bool {
        guard let outcome else { return true }
        return deployment != nil && outcome.leavesDeploymentRunning
    }

    /// From the start to the end.
    package var seconds: Double? {
        guard let start = startedAt.date, let end = endedAt?.date else { return nil }
        return max(0, end.timeIntervalSince(start))
    }
}

/// What is deployed where, as it is known before anything is.
package struct DeploymentAttempt: Equatable, Sendable {
    package var project: ProjectName
    package var application: ApplicationName
    package var deploymentGroup: DeploymentGroup
    package var region: Region
    package var section: String?
    package var branch: String?
    package var tag: String?
    package var commit: CommitID?
    package var buildNumber: BuildNumber?
    /// By which CodeDeploy's deployment can be found again.
    package var description: DeploymentDescription?

    package init(
        project: ProjectName, application: ApplicationName, deploymentGroup: DeploymentGroup,
        region: Region, section: String? = nil, branch: String? = nil, tag: String? = nil,
        commit: CommitID? = nil, buildNumber: BuildNumber? = nil,
        description: DeploymentDescription? = nil
    ) {
        self.project = project
        self.application = application
        self.deploymentGroup = deploymentGroup
        self.region = region
        self.section = section
        self.branch = branch
        self.tag = tag
        self.commit = commit
        self.buildNumber = buildNumber
        self.description = description
    }
}
