package import DeployEngine
package import FoundationEssentials
package import SlipwayCore

/// What commands need of AWS, and of a deploy. `slipway` fills it in; tests bring their own.
package struct AWSServices: Sendable {
    /// How long a request that fails is tried again.
    package enum Retries: Sendable {
        /// As long as a deployment is worth.
        case many
        /// Hardly: somebody waits for an answer, of whatever kind.
        case few
    }

    /// Speaks to AWS with these keys. Sends nothing yet. `report` is told what AWS's answers show on
    /// the way, from any task.
    ///
    /// Throws where the environment's AWS settings are wrong.
    package var connect:
        @Sendable (AWSKeyPair, Retries, _ report: @escaping @Sendable (Problem) -> Void) throws ->
            AWSConnection
    /// Packs application roots of a repository.
    package var packer: @Sendable (_ repository: String) -> RevisionPacker
    /// From now on SIGINT, SIGTERM and SIGHUP do not end the process: each is an element instead, and
    /// the third ends it all the same. SIGPIPE does not end it either: writing fails.
    package var interruptions: @Sendable () -> AsyncStream<Void>
    package var uptime: @Sendable () -> Duration
    package var sleep: @Sendable (Duration) async throws -> Void
    package var randomNumber: @Sendable () -> UInt64
    /// Shared by everything in the process that watches deployments.
    package var looks: SharedLooks

    package init(
        connect:
            @escaping @Sendable (AWSKeyPair, Retries, @escaping @Sendable (Problem) -> Void)
            throws -> AWSConnection,
        packer: @escaping @Sendable (String) -> RevisionPacker,
        interruptions: @escaping @Sendable () -> AsyncStream<Void>,
        uptime: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void,
        randomNumber: @escaping @Sendable () -> UInt64, looks: SharedLooks = SharedLooks()
    ) {
        self.connect = connect
        self.packer = packer
        self.interruptions = interruptions
        self.uptime = uptime
        self.sleep = sleep
        self.randomNumber = randomNumber
        self.looks = looks
    }

    /// No AWS at all.
    package static let none = AWSServices(
        connect: { _, _, _ in throw Problem(code: "no-aws", "there is no AWS here") },
        packer: { _ in
            RevisionPacker { _, _ in throw Problem(code: "no-packer", "nothing is packed here") }
        },
        interruptions: { AsyncStream { _ in } }, uptime: { .zero },
        sleep: { _ in throw CancellationError() }, randomNumber: { 0 })
}

/// AWS, by one pair of AWS keys.
package struct AWSConnection: Sendable {
    package var codeDeploy: @Sendable (Region) -> CodeDeployClient
    /// The same, for what is asked again anyway: it hardly tries again by itself.
    package var looking: @Sendable (Region) -> CodeDeployClient
    package var operations: @Sendable (Region) -> CodeDeployOperations
    package var objects: ObjectStore
    /// The region a bucket is in. AWS operation: `HeadBucket`.
    package var bucketRegion: @Sendable (BucketName, Region) async throws -> Region?
    /// AWS operation: `GetBucketVersioning`: whether it is enabled.
    package var keepsVersions: @Sendable (BucketName, Region) async throws -> Bool
    /// AWS operation: `GetCallerIdentity`.
    package var identity: @Sendable (Region) async throws -> CallerIdentity
    /// The time by AWS's clock, as far as it is known.
    package var now: @Sendable () -> Date

    package init(
        codeDeploy: @escaping @Sendable (Region) -> CodeDeployClient,
        looking: @escaping @Sendable (Region) -> CodeDeployClient,
        operations: @escaping @Sendable (Region) -> CodeDeployOperations, objects: ObjectStore,
        bucketRegion: @escaping @Sendable (BucketName, Region) async throws -> Region?,
        keepsVersions: @escaping @Sendable (BucketName, Region) async throws -> Bool,
        identity: @escaping @Sendable (Region) async throws -> CallerIdentity,
        now: @escaping @Sendable () -> Date
    ) {
        self.codeDeploy = codeDeploy
        self.looking = looking
        self.operations = operations
        self.objects = objects
        self.bucketRegion = bucketRegion
        self.keepsVersions = keepsVersions
        self.identity = identity
        self.now = now
    }
}

/// What commands ask of CodeDeploy beside deploying.
package struct CodeDeployOperations: Sendable {
    /// AWS operation: `StopDeployment`.
    package var stop: @Sendable (DeploymentID, _ rollsBack: Bool?) async throws -> StopStatus
    /// AWS operation: `GetDeploymentGroup`.
    package var group:
        @Sendable (ApplicationName, DeploymentGroup) async throws -> DeploymentGroupInfo
    /// Throws where there is none. AWS operation: `GetApplication`.
    package var checkApplication: @Sendable (ApplicationName) async throws -> Void

    package init(
        stop: @escaping @Sendable (DeploymentID, Bool?) async throws -> StopStatus,
        group:
            @escaping @Sendable (ApplicationName, DeploymentGroup) async throws ->
            DeploymentGroupInfo,
        checkApplication: @escaping @Sendable (ApplicationName) async throws -> Void
    ) {
        self.stop = stop
        self.group = group
        self.checkApplication = checkApplication
    }
}
