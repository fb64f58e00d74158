import AWSSignature
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// An HTTP/1.1 server on loopback, and nowhere else.
struct DoorServer: Sendable {
    /// How long nothing may come from a client that is to send.
    var idleTimeout: Duration = .seconds(60)

    /// The connection of one client, wrapped for tasks.
    typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// Listens, calls `whenListening` with the port, and serves until the task is cancelled.
    ///
    /// Port 0 lets the kernel choose. Throws where the port is taken.
    func run(
        port: Int, on group: MultiThreadedEventLoopGroup,
        whenListening: (Int) async throws -> Void,
        serve: @escaping @Sendable (RequestHead, RequestBody) async -> Reply
    ) async throws {
        let idleTimeout = TimeAmount(idleTimeout)
        let server: NIOAsyncChannel<Connection, Never>
        do {
            server = try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.backlog, value: 512)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(
                    .recvAllocator,
                    value: AdaptiveRecvByteBufferAllocator(
                        minimum: 2048, initial: 32 << 10, maximum: 512 << 10)
                )
                .bind(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(IdleStateHandler(readTimeout: idleTimeout))
                        try pipeline.configureHTTPServerPipeline()
                        try pipeline.addHandler(IdleHandler())
                        return try Connection(wrappingChannelSynchronously: channel)
                    }
                }
        } catch let error as IOError {
            throw SandboxError.port(port, message: String(cString: strerror(error.errnoCode)))
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await server.executeThenClose { connections in
                    try await withThrowingDiscardingTaskGroup { served in
                        for try await connection in connections {
                            served.addTask { await Self.serve(connection, serve) }
                        }
                    }
                }
            }
            // Bound to an address, so there is a port.
            try await whenListening(server.channel.localAddress?.port ?? port)
            try await tasks.waitForAll()
        }
    }

    /// What a refused client may still send before its connection is closed.
    private static let drainByteLimit = 64 << 20

    private static func serve(
        _ connection: Connection,
        _ serve: @escaping @Sendable (RequestHead, RequestBody) async -> Reply
    ) async {
        // What fails here is one client's connection; it is closed, and that is all.
        try? await connection.executeThenClose { inbound, outbound in
            let parts = RequestParts(inbound.makeAsyncIterator())
            while case .head(let head)? = try await parts.next() {
                let body = RequestBody(
                    parts, expectsContinue: head.expectsContinue,
                    proceed: {
                        let proceed = HTTPResponseHead(version: .http1_1, status: .continue)
                        try await outbound.write(.head(proceed))
                    })
                let reply = await serve(RequestHead(head), body)
                var writer = ReplyWriter(connection.channel, outbound)
                guard try await writer.write(reply, to: head, body) else { return }
                guard await body.drain(byteLimit: drainByteLimit), head.isKeepAlive,
                    !reply.closes
                else { return }
            }
        }
    }
}

/// Tells the stream of a connection that its client fell silent.
private final class IdleHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.fireErrorCaught(IdleTimeout())
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}

extension HTTPRequestHead {
    var expectsContinue: Bool {
        headers["expect"].contains { $0.lowercased() == "100-continue" }
    }
}

/// What stands before the body of a request.
struct RequestHead: Sendable {
    let method: String
    /// Path and query as they stand in the request line.
    let target: String
    let headers: [HeaderField]

    init(method: String, target: String, headers: [HeaderField]) {
        self.method = method
        self.target = target
        self.headers = headers
    }

    init(_ head: HTTPRequestHead) {
        method = head.method.rawValue
        target = head.uri
        headers = head.headers.map { HeaderField($0.name, $0.value) }
    }
}
