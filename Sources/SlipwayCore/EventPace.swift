/// How long the lifecycle events of a simulated instance take: each its own time out of a range, as
/// instances differ.
package struct EventPace: Equatable, Sendable {
    package let shortest: Duration
    package let longest: Duration

    /// Parses seconds: `3`, `0.5` or `2-8`, up to an hour, which is as long as CodeDeploy waits.
    ///
    /// Throws ``SandboxSetupError/eventSeconds(_:)``.
    package init(_ text: String) throws(SandboxSetupError) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.seconds)
        guard ends.count <= 2, let shortest = ends[0], let longest = ends[ends.count - 1],
            shortest <= longest
        else { throw .eventSeconds(text) }
        self.shortest = .seconds(shortest)
        self.longest = .seconds(longest)
    }

    private static func seconds(_ text: Substring) -> Double? {
        // Nothing but digits and a point, which Double takes for more than people would.
        guard text.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }),
            let seconds = Double(text), seconds <= 3600
        else { return nil }
        return seconds
    }

    /// How long one event takes. The same numbers give the same time in every sandbox, so that a
    /// rehearsal can be repeated; the next deployment has others.
    package func duration(deployment: Int, target: Int, event: Int) -> Duration {
        // A sandbox's deployments are counted, its targets are at most 1,000 and their events few:
        // no two of them share a seed.
        let seed = UInt64(clamping: (deployment * 1_000_000 + target) * 100 + event)
        var source = JitterSource(seed: seed)
        return shortest + (longest - shortest) * source.next()
    }
}
