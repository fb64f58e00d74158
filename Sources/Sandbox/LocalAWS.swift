package import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix
package import SlipwayCore

/// A local AWS: S3, STS, and a CodeDeploy that is put in, on one port of 127.0.0.1.
package struct LocalAWS: Sendable {
    /// How it is to be.
    package struct Configuration: Sendable {
        /// The folder that keeps everything; made where it is missing. One sandbox uses it at a time.
        package var stateFolder: String
        /// 0 lets the kernel choose.
        package var port = 0
        package var region: Region
        /// What the user's keys are limited to; nil for nothing.
        package var policy: AccessPolicy?
        package var faults: [Fault] = []
        package var buckets: [BucketSetup] = []
        /// How long a client may be silent while it is to send.
        package var idleTimeout = Duration.seconds(60)
        /// The clock that signatures are checked by.
        package var now: @Sendable () -> Date = { Date() }
        /// Gets a line for each request, when its answer is ready.
        package var log: @Sendable (RequestLogEntry) -> Void = { _ in }

        /// Gets what is wrong with the file of faults, whenever it changes.
        package var report: @Sendable (any Error) -> Void = { _ in }

        package init(stateFolder: String, region: Region) {
            self.stateFolder = stateFolder
            self.region = region
        }
    }

    /// A bucket to make where there is none.
    package struct BucketSetup: Sendable, Equatable {
        package var name: String
        package var isVersioned: Bool
        /// Nil for the sandbox's own.
        package var region: Region?

        package init(name: String, isVersioned: Bool = false, region: Region? = nil) {
            self.name = name
            self.isVersioned = isVersioned
            self.region = region
        }
    }

    /// What a CodeDeploy is given to work with.
    package struct Surroundings: Sendable {
        /// `codedeploy` in the state folder.
        package let folder: String
        package let region: Region
        /// Twelve digits.
        package let account: String
        package let revisions: RevisionObjects
    }

    /// A CodeDeploy, and what it does besides answering.
    package struct DeploymentService: Sendable {
        package let service: any JSONService
        /// What the file of faults says of instances.
        package let breakInstances: FaultPlan.Breaking
        /// Runs until its task is cancelled.
        package let run: @Sendable () async -> Void

        package init(
            _ service: any JSONService, breakInstances: @escaping FaultPlan.Breaking = { _ in },
            run: @escaping @Sendable () async -> Void = {}
        ) {
            self.service = service
            self.breakInstances = breakInstances
            self.run = run
        }
    }

    package let port: Int
    package let region: Region
    package let stateFolder: String
    package let account: SandboxAccount
    /// Can be changed while it runs.
    package let faults: FaultPlan

    /// `http://127.0.0.1:PORT`.
    package var endpoint: String { "http://127.0.0.1:\(port)" }

    /// The file of faults in a state folder.
    package static func faultsFile(in stateFolder: String) -> String { stateFolder + "/faults" }

    /// Runs a local AWS while the body runs, and ends it with the body.
    ///
    /// Throws ``SandboxError``, and what the body throws.
    package static func withRunning<Result: Sendable>(
        _ configuration: Configuration,
        codeDeploy: @Sendable (Surroundings) throws -> DeploymentService = { _ in
            DeploymentService(NoCodeDeploy())
        },
        _ body: @escaping @Sendable (LocalAWS) async throws -> Result
    ) async throws -> Result {
        let lock = try StateLock(configuration.stateFolder)
        defer { lock.release() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let pool = NIOThreadPool(numberOfThreads: 8)
        pool.start()
        do {
            let result = try await run(
                configuration, codeDeploy, on: group, Disk(pool), body)
            try? await group.shutdownGracefully()
            try? await pool.shutdownGracefully()
            return result
        } catch {
            try? await group.shutdownGracefully()
            try? await pool.shutdownGracefully()
            throw error
        }
    }

    private static func run<Result: Sendable>(
        _ configuration: Configuration,
        _ makeCodeDeploy: @Sendable (Surroundings) throws -> DeploymentService,
        on group: MultiThreadedEventLoopGroup, _ disk: Disk,
        _ body: @escaping @Sendable (LocalAWS) async throws -> Result
    ) async throws -> Result {
        let folder = configuration.stateFolder
        let account = try SandboxAccount.load(from: folder + "/account.json")
        let store = try ObjectStore(folder: folder + "/s3", disk: disk, now: configuration.now)
        try make(configuration.buckets, in: store, region: configuration.region)
        let codeDeploy = try makeCodeDeploy(
            Surroundings(
                folder: folder + "/codedeploy", region: configuration.region, account: account.id,
                revisions: store.revisions))
        let faults = FaultPlan(
            configuration.faults, file: faultsFile(in: folder),
            breakInstances: codeDeploy.breakInstances, report: configuration.report)
        faults.readFile()
        let partition = configuration.region.partition
        let door = Door(
            region: configuration.region, account: account,
            s3: S3Service(
                store: store, disk: disk, account: account, partition: partition,
                region: configuration.region),
            sts: STSService(account: account, partition: partition),
            codeDeploy: codeDeploy.service, disk: disk, policy: configuration.policy,
            faults: faults, now: configuration.now, log: configuration.log)
        let server = DoorServer(idleTimeout: configuration.idleTimeout)
        let (ports, port) = AsyncStream<Int>.makeStream()
        return try await withThrowingTaskGroup(of: Result?.self) { tasks in
            tasks.addTask {
                await codeDeploy.run()
                return nil
            }
            tasks.addTask {
                defer { port.finish() }
                try await server.run(
                    port: configuration.port, on: group,
                    whenListening: { port.yield($0) },
                    serve: { head, body in await door.reply(to: head, body) })
                return nil
            }
            tasks.addTask {
                for await number in ports {
                    return try await body(
                        LocalAWS(
                            port: number, region: configuration.region, stateFolder: folder,
                            account: account, faults: faults))
                }
                return nil
            }
            defer { tasks.cancelAll() }
            while let outcome = try await tasks.next() {
                if let result = outcome { return result }
            }
            throw CancellationError()
        }
    }

    private static func make(
        _ buckets: [BucketSetup], in store: ObjectStore, region: Region
    ) throws {
        for setup in buckets {
            do throws(Refusal) {
                let bucket: Bucket
                if let there = try? store.bucket(setup.name) {
                    bucket = there
                } else {
                    bucket = try store.createBucket(
                        setup.name, region: (setup.region ?? region).rawValue)
                }
                if setup.isVersioned, try bucket.versioning != .enabled {
                    try bucket.setVersioning(.enabled)
                }
            } catch {
                throw SandboxError.bucket(setup.name, reason: error.fault.message)
            }
        }
    }
}

/// Where no CodeDeploy was put in.
private struct NoCodeDeploy: JSONService {
    func authorizations(
        _ operation: String, _ input: [UInt8]
    ) throws(AWSFault) -> [Authorization] { [] }

    func answer(
        _ operation: String, _ input: [UInt8], caller: Caller
    ) async throws(AWSFault) -> [UInt8] {
        throw AWSFault(
            code: "UnknownOperationException", message: "This sandbox has no CodeDeploy.")
    }
}

/// Holds a state folder for one process.
private struct StateLock {
    private let file: Int32

    init(_ folder: String) throws(SandboxError) {
        var made = folder.hasPrefix("/") ? "" : "."
        for part in folder.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o700) == 0 || errno == EEXIST else {
                throw .state(made, message: String(cString: strerror(errno)))
            }
        }
        file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw .state(folder, message: String(cString: strerror(errno))) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw .stateInUse(folder)
        }
    }

    func release() { close(file) }
}
