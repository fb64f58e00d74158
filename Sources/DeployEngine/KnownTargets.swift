import SlipwayCore

/// The targets of a deployment as far as they were read, and which of them to read next.
///
/// Read are those that may have changed, and no others: those that were never read, those under
/// way, and of those that wait for their turn as many as have begun since, by AWS's own counts. In
/// a large fleet AWS is asked first which these are.
struct KnownTargets: Sendable {
    /// In the order of AWS's list.
    private(set) var ids: [TargetID] = []
    private var listed: Set<TargetID> = []
    private var targets: [TargetID: DeploymentTarget] = [:]
    /// The turn in which a target was asked about last.
    private var askedIn: [TargetID: Int] = [:]
    private var turn = 0
    /// False once it is known that targets cannot be listed by their status.
    private var listsByStatus = true

    /// What AWS takes at once. AWS operation: `BatchGetDeploymentTargets`.
    static let batchSize = 25
    /// How many are read in one turn: a larger fleet is read in rotation.
    static let turnLimit = 8 * batchSize
    /// Up to so many, reading all that wait costs no more than asking which have begun.
    private static let fewTargets = 2 * batchSize

    subscript(id: TargetID) -> DeploymentTarget? { targets[id] }

    /// The targets that failed, as far as is known.
    var failures: [TargetFailure] {
        ids.compactMap { targets[$0] }.filter { $0.status == .failed }
            .map { TargetFailure(target: $0.id, record: $0.failure) }
    }

    mutating func list(_ new: [TargetID]) {
        ids += new.filter { listed.insert($0).inserted }
    }

    /// Takes what was read of a target, and returns what was known before.
    mutating func take(_ target: DeploymentTarget) -> DeploymentTarget? {
        targets.updateValue(target, forKey: target.id)
    }

    /// From now on everything is read in rotation.
    mutating func giveUpListingByStatus() { listsByStatus = false }

    /// The statuses to list targets by before any are read; none where that would tell nothing new.
    func statusesToList(_ overview: DeploymentOverview?) -> [TargetStatus] {
        guard listsByStatus, let overview else { return [] }
        let open = open
        let begun = open.begunCount(overview)
        let sure = open.unread.count + open.underWay.count
        if begun == 0, sure <= Self.turnLimit { return [] }
        if sure + open.waiting.count <= Self.fewTargets { return [] }
        var statuses: [TargetStatus] = []
        if overview.failed > open.failedCount { statuses.append(.failed) }
        let hasUnlisted = begun > 0 || open.unread.count > Self.turnLimit
        if hasUnlisted, (1...Self.turnLimit).contains(overview.inProgress) {
            statuses.append(.inProgress)
        }
        return statuses
    }

    /// The targets to read in this turn, 25 at a time. `named` are those that AWS listed by status;
    /// `isLast` says that nothing will change any more: then all that is not known to be over.
    mutating func batches(
        _ overview: DeploymentOverview?, named: [TargetID], isLast: Bool
    ) -> [[TargetID]] {
        turn += 1
        let chosen = isLast ? open.all(in: ids) : choose(overview, named)
        for id in chosen { askedIn[id] = turn }
        return stride(from: 0, to: chosen.count, by: Self.batchSize).map {
            Array(chosen[$0..<min($0 + Self.batchSize, chosen.count)])
        }
    }

    private func choose(_ overview: DeploymentOverview?, _ named: [TargetID]) -> [TargetID] {
        let open = open
        let begun = open.begunCount(overview)
        if begun > 0, open.count <= Self.fewTargets { return open.all(in: ids) }
        let first = named.filter { listed.contains($0) && targets[$0]?.status.isFinal != true }
        let isFirst = Set(first)
        // Some room is kept for those that wait: what AWS does not name is among them.
        let room = Self.turnLimit - (begun > 0 ? Self.batchSize : 0)
        var chosen = Array(
            (first + open.unread.filter { !isFirst.contains($0) }
                + oldestFirst(open.underWay.filter { !isFirst.contains($0) })).prefix(room))
        let namedCount = open.waiting.count { isFirst.contains($0) }
        guard begun > namedCount else { return chosen }
        // A batch that is not full costs as much.
        let wanted = chosen.count + begun - namedCount
        let filled = (wanted + Self.batchSize - 1) / Self.batchSize * Self.batchSize
        chosen += oldestFirst(open.waiting.filter { !isFirst.contains($0) })
            .prefix(min(filled, Self.turnLimit) - chosen.count)
        return chosen
    }

    /// Those first that were asked about longest ago; else in the order of the list.
    private func oldestFirst(_ some: [TargetID]) -> [TargetID] {
        some.enumerated()
            .map { (turn: askedIn[$0.element] ?? 0, place: $0.offset, id: $0.element) }
            .sorted { ($0.turn, $0.place) < ($1.turn, $1.place) }.map(\.id)
    }

    // MARK: What is not over

    private struct Open {
        var unread: [TargetID] = []
        var underWay: [TargetID] = []
        var waiting: [TargetID] = []
        var failedCount = 0

        var count: Int { unread.count + underWay.count + waiting.count }

        /// In the order of the list.
        func all(in ids: [TargetID]) -> [TargetID] {
            let all = Set(unread + underWay + waiting)
            return ids.filter { all.contains($0) }
        }

        /// How many that were read as waiting have begun since; all of them where AWS has no counts.
        func begunCount(_ overview: DeploymentOverview?) -> Int {
            guard let overview else { return waiting.count }
            return min(waiting.count, max(0, waiting.count + unread.count - overview.pending))
        }
    }

    private var open: Open {
        var open = Open()
        for id in ids {
            switch targets[id]?.status {
            case nil: open.unread.append(id)
            case .pending?: open.waiting.append(id)
            case .failed?: open.failedCount += 1
            case let status? where !status.isFinal: open.underWay.append(id)
            default: break
            }
        }
        return open
    }
}
