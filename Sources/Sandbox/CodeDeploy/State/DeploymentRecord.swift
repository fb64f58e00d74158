/// A deployment without its instances, as it is on disk.
struct DeploymentRecord: Codable, Sendable {
    let id: String
    let applicationID: String
    let applicationName: String
    let groupID: String
    let groupName: String
    let configName: String
    let revision: RevisionLocation
    let previousRevision: RevisionLocation?
    let creator: String
    let description: String?
    let ignoreApplicationStopFailures: Bool
    let updateOutdatedInstancesOnly: Bool
    let fileExistsBehavior: String
    let autoRollbackConfiguration: AutoRollbackConfiguration?
    let overrideAlarmConfiguration: AlarmConfiguration?
    let createTime: AWSTime
    /// What its configuration said when it was created.
    let rule: HealthRule
    /// Counts the deployments of the state.
    let number: Int

    var status = DeploymentStatus.created
    var startTime: AWSTime?
    var completeTime: AWSTime?
    var error: ErrorInformation?
    var rollback: RollbackInfo?
    var overview: DeploymentOverview?
    var halt: Halt?
    /// Whether its result has reached its group on disk.
    var isSettled = false

    /// Why a deployment ends before its instances are through.
    struct Halt: Codable, Sendable, Equatable {
        enum Cause: Codable, Sendable, Equatable {
            case stopped(rollback: Bool?)
            case timeout
            case groupDeleted
        }

        let cause: Cause
    }

    /// Whether a rollback follows an end of this kind. A rollback is not rolled back.
    func wantsRollback(after status: DeploymentStatus) -> Bool {
        guard creator != Self.rollbackCreator else { return false }
        let enabled = autoRollbackConfiguration?.enabled ?? false
        let events = enabled ? autoRollbackConfiguration?.events ?? [] : []
        switch (status, halt?.cause) {
        case (.stopped, .stopped(let wanted)):
            return wanted ?? events.contains("DEPLOYMENT_STOP_ON_REQUEST")
        case (.failed, .groupDeleted): return false
        case (.failed, _): return events.contains("DEPLOYMENT_FAILURE")
        default: return false
        }
    }

    static let rollbackCreator = "codeDeployRollback"
}

/// One instance in a deployment.
struct TargetRecord: Sendable {
    /// One lifecycle event on it.
    struct Event: Sendable {
        var status = StepStatus.pending
        var start: AWSTime?
        var end: AWSTime?
        var diagnostics: Diagnostics?
    }

    let id: String
    var status = StepStatus.pending
    var lastUpdatedAt: AWSTime
    /// One for each of ``Lifecycle/events``.
    var events = Array(repeating: Event(), count: Lifecycle.events.count)
}

/// A deployment, with its instances where they are in memory.
struct Deployment: Sendable {
    var record: DeploymentRecord
    /// Nil before it has started, and where they have to be read from its journal.
    var targets: [TargetRecord]?

    /// Makes the change. The same on the way in and when a journal is read again.
    mutating func apply(_ entry: JournalEntry) {
        switch entry.change {
        case .started(let ids):
            record.status = .inProgress
            record.startTime = entry.time
            record.overview = DeploymentOverview()
            record.overview?.pending = ids.count
            targets = ids.map { TargetRecord(id: $0, lastUpdatedAt: entry.time) }
        case .event(let target, let event, let status, let diagnostics):
            guard targets?.indices.contains(target) ?? false,
                Lifecycle.events.indices.contains(event)
            else { return }
            targets?[target].note(event, status, diagnostics, at: entry.time)
        case .target(let target, let status): note(target, status, at: entry.time)
        case .waitingSkipped:
            for index in targets?.indices ?? 0..<0 where targets?[index].status == .pending {
                note(index, .skipped, at: entry.time)
            }
        case .halt(let halt): record.halt = halt
        case .ended(let status, let error, let rollback):
            record.status = status
            record.error = error
            record.rollback = rollback ?? record.rollback
            record.completeTime = entry.time
        }
    }

    private mutating func note(_ target: Int, _ status: StepStatus, at time: AWSTime) {
        // Not held while it is changed, which would copy all of them.
        guard
            let old = targets.flatMap({ $0.indices.contains(target) ? $0[target].status : nil })
        else { return }
        record.overview?.move(from: old, to: status)
        targets?[target].note(status, at: time)
    }

    /// How far it is, from what is known of its targets. Nil before it has started, and where the
    /// rule leaves none to deploy to.
    var progress: FleetProgress? {
        guard let targets,
            var progress = FleetProgress(count: targets.count, rule: record.rule)
        else { return nil }
        for target in targets {
            switch target.status {
            case .pending, .ready: break
            case .inProgress: progress.start()
            case .succeeded:
                progress.start()
                progress.finish(succeeded: true)
            case .skipped: progress.skip()
            case .failed, .unknown: progress.failWaiting()
            }
        }
        return progress
    }
}

extension TargetRecord {
    fileprivate mutating func note(
        _ event: Int, _ status: StepStatus, _ diagnostics: Diagnostics?, at time: AWSTime
    ) {
        events[event].status = status
        events[event].diagnostics = diagnostics
        switch status {
        case .inProgress: events[event].start = time
        case .skipped: break
        default: events[event].end = time
        }
        lastUpdatedAt = time
    }

    /// The target's own status. What was to come when it is through does not come any more.
    fileprivate mutating func note(_ status: StepStatus, at time: AWSTime) {
        self.status = status
        lastUpdatedAt = time
        guard status.isFinal else { return }
        for index in events.indices where events[index].status == .pending {
            events[index].status = .skipped
        }
    }

    /// The first event that has not come to an end.
    var nextEvent: Int? { events.firstIndex { !$0.status.isFinal } }
}
