import DeployEngine
package import FoundationEssentials
package import SlipwayCore

/// What time it is, by both clocks that times are of.
package struct LiveTime: Equatable, Sendable {
    /// By this machine's clock: for what was seen here.
    package let here: Date
    /// By AWS's clock, as far as it is known: for what AWS says when.
    package let aws: Date

    /// `awsLead` is by how many seconds AWS's clock is ahead of this machine's.
    package init(here: Date, awsLead: Double = 0) {
        self.here = here
        aws = here.addingTimeInterval(awsLead)
    }
}

extension LiveDeployment {
    /// How long it has been going on, in seconds; of one that is over, how long it took.
    package func elapsedSeconds(at time: LiveTime) -> Double {
        if let start = createdAt ?? beganAt, let end = completedAt {
            return max(0, end.timeIntervalSince(start))
        }
        if let result { return result.duration / .seconds(1) }
        return secondsSinceStart(at: time).map { max(0, $0) } ?? 0
    }

    /// When the deployment was made, as AWS says.
    private var createdAt: Date? { runs.first?.info?.createdAt }

    private func secondsSinceStart(at time: LiveTime) -> Double? {
        createdAt.map { time.aws.timeIntervalSince($0) }
            ?? beganAt.map { time.here.timeIntervalSince($0) }
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
    package func timeLeft(at time: LiveTime) -> TimeLeft? {
        guard stage == .running, runs.count == 1, let run, !run.status.isFinal,
            !run.isStopping, let elapsed = secondsSinceStart(at: time)
        else { return nil }
        let past = pastDurations.sorted()
        guard !past.isEmpty else { return nil }
        let usual = past[past.count / 2]
        let left = usual - elapsed
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
