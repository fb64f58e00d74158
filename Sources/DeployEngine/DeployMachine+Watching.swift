import SlipwayCore

extension DeployMachine {
    /// Begins to watch a deployment; its time limit begins too.
    mutating func watch(
        _ id: DeploymentID, isCertain: Bool, at now: Moment
    ) -> [DeployAction] {
        let watch = DeploymentWatch(id, isCertain: isCertain, at: now.uptime)
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
                rollback, isRollback: true, isCertain: true, at: now.uptime)
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
        guard let verdict, let info = watch.info else { return actions }
        let outcome: RollbackResult.Outcome =
            switch verdict {
            case .over(let end):
                switch end.status {
                case .succeeded: .succeeded
                case .stopped: .stopped
                default: .failed
                }
            case .lost: .running
            }
        return actions + conclude(watch, info, rolledBack(rollback, outcome), at: now)
    }

    /// The end of the watch of a rollback that nobody waits for any more.
    mutating func leave(
        _ rollback: DeploymentWatch, of watch: DeploymentWatch, at now: Moment
    ) -> [DeployAction] {
        guard let info = watch.info else { return [] }
        return conclude(watch, info, rolledBack(rollback, .running), at: now)
    }

    private func rolledBack(
        _ watch: DeploymentWatch, _ outcome: RollbackResult.Outcome
    ) -> RollbackResult {
        RollbackResult(
            deployment: watch.id, outcome: outcome, revision: watch.info?.revision,
            stop: watch.effectiveStop)
    }

    /// The end of a deployment that has its final status.
    private mutating func conclude(
        _ watch: DeploymentWatch, _ info: DeploymentInfo, _ rollback: RollbackResult?,
        at now: Moment
    ) -> [DeployAction] {
        let (outcome, status): (DeployResult.Outcome, ExitStatus) =
            switch info.status {
            case .succeeded: (.succeeded, .success)
            case .stopped: (.stopped, .deploymentStopped)
            default: (.failed, .deploymentFailed)
            }
        var result = result(outcome, status, at: now)
        add(watch, to: &result)
        result.rollback = rollback
        if let rollback, rollback.outcome == .running {
            result.problems.append(Notices.rollbackGoesOn(rollback.deployment, in: region))
        }
        return outcome == .succeeded ? succeed(result, at: now) : end(result)
    }

    private func add(_ watch: DeploymentWatch, to result: inout DeployResult) {
        result.deployment = watch.id
        result.failures = watch.failures
        result.errorInformation = watch.info?.errorInformation
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
