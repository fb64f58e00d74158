import SlipwayCore

/// Which instances' agents have not begun with the deployment, though they should have.
struct AgentSilence: Sendable {
    /// Since when, by the first look that showed it.
    private var since: [TargetID: Duration] = [:]
    private var told: Set<TargetID> = []

    mutating func take(_ target: DeploymentTarget, at now: Duration) {
        if target.awaitsAgent {
            if since[target.id] == nil { since[target.id] = now }
        } else {
            since[target.id] = nil
        }
    }

    /// Those that seem not to answer and were not told of yet, the longest silent first, and for how
    /// long that one has been; nil where there is no such.
    mutating func news(at now: Duration) -> (silent: [TargetID], time: Duration)? {
        let silent =
            since
            .filter { now - $0.value >= DeploymentTarget.silenceLimit && !told.contains($0.key) }
            .sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        guard let first = silent.first else { return nil }
        told.formUnion(silent.map(\.key))
        return (silent.map(\.key), now - first.value)
    }
}
