import Glibc
import Synchronization

/// Runs asynchronous work to its end while the calling thread, the main one, waits.
///
/// The one bridge from commands, which are synchronous, to what must be asynchronous. The work sees
/// the task-local values of the caller.
func waiting<Value: Sendable>(
    for work: @escaping @Sendable () async throws -> Value
) throws -> Value {
    let end = End<Value>()
    Task {
        do {
            end.reach(.success(try await work()))
        } catch {
            end.reach(.failure(error))
        }
    }
    return try end.wait().get()
}

/// Where the work leaves what it came to.
private final class End<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)
    /// Made by `init`, freed by `deinit`; a semaphore is made to be shared.
    private nonisolated(unsafe) let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func reach(_ end: Result<Value, any Error>) {
        result.withLock { $0 = end }
        sem_post(semaphore)
    }

    func wait() -> Result<Value, any Error> {
        while true {
            // A signal's handler may end the wait early.
            sem_wait(semaphore)
            if let end = result.withLock(\.self) { return end }
        }
    }
}
