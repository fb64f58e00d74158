import SlipwayCore

/// The look at one deployment, again and again until it is over.
///
///     look -> deployment -+-> (targets denied, or none yet) ------------+-> sleep -> look
///                         +-> list of targets -> targets, 25 at a time -+
///                                                                       +-> over
///
/// The list is read again only while its length differs from the deployment's own count, and of
/// the targets only those that are not done with. A look that fails says nothing of the deployment:
/// the next one comes later.
struct DeploymentWatch: Sendable {
    /// What a look came to.
    enum Verdict: Equatable, Sendable {
        /// The deployment has its final status, and what could be learned of it was.
        case over(DeploymentInfo)
        /// It cannot be looked at.
        case lost(DeployFailure)
    }

    enum Step: Equatable, Sendable {
        case deployment, targetIDs
        case targets(rest: [[TargetID]])
        case sleeping
    }

    let id: DeploymentID
    let isRollback: Bool
    /// Whether the deployment is known to be there, since CodeDeploy has named it.
    let isCertain: Bool
    private let beganAt: Duration
    private(set) var step = Step.deployment
    private(set) var info: DeploymentInfo?
    /// Who has it stopped, where that is known.
    private(set) var stop: DeploymentStop?
    private(set) var targets: [TargetID: DeploymentTarget] = [:]
    private var ids: [TargetID] = []
    private var hasToldStop = false
    private var seesTargets = true
    private var failureCount = 0
    private var refusalCount = 0
    private var failedInThisLook = false
    /// Looks after the final status, for what AWS tells a little later.
    private var settlingCount = 0

    init(_ id: DeploymentID, isRollback: Bool = false, isCertain: Bool, at now: Duration) {
        self.id = id
        self.isRollback = isRollback
        self.isCertain = isCertain
        beganAt = now
    }

    static let batchSize = 25
    private static let settlingLimit = 8

    /// The targets that failed, as far as is known, in the order of the list.
    var failures: [TargetFailure] {
        ids.compactMap { targets[$0] }.filter { $0.status == .failed }
            .map { TargetFailure(target: $0.id, record: $0.failure) }
    }

    /// Who stopped it, where somebody did and that is known.
    var effectiveStop: DeploymentStop? { info?.wasStoppedByUser == true ? stop : nil }

    /// The first look.
    func begin() -> [DeployAction] { [.readDeployment(id)] }

    /// Takes the answer to what was asked for last. Answers to anything else change nothing.
    mutating func handle(
        _ event: DeployEvent, at now: Moment, _ jitter: inout JitterSource
    ) -> (actions: [DeployAction], verdict: Verdict?) {
        switch (step, event) {
        case (.sleeping, .woke):
            step = .deployment
            failedInThisLook = false
            return ([.readDeployment(id)], nil)
        case (.deployment, .stopRecorded(let stop, let id)) where id == self.id:
            self.stop = stop
            return ([], nil)
        case (.deployment, .deployment(let info)) where info.id == id:
            return seen(info, now, &jitter)
        case (.deployment, .deploymentFailed(let failure)):
            return failed(failure, now, &jitter)
        case (.targetIDs, .targetIDs(let listed)):
            ids += listed.filter { !ids.contains($0) }
            return readTargets([], now, &jitter)
        case (.targets(let rest), .targets(let read)):
            let news = read.flatMap { take($0) }
            return readNext(rest, after: news, now, &jitter)
        case (.targetIDs, .targetIDsFailed(let failure)), (.targets, .targetsFailed(let failure)):
            return withoutTargets(failure, now, &jitter)
        default:
            return ([], nil)
        }
    }

    private typealias Outcome = (actions: [DeployAction], verdict: Verdict?)

    private mutating func seen(
        _ new: DeploymentInfo, _ now: Moment, _ jitter: inout JitterSource
    ) -> Outcome {
        var actions: [DeployAction] = []
        if failureCount >= Self.failuresToMention {
            actions.append(.report(.notice(.init(Notices.answersAgain(id)))))
        }
        failureCount = 0
        refusalCount = 0
        let isNewStatus = info?.status != new.status
        if isNewStatus || info?.overview != new.overview {
            actions.append(
                .report(
                    .status(
                        StatusChange(
                            deployment: id, isRollback: isRollback, info: new,
                            isNewStatus: isNewStatus))))
        }
        info = new
        actions += tellStop(new)
        guard seesTargets, new.status != .created, new.status != .queued else {
            return endLook(actions, now, &jitter)
        }
        if ids.isEmpty || new.status.isFinal || new.overview.map({ $0.total != ids.count }) ?? true
        {
            step = .targetIDs
            return (actions + [.listTargets(id)], nil)
        }
        return readTargets(actions, now, &jitter)
    }

