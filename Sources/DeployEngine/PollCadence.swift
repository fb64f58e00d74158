package import SlipwayCore

/// How long to wait before a deployment is looked at again.
package enum PollCadence {
    /// What one look found, and what it cost.
    package struct Look: Sendable {
        /// How long nothing has changed.
        package var quiet: Duration
        package var overview: DeploymentOverview?
        /// Looks in a row that failed.
        package var failureCount = 0
        /// Requests that it took.
        package var callCount = 1
        /// How many times longer the wait is for the sake of others: see ``PollPacer``.
        package var slowdown = 1.0

        package init(
            quiet: Duration, overview: DeploymentOverview? = nil, failureCount: Int = 0,
            callCount: Int = 1, slowdown: Double = 1
        ) {
            self.quiet = quiet
            self.overview = overview
            self.failureCount = failureCount
            self.callCount = callCount
            self.slowdown = slowdown
        }
    }

    /// Within 2 s as long as something happens now and then, slower the longer nothing does; faster
    /// while few targets are left; longer in proportion where a look takes many requests; doubled
    /// for each failure in a row. A tenth of it more or less, by `jitter`, which is between 0 and 1,
    /// keeps watchers from marching in step.
    package static func delay(after look: Look, jitter: Double) -> Duration {
        var delay: Duration =
            switch look.quiet {
            case ..<(.seconds(6)): .seconds(1)
            case ..<(.seconds(600)): .milliseconds(1600)
            case ..<(.seconds(1800)): .seconds(3)
            case ..<(.seconds(3600)): .seconds(5)
            default: .seconds(10)
            }
        if let overview = look.overview, isNearEnd(overview) {
            delay = min(delay, .milliseconds(1600))
        }
        let cost = max(1, Double(look.callCount) / Double(ordinaryCallCount))
        delay = delay * (cost * look.slowdown)
        if look.failureCount > 0 {
            delay = max(delay, .seconds(2)) * (1 << min(look.failureCount, 5))
        }
        return min(delay, longest) * (0.9 + 0.2 * jitter)
    }

    /// How long to wait before a busy group is asked about again, having waited so long.
    package static func delay(waiting age: Duration, jitter: Double) -> Duration {
        let delay: Duration =
            switch age {
            case ..<(.seconds(6)): .seconds(1)
            case ..<(.seconds(60)): .milliseconds(1500)
            case ..<(.seconds(180)): .seconds(3)
            case ..<(.seconds(600)): .seconds(5)
            default: .seconds(10)
            }
        return delay * (0.9 + 0.2 * jitter)
    }

    /// The longest wait, after many failures.
    package static let longest = Duration.seconds(60)
    /// What a look at a hundred targets takes, all of which may have changed.
    private static let ordinaryCallCount = 6

    private static func isNearEnd(_ overview: DeploymentOverview) -> Bool {
        let left = overview.total - overview.finished
        return overview.finished > 0 && left <= max(1, overview.total / 10)
    }
}
