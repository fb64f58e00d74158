import SlipwayCore
import Synchronization

struct CreateDeploymentInput: Decodable {
    var applicationName: String?
    var deploymentGroupName: String?
    var revision: RevisionLocation?
    var deploymentConfigName: String?
    var description: String?
    var ignoreApplicationStopFailures: Bool?
    var targetInstances: Anything?
    var autoRollbackConfiguration: AutoRollbackConfiguration?
    var updateOutdatedInstancesOnly: Bool?
    var fileExistsBehavior: String?
    var deploymentMode: String?
    var overrideAlarmConfiguration: AlarmConfiguration?
}

struct DeploymentInput: Decodable {
    var deploymentId: String?
    var autoRollbackEnabled: Bool?
}

struct BatchGetDeploymentsInput: Decodable {
    var deploymentIds: [String]?
}

struct ListDeploymentsInput: Decodable {
    struct TimeRange: Decodable {
        var start: AWSTime?
        var end: AWSTime?
    }

    var applicationName: String?
    var deploymentGroupName: String?
    var externalId: String?
    var includeOnlyStatuses: [String]?
    var createTimeRange: TimeRange?
    var nextToken: String?
}

extension CodeDeploy {
    func createDeployment(_ input: CreateDeploymentInput) throws(AWSFault) -> some Encodable {
        let applicationName = try NameKind.application.checked(input.applicationName)
        let groupName = try NameKind.group.checked(input.deploymentGroupName)
        try check(input)
        return try change { state throws(AWSFault) in
            let application = try state.application(applicationName, account: account)
            let group = try state.group(groupName, application: applicationName, account: account)
            let updatesOutdated = input.updateOutdatedInstancesOnly ?? false
            let location =
                updatesOutdated && input.revision == nil ? group.targetRevision : input.revision
            let revision = try Check.revision(location)
            let configName = input.deploymentConfigName ?? group.configName
            let rule = try rule(of: configName, in: state)
            if let active = state.active[group.id] {
                throw .groupIsBusy(group.name, active: active)
            }
            guard state.active.count < options.limits.deployments else {
                throw .limit(
                    "Deployment", options.limits.deployments, of: "deployments at a time")
            }
            let record = DeploymentRecord(
                id: newDeploymentID(in: state), applicationID: application.id,
                applicationName: application.name, groupID: group.id, groupName: group.name,
                configName: configName, revision: revision,
                previousRevision: group.targetRevision, creator: "user",
                description: input.description,
                ignoreApplicationStopFailures: input.ignoreApplicationStopFailures ?? false,
                updateOutdatedInstancesOnly: updatesOutdated,
                fileExistsBehavior: input.fileExistsBehavior
                    ?? FileExistsBehavior.disallow.rawValue,
                autoRollbackConfiguration: input.autoRollbackConfiguration
                    ?? group.autoRollbackConfiguration,
                overrideAlarmConfiguration: input.overrideAlarmConfiguration,
                createTime: options.now(), rule: rule, number: state.deploymentOrder.count)
            try create(record, of: application, in: &state)
            return ["deploymentId": record.id]
        }
    }

    private func check(_ input: CreateDeploymentInput) throws(AWSFault) {
        try Check.description(input.description, limit: options.limits.description)
        if let name = input.deploymentConfigName {
            _ = try NameKind.configuration.checked(name)
        }
        if input.revision != nil || input.updateOutdatedInstancesOnly != true {
            _ = try Check.revision(input.revision)
        }
        if let behavior = input.fileExistsBehavior,
            FileExistsBehavior(rawValue: behavior) == nil
        {
            throw .invalid(
                "FileExistsBehavior", "The behavior is DISALLOW, OVERWRITE or RETAIN")
        }
        try Check.autoRollback(input.autoRollbackConfiguration)
        try Check.alarms(input.overrideAlarmConfiguration)
        guard input.targetInstances == nil else {
            throw .notSupported("InvalidTargetInstances", "Blue/green deployments are")
        }
        guard input.deploymentMode == nil || input.deploymentMode == "STANDARD" else {
            throw .notSupported("InvalidInput", "Deployments of another mode than STANDARD are")
        }
    }

    /// Puts a new deployment on disk and into the hands of ``run()``.
    func create(
        _ record: DeploymentRecord, of application: ApplicationRecord, in state: inout FleetState
    ) throws(AWSFault) {
        var revision = try register(record.revision, with: application, in: &state)
        revision.firstUsedTime = revision.firstUsedTime ?? record.createTime
        revision.lastUsedTime = record.createTime
        try save(revision, in: &state)
        let journal = try stored { () throws(StateFolderError) in
            try folder.save(record, .deployments, id: record.id)
            return try Journal(at: folder.journalPath(record.id))
        }
        state.deployments[record.id] = Deployment(record: record)
        state.deploymentOrder.append(record.id)
        state.active[record.groupID] = record.id
        state.running[record.id] = RunningDeployment(journal: journal)
        if var group = state.groups[record.groupID] {
            group.lastAttempted = record.id
            try save(group, in: &state)
        }
        start(record.id)
    }

