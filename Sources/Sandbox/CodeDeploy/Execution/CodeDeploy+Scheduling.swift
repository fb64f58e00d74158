/// What becomes of a deployment, decided while nobody else changes the state.
extension CodeDeploy {
    /// The targets to go on with: for a new deployment the first ones, for one that was left those
    /// that were in progress, and those that may start besides.
    func begin(_ id: String, in state: inout FleetState) throws(AWSFault) -> [Int] {
        guard let deployment = state.deployments[id], state.running[id] != nil else { return [] }
        guard deployment.record.status == .created else {
            let left = (deployment.targets ?? []).indices.filter {
                deployment.targets?[$0].status == .inProgress
            }
            return left + (try claim(id, in: &state))
        }
        guard let group = state.groups[deployment.record.groupID] else {
            let error = ErrorInformation.missingGroup(deployment.record.groupName)
            try end(id, .failed, error, in: &state)
            return []
        }
        let instances = state.instances(of: group).map(\.id)
        guard !instances.isEmpty else {
            try end(id, .failed, .noInstances, in: &state)
            return []
        }
        let targets = Self.targets(of: deployment.record, among: instances, group: group)
        guard targets.count <= options.limits.instances else {
            try end(id, .failed, .overMaxInstances, in: &state)
            return []
        }
        try record(.started(targets: targets), of: id, in: &state)
        guard !targets.isEmpty else {
            // Each instance has the revision already.
            try end(id, .succeeded, nil, in: &state)
            return []
        }
        guard let progress = state.deployments[id]?.progress else {
            try record(.waitingSkipped, of: id, in: &state)
            try end(id, .failed, .healthConstraintsInvalid, in: &state)
            return []
        }
        state.running[id]?.progress = progress
        return try claim(id, in: &state)
    }

    /// The instances that a deployment is for, in the order in which it comes to them.
    private static func targets(
        of record: DeploymentRecord, among instances: [String], group: GroupRecord
    ) -> [String] {
        let sorted = TargetOrder.sorted(
            instances, health: group.health, current: group.targetRevision)
        guard record.updateOutdatedInstancesOnly else { return sorted }
        return sorted.filter { id in
            guard let health = group.health[id], health.isHealthy else { return true }
            return !record.revision.isSame(as: health.revision)
        }
    }

    /// Puts as many of the targets that wait in progress as may be. A stopped machine fails at once.
    func claim(_ id: String, in state: inout FleetState) throws(AWSFault) -> [Int] {
        var claimed: [Int] = []
        while let (index, instance) = state.nextTarget(of: id) {
            state.running[id]?.next = index + 1
            if state.instances[instance]?.fault == .stopped {
                try record(.target(index, status: .failed), of: id, in: &state)
                state.running[id]?.progress?.failWaiting()
            } else {
                try record(.target(index, status: .inProgress), of: id, in: &state)
                state.running[id]?.progress?.start()
                claimed.append(index)
            }
        }
        try advance(id, in: &state)
        return claimed
    }

    /// A target is through.
    func finish(
        _ id: String, target index: Int, isFailed: Bool, in state: inout FleetState
    ) throws(AWSFault) {
        guard let target = state.deployments[id]?.targets?[index] else { return }
        // What a halt kept from running its last events is not deployed.
        let isDone = !isFailed && target.nextEvent == nil
        try record(.target(index, status: isDone ? .succeeded : .failed), of: id, in: &state)
        state.running[id]?.progress?.finish(succeeded: isDone)
        try advance(id, in: &state)
    }

    /// Nothing more is begun in the deployment, which ends as soon as nothing is in progress.
    func halt(
        _ id: String, _ halt: DeploymentRecord.Halt, in state: inout FleetState
    ) throws(AWSFault) {
        guard let running = state.running[id], let deployment = state.deployments[id],
            deployment.record.halt == nil
        else { return }
        try record(.halt(halt), of: id, in: &state)
        try record(.waitingSkipped, of: id, in: &state)
        state.running[id]?.progress?.skipWaiting()
        running.halted.happen()
        try advance(id, in: &state)
    }

