package import AWSSignature

/// One HTTP request, ready to be sent.
package struct HTTPRequest: Sendable {
    package var method: String
    /// Absolute, percent-encoded, sent as it is: dots and slashes in the path stay.
    package var url: String
    /// Without `Content-Length`, which follows from the body.
    package var headers: [HeaderField]
    package var body: RequestBody
    package var answer: AnswerBody
    /// Whether it may be sent a second time by itself when a kept connection turns out to be dead.
    package var isRepeatable: Bool

    package init(
        method: String, url: String, headers: [HeaderField] = [], body: RequestBody = .none,
        answer: AnswerBody = .memory, isRepeatable: Bool = true
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.answer = answer
        self.isRepeatable = isRepeatable
    }
}

/// What a request carries.
package enum RequestBody: Sendable {
    case none
    case bytes([UInt8])
    /// Bytes that are pulled while they are sent; the source is made anew for every attempt.
    case stream(byteCount: Int, @Sendable () throws -> any BodySource)

    package var byteCount: Int {
        switch self {
        case .none: 0
        case .bytes(let bytes): bytes.count
        case .stream(let byteCount, _): byteCount
        }
    }
}

/// Where the bytes of a request come from while it is sent.
///
/// Both methods are called on the transport's own thread, for one transfer, and must not block.
package protocol BodySource: AnyObject, Sendable {
    /// Comes before the first ``read(into:)``. After a read that said ``BodyRead/wait``, whoever
    /// has bytes again calls `resume`, from any thread, as often as it likes.
    func begin(resume: @escaping @Sendable () -> Void)

    /// Puts the next bytes into the buffer, which is not empty.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> BodyRead
}

/// What a source answers.
package enum BodyRead: Sendable {
    /// So many, at least one.
    case bytes(Int)
    /// None yet: the transfer rests until it is resumed, and no time limit runs.
    case wait
    case end
    /// There will be none: the request is broken off and fails with the error.
    case failed(any Error)
}

/// What becomes of an answer's body.
package enum AnswerBody: Sendable {
    /// It is kept, up to ``HTTPResponse/byteLimit``.
    case memory
    /// That of a 2xx goes piece by piece to the sink, which is made when the headers are there; any
    /// other is kept. Both are called on the transport's thread; what they throw ends the request.
    case sink(@Sendable (HTTPResponse) throws -> (UnsafeRawBufferPointer) throws -> Void)
}

/// An answer.
package struct HTTPResponse: Equatable, Sendable {
    package var status: Int
    package var headers: [HeaderField]
    /// Empty where the body went to a sink.
    package var body: [UInt8]

    package init(status: Int, headers: [HeaderField] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The most bytes of a body that are kept: far more than any answer of AWS that is no object.
    package static let byteLimit = 16 * 1024 * 1024

    package var isSuccess: Bool { (200..<300).contains(status) }
}

/// What sends requests.
package struct HTTPTransport: Sendable {
    /// Throws ``TransportError``, `CancellationError`, or what a source or a sink threw.
    package var send: @Sendable (HTTPRequest) async throws -> HTTPResponse

    package init(send: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse) {
        self.send = send
    }
}

/// Why a request got no whole answer.
package struct TransportError: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        /// libcurl cannot be opened: what the loader says.
        case library(String)
        /// The name of the host, or of the proxy, is not known.
        case unknownHost
        /// No connection came about.
        case refused
        /// The proxy did not let it through.
        case proxy
        /// The certificate of the other side is not one to trust.
        case certificate
        /// `AWS_CA_BUNDLE` cannot be read.
        case certificateFile
        /// TLS did not come about for another reason.
        case tls
        /// Connecting took too long.
        case connectTimeout
        /// Nothing moved for too long.
        case stalled
        /// The connection broke, or the answer is not HTTP, or not whole.
        case broken
        /// The answer has more bytes than are kept.
        case answerTooLong
        /// The request itself cannot be sent.
        case badRequest
    }

    package let reason: Reason
    /// libcurl's words.
    package let detail: String
    /// Whether the request may have arrived.
    package let mayHaveArrived: Bool

    package init(reason: Reason, detail: String, mayHaveArrived: Bool) {
        self.reason = reason
        self.detail = detail
        self.mayHaveArrived = mayHaveArrived
    }

    /// Whether the same request may fare better in a moment.
    package var isTransient: Bool {
        switch reason {
        case .library, .certificate, .certificateFile, .answerTooLong, .badRequest: false
        case .unknownHost, .refused, .proxy, .tls, .connectTimeout, .stalled, .broken: true
        }
    }
}
