import FoundationEssentials
import SlipwayCore

/// The look at one deployment, again and again until it is over.
///
///     look -> deployment -+-> (targets denied, or none yet) ----------------------+-> sleep -> look
///                         +-> list of targets -+-> list of some, by status -+     |
///                         +--------------------+----------------------------+     |
///                                                          targets, 25 at a time -+
///                                                                                 +-> over
///
/// The counts are of this very look. The list is read again only while its length differs from
/// them, and of the targets only those that may have changed: ``KnownTargets``. A request that
/// fails says nothing of the deployment: the rest of the look is left to the next one, which comes
/// later.
struct DeploymentWatch: Sendable {
    /// What a look came to.
    enum Verdict: Equatable, Sendable {
        /// The deployment has its final status, and what could be learned of it was.
        case over(DeploymentInfo)
        /// It cannot be looked at.
        case lost(DeployFailure)
    }

    enum Step: Equatable, Sendable {
        case deployment, targetIDs, targetIDsByStatus
        case targets(rest: [[TargetID]])
        case sleeping
    }

    let id: DeploymentID
    let isRollback: Bool
    /// Whether CodeDeploy has named the deployment before it was looked at.
    private let isNamed: Bool
    private(set) var step = Step.deployment
    private(set) var info: DeploymentInfo?
    private var targets = KnownTargets()
    /// Who has it stopped, where that is known.
    private(set) var stop: DeploymentStop?
    private var hasToldStop = false
    private var seesTargets = true
    /// Looks that failed since one went well.
    private var failureCount = 0
    private var refusalCount = 0
    /// What ended the look under way early.
    private var failure: DeployFailure?
    /// Requests of the look under way.
    private var callCount = 1
    /// When something was last found to have changed, at first when the watch began.
    private var changedAt: Duration
    /// When a look last went well.
    private var answeredAt: Duration?
    private var silence = AgentSilence()
    private var hasFinalList = false
    /// Looks after the final status, for what AWS tells a little later.
    private var settlingCount = 0

    init(_ id: DeploymentID, isRollback: Bool = false, isNamed: Bool, at now: Duration) {
        self.id = id
        self.isRollback = isRollback
        self.isNamed = isNamed
        changedAt = now
    }

    private static let settlingLimit = 8
    /// How often a deployment that nothing is known of yet is asked about in vain.
    private static let firstLookLimit = 3

    /// Whether the deployment is known to be there.
    var isCertain: Bool { isNamed || info != nil }

    /// The targets that failed, as far as is known, in the order of the list.
    var failures: [TargetFailure] { targets.failures }

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
            failure = nil
            callCount = 1
            return ([.readDeployment(id)], nil)
        case (.deployment, .stopRecorded(let stop, let id)) where id == self.id:
            self.stop = stop
            return ([], nil)
        case (.deployment, .deployment(let info)) where info.id == id:
            return seen(info, now, &jitter)
        case (.deployment, .deploymentFailed(let failure)):
            return failed(failure, now, &jitter)
        case (.targetIDs, .targetIDs(let listed)):
            targets.list(listed)
            hasFinalList = info?.status.isFinal == true
            return readTargets([], now, &jitter)
        case (.targetIDsByStatus, .targetIDs(let named)):
            return readBatches(named: named, after: [], now, &jitter)
        case (.targetIDsByStatus, .targetIDsFailed(let failure)) where failure.meaning == .refused:
            targets.giveUpListingByStatus()
            return readBatches(named: [], after: [], now, &jitter)
        case (.targets(let rest), .targets(let read)):
            let news = read.flatMap { take($0, now) }
            return readNext(rest, after: news, now, &jitter)
        case (.targetIDs, .targetIDsFailed(let failure)),
            (.targetIDsByStatus, .targetIDsFailed(let failure)),
            (.targets, .targetsFailed(let failure)):
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
        refusalCount = 0
        let isNewStatus = info?.status != new.status
        if isNewStatus || info?.overview != new.overview {
            changedAt = now.uptime
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
        if needsList(new) {
            step = .targetIDs
            callCount += 1
            return (actions + [.listTargets(id, statuses: [])], nil)
        }
        return readTargets(actions, now, &jitter)
    }

    private func needsList(_ info: DeploymentInfo) -> Bool {
        if targets.ids.isEmpty || info.status.isFinal && !hasFinalList { return true }
        return info.overview.map { $0.total != targets.ids.count } ?? true
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
        let statuses =
            info?.status.isFinal == true ? [] : targets.statusesToList(info?.overview)
        guard !statuses.isEmpty else {
            return readBatches(named: [], after: actions, now, &jitter)
        }
        step = .targetIDsByStatus
        callCount += 1
        return (actions + [.listTargets(id, statuses: statuses)], nil)
    }

