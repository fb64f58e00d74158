package import FoundationEssentials
package import SlipwayCore

/// How it ended: the last thing that is said.
package struct DeployResult: Equatable, Sendable {
    package typealias Outcome = DeployOutcome

    package var outcome: Outcome
    package var exitStatus: ExitStatus
    package var application: ApplicationName?
    /// Which application of the run it is; nil where a deployment was only watched.
    package var position: RunPosition?
    package var region: Region?
    package var deployment: DeploymentID?
    package var revision: S3Location?
    /// What the group had before: its scripts may be what failed.
    package var previousRevision: Revision?
    /// How long the deployment took by what AWS says, where it is over; else how long slipway was at
    /// it.
    package var duration: Duration
    /// When the deployment began by what AWS says, where that is known.
    package var createdAt: Date?
    /// When the deployment ended by what AWS says, where it did.
    package var completedAt: Date?
    /// How many instances were how far when it was last looked at; nil where that is not known.
    package var overview: DeploymentOverview?
    /// The targets that failed.
    package var failures: [TargetFailure]
    /// What AWS says of the whole deployment's failure.
    package var errorInformation: ErrorInformation?
    /// Who stopped it, where somebody did and the settings store knows.
    package var stop: DeploymentStop?
    package var rollback: RollbackResult?
    /// What slipway says of it: what is wrong, why and what to do.
    package var problems: [Problem]
    /// The deployment that keeps the group busy.
    package var busyWith: DeploymentID?
    /// How those of the same run ended that went before, in their order: well.
    package var earlier: [DeployResult]
    /// The applications of the run that it did not come to.
    package var notBegun: [ApplicationName]

    package init(
        _ outcome: Outcome, exitStatus: ExitStatus, application: ApplicationName? = nil,
        region: Region? = nil, deployment: DeploymentID? = nil, revision: S3Location? = nil,
        previousRevision: Revision? = nil, duration: Duration = .zero,
        failures: [TargetFailure] = [],
        errorInformation: ErrorInformation? = nil, stop: DeploymentStop? = nil,
        rollback: RollbackResult? = nil, problems: [Problem] = [], busyWith: DeploymentID? = nil,
        earlier: [DeployResult] = [], notBegun: [ApplicationName] = []
    ) {
        self.outcome = outcome
        self.exitStatus = exitStatus
        self.application = application
        self.region = region
        self.deployment = deployment
        self.revision = revision
        self.previousRevision = previousRevision
        self.duration = duration
        self.failures = failures
        self.errorInformation = errorInformation
        self.stop = stop
        self.rollback = rollback
        self.problems = problems
        self.busyWith = busyWith
        self.earlier = earlier
        self.notBegun = notBegun
    }
}

extension DeployResult {
    /// The end of what could not begin.
    package init(_ failure: DeployFailure) {
        self.init(
            failure.outcome, exitStatus: failure.exitStatus, problems: failure.problems)
    }
}

extension DeployFailure {
    /// How something ends that this keeps from going on.
    var outcome: DeployOutcome {
        switch exitStatus {
        case .aws: .refused
        case .interrupted: .interrupted
        default: .invalid
        }
    }
}

/// A target that failed, and at what.
package struct TargetFailure: Equatable, Sendable {
    package var target: TargetID
    /// The lifecycle event that failed; nil where none did, as when no agent answers.
    package var record: LifecycleEventRecord?

    package init(target: TargetID, record: LifecycleEventRecord?) {
        self.target = target
        self.record = record
    }
}

/// What became of the deployment that rolled another back.
package struct RollbackResult: Equatable, Sendable {
    package enum Outcome: String, Sendable {
        case succeeded, failed, stopped
        /// Not over when watching ended.
        case running
    }

    package var deployment: DeploymentID
    package var outcome: Outcome
    /// What it went back to.
    package var revision: Revision?
    /// Who stopped it, where somebody did and the settings store knows.
    package var stop: DeploymentStop?

    package init(
        deployment: DeploymentID, outcome: Outcome, revision: Revision?,
        stop: DeploymentStop? = nil
    ) {
        self.deployment = deployment
        self.outcome = outcome
        self.revision = revision
        self.stop = stop
    }
}