    /// Says once who has it stopped. An order that AWS may not have taken explains only a deployment
    /// that was stopped.
    private mutating func tellStop(_ info: DeploymentInfo) -> [DeployAction] {
        guard let stop, !hasToldStop, stop.isTaken || info.wasStoppedByUser else { return [] }
        hasToldStop = true
        return [.report(.stop(StopChange(deployment: id, stop: stop)))]
    }

    private mutating func readTargets(
        _ actions: [DeployAction], _ now: Moment, _ jitter: inout JitterSource
    ) -> Outcome {
        let open = ids.filter { targets[$0]?.status.isFinal != true }
        let batches = stride(from: 0, to: open.count, by: Self.batchSize).map {
            Array(open[$0..<min($0 + Self.batchSize, open.count)])
        }
        return readNext(batches, after: actions, now, &jitter)
    }

    private mutating func readNext(
        _ batches: [[TargetID]], after actions: [DeployAction], _ now: Moment,
        _ jitter: inout JitterSource
    ) -> Outcome {
        guard let batch = batches.first else { return endLook(actions, now, &jitter) }
        step = .targets(rest: Array(batches.dropFirst()))
        return (actions + [.readTargets(id, batch)], nil)
    }

    /// What is new of a target.
    private mutating func take(_ new: DeploymentTarget) -> [DeployAction] {
        let old = targets[new.id]
        targets[new.id] = new
        var changes: [DeployChange] = []
        for record in new.events {
            let before = old?.events.first { $0.event == record.event }
            guard before?.status != record.status else { continue }
            // That an event waits for its turn is no news.
            guard before != nil || record.status != .pending else { continue }
            changes.append(
                .lifecycle(LifecycleChange(deployment: id, target: new.id, record: record)))
        }
        if old?.status != new.status {
            let change = DeployChange.target(TargetChange(deployment: id, target: new))
            // A target begins before its events do, and ends after them.
            changes.insert(change, at: new.status.isFinal ? changes.count : 0)
        }
        return changes.map(DeployAction.report)
    }

    private mutating func withoutTargets(
        _ failure: DeployFailure, _ now: Moment, _ jitter: inout JitterSource
    ) -> Outcome {
        switch failure.meaning {
        case .denied:
            seesTargets = false
            return endLook([.report(.notice(.init(Notices.targetsDenied)))], now, &jitter)
        case .notStarted:
            return endLook([], now, &jitter)
        default:
            failureCount += 1
            failedInThisLook = true
            return endLook([], now, &jitter)
        }
    }

    /// A look at the deployment itself failed.
    private mutating func failed(
        _ failure: DeployFailure, _ now: Moment, _ jitter: inout JitterSource
    ) -> Outcome {
        failureCount += 1
        switch failure.meaning {
        case .denied, .missing, .refused, .badKeys, nil:
            refusalCount += 1
            // What was made a moment ago, or allowed a moment ago, may need a little time.
            if refusalCount >= (isCertain ? 4 : 1) { return ([], .lost(failure)) }
        default:
            if !isCertain, info == nil { return ([], .lost(failure)) }
        }
        return sleep(mentionFailure(failure), now, &jitter)
    }

    private static let failuresToMention = 3

    private func mentionFailure(_ failure: DeployFailure) -> [DeployAction] {
        guard failureCount == Self.failuresToMention else { return [] }
        return [.report(.notice(.init(Notices.cannotLook(at: id, failure))))]
    }

    private mutating func endLook(
        _ actions: [DeployAction], _ now: Moment, _ jitter: inout JitterSource
    ) -> Outcome {
        guard let info, info.status.isFinal else { return sleep(actions, now, &jitter) }
        guard settlingCount < Self.settlingLimit, isUnsettled(info) else {
            return (actions, .over(info))
        }
        settlingCount += 1
        return sleep(actions, now, &jitter)
    }

    /// Whether AWS is about to tell more: the failed targets' logs, or that it rolls back.
    private func isUnsettled(_ info: DeploymentInfo) -> Bool {
        if failedInThisLook { return true }
        if seesTargets, let failed = info.overview?.failed, failures.count < failed { return true }
        guard info.rollback?.rollbackID == nil, let events = info.autoRollback else { return false }
        return switch info.status {
        case .failed: events.contains(.failure)
        case .stopped: events.contains(.stopOnRequest)
        default: false
        }
    }

    private mutating func sleep(
        _ actions: [DeployAction], _ now: Moment, _ jitter: inout JitterSource
    ) -> Outcome {
        step = .sleeping
        var delay = PollCadence.delay(
            age: now.uptime - beganAt, overview: info?.overview, failureCount: failureCount,
            jitter: jitter.next())
        if info?.status.isFinal == true, failureCount == 0 { delay = min(delay, .seconds(1)) }
        return (actions + [.sleep(delay)], nil)
    }
}
