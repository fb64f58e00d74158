import NIOPosix

/// Where files are read and written: threads that may wait.
struct Disk: Sendable {
    private let pool: NIOThreadPool

    init(_ pool: NIOThreadPool) { self.pool = pool }

    /// Runs the body on a thread that may wait. Throws what the body throws, and
    /// `ServiceUnavailable` where the sandbox is ending.
    func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws(Refusal) -> Result
    ) async throws(Refusal) -> Result {
        let result: Swift.Result<Result, Refusal>
        do {
            result = try await pool.runIfActive {
                do throws(Refusal) {
                    return .success(try body())
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw Refusal("ServiceUnavailable", "The sandbox is ending.", status: 503)
        }
        return try result.get()
    }

    /// Runs the body when a thread is free, and at once where there are none any more. Nobody waits
    /// for it, and a kill may come first.
    func later(_ body: @escaping @Sendable () -> Void) {
        pool.submit { _ in body() }
    }
}
