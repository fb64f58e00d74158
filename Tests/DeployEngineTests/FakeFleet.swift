import DeployEngine
import SlipwayCore

/// A fleet that answers the looks of a machine.
struct FakeFleet {
    /// What a server makes of a list by status.
    enum Filters { case obeyed, ignored, refused }

    var statuses: [TargetStatus]
    var deployment = DeploymentStatus.inProgress
    var filters = Filters.obeyed
    private(set) var run = Run.watching()
    /// What was asked for in the last look.
    private(set) var asked: [DeployAction] = []
    private var hasLooked = false

    init(_ count: Int, _ status: TargetStatus = .pending) {
        statuses = Array(repeating: status, count: count)
    }

    static func id(_ number: Int) -> TargetID { TargetID("i-\(number)") }

    var overview: DeploymentOverview {
        func count(_ status: TargetStatus) -> Int { statuses.count { $0 == status } }
        return DeploymentOverview(
            pending: count(.pending), inProgress: count(.inProgress), succeeded: count(.succeeded),
            failed: count(.failed), skipped: count(.skipped))
    }

    /// One look, from the deployment to the sleep or the end. Where a request of the given number,
    /// counted from 0, is to be throttled, it is.
    mutating func look(throttling throttled: Int? = nil) {
        asked = []
        var actions = hasLooked ? run.feed(.woke) : [.readDeployment(Sample.id)]
        hasLooked = true
        while let request = actions.first(where: \.isRequest) {
            let isThrottled = asked.count == throttled
            asked.append(request)
            actions = run.feed(answer(request, isThrottled: isThrottled))
        }
    }

    private func answer(_ request: DeployAction, isThrottled: Bool) -> DeployEvent {
        let failure = Sample.failure(.throttled)
        switch request {
        case .listTargets(_, let wanted):
            if isThrottled { return .targetIDsFailed(failure) }
            if !wanted.isEmpty, filters == .refused {
                return .targetIDsFailed(Sample.failure(.refused))
            }
            let isAll = wanted.isEmpty || filters == .ignored
            return .targetIDs(
                statuses.indices.filter { isAll || wanted.contains(statuses[$0]) }.map(Self.id))
        case .readTargets(_, let ids):
            if isThrottled { return .targetsFailed(failure) }
            return .targets(
                ids.map { id in
                    let number = Int(id.rawValue.dropFirst(2)) ?? 0
                    return DeploymentTarget(id: id, status: statuses[number])
                })
        default:
            if isThrottled { return .deploymentFailed(failure) }
            return .deployment(Sample.info(deployment, overview: overview))
        }
    }

    /// The targets that were read in the last look, batch by batch.
    var batches: [[TargetID]] {
        asked.compactMap { if case .readTargets(_, let ids) = $0 { ids } else { nil } }
    }

    var read: [TargetID] { batches.flatMap(\.self) }

    /// The statuses that targets were listed by in the last look.
    var lists: [[TargetStatus]] {
        asked.compactMap { if case .listTargets(_, let statuses) = $0 { statuses } else { nil } }
    }

    /// What was said of targets last.
    var told: [TargetID: TargetStatus] {
        run.changes.reduce(into: [:]) { told, change in
            if case .target(let change) = change { told[change.target.id] = change.target.status }
        }
    }

    /// How long the last look asked to wait.
    var delay: Duration? {
        run.actions.compactMap { if case .sleep(let delay) = $0 { delay } else { nil } }.last
    }
}

extension DeployAction {
    fileprivate var isRequest: Bool {
        switch self {
        case .readDeployment, .listTargets, .readTargets: true
        default: false
        }
    }
}
