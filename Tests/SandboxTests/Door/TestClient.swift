import AWSSignature
import FoundationEssentials
import Glibc
import NIOPosix
import SlipwayCore
import Synchronization
import TestSupport

@testable import Sandbox

/// Runs a sandbox in a folder of its own around a body.
func withSandbox<Result: Sendable>(
    idleTimeout: Duration = .seconds(60), policy: AccessPolicy? = nil,
    _ body: @escaping @Sendable (TestClient) async throws -> Result
) async throws -> Result {
    let folder = TemporaryFolder()
    var configuration = LocalAWS.Configuration(
        stateFolder: folder("state"), region: try Region("us-east-1"))
    configuration.buckets = [LocalAWS.BucketSetup(name: "revisions")]
    let log = LogLines()
    configuration.log = { log.add($0) }
    configuration.idleTimeout = idleTimeout
    configuration.policy = policy
    let codeDeploy = { @Sendable (_: LocalAWS.Surroundings) in
        LocalAWS.DeploymentService(EchoService())
    }
    return try await LocalAWS.withRunning(configuration, codeDeploy: codeDeploy) { aws in
        try await body(TestClient(aws: aws, log: log))
    }
}

/// What the door hands a service, handed back.
struct EchoService: JSONService {
    func authorizations(
        _ operation: String, _ input: [UInt8]
    ) throws(AWSFault) -> [Authorization] {
        [Authorization(action: "codedeploy:\(operation)", resource: "*")]
    }

    func answer(
        _ operation: String, _ input: [UInt8], caller: Caller
    ) async throws(AWSFault) -> [UInt8] {
        if operation == "Fail" {
            throw AWSFault(code: "InvalidRevisionException", message: "no \"such\" revision\n")
        }
        return Array("{\"operation\":\"\(operation)\",\"caller\":\"\(caller.arn)\"}".utf8)
    }
}

final class LogLines: Sendable {
    private let entries = Mutex<[RequestLogEntry]>([])

    func add(_ entry: RequestLogEntry) { entries.withLock { $0.append(entry) } }

    var all: [RequestLogEntry] { entries.withLock { $0 } }
}

/// Signs requests and sends them, byte by byte as it is told.
struct TestClient: Sendable {
    let aws: LocalAWS
    let log: LogLines

    /// A signed request: the head as it goes over the wire, with the blank line.
    func head(
        _ method: String, _ path: String, service: String = "s3", body: [UInt8] = [],
        headers: [HeaderField] = [], isAdmin: Bool = false
    ) throws -> [UInt8] {
        let keys = isAdmin ? aws.account.admin : aws.account.user
        let signer = Signer(
            keys: SigningKeys(keys), region: aws.region.rawValue, service: service)
        var fields = [HeaderField("Host", "127.0.0.1:\(aws.port)")] + headers
        fields.append(HeaderField("Content-Length", String(body.count)))
        let request = SignableRequest(
            method: method, target: path, headers: fields,
            payload: PayloadHash(.sha256(body)))
        guard let request else { throw ClientError.target }
        let signed = signer.sign(request, at: SigningTime(Date())).request
        var text = "\(method) \(signed.target) HTTP/1.1\r\n"
        for field in signed.headers { text += "\(field.name): \(field.value)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    enum ClientError: Error {
        case target
        case connect(Int32)
    }

    /// Sends a signed request and gives back the whole answer.
    func send(
        _ method: String, _ path: String, service: String = "s3", body: [UInt8] = [],
        headers: [HeaderField] = [], isAdmin: Bool = false
    ) async throws -> String {
        let head = try head(
            method, path, service: service, body: body,
            headers: headers + [HeaderField("Connection", "close")], isAdmin: isAdmin)
        return try await talk { connection in
            connection.write(head + body)
            return connection.readToEnd()
        }
    }

    func codeDeploy(
        _ operation: String, body: String = "{}", isAdmin: Bool = false
    ) async throws -> String {
        try await send(
            "POST", "/", service: "codedeploy", body: Array(body.utf8),
            headers: [HeaderField("X-Amz-Target", "CodeDeploy_20141006.\(operation)")],
            isAdmin: isAdmin)
    }

    /// Opens a connection and lets the body use it, on a thread that may wait.
    func talk<Result: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        let port = aws.port
        return try await Self.threads.runIfActive {
            let connection = try Connection(port: port)
            defer { connection.close() }
            return try body(connection)
        }
    }

    /// Not those that tasks run on, which the sandbox needs itself.
    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 16)
        pool.start()
        return pool
    }()

    /// A connection whose calls wait.
    struct Connection: Sendable {
        private let socket: Int32

        init(port: Int) throws {
            socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard result == 0 else { throw ClientError.connect(errno) }
            // A test that hangs says less than one that fails.
            var limit = timeval(tv_sec: 20, tv_usec: 0)
            setsockopt(
                socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        }

        func close() { _ = Glibc.close(socket) }

        @discardableResult
        func write(_ bytes: [UInt8]) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.send(
                        socket, $0.baseAddress! + sent, bytes.count - sent,
                        Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }

        /// Up to and with a text; all there is where it does not come.
        func read(until end: String) -> String {
            var text = ""
            var byte: UInt8 = 0
            while !text.hasSuffix(end), recv(socket, &byte, 1, 0) == 1 {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            }
            return text
        }

        /// Everything that comes until the other side closes; `reset` at the end where it broke off.
        func readToEnd() -> String {
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = recv(socket, &piece, piece.count, 0)
                if count < 0 { bytes += "reset \(errno)".utf8 }
                guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
                bytes += piece[..<count]
            }
        }
    }
}