    private mutating func readBatches(
        named: [TargetID], after actions: [DeployAction], _ now: Moment,
        _ jitter: inout JitterSource
    ) -> Outcome {
        let batches = targets.batches(
            info?.overview, named: named, isLast: info?.status.isFinal == true)
        callCount += batches.count
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
    private mutating func take(_ new: DeploymentTarget, _ now: Moment) -> [DeployAction] {
        let old = targets.take(new)
        silence.take(new, at: now.uptime)
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
        if !changes.isEmpty { changedAt = now.uptime }
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
            return breakOff(failure, now, &jitter)
        }
    }

    /// A look at the deployment itself failed.
    private mutating func failed(
        _ failure: DeployFailure, _ now: Moment, _ jitter: inout JitterSource
    ) -> Outcome {
        switch failure.meaning {
        case .denied, .missing, .refused, .badKeys, nil:
            refusalCount += 1
            // What was made a moment ago, or allowed a moment ago, may need a little time.
            guard refusalCount >= (isCertain ? 4 : 1) else { break }
            // How it ended is known: only what AWS tells a little later is not.
            if let info, info.status.isFinal { return ([], .over(info)) }
            return ([], .lost(failure))
        default:
            if !isCertain, failureCount + 1 >= Self.firstLookLimit {
                return ([], .lost(failure))
            }
        }
        return breakOff(failure, now, &jitter)
    }

    private static let failuresToMention = 3

    /// Leaves the rest of the look to the next one.
    private mutating func breakOff(
        _ failure: DeployFailure, _ now: Moment, _ jitter: inout JitterSource
    ) -> Outcome {
        failureCount += 1
        self.failure = failure
        guard failureCount == Self.failuresToMention else { return endLook([], now, &jitter) }
        let notice = DeployNotice(Notices.cannotLook(at: id, failure))
        return endLook([.report(.notice(notice))], now, &jitter)
    }

    private mutating func endLook(
        _ actions: [DeployAction], _ now: Moment, _ jitter: inout JitterSource
    ) -> Outcome {
        let actions = actions + (failure == nil ? wentWell(now) + tellSilence(now) : [])
        guard let info, info.status.isFinal else { return sleep(actions, now, &jitter) }
        guard settlingCount < Self.settlingLimit, isUnsettled(info) else {
            return (actions, .over(info))
        }
        settlingCount += 1
        return sleep(actions, now, &jitter)
    }

    /// Says that AWS answers, where it did not.
    private mutating func wentWell(_ now: Moment) -> [DeployAction] {
        answeredAt = now.uptime
        guard failureCount > 0 else { return [] }
        defer { failureCount = 0 }
        let news = DeployAction.report(.connection(ConnectionChange(deployment: id, silence: nil)))
        guard failureCount >= Self.failuresToMention else { return [news] }
        return [news, .report(.notice(DeployNotice(Notices.answersAgain(id))))]
    }

    /// Says of which instances the agents do not answer, of each once.
    private mutating func tellSilence(_ now: Moment) -> [DeployAction] {
        guard info?.status.isFinal != true,
            let (silent, time) = silence.news(at: now.uptime)
        else { return [] }
        let rest = DeploymentTarget.agentTimeLimit - time
        let notice = Notices.silentAgents(
            silent, until: now.date.addingTimeInterval(rest / .seconds(1)))
        return [.report(.notice(DeployNotice(notice, about: id)))]
    }

    /// Whether AWS is about to tell more: the failed targets' logs, or that it rolls back.
    private func isUnsettled(_ info: DeploymentInfo) -> Bool {
        if failure != nil { return true }
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
            after: PollCadence.Look(
                quiet: now.uptime - changedAt, overview: info?.overview,
                failureCount: failureCount, callCount: callCount, slowdown: now.slowdown),
            jitter: jitter.next())
        if info?.status.isFinal == true {
            delay = min(delay, .seconds(failureCount == 0 ? 1 : 5))
        }
        guard let failure else { return (actions + [.sleep(delay)], nil) }
        let silence = ConnectionChange.Silence(
            failure: failure, answerAge: answeredAt.map { now.uptime - $0 }, retryDelay: delay)
        let news = ConnectionChange(deployment: id, silence: silence)
        return (actions + [.report(.connection(news)), .sleep(delay)], nil)
    }
}
