import AWSClient
import AWSSignature
import CSystemCalls
import DeployEngine
import FoundationEssentials
import Glibc
import SlipwayCommands
import SlipwayCore

extension AWSServices {
    /// AWS itself, or what the environment names in its place.
    static func live(_ environment: [String: String]) -> AWSServices {
        let began = ContinuousClock.now
        let uptime: @Sendable () -> Duration = { began.duration(to: .now) }
        let looks = SharedLooks()
        return AWSServices(
            connect: { keys, retries, report in
                let policy: RetryPolicy =
                    switch retries {
                    case .many: RetryPolicy()
                    case .few: .few
                    }
                let caller = AWSCaller(
                    keys: SigningKeys(keys), endpoints: try AWSEndpoints(environment: environment),
                    transport: CurlTransport(ConnectionSettings(environment: environment))
                        .transport,
                    policy: policy,
                    report: { notice in
                        if notice.isThrottlingOfLooks { looks.throttled(at: uptime()) }
                        if let problem = notice.problem { report(problem) }
                    })
                return AWSConnection(caller)
            },
            packer: { .folders(of: $0) }, interruptions: { Interruptions.begin() },
            uptime: uptime, sleep: { try await Task.sleep(for: $0) },
            randomNumber: { UInt64.random(in: .min ... .max) }, looks: looks)
    }
}

extension RetryPolicy {
    /// For what is not worth waiting long for, or is asked again anyway.
    fileprivate static let few = RetryPolicy(
        attemptLimit: 3, sureAttempts: 1, timeLimit: .seconds(15))
}

extension AWSNotice {
    /// Whether CodeDeploy throttles, though the request may yet go well.
    fileprivate var isThrottlingOfLooks: Bool {
        guard case .willRetry(let error, _, _) = self else { return false }
        return error.service == .codeDeploy && error.meaning == .throttled
    }
}

extension AWSConnection {
    init(_ caller: AWSCaller) {
        self.init(
            codeDeploy: { CodeDeployClient(CodeDeployAPI(caller, region: $0)) },
            looking: { CodeDeployClient(CodeDeployAPI(caller, region: $0, policy: .few)) },
            operations: { CodeDeployOperations(CodeDeployAPI(caller, region: $0)) },
            objects: ObjectStore(caller),
            bucketRegion: { try await S3Client(caller, region: $1).headBucket($0) },
            keepsVersions: {
                try await S3Client(caller, region: $1).bucketVersioning($0) == .enabled
            },
            identity: { try await STSClient(caller, region: $0).callerIdentity() },
            now: { caller.now })
    }
}

extension CodeDeployClient {
    init(_ api: CodeDeployAPI) {
        self.init(
            register: {
                try await api.registerApplicationRevision($1, application: $0, description: $2)
            },
            create: { try await api.createDeployment($0) },
            deployment: { try await api.getDeployment($0) },
            targetIDs: { try await api.listDeploymentTargets($0, statuses: $1) },
            targets: { try await api.batchGetDeploymentTargets($1, of: $0) },
            deployments: {
                // The first page has the newest, of which one is ours or none is.
                try await api.listDeployments(application: $0, group: $1, createdSince: $2).elements
            },
            revisionUse: { try await api.getApplicationRevision($1, application: $0) })
    }
}

extension CodeDeployOperations {
    init(_ api: CodeDeployAPI) {
        self.init(
            stop: { try await api.stopDeployment($0, rollsBack: $1) },
            group: { try await api.getDeploymentGroup($1, application: $0) },
            checkApplication: { _ = try await api.getApplication($0) })
    }
}

extension ObjectStore {
    init(_ caller: AWSCaller) {
        @Sendable func client(
            _ object: UploadedObject, policy: RetryPolicy? = nil
        ) -> S3Client {
            S3Client(caller, region: object.region, policy: policy)
        }
        @Sendable func options(_ object: UploadedObject) -> ObjectOptions {
            ObjectOptions(encryption: object.serverSideEncryption, kmsKeyID: object.kmsKeyID)
        }
        @Sendable func upload(_ object: UploadedObject, _ id: UploadID) -> MultipartUpload {
            MultipartUpload(bucket: object.bucket, key: object.key, id: id.rawValue)
        }
        @Sendable func location(_ object: UploadedObject, _ stored: StoredObject) -> S3Location {
            S3Location(
                bucket: object.bucket, key: object.key, version: stored.version, eTag: stored.eTag)
        }
        self.init(
            put: { object, bytes in
                location(
                    object,
                    try await client(object).putObject(
                        ObjectContent(bytes), bucket: object.bucket, key: object.key,
                        options: options(object)))
            },
            begin: { object in
                UploadID(
                    try await client(object).createMultipartUpload(
                        bucket: object.bucket, key: object.key, options: options(object)
                    ).id)
            },
            putPart: { object, id, number, bytes in
                let part = try await client(object).uploadPart(
                    number, ObjectContent(bytes), of: upload(object, id))
                return UploadedPart(number: part.number, eTag: part.eTag)
            },
            complete: { object, id, parts in
                location(
                    object,
                    try await client(object).completeMultipartUpload(
                        upload(object, id),
                        parts: parts.map { ObjectPart(number: $0.number, eTag: $0.eTag) }))
            },
            abort: { object, id in
                // Somebody may be waiting for the process to end.
                try await client(object, policy: .few).abortMultipartUpload(upload(object, id))
            })
    }
}

/// SIGINT, SIGTERM and SIGHUP as wishes to leave.
private enum Interruptions {
    /// Has a thread of its own take the signals. The third one ends the process at once, as it would
    /// have without this, and puts back a terminal that a screen still has.
    static func begin() -> AsyncStream<Void> {
        let (wishes, post) = AsyncStream.makeStream(of: Void.self)
        let signals = WaitedSignals([SIGINT, SIGTERM, SIGHUP])
        // Threads that are there already do not block it.
        signal(SIGPIPE, SIG_IGN)
        Thread.run {
            for _ in 0..<2 {
                _ = signals.next()
                post.yield()
            }
            _ = signals.next()
            csystem_restore_terminal()
            _exit(ExitStatus.interrupted.rawValue)
        }
        return wishes
    }
}

/// A thread that nobody waits for.
private enum Thread {
    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func run(_ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(Work(body)).toOpaque()
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()  // As passed.
                return nil
            }, work)
        if failed == 0 {
            pthread_detach(thread)
        } else {
            Unmanaged<Work>.fromOpaque(work).release()
        }
    }
}
