/// How much slower one deployment is looked at for the others that are watched beside it, and for
/// AWS's throttling of any of them. Arithmetic only.
package struct PollPacer: Equatable, Sendable {
    private var factor = 1
    private var throttledAt = Duration.zero

    package init() {}

    /// However often AWS throttles, the wait grows no more for it: each watch that is throttled
    /// itself backs off besides.
    private static let limit = 4
    /// How long AWS is to answer without throttling until the wait is halved again.
    private static let calm = Duration.seconds(10)
    /// Requests that are throttled within this time are one sign.
    private static let moment = Duration.seconds(1)

    /// Takes note that AWS throttled a request.
    package mutating func throttled(at now: Duration) {
        guard factor == 1 || now - throttledAt >= Self.moment else { return }
        factor = min(Self.limit, current(at: now) * 2)
        throttledAt = now
    }

    /// How many times longer to wait between looks than one watch alone would.
    ///
    /// Two watches ask a third more than one, four ask two thirds more, and however many ask less
    /// than twice as much.
    package func slowdown(watchCount: Int, at now: Duration) -> Double {
        (1 + Double(max(1, watchCount) - 1) / 2) * Double(current(at: now))
    }

    private func current(at now: Duration) -> Int {
        let halvings = (now - throttledAt) / Self.calm
        return max(1, factor >> Int(min(max(halvings, 0), 8)))
    }
}
