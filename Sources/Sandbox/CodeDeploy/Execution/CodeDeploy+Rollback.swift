import SlipwayCore
import Synchronization

extension CodeDeploy {
    /// Begins the rollback of a deployment that ends so, if there is to be one: a new deployment of
    /// the group's last revision that succeeded, with that deployment's file-exists setting.
    ///
    /// Returns what the deployment is told about it; nil where nothing is to be rolled back.
    func rollBack(
        _ failed: DeploymentRecord, after status: DeploymentStatus, in state: inout FleetState
    ) throws(AWSFault) -> RollbackInfo? {
        guard failed.wantsRollback(after: status), let group = state.groups[failed.groupID],
            let application = state.applications[failed.applicationID]
        else { return nil }
        // Killed between the two, the sandbox has begun the rollback of what it left unfinished.
        if let begun = state.deployments.values.first(where: {
            $0.record.rollback?.rollbackTriggeringDeploymentId == failed.id
        }) {
            return .of(failed.id, by: begun.record.id)
        }
        guard let last = group.lastSuccessful.flatMap({ state.deployments[$0]?.record }) else {
            return RollbackInfo(
                rollbackMessage:
                    "Deployment \(failed.id) is not rolled back: no earlier deployment to the "
                    + "deployment group succeeded.")
        }
        let id = newDeploymentID(in: state)
        var record = DeploymentRecord(
            id: id, applicationID: application.id, applicationName: application.name,
            groupID: group.id, groupName: group.name, configName: failed.configName,
            revision: last.revision, previousRevision: group.targetRevision,
            creator: DeploymentRecord.rollbackCreator, description: nil,
            ignoreApplicationStopFailures: failed.ignoreApplicationStopFailures,
            updateOutdatedInstancesOnly: false, fileExistsBehavior: last.fileExistsBehavior,
            autoRollbackConfiguration: group.autoRollbackConfiguration,
            overrideAlarmConfiguration: nil, createTime: options.now(), rule: failed.rule,
            number: state.deploymentOrder.count)
        record.rollback = RollbackInfo(
            rollbackTriggeringDeploymentId: failed.id,
            rollbackMessage: RollbackInfo.message(failed.id, by: id))
        try create(record, of: application, in: &state)
        return .of(failed.id, by: id)
    }

    /// Goes on with what was going on when the state was left, after a kill too.
    func resume() throws(StateFolderError) {
        for id in state.withLock({ $0.deploymentOrder }) {
            let isSettled = state.withLock { $0.deployments[id]?.record.isSettled ?? true }
            guard !isSettled else { continue }
            let (entries, byteCount) = try folder.journal(of: id)
            let journal = try Journal(at: folder.journalPath(id), keeping: byteCount)
            do {
                try change { state throws(AWSFault) in
                    try resume(id, entries, journal, in: &state)
                }
            } catch {
                state.withLock { $0.giveUp(id, error.message, at: options.now()) }
            }
        }
    }

    private func resume(
        _ id: String, _ entries: [JournalEntry], _ journal: Journal, in state: inout FleetState
    ) throws(AWSFault) {
        for entry in entries { state.deployments[id]?.apply(entry) }
        guard let deployment = state.deployments[id] else { return }
        state.running[id] = RunningDeployment(journal: journal)
        if deployment.record.status.isFinal { return try settle(id, in: &state) }
        state.active[deployment.record.groupID] = id
        state.groups[deployment.record.groupID]?.lastAttempted = id
        for (index, target) in (deployment.targets ?? []).enumerated() {
            guard let event = target.events.firstIndex(where: { $0.status == .inProgress }) else {
                continue
            }
            try record(
                .event(target: index, event: event, status: .failed, diagnostics: .agentRestarted),
                of: id, in: &state)
            let mayFail =
                deployment.record.ignoreApplicationStopFailures
                && Lifecycle.events[event].runsPreviousRevision
            if !mayFail { try record(.target(index, status: .failed), of: id, in: &state) }
        }
        state.running[id]?.progress = state.deployments[id]?.progress
        try advance(id, in: &state)
        start(id)
    }
}

extension RollbackInfo {
    /// What a deployment is told of its rollback.
    fileprivate static func of(_ failed: String, by rollback: String) -> Self {
        RollbackInfo(
            rollbackDeploymentId: rollback, rollbackMessage: message(failed, by: rollback))
    }

    fileprivate static func message(_ failed: String, by rollback: String) -> String {
        "Deployment \(rollback) is triggered to roll back deployment \(failed)."
    }
}
