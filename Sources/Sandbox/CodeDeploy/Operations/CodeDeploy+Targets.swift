import SlipwayCore
import Synchronization

struct ListDeploymentTargetsInput: Decodable {
    var deploymentId: String?
    var nextToken: String?
    var targetFilters: [String: [String]]?
}

struct TargetsInput: Decodable {
    var deploymentId: String?
    var targetId: String?
    var targetIds: [String]?
}

struct ListDeploymentInstancesInput: Decodable {
    var deploymentId: String?
    var nextToken: String?
    var instanceStatusFilter: [String]?
    var instanceTypeFilter: [String]?
}

struct InstancesInput: Decodable {
    var deploymentId: String?
    var instanceId: String?
    var instanceIds: [String]?
}

/// What most targets and instances are asked for at once.
private let batchLimit = 25

extension CodeDeploy {
    func listDeploymentTargets(
        _ input: ListDeploymentTargetsInput
    ) throws(AWSFault) -> some Encodable {
        struct Output: Encodable {
            let targetIds: [String]
            let nextToken: String?
        }
        let id = try Check.deploymentID(input.deploymentId)
        var wanted = try TargetFilter()
        for (name, values) in input.targetFilters ?? [:] {
            switch name {
            case "TargetStatus": wanted = try TargetFilter(statuses: values)
            case "ServerInstanceLabel": try TargetFilter.checkLabels(values)
            default: throw .invalid("TargetFilterName", "There is no target filter \(name)")
            }
        }
        let page = try Page(
            of: try targets(of: id).filter(wanted.includes).map(\.id), after: input.nextToken,
            size: options.pageSize, operation: .listDeploymentTargets)
        return Output(targetIds: page.items, nextToken: page.nextToken)
    }

    func getDeploymentTarget(_ input: TargetsInput) throws(AWSFault) -> some Encodable {
        let id = try Check.deploymentID(input.deploymentId)
        let target = try Self.checkedTargetID(input.targetId)
        guard let record = try targets(of: id).first(where: { $0.id == target }) else {
            throw .targetDoesNotExist(target, deployment: id)
        }
        return ["deploymentTarget": info(record, of: id)]
    }

    func batchGetDeploymentTargets(_ input: TargetsInput) throws(AWSFault) -> some Encodable {
        let id = try Check.deploymentID(input.deploymentId)
        guard let ids = input.targetIds, !ids.isEmpty else {
            throw .required("DeploymentTargetId", "Target id")
        }
        guard ids.count <= batchLimit else { throw .targetListTooLong(batchLimit) }
        for target in ids { _ = try Self.checkedTargetID(target) }
        let records = try targets(of: id)
        var infos: [DeploymentTargetInfo] = []
        for target in ids.uniqued {
            guard let record = records.first(where: { $0.id == target }) else {
                throw .targetDoesNotExist(target, deployment: id)
            }
            infos.append(info(record, of: id))
        }
        return ["deploymentTargets": infos]
    }

    /// The deprecated form of ListDeploymentTargets.
    func listDeploymentInstances(
        _ input: ListDeploymentInstancesInput
    ) throws(AWSFault) -> some Encodable {
        struct Output: Encodable {
            let instancesList: [String]
            let nextToken: String?
        }
        let id = try Check.deploymentID(input.deploymentId)
        let wanted = try TargetFilter(statuses: input.instanceStatusFilter ?? [])
        guard input.instanceTypeFilter?.isEmpty ?? true else {
            throw .instanceTypeInPlace
        }
        let page = try Page(
            of: try targets(of: id).filter(wanted.includes).map(\.id), after: input.nextToken,
            size: options.pageSize, operation: .listDeploymentInstances)
        return Output(instancesList: page.items, nextToken: page.nextToken)
    }

    /// The deprecated form of GetDeploymentTarget.
    func getDeploymentInstance(_ input: InstancesInput) throws(AWSFault) -> some Encodable {
        let id = try Check.deploymentID(input.deploymentId)
        guard let instance = input.instanceId, !instance.isEmpty else {
            throw .required("InstanceId", "Instance id")
        }
        let records = try targets(of: id)
        guard let record = records.first(where: { isNamed($0.id, by: instance) }) else {
            throw .instanceDoesNotExist(instance)
        }
        return ["instanceSummary": summary(record, of: id)]
    }

