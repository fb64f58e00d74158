import FoundationEssentials
import SlipwayCore

extension DeployMachine {
    /// A lost answer that is being looked up.
    struct LookUp: Sendable {
        enum Step: Sendable {
            case listing, pausing, readingUse
            /// AWS named the deployment that the group is busy with: is it ours?
            case inspecting
        }

        var creation: Creation
        var step = Step.listing
        var tries = 1
    }

    /// A busy group that is waited for.
    struct GroupWait: Sendable {
        let creation: Creation
        /// Nil where AWS did not say.
        var busyWith: DeploymentID?
        let since: Duration
        var isLooking = false
    }

    /// How often CreateDeployment is asked for.
    private static let creationLimit = 4
    /// How often the group's deployments are looked through: they may show with a delay.
    private static let lookUpLimit = 3

    /// Asks for a deployment.
    mutating func create(_ request: DeploymentRequest, at now: Moment) -> [DeployAction] {
        create(Creation(request: request, since: now.uptime))
    }

    private mutating func create(_ creation: Creation) -> [DeployAction] {
        phase = .creating(creation)
        return [.create(creation.request)]
    }

    mutating func creating(
        _ creation: Creation, _ event: DeployEvent, at now: Moment
    ) -> [DeployAction] {
        switch event {
        case .created(let id): return made(id, creation, at: now)
        case .createFailed(let failure): return refused(failure, creation, at: now)
        default: return []
        }
    }

    /// There is a deployment.
    private mutating func made(
        _ id: DeploymentID, _ creation: Creation, at now: Moment
    ) -> [DeployAction] {
        let created = DeployAction.report(
            .created(CreatedDeployment(id: id, region: region, request: creation.request)))
        if creation.isInterrupted {
            var result = result(.interrupted, .interrupted, at: now)
            result.deployment = id
            result.problems = [Notices.goesOn(id, in: region)]
            return [created] + end(result)
        }
        guard options.watches else {
            var result = result(.created, .success, at: now)
            result.deployment = id
            return [created] + succeed(result, at: now)
        }
        return [created] + watch(id, isNamed: true, at: now)
    }

    private mutating func refused(
        _ failure: DeployFailure, _ creation: Creation, at now: Moment
    ) -> [DeployAction] {
        switch failure.meaning {
        case .groupBusy(let id):
            // It may be ours, whose answer was lost.
            if creation.lostAnswerCount > 0, let id {
                phase = .lookingUp(LookUp(creation: creation, step: .inspecting))
                return [.readCandidate(id)]
            }
            return busy(with: id, creation, at: now)
        case .answerLost:
            var creation = creation
            creation.lostAnswerCount += 1
            if creation.isInterrupted {
                var result = result(.interrupted, .interrupted, at: now)
                result.problems = [Notices.uncertain(job, "it was interrupted before AWS answered")]
                return end(result)
            }
            phase = .lookingUp(LookUp(creation: creation))
            return [.report(.notice(DeployNotice(Notices.answerLost))), listing(creation, at: now)]
        default:
            if creation.isInterrupted { return interruptedBeforeCreation(at: now) }
            return fail(failure, at: now)
        }
    }

    private mutating func interruptedBeforeCreation(at now: Moment) -> [DeployAction] {
        var result = result(.interrupted, .interrupted, at: now)
        result.problems = [Notices.nothingDeployed]
        return end(result)
    }

    /// How much earlier than ours the oldest deployment may be that is looked at. No clock is
    /// further off unnoticed, since AWS refuses what is dated more than some minutes wrong.
    private static let lookBack = 3600.0
    /// How far AWS's clock may be from where its answers showed it, in seconds.
    private static let clockError = 5.0

    private func listing(_ creation: Creation, at now: Moment) -> DeployAction {
        .findCandidates(
            creation.request.application, creation.request.deploymentGroup,
            since: asked(creation, at: now).addingTimeInterval(-Self.lookBack))
    }

    /// When ours was first asked for, by AWS's clock as it is known now: better than it was then.
    private func asked(_ creation: Creation, at now: Moment) -> Date {
        now.date.addingTimeInterval((creation.since - now.uptime) / .seconds(1))
    }

    /// The earliest time by AWS's clock at which ours can have been made.
    private func earliest(_ creation: Creation, at now: Moment) -> Date {
        asked(creation, at: now).addingTimeInterval(-Self.clockError)
    }

    /// Whether a deployment is the one that was asked for.
    private func isOurs(_ info: DeploymentInfo, _ creation: Creation, at now: Moment) -> Bool {
        let request = creation.request
        guard info.application ?? request.application == request.application,
            info.deploymentGroup ?? request.deploymentGroup == request.deploymentGroup,
            info.description == request.description.map({ UntrustedText($0.rawValue) }),
            info.creator ?? .user == .user
        else { return false }
        if job.isDescriptionUnique { return true }
        guard info.revision == .s3(request.revision), let created = info.createdAt else {
            return false
        }
        return created >= earliest(creation, at: now)
    }

