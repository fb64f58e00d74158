import AWSClient
import AWSSignature
import FoundationEssentials
import SlipwayCore
import Synchronization

/// A transport that answers from a script, and a clock that only moves when somebody sleeps.
final class FakeAWS: Sendable {
    enum Step: Sendable {
        case answer(HTTPResponse)
        case failure(TransportError)
    }

    private struct State {
        var steps: [Step]
        var requests: [HTTPRequest] = []
        var notices: [AWSNotice] = []
        var sleeps: [Duration] = []
        var uptime = Duration.zero
    }

    private let state: Mutex<State>
    private let start: Date
    private let random: Double
    private let latency: Duration

    /// The last step is repeated for ever. Each answer takes as long as `latency`.
    init(
        _ steps: [Step], at seconds: Int = 1_795_543_200, random: Double = 0.5,
        latency: Duration = .zero
    ) {
        self.latency = latency
        state = Mutex(State(steps: steps))
        start = Date(timeIntervalSince1970: Double(seconds))
        self.random = random
    }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }
    var sleeps: [Duration] { state.withLock { $0.sleeps } }
    /// Without those of retries.
    var notices: [AWSNotice] {
        state.withLock { state in
            state.notices.filter { if case .willRetry = $0 { false } else { true } }
        }
    }

    func caller(
        policy: RetryPolicy = RetryPolicy(), endpoints: AWSEndpoints = AWSEndpoints(),
        token: String? = nil
    ) throws -> AWSCaller {
        let keys = SigningKeys(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE",
            secretAccessKey: try SecretAccessKey(SecretBytes(copying: Array("secret".utf8))),
            sessionToken: try token.map { try SessionToken(SecretBytes(copying: Array($0.utf8))) })
        let effects = AWSEffects(
            now: { self.start.addingTimeInterval(self.uptime / .seconds(1)) },
            uptime: { self.uptime }, random: { self.random },
            sleep: { duration in
                try Task.checkCancellation()
                self.state.withLock { state in
                    state.sleeps.append(duration)
                    state.uptime += duration
                }
            })
        return AWSCaller(
            keys: keys, endpoints: endpoints,
            transport: HTTPTransport { request in
                let step = self.state.withLock { state in
                    state.requests.append(request)
                    state.uptime += self.latency
                    return state.steps.count > 1 ? state.steps.removeFirst() : state.steps[0]
                }
                switch step {
                case .answer(let response): return response
                case .failure(let error): throw error
                }
            }, policy: policy, effects: effects,
            report: { notice in self.state.withLock { $0.notices.append(notice) } })
    }

    private var uptime: Duration { state.withLock { $0.uptime } }
}

extension FakeAWS.Step {
    static func xml(_ status: Int, _ body: String, _ headers: [String: String] = [:]) -> Self {
        .answer(
            HTTPResponse(
                status: status, headers: headers.map { HeaderField($0.key, $0.value) },
                body: Array(body.utf8)))
    }

    /// An error as S3 writes it.
    static func s3(
        _ status: Int, _ code: String, _ more: String = "", _ headers: [String: String] = [:]
    ) -> Self {
        .xml(
            status,
            "<Error><Code>\(code)</Code><Message>no</Message>\(more)"
                + "<RequestId>R1</RequestId></Error>", headers)
    }

    static func json(_ status: Int, _ body: String, _ headers: [String: String] = [:]) -> Self {
        .xml(status, body, headers)
    }

    /// An error as CodeDeploy writes it.
    static func codeDeploy(_ code: String, _ message: String = "no", status: Int = 400) -> Self {
        .json(
            status,
            #"{"__type":"com.amazonaws.codedeploy#\#(code)","message":"\#(message)"}"#)
    }

    static let stored = Self.xml(200, "", ["ETag": "\"e1\"", "x-amz-version-id": "v1"])

    static func lost(_ reason: TransportError.Reason, arrived: Bool) -> Self {
        .failure(TransportError(reason: reason, detail: "", mayHaveArrived: arrived))
    }
}