    /// The deprecated form of BatchGetDeploymentTargets. Says which instances there are not, where
    /// the other one throws.
    func batchGetDeploymentInstances(_ input: InstancesInput) throws(AWSFault) -> some Encodable {
        struct Output: Encodable {
            let instancesSummary: [InstanceSummary]
            let errorMessage: String?
        }
        let id = try Check.deploymentID(input.deploymentId)
        let wanted = try Check.batch(
            input.instanceIds, limit: batchLimit, missing: .required("InstanceId", "Instance id"))
        let records = try targets(of: id)
        var found: [InstanceSummary] = []
        var missing: [String] = []
        for instance in wanted {
            if let record = records.first(where: { isNamed($0.id, by: instance) }) {
                found.append(summary(record, of: id))
            } else {
                missing.append(instance)
            }
        }
        return Output(
            instancesSummary: found,
            errorMessage: missing.isEmpty
                ? nil : AWSFault.instanceDoesNotExist(missing.joined(separator: ", ")).message)
    }

    /// The targets of a deployment in the order in which it comes to them.
    ///
    /// Throws `DeploymentDoesNotExistException`, and `DeploymentNotStartedException` before it has
    /// any.
    func targets(of id: String) throws(AWSFault) -> [TargetRecord] {
        let (record, known) = try change {
            state throws(AWSFault) -> (DeploymentRecord, [TargetRecord]?) in
            guard let deployment = state.deployments[id] else { throw .deploymentDoesNotExist(id) }
            guard deployment.record.overview != nil else { throw .deploymentNotStarted(id) }
            let targets =
                deployment.targets ?? state.recentTargets.first { $0.id == id }?.targets
            return (deployment.record, targets)
        }
        if let known { return known }
        // It has ended, so its journal does not change: no need to keep others waiting for it.
        let targets = try stored { () throws(StateFolderError) in
            var deployment = Deployment(record: record)
            for entry in try folder.journal(of: id).entries { deployment.apply(entry) }
            return deployment.targets ?? []
        }
        state.withLock { $0.remember(targets, of: id) }
        return targets
    }

    private static func checkedTargetID(_ id: String?) throws(AWSFault) -> String {
        guard let id, !id.isEmpty else { throw .required("DeploymentTargetId", "Target id") }
        guard id.utf8.count <= 256 else {
            throw .invalid("DeploymentTargetId", "This is no target id")
        }
        return id
    }

    private func info(_ target: TargetRecord, of deployment: String) -> DeploymentTargetInfo {
        DeploymentTargetInfo(
            instanceTarget: InstanceTarget(
                deploymentId: deployment, targetId: target.id, targetArn: instanceARN(target.id),
                status: target.status, lastUpdatedAt: target.lastUpdatedAt,
                lifecycleEvents: target.eventInfos))
    }

    private func summary(_ target: TargetRecord, of deployment: String) -> InstanceSummary {
        InstanceSummary(
            deploymentId: deployment, instanceId: instanceARN(target.id), status: target.status,
            lastUpdatedAt: target.lastUpdatedAt, lifecycleEvents: target.eventInfos)
    }

    private func instanceARN(_ id: String) -> String {
        "arn:\(region.partition):ec2:\(region):\(account):instance/\(id)"
    }

    /// The deprecated operations take an instance's id and its ARN.
    private func isNamed(_ id: String, by name: String) -> Bool {
        name == id || name == instanceARN(id)
    }
}

extension TargetRecord {
    fileprivate var eventInfos: [LifecycleEventInfo] {
        zip(Lifecycle.events, events).map { name, event in
            LifecycleEventInfo(
                lifecycleEventName: name.rawValue, diagnostics: event.diagnostics,
                startTime: event.start, endTime: event.end, status: event.status)
        }
    }
}

/// Which targets a list has.
private struct TargetFilter {
    /// Empty for all.
    private var statuses: Set<StepStatus> = []

    init(statuses names: [String] = []) throws(AWSFault) {
        for name in names {
            guard let status = StepStatus(rawValue: name) else {
                throw .invalid("InstanceStatus", "There is no instance status \(name)")
            }
            statuses.insert(status)
        }
    }

    func includes(_ target: TargetRecord) -> Bool {
        statuses.isEmpty || statuses.contains(target.status)
    }

    /// Only blue/green deployments have instances with a label.
    static func checkLabels(_ labels: [String]) throws(AWSFault) {
        throw labels.allSatisfy(["Blue", "Green"].contains)
            ? .instanceTypeInPlace
            : .invalid("InstanceType", "The label of an instance is Blue or Green")
    }
}
