package import FoundationEssentials
package import SlipwayCore

/// One deployment as far as it is known: what AWS said last, and its targets, the failing first.
package struct LiveRun: Equatable, Sendable {
    package let id: DeploymentID
    /// Whether it rolls the deployment back that is watched.
    package let isRollback: Bool
    package private(set) var info: DeploymentInfo?
    /// Who has it stopped, where somebody has and that is known.
    package private(set) var stop: DeploymentStop?
    /// Whether AWS took a wish of this screen to stop it.
    private var isStopTaken = false
    package private(set) var targets: [TargetID: DeploymentTarget] = [:]
    /// Failed, those first of which an event failed, then running, waiting, skipped and succeeded;
    /// those of one kind by their ids.
    package private(set) var order: [TargetID] = []
    /// Since when a target is in progress without a lifecycle event having begun.
    package private(set) var silentSince: [TargetID: Date] = [:]
    private var statusCounts: [TargetStatus: Int] = [:]

    package init(_ id: DeploymentID, isRollback: Bool) {
        self.id = id
        self.isRollback = isRollback
    }

    package var status: DeploymentStatus { info?.status ?? .created }

    /// Whether AWS has been told to stop it, and it has not ended yet.
    package var isStopping: Bool {
        !status.isFinal && (isStopTaken || stop?.isTaken == true)
    }

    /// AWS's own counts, else those of the targets that were seen, whichever are further: the
    /// counts come first, and targets may not be allowed to be seen.
    package var counts: DeploymentOverview {
        let seen = seenCounts
        guard let overview = info?.overview else { return seen }
        // The targets are read after the counts, and so may be newer.
        return seen.total == overview.total && seen.finished > overview.finished ? seen : overview
    }

    private var seenCounts: DeploymentOverview {
        func count(_ status: TargetStatus) -> Int { statusCounts[status] ?? 0 }
        let known = [
            TargetStatus.inProgress, .succeeded, .failed, .skipped, .ready,
        ].reduce(0) { $0 + count($1) }
        return DeploymentOverview(
            pending: targets.count - known, inProgress: count(.inProgress),
            succeeded: count(.succeeded), failed: count(.failed), skipped: count(.skipped),
            ready: count(.ready))
    }

    /// The lifecycle events of its targets, in their order.
    package var events: [LifecycleEvent] {
        order.lazy.compactMap { self.targets[$0] }.first { !$0.events.isEmpty }?
            .events.map(\.event) ?? []
    }

    package mutating func take(_ info: DeploymentInfo) { self.info = info }

    package mutating func take(_ stop: DeploymentStop) { self.stop = stop }

    package mutating func noteStopTaken() { isStopTaken = true }

    package mutating func take(_ target: DeploymentTarget, at now: Date) {
        let old = targets.updateValue(target, forKey: target.id)
        if old.map(Self.rank) != Self.rank(target) {
            if let old { remove(old) }
            insert(target)
        }
        if let old { statusCounts[old.status, default: 1] -= 1 }
        statusCounts[target.status, default: 0] += 1
        noteSilence(target, now)
    }

    package mutating func take(
        _ record: LifecycleEventRecord, of id: TargetID, at now: Date
    ) {
        var target = targets[id] ?? DeploymentTarget(id: id, status: .inProgress)
        if let index = target.events.firstIndex(where: { $0.event == record.event }) {
            target.events[index] = record
        } else {
            target.events.append(record)
        }
        take(target, at: now)
    }

    private mutating func noteSilence(_ target: DeploymentTarget, _ now: Date) {
        if !target.awaitsAgent {
            silentSince[target.id] = nil
        } else if silentSince[target.id] == nil {
            silentSince[target.id] = now
        }
    }

    private mutating func insert(_ target: DeploymentTarget) {
        order.insert(target.id, at: place(of: target))
    }

    private mutating func remove(_ old: DeploymentTarget) {
        let index = place(of: old)
        if order.indices.contains(index), order[index] == old.id { order.remove(at: index) }
    }

    /// Where in the order a target stands, or would: by halves, since a fleet may be large. The
    /// target that is asked for may have changed in ``targets`` already, the others have not.
    private func place(of target: DeploymentTarget) -> Int {
        let key = (Self.rank(target), target.id)
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            let id = order[middle]
            let other = id == target.id ? target : targets[id] ?? target
            if (Self.rank(other), id) < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What a stop cut short has failed too, but is not why.
    private static func rank(_ target: DeploymentTarget) -> Int {
        switch target.status {
        case .failed: target.failure == nil ? 1 : 0
        case .inProgress: 2
        case .unknown, .other: 3
        case .pending: 4
        case .ready: 5
        case .skipped: 6
        case .succeeded: 7
        }
    }
}
