package import SlipwayCore

/// How long to wait before a deployment is looked at again.
package enum PollCadence {
    /// Slower with age; faster while few targets are left; doubled for each failure in a row. A
    /// tenth of it more or less, by `jitter`, keeps watchers from marching in step.
    ///
    /// `age` is how long the deployment was watched; `jitter` is between 0 and 1.
    package static func delay(
        age: Duration, overview: DeploymentOverview?, failureCount: Int, jitter: Double
    ) -> Duration {
        var delay: Duration =
            switch age {
            case ..<(.seconds(6)): .seconds(1)
            case ..<(.seconds(60)): .milliseconds(1500)
            case ..<(.seconds(180)): .seconds(3)
            case ..<(.seconds(600)): .seconds(5)
            default: .seconds(10)
            }
        if let overview, isNearEnd(overview) { delay = min(delay, .seconds(2)) }
        if failureCount > 0 {
            delay = min(max(delay, .seconds(2)) * (1 << min(failureCount, 5)), longest)
        }
        return delay * (0.9 + 0.2 * jitter)
    }

    /// The longest wait, after many failures.
    package static let longest = Duration.seconds(60)

    private static func isNearEnd(_ overview: DeploymentOverview) -> Bool {
        let left = overview.total - overview.finished
        return overview.finished > 0 && left <= max(1, overview.total / 10)
    }
}
