import AWSClient
import AWSSignature
import FoundationEssentials
import SlipwayCore
import Synchronization

/// A call to make.
struct CallOrder: Decodable {
    let call: String
    var bucket: String?
    var key: String?
    var version: String?
    var upload: String?
    /// Bytes of the body, or of each part.
    var size: Int?
    /// How many parts; the last may be shorter.
    var parts: Int?
    var lastSize: Int?
    /// Whether the body is pulled in pieces that come late.
    var streams: Bool?
    var encryption: String?
    var deployment: String?
    /// Milliseconds after which the call is cancelled.
    var cancelAfter: Int?

    enum CodingKeys: String, CodingKey {
        case call, bucket, key, version, upload, size, parts, streams, encryption, deployment
        case lastSize = "last_size"
        case cancelAfter = "cancel_after"
    }
}

/// The clients as slipway makes them, with time limits that the environment may shorten.
final class Calls: Sendable {
    private let s3: S3Client
    private let codeDeploy: CodeDeployAPI
    private let sts: STSClient
    private let notices: Notices

    init(environment: [String: String]) throws {
        func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
        func value(_ name: String) throws -> String {
            guard let value = environment[name] else { throw ProbeError.missing(name) }
            return value
        }
        func bytes(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8)) }
        let region = try Region(try value("AWS_REGION"))
        var settings = ConnectionSettings(environment: environment)
        if let limit = number("PROBE_STALL") { settings.stallTimeout = .milliseconds(limit) }
        if let limit = number("PROBE_CONNECT") { settings.connectTimeout = .milliseconds(limit) }
        var policy = RetryPolicy()
        policy.baseDelay = .milliseconds(number("PROBE_DELAY") ?? 250)
        policy.timeLimit = .milliseconds(number("PROBE_TIME") ?? 90_000)
        let notices = Notices()
        let caller = AWSCaller(
            keys: SigningKeys(
                accessKeyID: try value("AWS_ACCESS_KEY_ID"),
                secretAccessKey: try SecretAccessKey(bytes(try value("AWS_SECRET_ACCESS_KEY"))),
                sessionToken: try environment["AWS_SESSION_TOKEN"].map {
                    try SessionToken(bytes($0))
                }),
            endpoints: try AWSEndpoints(environment: environment),
            transport: CurlTransport(settings).transport, policy: policy,
            report: { notices.add($0) })
        s3 = S3Client(caller, region: region)
        codeDeploy = CodeDeployAPI(caller, region: region)
        sts = STSClient(caller, region: region)
        self.notices = notices
    }

    /// Makes the call and tells how it ended: `{"ok": ..., "notices": [...]}` or `{"error": ...}`.
    func carryOut(_ order: CallOrder) async -> JSONValue {
        let task = Task { try await result(of: order) }
        if let limit = order.cancelAfter {
            Task {
                try await Task.sleep(for: .milliseconds(limit))
                task.cancel()
            }
        }
        do {
            let result = try await task.value
            return ["ok": result, "notices": notices.taken]
        } catch let error as AWSError {
            return [
                "error": error.problems[0].json, "meaning": .string("\(error.meaning)"),
                "code": JSONValue(error.code), "attempts": .integer(error.attempts),
                "notices": notices.taken,
            ]
        } catch {
            return ["error": .string("\(error)"), "notices": notices.taken]
        }
    }

    private func result(of order: CallOrder) async throws -> JSONValue {
        switch order.call {
        case "identity": return .string(try await sts.callerIdentity().arn.escaped)
        case "deployment":
            return .string(try await codeDeploy.getDeployment(try id(order)).status.rawValue)
        case "create":
            let request = DeploymentRequest(
                application: try ApplicationName("shop"), deploymentGroup: try DeploymentGroup("g"),
                revision: S3Location(bucket: try BucketName("bucket"), key: try S3Key("key")))
            return .string(try await codeDeploy.createDeployment(request).rawValue)
        case "targets":
            let ids = try await codeDeploy.listDeploymentTargets(try id(order))
            let targets = try await codeDeploy.batchGetDeploymentTargets(ids, of: try id(order))
            return .array(targets.map { .string("\($0.id) \($0.status.rawValue)") })
        default: return try await bucketResult(of: order)
        }
    }

    private func bucketResult(of order: CallOrder) async throws -> JSONValue {
        let bucket = try BucketName(order.bucket ?? "")
        switch order.call {
        case "head-bucket": return JSONValue(try await s3.headBucket(bucket)?.rawValue)
        case "location": return .string(try await s3.bucketLocation(bucket).rawValue)
        case "versioning": return .string("\(try await s3.bucketVersioning(bucket))")
        case "uploads":
            let uploads = try await s3.listMultipartUploads(bucket: bucket)
            return .array(uploads.map { [.string($0.key.rawValue), .string($0.id)] })
        default: return try await objectResult(of: order, in: bucket)
        }
    }

    private func objectResult(of order: CallOrder, in bucket: BucketName) async throws -> JSONValue
    {
        let key = try S3Key(order.key ?? "")
        var options = ObjectOptions()
        options.encryption = order.encryption.flatMap(ServerSideEncryption.init)
        let version = order.version.flatMap(ObjectVersion.init)
        let upload = MultipartUpload(bucket: bucket, key: key, id: order.upload ?? "")
        switch order.call {
        case "put":
            return stored(
                try await s3.putObject(
                    content(order.size ?? 0, order), bucket: bucket, key: key, options: options))
        case "begin":
            return .string(
                try await s3.createMultipartUpload(bucket: bucket, key: key, options: options).id)
        case "multipart":
            return stored(try await multipart(order, bucket, key, options))
        case "parts":
            let parts = try await s3.listParts(upload)
            return .array(
                parts.map {
                    [.integer($0.number), .string($0.eTag.rawValue), JSONValue($0.byteCount)]
                }
            )
        case "abort":
            try await s3.abortMultipartUpload(upload)
            return .null
        case "head":
            let info = try await s3.headObject(bucket: bucket, key: key, version: version)
            return ["size": JSONValue(info.byteCount), "e_tag": JSONValue(info.eTag?.rawValue)]
        case "get":
            let digest = Received()
            _ = try await s3.getObject(bucket: bucket, key: key, version: version) {
                digest.begin()
                return { digest.take($0) }
            }
            return .string(digest.hexadecimal)
        default: throw ProbeError.missing("call")
        }
    }

    private func multipart(
        _ order: CallOrder, _ bucket: BucketName, _ key: S3Key, _ options: ObjectOptions
    ) async throws -> StoredObject {
        let upload = try await s3.createMultipartUpload(bucket: bucket, key: key, options: options)
        let count = order.parts ?? 1
        let size = order.size ?? 0
        let parts = try await withThrowingTaskGroup { group in
            for number in 1...count {
                let length = number == count ? order.lastSize ?? size : size
                group.addTask { [self] in
                    try await s3.uploadPart(number, content(length, order), of: upload)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        return try await s3.completeMultipartUpload(upload, parts: parts)
    }

    /// So many bytes that are the same in every run: byte `n` is `n % 251`.
    private func content(_ count: Int, _ order: CallOrder) -> ObjectContent {
        let bytes = (0..<count).map { UInt8($0 % 251) }
        guard order.streams == true else { return ObjectContent(bytes) }
        let body = RequestBody.stream(byteCount: count) { LateSource(bytes) }
        return ObjectContent(body, sha256: .sha256(bytes), checksum: .md5(.md5(bytes)))
    }

    private func stored(_ object: StoredObject) -> JSONValue {
        ["e_tag": .string(object.eTag.rawValue), "version": JSONValue(object.version?.rawValue)]
    }

    private func id(_ order: CallOrder) throws -> DeploymentID {
        guard let id = order.deployment.flatMap(DeploymentID.init) else {
            throw ProbeError.missing("deployment")
        }
        return id
    }
}

/// What the client had to say besides.
private final class Notices: Sendable {
    private let texts = Mutex<[String]>([])

    func add(_ notice: AWSNotice) {
        let text =
            switch notice {
            case .willRetry(let error, _, _): "retry \(error.operation)"
            default: notice.problem?.message ?? ""
            }
        texts.withLock { $0.append(text) }
    }

    var taken: JSONValue {
        texts.withLock { texts in
            defer { texts = [] }
            return .array(texts.map(JSONValue.string))
        }
    }
}

/// The digest of what came, from the front if it begins again.
private final class Received: Sendable {
    private let digester = Mutex(ContentDigester(.sha256))

    func begin() { digester.withLock { $0 = ContentDigester(.sha256) } }
    func take(_ bytes: UnsafeRawBufferPointer) { digester.withLock { $0.update(bytes) } }
    var hexadecimal: String { digester.withLock { $0.finish().hexadecimal } }
}

/// Has no bytes at every second read, and says a moment later that it has some.
private final class LateSource: BodySource {
    private struct State {
        var position = 0
        var isReady = false
        var resume: @Sendable () -> Void = {}
    }

    private let bytes: [UInt8]
    private let state = Mutex(State())

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func begin(resume: @escaping @Sendable () -> Void) { state.withLock { $0.resume = resume } }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> BodyRead {
        state.withLock { state in
            guard state.position < bytes.count else { return .end }
            guard state.isReady else {
                state.isReady = true
                let resume = state.resume
                Task { resume() }
                return .wait
            }
            state.isReady = false
            let count = min(buffer.count, bytes.count - state.position, 70_000)
            buffer.copyBytes(from: bytes[state.position..<state.position + count])
            state.position += count
            return .bytes(count)
        }
    }
}