    /// `d-` and nine capital letters and digits.
    func newDeploymentID(in state: borrowing FleetState) -> String {
        while true {
            let id = "d-" + .random(9, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
            if state.deployments[id] == nil { return id }
        }
    }

    func getDeployment(_ input: DeploymentInput) throws(AWSFault) -> some Encodable {
        let id = try Check.deploymentID(input.deploymentId)
        return try change { state throws(AWSFault) in
            guard let record = state.deployments[id]?.record else {
                throw .deploymentDoesNotExist(id)
            }
            return ["deploymentInfo": DeploymentInfo(record)]
        }
    }

    /// Ids of deployments that do not exist are left out of the answer.
    func batchGetDeployments(
        _ input: BatchGetDeploymentsInput
    ) throws(AWSFault) -> some Encodable {
        let ids = try Check.batch(
            input.deploymentIds, limit: 25, missing: .required("DeploymentId", "Deployment id"))
        for id in ids { _ = try Check.deploymentID(id) }
        return state.withLock { state in
            let infos = ids.compactMap { state.deployments[$0].map { DeploymentInfo($0.record) } }
            return ["deploymentsInfo": infos]
        }
    }

    /// The newest first. An application goes with a group, and a group with an application.
    func listDeployments(_ input: ListDeploymentsInput) throws(AWSFault) -> some Encodable {
        struct Output: Encodable {
            let deployments: [String]
            let nextToken: String?
        }
        guard input.externalId == nil else {
            throw .notSupported("InvalidExternalId", "External ids are")
        }
        var statuses: Set<DeploymentStatus> = []
        for status in input.includeOnlyStatuses ?? [] {
            guard let status = DeploymentStatus(rawValue: status) else {
                throw .invalid("DeploymentStatus", "There is no deployment status \(status)")
            }
            statuses.insert(status)
        }
        let start = input.createTimeRange?.start
        let end = input.createTimeRange?.end
        if let start, let end, start > end {
            throw .invalid("TimeRange", "The time range ends before it starts")
        }
        return try change { state throws(AWSFault) in
            var group: GroupRecord?
            if input.applicationName != nil || input.deploymentGroupName != nil {
                group = try state.group(
                    input.deploymentGroupName, application: input.applicationName,
                    account: account)
            }
            let ids = state.deploymentOrder.reversed().filter { id in
                guard let record = state.deployments[id]?.record else { return false }
                return (group == nil || record.groupID == group?.id)
                    && (statuses.isEmpty || statuses.contains(record.status))
                    && start.map { record.createTime >= $0 } ?? true
                    && end.map { record.createTime <= $0 } ?? true
            }
            let page = try Page(
                of: ids, after: input.nextToken, size: options.pageSize,
                operation: .listDeployments)
            return Output(deployments: page.items, nextToken: page.nextToken)
        }
    }

    /// Nothing more is begun. Where lifecycle events are going on, they go on to their end, and
    /// only then the deployment is stopped.
    func stopDeployment(_ input: DeploymentInput) throws(AWSFault) -> some Encodable {
        let id = try Check.deploymentID(input.deploymentId)
        return try change { state throws(AWSFault) in
            guard let record = state.deployments[id]?.record else {
                throw .deploymentDoesNotExist(id)
            }
            guard !record.status.isFinal else { throw .deploymentAlreadyCompleted(id) }
            if record.halt == nil {
                let cause = DeploymentRecord.Halt.Cause.stopped(
                    rollback: input.autoRollbackEnabled)
                try halt(id, DeploymentRecord.Halt(cause: cause), in: &state)
            }
            let isStopped = state.deployments[id]?.record.status.isFinal ?? true
            return [
                "status": isStopped ? "Succeeded" : "Pending",
                "statusMessage": isStopped
                    ? "No more commands will be scheduled for execution in the deployment instances"
                    : "The deployment stops when the lifecycle events that are running have ended",
            ]
        }
    }
}

extension DeploymentInfo {
    init(_ record: DeploymentRecord) {
        self.init(
            applicationName: record.applicationName, deploymentGroupName: record.groupName,
            deploymentConfigName: record.configName, deploymentId: record.id,
            previousRevision: record.previousRevision, revision: record.revision,
            status: record.status, errorInformation: record.error, createTime: record.createTime,
            startTime: record.startTime, completeTime: record.completeTime,
            deploymentOverview: record.overview, description: record.description,
            creator: record.creator,
            ignoreApplicationStopFailures: record.ignoreApplicationStopFailures,
            autoRollbackConfiguration: record.autoRollbackConfiguration,
            updateOutdatedInstancesOnly: record.updateOutdatedInstancesOnly,
            rollbackInfo: record.rollback, fileExistsBehavior: record.fileExistsBehavior,
            overrideAlarmConfiguration: record.overrideAlarmConfiguration)
    }
}
