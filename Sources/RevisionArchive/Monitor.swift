import Glibc

/// State that threads share, one at a time, and two conditions that they wait for.
///
/// For threads that may wait as long as they like: never from a task of Swift's own.
final class Monitor<State>: @unchecked Sendable {
    enum Condition { case produced, consumed }

    // The state is touched only while the mutex is held; the others never change.
    private var state: State
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let produced: UnsafeMutablePointer<pthread_cond_t>
    private let consumed: UnsafeMutablePointer<pthread_cond_t>

    init(_ state: State) {
        self.state = state
        mutex = .allocate(capacity: 1)
        produced = .allocate(capacity: 1)
        consumed = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(produced, nil)
        pthread_cond_init(consumed, nil)
    }

    deinit {
        pthread_cond_destroy(produced)
        pthread_cond_destroy(consumed)
        pthread_mutex_destroy(mutex)
        produced.deallocate()
        consumed.deallocate()
        mutex.deallocate()
    }

    func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Tries again and again, each time after the condition was signalled, until the body returns
    /// something or throws.
    func wait<Result>(
        for condition: Condition, _ body: (inout State) throws -> Result?
    ) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = try body(&state) { return result }
            pthread_cond_wait(pointer(condition), mutex)
        }
    }

    /// Wakes all who wait for the condition.
    func signal(_ condition: Condition) { pthread_cond_broadcast(pointer(condition)) }

    private func pointer(_ condition: Condition) -> UnsafeMutablePointer<pthread_cond_t> {
        condition == .produced ? produced : consumed
    }
}

/// A thread of our own: reading files blocks, which Swift's own few threads must not.
struct WorkerThread {
    private let thread: pthread_t

    /// Runs the body on a new thread. Throws ``PackingError`` where the system has none left.
    init(_ body: @escaping @Sendable () -> Void) throws(PackingError) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let code = pthread_create(
            &thread, nil,
            { box in
                // Handed over by the line above, once.
                Unmanaged<Box>.fromOpaque(box!).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw .noThread(message: String(cString: strerror(code)))
        }
        self.thread = thread
    }

    /// Waits for its end. Each thread is either joined or detached, once.
    func join() { pthread_join(thread, nil) }

    /// Lets it end by itself.
    func detach() { pthread_detach(thread) }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
