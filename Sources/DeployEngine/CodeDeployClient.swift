package import FoundationEssentials
package import SlipwayCore

/// What the engine asks of CodeDeploy in one region. `slipway` fills it in.
///
/// Each call retries by itself what may be retried, and throws an ``AWSFailure`` in the end. `create`
/// must not ask again where an answer was lost: see ``AWSFailureMeaning/answerLost``.
package struct CodeDeployClient: Sendable {
    /// AWS operation: `RegisterApplicationRevision`.
    package var register:
        @Sendable (ApplicationName, S3Location, DeploymentDescription?) async throws -> Void
    /// AWS operation: `CreateDeployment`.
    package var create: @Sendable (DeploymentRequest) async throws -> DeploymentID
    /// AWS operation: `GetDeployment`.
    package var deployment: @Sendable (DeploymentID) async throws -> DeploymentInfo
    /// Those of the statuses, all where none is named. AWS operation: `ListDeploymentTargets`, all
    /// pages.
    package var targetIDs: @Sendable (DeploymentID, [TargetStatus]) async throws -> [TargetID]
    /// At most 25 at once. AWS operation: `BatchGetDeploymentTargets`.
    package var targets: @Sendable (DeploymentID, [TargetID]) async throws -> [DeploymentTarget]
    /// Deployments of a group made since a time. AWS operation: `ListDeployments`.
    package var deployments:
        @Sendable (ApplicationName, DeploymentGroup, _ since: Date) async throws -> [DeploymentID]
    /// AWS operation: `GetApplicationRevision`.
    package var revisionUse: @Sendable (ApplicationName, S3Location) async throws -> RevisionUse

    package init(
        register:
            @escaping @Sendable (ApplicationName, S3Location, DeploymentDescription?)
            async throws -> Void,
        create: @escaping @Sendable (DeploymentRequest) async throws -> DeploymentID,
        deployment: @escaping @Sendable (DeploymentID) async throws -> DeploymentInfo,
        targetIDs: @escaping @Sendable (DeploymentID, [TargetStatus]) async throws -> [TargetID],
        targets: @escaping @Sendable (DeploymentID, [TargetID]) async throws -> [DeploymentTarget],
        deployments:
            @escaping @Sendable (ApplicationName, DeploymentGroup, Date) async throws ->
            [DeploymentID],
        revisionUse: @escaping @Sendable (ApplicationName, S3Location) async throws -> RevisionUse
    ) {
        self.register = register
        self.create = create
        self.deployment = deployment
        self.targetIDs = targetIDs
        self.targets = targets
        self.deployments = deployments
        self.revisionUse = revisionUse
    }
}

/// The time, and waiting for it.
package struct EngineClock: Sendable {
    /// Since some moment; never goes back.
    package var uptime: @Sendable () -> Duration
    /// By AWS's clock, as far as it is known.
    package var date: @Sendable () -> Date
    /// Throws `CancellationError` at once when the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(
        uptime: @escaping @Sendable () -> Duration, date: @escaping @Sendable () -> Date,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.uptime = uptime
        self.date = date
        self.sleep = sleep
    }

    /// This machine's clocks.
    package static func system(_ date: @escaping @Sendable () -> Date = { Date() }) -> EngineClock {
        let began = ContinuousClock.now
        return EngineClock(
            uptime: { began.duration(to: .now) }, date: date,
            sleep: { try await Task.sleep(for: $0, clock: .continuous) })
    }
}
