import NIOCore
import NIOHTTP1

/// The parts of the requests that come over one connection, in their order.
///
/// Not `Sendable`: only the connection's own task reads.
final class RequestParts {
    private var iterator: NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

    init(_ iterator: NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator) {
        self.iterator = iterator
    }

    /// Nil once the client is gone.
    func next() async throws -> HTTPServerRequestPart? {
        try await iterator.next(isolation: #isolation)
    }
}

/// The body of one request, as it comes: nothing is read before somebody asks for it, and a client
/// that waits for `100 Continue` gets it only then.
final class RequestBody {
    private let parts: RequestParts
    private let proceed: () async throws -> Void
    /// Whether the client was not told to go on: it may send the body or the next request, nobody
    /// knows which, so the connection must end with the answer.
    private(set) var awaitsContinue: Bool
    private(set) var byteCount = 0
    /// Whether the end was read: the connection can take another request.
    private(set) var isFinished = false

    /// `proceed` sends `100 Continue`.
    init(
        _ parts: RequestParts, expectsContinue: Bool, proceed: @escaping () async throws -> Void
    ) {
        self.parts = parts
        self.proceed = proceed
        awaitsContinue = expectsContinue
    }

    /// The next bytes; nil at the end.
    ///
    /// Throws ``Refusal`` with `RequestTimeout` where the client stops sending, and
    /// ``ConnectionLost`` where it is gone.
    func next() async throws -> ByteBuffer? {
        if isFinished { return nil }
        do {
            if awaitsContinue {
                awaitsContinue = false
                try await proceed()
            }
            while let part = try await parts.next() {
                switch part {
                case .head: continue
                case .body(let buffer):
                    byteCount += buffer.readableBytes
                    return buffer
                case .end:
                    isFinished = true
                    return nil
                }
            }
        } catch is IdleTimeout {
            throw Refusal(
                "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the "
                    + "timeout period. Idle connections will be closed.")
        } catch {
            throw ConnectionLost()
        }
        throw ConnectionLost()
    }

    /// The whole body of a service whose requests are small.
    func whole(byteLimit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let buffer = try await next() {
            guard byteCount <= byteLimit else {
                throw Refusal(
                    "RequestEntityTooLargeException",
                    "The request body must not be larger than \(byteLimit) bytes.", status: 413)
            }
            bytes += buffer.readableBytesView
        }
        return bytes
    }

    /// Reads and forgets what is left, so that a client that sends before it listens gets its
    /// answer. Whether the connection can go on.
    func drain(byteLimit: Int) async -> Bool {
        if awaitsContinue { return false }
        let start = byteCount
        do {
            while try await next() != nil {
                if byteCount - start > byteLimit { return false }
            }
            return true
        } catch {
            return false
        }
    }
}

/// The client went away in the middle of a request.
struct ConnectionLost: Error {}

/// Nothing came for too long.
struct IdleTimeout: Error {}