    /// Skips what waits where too much has failed, and ends what is through.
    func advance(_ id: String, in state: inout FleetState) throws(AWSFault) {
        guard let running = state.running[id], let deployment = state.deployments[id] else {
            return
        }
        guard let progress = running.progress else {
            // Not started yet: only a halt can end it.
            if let halt = deployment.record.halt { try end(id, after: halt, in: &state) }
            return
        }
        let verdict = progress.verdict
        if verdict == .failed && progress.waiting > 0 {
            try record(.waitingSkipped, of: id, in: &state)
            state.running[id]?.progress?.skipWaiting()
        }
        guard progress.inProgress == 0 else { return }
        if let halt = deployment.record.halt {
            try end(id, after: halt, in: &state)
        } else if let verdict {
            let error = verdict == .failed ? ErrorInformation.healthConstraints : nil
            try end(id, verdict == .failed ? .failed : .succeeded, error, in: &state)
        }
    }

    private func end(
        _ id: String, after halt: DeploymentRecord.Halt, in state: inout FleetState
    ) throws(AWSFault) {
        switch halt.cause {
        case .stopped: try end(id, .stopped, .manualStop, in: &state)
        case .timeout: try end(id, .failed, .timeout, in: &state)
        case .groupDeleted:
            let name = state.deployments[id]?.record.groupName ?? ""
            try end(id, .failed, .missingGroup(name), in: &state)
        }
    }

    private func end(
        _ id: String, _ status: DeploymentStatus, _ error: ErrorInformation?,
        in state: inout FleetState
    ) throws(AWSFault) {
        guard let deployment = state.deployments[id] else { return }
        if state.active[deployment.record.groupID] == id {
            state.active[deployment.record.groupID] = nil
        }
        let rollback = try rollBack(deployment.record, after: status, in: &state)
        try record(.ended(status, error: error, rollback: rollback), of: id, in: &state)
        try settle(id, in: &state)
    }

    /// Lets the group and the disk know how a deployment ended. The same again changes nothing.
    func settle(_ id: String, in state: inout FleetState) throws(AWSFault) {
        guard var deployment = state.deployments[id] else { return }
        if var group = state.groups[deployment.record.groupID] {
            group.take(deployment)
            try save(group, in: &state)
        }
        let targets = deployment.targets ?? []
        deployment.targets = nil
        deployment.record.isSettled = true
        let journal = state.running[id]?.journal
        try stored { () throws(StateFolderError) in
            try journal?.sync()
            try folder.save(deployment.record, .deployments, id: id)
        }
        state.deployments[id] = deployment
        state.running[id]?.halted.happen()
        state.running[id] = nil
        state.remember(targets, of: id)
    }

    /// Makes a change, on disk and then in memory.
    func record(
        _ change: JournalEntry.Change, of id: String, in state: inout FleetState
    ) throws(AWSFault) {
        guard let journal = state.running[id]?.journal else { return }
        let entry = JournalEntry(time: options.now(), change: change)
        try stored { () throws(StateFolderError) in try journal.append(entry) }
        state.deployments[id]?.apply(entry)
    }
}

extension GroupRecord {
    /// What a deployment that has ended leaves behind. Its revision is the group's only if all of it
    /// succeeded; each instance that was attempted has its own health.
    fileprivate mutating func take(_ deployment: Deployment) {
        if deployment.record.status == .succeeded {
            targetRevision = deployment.record.revision
            lastSuccessful = deployment.record.id
        }
        for target in deployment.targets ?? [] {
            switch target.status {
            case .succeeded:
                health[target.id] = InstanceHealth(
                    isHealthy: true, revision: deployment.record.revision)
            case .failed: health[target.id] = InstanceHealth(isHealthy: false, revision: nil)
            default: break
            }
        }
    }
}

extension FleetState {
    /// The next target that may start, and its instance.
    fileprivate func nextTarget(of id: String) -> (index: Int, instance: String)? {
        guard let running = running[id], (running.progress?.startable ?? 0) > 0,
            let deployment = deployments[id], deployment.record.halt == nil,
            let targets = deployment.targets,
            let index = targets[running.next...].firstIndex(where: { $0.status == .pending })
        else { return nil }
        return (index, targets[index].id)
    }

    /// A deployment whose state can no longer be kept has failed, as far as memory goes.
    mutating func giveUp(_ id: String, _ message: String, at time: AWSTime) {
        guard let deployment = deployments[id], !deployment.record.status.isFinal else { return }
        let change = JournalEntry.Change.ended(
            .failed, error: .internalError(message), rollback: nil)
        deployments[id]?.apply(JournalEntry(time: time, change: change))
        running[id]?.halted.happen()
        running[id] = nil
        if active[deployment.record.groupID] == id { active[deployment.record.groupID] = nil }
    }
}
