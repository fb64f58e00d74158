import DeployEngine
package import FoundationEssentials
package import SlipwayCore

extension LiveDeployment {
    /// How long it has been going on, in seconds; of one that is over, how long it took.
    package func elapsedSeconds(at now: Date) -> Double {
        let info = runs.first?.info
        let start = info?.createdAt ?? beganAt
        if let start, let end = completedAt { return max(0, end.timeIntervalSince(start)) }
        if let result {
            let parts = result.duration.components
            return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
        }
        return start.map { max(0, now.timeIntervalSince($0)) } ?? 0
    }

    /// Whether what is shown as its time is how long it took.
    package var hasEnded: Bool { isOver || completedAt != nil }

    /// When it ended, or its rollback did, as AWS says.
    private var completedAt: Date? {
        guard let info = runs.last?.info, info.status.isFinal else { return nil }
        return info.completedAt
    }

    /// What this group's own history says of the time that is left.
    package enum TimeLeft: Equatable, Sendable {
        case about(seconds: Double)
        /// It takes longer than the last ones mostly did.
        case overdue(usualSeconds: Double)
    }

    /// Nil without a history, before the deployment runs, while it is stopped or rolled back, and at
    /// its end.
    package func timeLeft(at now: Date) -> TimeLeft? {
        guard stage == .running, runs.count == 1, let run, !run.status.isFinal,
            !run.isStopping,
            let start = run.info?.createdAt ?? beganAt
        else { return nil }
        let past = pastDurations.sorted()
        guard !past.isEmpty else { return nil }
        let usual = past[past.count / 2]
        let left = usual - now.timeIntervalSince(start)
        // What is left of less than half a second would be shown as nothing.
        return left < 0.5 ? .overdue(usualSeconds: usual) : .about(seconds: left)
    }

    /// Targets whose agent seems not to answer, though a lifecycle event should have begun: known a
    /// good while before CodeDeploy gives up after five minutes.
    package func silentTargets(at now: Date) -> [TargetID] {
        guard let run, !run.status.isFinal else { return [] }
        return run.silentSince
            .filter { now.timeIntervalSince($0.value) >= Self.silenceSeconds }
            .map(\.key).sorted()
    }

    package static let silenceSeconds = DeploymentTarget.silenceLimit / .seconds(1)
}
