internal import Synchronization

/// When a request is tried again.
package struct RetryPolicy: Equatable, Sendable {
    /// How often it is sent at most.
    package var attemptLimit: Int
    /// How often it is sent at least, however long each attempt takes: a slow upload that breaks off
    /// is worth another try.
    package var sureAttempts: Int
    /// The longest wait before the second attempt; each one after may take twice as long.
    package var baseDelay: Duration
    package var delayLimit: Duration
    /// How long after the first attempt another one may begin.
    package var timeLimit: Duration

    package init(
        attemptLimit: Int = 8, sureAttempts: Int = 3, baseDelay: Duration = .milliseconds(250),
        delayLimit: Duration = .seconds(20), timeLimit: Duration = .seconds(90)
    ) {
        self.attemptLimit = attemptLimit
        self.sureAttempts = sureAttempts
        self.baseDelay = baseDelay
        self.delayLimit = delayLimit
        self.timeLimit = timeLimit
    }

    /// The wait after so many failed attempts, by a random number from 0 up to 1: exponential with
    /// full jitter, and never less than the server asks for, within the limit.
    package func delay(
        afterAttempts count: Int, random: Double, serverAsksFor: Duration = .zero
    ) -> Duration {
        let factor = 1 << min(max(count - 1, 0), 20)
        let longest = min(baseDelay * factor, delayLimit)
        return max(longest * random, min(serverAsksFor, delayLimit))
    }
}

/// What all requests of one client may spend on retries together, so that a service that is down is
/// not asked the more for it.
///
/// As AWS's own SDKs do: a retry takes from a stock, a request that went well gives back.
final class RetryBudget: Sendable {
    static let capacity = 500
    static let cost = 5

    private let stock = Mutex(capacity)

    /// Takes for one retry. False where there is not enough.
    func take() -> Bool {
        stock.withLock { stock in
            guard stock >= Self.cost else { return false }
            stock -= Self.cost
            return true
        }
    }

    /// Gives back what the request took, or a little where it took nothing.
    func giveBack(retries: Int) {
        stock.withLock { $0 = min(Self.capacity, $0 + max(1, retries * Self.cost)) }
    }
}
