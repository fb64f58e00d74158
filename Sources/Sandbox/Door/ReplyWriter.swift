import AWSSignature
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// What becomes of a request in the end.
struct Reply: Sendable {
    var answer: Answer
    /// What goes wrong on purpose.
    var mishap: Mishap = .none
    /// Whether the connection ends with it.
    var closes = false

    enum Mishap: Sendable {
        case none
        /// The connection is reset; no answer.
        case reset
        /// Half of the answer's body, then the end.
        case half
    }
}

/// Writes a reply to a connection.
struct ReplyWriter {
    private let channel: any Channel
    private let outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>

    init(
        _ channel: any Channel, _ outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) {
        self.channel = channel
        self.outbound = outbound
    }

    /// Whether the connection is still good for another request.
    mutating func write(
        _ reply: Reply, to head: HTTPRequestHead, _ body: RequestBody
    ) async throws -> Bool {
        guard reply.mishap != .reset else {
            await reset()
            return false
        }
        let answer = reply.answer
        var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
        if answer.status != 204 && answer.status != 304 {
            headers.replaceOrAdd(name: "Content-Length", value: String(answer.byteCount))
        }
        // The encoder would announce an open connection to HTTP/1.0 and a closed one to nobody.
        if reply.closes || !head.isKeepAlive || body.awaitsContinue {
            headers.replaceOrAdd(name: "Connection", value: "close")
        }
        let start = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status),
            headers: headers)
        try await outbound.write(.head(start))
        let limit = reply.mishap == .half ? answer.byteCount / 2 : answer.byteCount
        switch answer.body {
        case .headOnly: break
        case .bytes(let bytes):
            if limit > 0 {
                try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: bytes.prefix(limit)))))
            }
        case .data(let slice): try await write(slice, limit: limit)
        }
        guard reply.mishap != .half else { return false }
        try await outbound.write(.end(nil))
        return true
    }

    private static let pieceByteCount = 256 << 10

    private func write(_ slice: DataSlice, limit: Int) async throws {
        let reader = slice.data.reader
        var offset = slice.offset
        let end = slice.offset + limit
        while offset < end {
            let piece = try await reader.read(
                at: offset, byteCount: min(Self.pieceByteCount, end - offset))
            offset += piece.readableBytes
            try await outbound.write(.body(.byteBuffer(piece)))
        }
    }

    /// Ends the connection with RST: the client sees `connection reset by peer`.
    private func reset() async {
        if let options = channel as? any SocketOptionProvider {
            try? await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try? await channel.close().get()
    }
}
