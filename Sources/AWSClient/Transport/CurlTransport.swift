internal import CCurl
internal import Glibc
internal import Synchronization

/// Sends requests through libcurl: one thread that moves all transfers, and keeps their connections
/// for the next.
///
/// libcurl is opened and the thread begun by the first request, so that who sends none pays
/// nothing.
package final class CurlTransport: Sendable {
    private let settings: ConnectionSettings
    private let loop = Mutex<CurlLoop?>(nil)

    package init(_ settings: ConnectionSettings) { self.settings = settings }

    deinit { loop.withLock { $0?.stop() } }

    /// The transport as the clients take it.
    package var transport: HTTPTransport {
        HTTPTransport { request in try await self.send(request) }
    }

    /// Sends a request and waits for the whole answer. When the task is cancelled the transfer is
    /// broken off at once.
    ///
    /// Throws ``TransportError``, `CancellationError`, or what a source or a sink threw.
    package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        try Task.checkCancellation()
        let loop = try runningLoop()
        let id = loop.newID()
        let transfer = try CurlTransfer(request, settings: settings) { loop.post(.resume(id)) }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                transfer.start(continuation)
                loop.post(.add(id, transfer))
            }
        } onCancel: {
            // The order may come before the one that adds the transfer, which then sees the mark.
            transfer.isCancelled.store(true, ordering: .releasing)
            loop.post(.cancel(id))
        }
    }

    private func runningLoop() throws -> CurlLoop {
        if let failure = ccurl_load() {
            throw TransportError(
                reason: .library(String(cString: failure)), detail: "", mayHaveArrived: false)
        }
        return try loop.withLock { loop in
            if let loop { return loop }
            let made = try CurlLoop()
            loop = made
            made.run()
            return made
        }
    }
}

/// The thread that moves transfers, and the orders that others leave for it.
private final class CurlLoop: Sendable {
    enum Order: Sendable {
        case add(Int, CurlTransfer)
        case resume(Int)
        case cancel(Int)
        case stop
    }

    private struct State {
        var orders: [Order] = []
        var lastID = 0
    }

    private let state = Mutex(State())
    /// Only the loop's thread uses it, but for `curl_multi_wakeup`, which any thread may call; it
    /// is freed by the thread when nobody can post any more.
    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer

    init() throws {
        guard let multi = ccurl_multi_init() else {
            throw TransportError(
                reason: .library("no memory"), detail: "", mayHaveArrived: false)
        }
        self.multi = multi
    }

    deinit { ccurl_multi_cleanup(multi) }

    func newID() -> Int {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    func post(_ order: Order) {
        state.withLock { $0.orders.append(order) }
        ccurl_multi_wakeup(multi)
    }

    func stop() { post(.stop) }

    /// Begins the thread. It takes no signals: those belong to whoever waits for them.
    func run() {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { @Sendable context in
                let loop = Unmanaged<CurlLoop>.fromOpaque(context!).takeRetainedValue()
                loop.moveTransfers()
                return nil
            }, context)
        // No thread for want of memory: nothing else would work either.
        precondition(result == 0, "no thread can be begun")
        pthread_detach(thread)
    }

    private func moveTransfers() {
        var live: [Int: CurlTransfer] = [:]
        var isStopping = false
        while !isStopping || !live.isEmpty {
            let orders = state.withLock { state in
                defer { state.orders = [] }
                return state.orders
            }
            for order in orders {
                switch order {
                case .add(_, let transfer) where transfer.isCancelled.load(ordering: .acquiring):
                    transfer.end(throwing: CancellationError())
                case .add(let id, let transfer):
                    live[id] = transfer
                    ccurl_multi_add(multi, transfer.easy)
                case .resume(let id): live[id]?.resume()
                case .cancel(let id):
                    guard let transfer = live.removeValue(forKey: id) else { break }
                    ccurl_multi_remove(multi, transfer.easy)
                    transfer.end(throwing: CancellationError())
                case .stop: isStopping = true
                }
            }
            ccurl_multi_perform(multi)
            finishEnded(&live)
            endStalled(&live)
            if !isStopping || !live.isEmpty { wait(for: live) }
        }
    }

    private func finishEnded(_ live: inout [Int: CurlTransfer]) {
        var code = CURLE_OK
        while let easy = ccurl_multi_next_ended(multi, &code) {
            ccurl_multi_remove(multi, easy)
            guard let (id, transfer) = live.first(where: { $0.value.easy == easy }) else {
                continue
            }
            live[id] = nil
            transfer.finish(code)
        }
    }

    private func endStalled(_ live: inout [Int: CurlTransfer]) {
        let now = ContinuousClock.now
        for (id, transfer) in live {
            guard let deadline = transfer.deadline, deadline <= now else { continue }
            live[id] = nil
            ccurl_multi_remove(multi, transfer.easy)
            transfer.stall()
        }
    }

    private func wait(for live: [Int: CurlTransfer]) {
        guard state.withLock({ $0.orders.isEmpty }) else { return }
        var wait = Duration.seconds(60)
        if let nearest = live.values.compactMap(\.deadline).min() {
            wait = min(wait, max(.zero, nearest - .now) + .milliseconds(1))
        }
        ccurl_multi_poll(multi, Int32(wait / .milliseconds(1)))
    }
}
