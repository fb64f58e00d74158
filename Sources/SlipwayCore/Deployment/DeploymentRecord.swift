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
    /// Nil until it is known how it ended: see ``standing``.
    package var outcome: DeployOutcome?
    package var rollback: DeploymentID?
    package var startedAt: Timestamp
    package var startedBy: String
    /// When CodeDeploy was about to be asked for it, and once it is over, when it was made by what AWS
    /// says; nil where it was never asked.
    package var requestedAt: Timestamp?
    package var endedAt: Timestamp?
    /// Whether a process is at work on it now.
    package var isRunning: Bool
    /// Who had it stopped, where it was and the store knows.
    package var stop: DeploymentStop?

    package init(
        id: ID, attempt: DeploymentAttempt, deployment: DeploymentID?, revision: S3Location?,
        outcome: DeployOutcome?, rollback: DeploymentID?, startedAt: Timestamp, startedBy: String,
        requestedAt: Timestamp?, endedAt: Timestamp?, isRunning: Bool, stop: DeploymentStop? = nil
    ) {
        self.id = id
        self.attempt = attempt
        self.deployment = deployment
        self.revision = revision
        self.outcome = outcome
        self.rollback = rollback
        self.startedAt = startedAt
        self.startedBy = startedBy
        self.requestedAt = requestedAt
        self.endedAt = endedAt
        self.isRunning = isRunning
        self.stop = stop
    }

    /// What is known of its end.
    package var standing: DeploymentStanding {
        if let outcome { return .ended(outcome) }
        if isRunning { return .running }
        // Nobody is at work on it any more, and it can have come no further than this.
        return mayBeDeployed ? .unfinished : .ended(.interrupted)
    }

    /// Whether CodeDeploy may know more of its end than the history does.
    package var isOpen: Bool {
        guard !isRunning, mayBeDeployed else { return false }
        return outcome?.leavesDeploymentRunning ?? true
    }

    /// Whether CodeDeploy has a deployment of it, or may have one.
    private var mayBeDeployed: Bool { deployment != nil || requestedAt != nil }

    /// How long the deployment took, or where slipway saw no end of it, how long slipway was at it.
    package var seconds: Double? {
        let isOver = [.succeeded, .failed, .stopped].contains(outcome)
        guard let start = (isOver ? requestedAt ?? startedAt : startedAt).date,
            let end = endedAt?.date
        else { return nil }
        // A difference of dates is off by less than what they are written with.
        return max(0, (end.timeIntervalSince(start) * 1000).rounded() / 1000)
    }

    /// From asking CodeDeploy for it to the end: what packing and sending took is not in it. Nil
    /// where CodeDeploy was not asked, or it has not ended.
    package var deployingSeconds: Double? {
        guard let start = requestedAt?.date, let end = endedAt?.date else { return nil }
        return max(0, end.timeIntervalSince(start))
    }
}

/// How an attempt to deploy stands, by what the history knows.
package enum DeploymentStanding: Equatable, Sendable {
    /// A process is at work on it.
    case running
    /// As was written down; or the process was ended before it asked CodeDeploy for anything, which
    /// is an interruption too.
    case ended(DeployOutcome)
    /// The process was ended before it knew how the deployment did, or whether there is one.
    case unfinished

    /// As lists and `--json` write it.
    package var word: String {
        switch self {
        case .running: "running"
        case .ended(let outcome): outcome.rawValue
        case .unfinished: "unfinished"
        }
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