    mutating func lookingUp(
        _ lookUp: LookUp, _ event: DeployEvent, at now: Moment
    ) -> [DeployAction] {
        var lookUp = lookUp
        let creation = lookUp.creation
        switch (lookUp.step, event) {
        case (.listing, .candidates(let infos)):
            if let ours = infos.first(where: { isOurs($0, creation, at: now) }) {
                return found(ours.id, creation, at: now)
            }
            return lookUp.tries < Self.lookUpLimit ? pause(&lookUp) : askAgain(creation, at: now)
        case (.listing, .candidatesFailed(let failure)):
            if failure.meaning == .denied {
                lookUp.step = .readingUse
                phase = .lookingUp(lookUp)
                return [.readRevisionUse(creation.request.application, creation.request.revision)]
            }
            guard lookUp.tries < Self.lookUpLimit else { return uncertain(failure, at: now) }
            return pause(&lookUp)
        case (.pausing, .woke):
            lookUp.step = .listing
            lookUp.tries += 1
            phase = .lookingUp(lookUp)
            return [listing(creation, at: now)]
        case (.readingUse, .revisionUse(let use)):
            guard let used = use.lastUsedAt, used >= earliest(creation, at: now) else {
                return askAgain(creation, at: now)
            }
            var result = result(.refused, .aws, at: now)
            result.problems = [Notices.usedMeanwhile(job)]
            return end(result)
        case (.readingUse, .revisionUseFailed(let failure)): return uncertain(failure, at: now)
        case (.inspecting, .deployment(let info)):
            return isOurs(info, creation, at: now)
                ? found(info.id, creation, at: now) : busy(with: info.id, creation, at: now)
        case (.inspecting, .deploymentFailed(let failure)): return uncertain(failure, at: now)
        default: return []
        }
    }

    private mutating func pause(_ lookUp: inout LookUp) -> [DeployAction] {
        lookUp.step = .pausing
        phase = .lookingUp(lookUp)
        return [.sleep(.seconds(1 << (lookUp.tries - 1)))]
    }

    private mutating func found(
        _ id: DeploymentID, _ creation: Creation, at now: Moment
    ) -> [DeployAction] {
        [.report(.notice(DeployNotice(Notices.found(id))))] + made(id, creation, at: now)
    }

    private mutating func askAgain(_ creation: Creation, at now: Moment) -> [DeployAction] {
        guard creation.lostAnswerCount < Self.creationLimit else {
            var result = result(.refused, .aws, at: now)
            result.problems = [
                Notices.uncertain(
                    job, "AWS was asked \(Self.creationLimit) times, and no answer came back")
            ]
            return end(result)
        }
        return [.report(.notice(DeployNotice(Notices.notFound)))] + create(creation)
    }

    private mutating func uncertain(_ failure: DeployFailure, at now: Moment) -> [DeployAction] {
        var result = result(.refused, .aws, at: now)
        let why = failure.problems.first?.message ?? "AWS does not answer"
        result.problems = [Notices.uncertain(job, why)]
        return end(result)
    }

    private mutating func busy(
        with id: DeploymentID?, _ creation: Creation, at now: Moment
    ) -> [DeployAction] {
        if creation.isInterrupted { return interruptedBeforeCreation(at: now) }
        guard options.whenBusy == .wait else { return endBusy(with: id, waited: false, at: now) }
        var news: [DeployAction] = []
        let notice = Notices.waiting(for: job.deploymentGroup, busyWith: id)
        if id == nil || lastBusy != id {
            news = [.report(.notice(DeployNotice(notice, about: id)))]
        }
        lastBusy = id
        if deadline == nil { deadline = timeLimit.map { now.uptime + $0 } }
        let wait = GroupWait(creation: creation, busyWith: id, since: now.uptime)
        phase = .waitingForGroup(wait)
        return news + [.sleep(waitDelay(wait, at: now))]
    }

    mutating func endBusy(
        with id: DeploymentID?, waited: Bool, at now: Moment
    ) -> [DeployAction] {
        var result = result(.busy, .groupBusy, at: now)
        result.busyWith = id
        result.problems = [Notices.busy(job, with: id, waited: waited)]
        return end(result)
    }

    private mutating func waitDelay(_ wait: GroupWait, at now: Moment) -> Duration {
        PollCadence.delay(waiting: now.uptime - jobBegan, jitter: jitter.next())
    }

    mutating func waiting(
        _ wait: GroupWait, _ event: DeployEvent, at now: Moment
    ) -> [DeployAction] {
        var wait = wait
        switch event {
        case .woke where !wait.isLooking:
            // Without an id, asking is the only way to see whether it is over.
            guard let id = wait.busyWith else { return create(wait.creation) }
            wait.isLooking = true
            phase = .waitingForGroup(wait)
            return [.readDeployment(id)]
        case .deployment(let info) where wait.isLooking:
            if info.status.isFinal { return create(wait.creation) }
        case .deploymentFailed(let failure) where wait.isLooking:
            switch failure.meaning {
            case .badKeys: return fail(failure, at: now)
            case .throttled, .unreachable, .answerLost: break
            // One that cannot be looked at is asked about by asking for ours.
            default: wait.busyWith = nil
            }
        default: return []
        }
        wait.isLooking = false
        phase = .waitingForGroup(wait)
        return [.sleep(waitDelay(wait, at: now))]
    }
}
