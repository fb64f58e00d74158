/// How far a deployment is with its instances: how many may start now, and whether it has failed.
///
/// AWS's arithmetic. Of N instances m have to stay healthy. Those that are deployed to at a moment,
/// and those that failed, are not: so at most N - m - failures are in progress at once.
package struct FleetProgress: Sendable, Equatable {
    /// How a deployment ends.
    package enum Verdict: Sendable, Equatable {
        case succeeded
        /// AWS: `HEALTH_CONSTRAINTS`. Whatever waits is skipped.
        case failed
    }

    /// All instances of the deployment.
    package let count: Int
    /// How many of them have to stay healthy.
    package let minimum: Int
    package private(set) var waiting: Int
    package private(set) var inProgress = 0
    package private(set) var succeeded = 0
    package private(set) var failed = 0

    /// Nil where the rule wants as many healthy instances as there are, or more, so that not one
    /// can be deployed to. AWS: `HEALTH_CONSTRAINTS_INVALID`.
    package init?(count: Int, rule: HealthRule) {
        self.count = count
        minimum = rule.minimum(of: count)
        waiting = count
        guard minimum < count else { return nil }
    }

    /// How many of those that wait may start now.
    package var startable: Int {
        guard verdict == nil else { return 0 }
        return max(0, min(waiting, count - failed - minimum - inProgress))
    }

    /// Nil while the deployment goes on. It fails as soon as no more may be deployed to though some
    /// still wait; while none waits, what counts is how many succeeded, and one has to.
    package var verdict: Verdict? {
        if waiting > 0 { return count - failed <= minimum ? .failed : nil }
        guard inProgress == 0 else { return nil }
        return succeeded >= max(1, minimum) ? .succeeded : .failed
    }

    /// One that waited is in progress.
    package mutating func start() {
        waiting -= 1
        inProgress += 1
    }

    /// One that was in progress is through.
    package mutating func finish(succeeded success: Bool) {
        inProgress -= 1
        if success { succeeded += 1 } else { failed += 1 }
    }

    /// Those that waited are not deployed to at all.
    package mutating func skipWaiting() { waiting = 0 }

    /// One that waited is not deployed to at all.
    package mutating func skip() { waiting -= 1 }

    /// One that waited failed without being deployed to, as a stopped machine does.
    package mutating func failWaiting() {
        waiting -= 1
        failed += 1
    }
}
