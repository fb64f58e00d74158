import SlipwayCore

extension DeployMachine {
    /// Begins to watch a deployment; its time limit begins too.
    mutating func watch(
        _ id: DeploymentID, isNamed: Bool, at now: Moment
    ) -> [DeployAction] {
        let watch = DeploymentWatch(id, isNamed: isNamed, at: now.uptime)
        phase = .watching(watch)
        deadline = timeLimit.map { now.uptime + $0 }
        return watch.begin()
    }

    mutating func watching(
        _ watch: DeploymentWatch, _ event: DeployEvent, at now: Moment
    ) -> [DeployAction] {
        var watch = watch
        let (actions, verdict) = watch.handle(event, at: now, &jitter)
        phase = .watching(watch)
        switch verdict {
        case nil: return actions
        case .lost(let failure): return actions + lose(watch, failure, at: now)
        case .over(let info):
            guard let rollback = info.rollback?.rollbackID, info.status != .succeeded else {
                return actions + conclude(watch, info, nil, at: now)
            }
            let second = DeploymentWatch(
                rollback, isRollback: true, isNamed: true, at: now.uptime)
            phase = .watchingRollback(second, of: watch)
            let notice = DeployNotice(
                Notices.rollingBack(watch.id, by: rollback), about: rollback)
            return actions + [.report(.notice(notice))] + second.begin()
        }
    }

    mutating func watchingRollback(
        _ rollback: DeploymentWatch, of watch: DeploymentWatch, _ event: DeployEvent, at now: Moment
    ) -> [DeployAction] {
        var rollback = rollback
        let (actions, verdict) = rollback.handle(event, at: now, &jitter)
        phase = .watchingRollback(rollback, of: watch)
        guard verdict != nil, let info = watch.info else { return actions }
        return actions + conclude(watch, info, rolledBack(rollback), at: now)
    }

    /// What is known of a rollback: one that was not seen to end is running.
    private func rolledBack(_ watch: DeploymentWatch) -> RollbackResult {
        let outcome: RollbackResult.Outcome =
            switch watch.info?.status {
            case .succeeded: .succeeded
            case .stopped: .stopped
            case .failed: .failed
            default: .running
            }
        return RollbackResult(
            deployment: watch.id, outcome: outcome, revision: watch.info?.revision,
            stop: watch.effectiveStop)
    }

    /// The end of a deployment that has its final status.
    private mutating func conclude(
        _ watch: DeploymentWatch, _ info: DeploymentInfo, _ rollback: RollbackResult?,
        at now: Moment
    ) -> [DeployAction] {
        let result = conclusion(watch, info, rollback, at: now)
        return result.outcome == .succeeded ? succeed(result, at: now) : end(result)
    }

    private func conclusion(
        _ watch: DeploymentWatch, _ info: DeploymentInfo, _ rollback: RollbackResult?,
        at now: Moment
    ) -> DeployResult {
        let (outcome, status): (DeployResult.Outcome, ExitStatus) =
            switch info.status {
            case .succeeded: (.succeeded, .success)
            case .stopped: (.stopped, watched?.isToStop == true ? .success : .deploymentStopped)
            default: (.failed, .deploymentFailed)
            }
        var result = result(outcome, status, at: now)
        add(watch, to: &result)
        // Who only watches came late, and who deploys packed and waited first.
        if let duration = info.duration { result.duration = duration }
        result.rollback = rollback
        if let rollback, rollback.outcome == .running {
            result.problems.append(Notices.rollbackGoesOn(rollback.deployment, in: region))
        }
        return result
    }

    /// A rollback that is known of and was not looked at yet.
    private func unseenRollback(of info: DeploymentInfo) -> RollbackResult? {
        guard info.status != .succeeded, let id = info.rollback?.rollbackID else { return nil }
        return RollbackResult(deployment: id, outcome: .running, revision: nil)
    }

    /// The end of a watch that nobody waits for any more. What is over is told as it ended, though
    /// AWS might have told more of it.
    mutating func leave(_ watch: DeploymentWatch, at now: Moment) -> [DeployAction] {
        guard let info = watch.info, info.status.isFinal else {
            return interruption(of: watch, Notices.goesOn(watch.id, in: region), at: now)
        }
        let result = conclusion(watch, info, unseenRollback(of: info), at: now)
        guard result.outcome == .succeeded, let news = putBehind(result) else {
            return end(result)
        }
        return [news] + interruption(of: nil, Notices.nothingDeployed, at: now)
    }

    /// The end of the watch of a rollback that nobody waits for any more.
    mutating func leave(
        _ rollback: DeploymentWatch, of watch: DeploymentWatch, at now: Moment
    ) -> [DeployAction] {
        guard let info = watch.info else { return [] }
        return conclude(watch, info, rolledBack(rollback), at: now)
    }

    private func add(_ watch: DeploymentWatch, to result: inout DeployResult) {
        result.deployment = watch.id
        result.previousRevision = watch.info?.previousRevision
        result.overview = watch.info?.overview
        result.failures = watch.failures
        result.errorInformation = watch.info?.errorInformation
        result.createdAt = watch.info?.createdAt
        result.completedAt = watch.info?.completedAt
        result.stop = watch.effectiveStop
        if result.application == nil { result.application = watch.info?.application }
        if result.revision == nil, case .s3(let location) = watch.info?.revision {
            result.revision = location
        }
    }

    /// The end of a watch that AWS refuses. The deployment goes on, if there is one.
    private mutating func lose(
        _ watch: DeploymentWatch, _ failure: DeployFailure, at now: Moment
    ) -> [DeployAction] {
        var result = result(.refused, failure.exitStatus, at: now)
        add(watch, to: &result)
        result.problems = failure.problems
        if watch.isCertain {
            result.problems = failure.problems.map { Notices.notWatched(watch.id, $0) }
            result.problems.append(Notices.goesOn(watch.id, in: region))
        }
        return end(result)
    }

    mutating func timeLimitPassed(at now: Moment) -> [DeployAction] {
        switch phase {
        case .watching(let watch):
            if let info = watch.info, info.status.isFinal {
                return conclude(watch, info, unseenRollback(of: info), at: now)
            }
            guard let limit = timeLimit else { return [] }
            var result = result(.timedOut, .timedOut, at: now)
            add(watch, to: &result)
            result.problems = [Notices.timeLimit(watch.id, limit, in: region)]
            return end(result)
        case .watchingRollback(let rollback, let watch):
            return leave(rollback, of: watch, at: now)
        case .waitingForGroup(let wait):
            return endBusy(with: wait.busyWith, waited: true, at: now)
        default: return []
        }
    }
}
