import NIOPosix

/// Threads on which agents work: they wait for processes and read whole archives, and must not
/// keep those waiting who only ask how far a deployment is.
final class AgentThreads: TaskExecutor {
    private let pool: NIOThreadPool

    init(count: Int) {
        pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pool.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

extension AgentThreads {
    /// Ends the threads, once they have nothing to do any more.
    func end() { pool.shutdownGracefully { _ in } }
}
