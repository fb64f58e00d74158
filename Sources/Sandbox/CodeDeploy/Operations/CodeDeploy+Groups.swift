struct GroupInput: Decodable {
    var applicationName: String?
    var deploymentGroupName: String?
    var currentDeploymentGroupName: String?
    var newDeploymentGroupName: String?
    var tags: [Tag]?
    let settings: GroupSettings

    enum CodingKeys: CodingKey {
        case applicationName, deploymentGroupName, currentDeploymentGroupName
        case newDeploymentGroupName, tags
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        applicationName = try container.decodeIfPresent(String.self, forKey: .applicationName)
        deploymentGroupName = try container.decodeIfPresent(
            String.self, forKey: .deploymentGroupName)
        currentDeploymentGroupName = try container.decodeIfPresent(
            String.self, forKey: .currentDeploymentGroupName)
        newDeploymentGroupName = try container.decodeIfPresent(
            String.self, forKey: .newDeploymentGroupName)
        tags = try container.decodeIfPresent([Tag].self, forKey: .tags)
        settings = try GroupSettings(from: decoder)
    }
}

struct BatchGetDeploymentGroupsInput: Decodable {
    var applicationName: String?
    var deploymentGroupNames: [String]?
}

struct ListDeploymentGroupsInput: Decodable {
    var applicationName: String?
    var nextToken: String?
}

/// Nothing of the sandbox's has hooks in Auto Scaling groups.
private let noHooks = ["hooksNotCleanedUp": [String]()]

extension CodeDeploy {
    /// A group whose tags name no instance gets some of its own: nobody launches machines here.
    func createDeploymentGroup(_ input: GroupInput) throws(AWSFault) -> some Encodable {
        let application = try NameKind.application.checked(input.applicationName)
        let name = try NameKind.group.checked(input.deploymentGroupName)
        let settings = input.settings
        guard let role = settings.serviceRoleArn, !role.isEmpty else {
            throw .required("Role", "Service role")
        }
        let tags = try Check.tags(input.tags)
        try check(settings)
        return try change { state throws(AWSFault) in
            let application = try state.application(application, account: account)
            guard state.group(named: name, of: application) == nil else {
                throw .groupAlreadyExists(name)
            }
            guard state.groups(of: application).count < options.limits.groups else {
                throw .limit("DeploymentGroup", options.limits.groups, of: "deployment groups")
            }
            var record = GroupRecord(
                id: .uuid(), applicationID: application.id, name: name,
                configName: PredefinedConfiguration.oneAtATime.name, serviceRoleArn: role,
                tags: tags)
            record.take(settings)
            _ = try rule(of: record.configName, in: state)
            try save(record, in: &state)
            if state.instances(of: record).isEmpty {
                _ = try makeInstances(options.instancesPerGroup, for: record, tags: [:], in: &state)
            }
            return ["deploymentGroupId": record.id]
        }
    }

    func getDeploymentGroup(_ input: GroupInput) throws(AWSFault) -> some Encodable {
        try change { state throws(AWSFault) in
            let application = try state.application(input.applicationName, account: account)
            let group = try state.group(
                input.deploymentGroupName, application: application.name, account: account)
            return ["deploymentGroupInfo": info(group, of: application, in: state)]
        }
    }

    func batchGetDeploymentGroups(
        _ input: BatchGetDeploymentGroupsInput
    ) throws(AWSFault) -> some Encodable {
        struct Output: Encodable {
            let deploymentGroupsInfo: [DeploymentGroupInfo]
            let errorMessage: String?
        }
        let names = try Check.batch(
            input.deploymentGroupNames, limit: 100,
            missing: .required("DeploymentGroupName", "Deployment Group name"))
        for name in names { _ = try NameKind.group.checked(name) }
        return try change { state throws(AWSFault) in
            let application = try state.application(input.applicationName, account: account)
            let groups = names.compactMap { state.group(named: $0, of: application) }
            let missing = names.filter { name in !groups.contains { $0.name == name } }
            return Output(
                deploymentGroupsInfo: groups.map { info($0, of: application, in: state) },
                errorMessage: missing.isEmpty
                    ? nil : AWSFault.groupDoesNotExist(missing.joined(separator: ", ")).message)
        }
    }

    func listDeploymentGroups(
        _ input: ListDeploymentGroupsInput
    ) throws(AWSFault) -> some Encodable {
        struct Output: Encodable {
            let applicationName: String
            let deploymentGroups: [String]
            let nextToken: String?
        }
        return try change { state throws(AWSFault) in
            let application = try state.application(input.applicationName, account: account)
            let page = try Page(
                of: state.groups(of: application).map(\.name), after: input.nextToken,
                size: options.pageSize, operation: .listDeploymentGroups)
            return Output(
                applicationName: application.name, deploymentGroups: page.items,
                nextToken: page.nextToken)
        }
    }

    func updateDeploymentGroup(_ input: GroupInput) throws(AWSFault) -> some Encodable {
        let application = try NameKind.application.checked(input.applicationName)
        let name = try NameKind.group.checked(input.currentDeploymentGroupName)
        let newName = try NameKind.group.checked(input.newDeploymentGroupName ?? name)
        try check(input.settings)
        return try change { state throws(AWSFault) in
            let application = try state.application(application, account: account)
            guard var record = state.group(named: name, of: application) else {
                throw .groupDoesNotExist(name)
            }
            guard newName == name || state.group(named: newName, of: application) == nil else {
                throw .groupAlreadyExists(newName)
            }
            record.name = newName
            record.take(input.settings)
            _ = try rule(of: record.configName, in: state)
            try save(record, in: &state)
            return noHooks
        }
    }

    /// Deleting one that is not there is no error.
    func deleteDeploymentGroup(_ input: GroupInput) throws(AWSFault) -> some Encodable {
        let application = try NameKind.application.checked(input.applicationName)
        let name = try NameKind.group.checked(input.deploymentGroupName)
        return try change { state throws(AWSFault) in
            let record = state.application(named: application).flatMap {
                state.group(named: name, of: $0)
            }
            if let record { try delete(record, in: &state) }
            return noHooks
        }
    }

    /// Deletes the group and what it alone had: its instances, of which only the folders stay. A
    /// deployment that goes on ends at its next lifecycle event.
    func delete(_ group: GroupRecord, in state: inout FleetState) throws(AWSFault) {
        if let active = state.active[group.id] {
            try halt(active, DeploymentRecord.Halt(cause: .groupDeleted), in: &state)
        }
        let kept = state.instanceOrder.compactMap { state.instances[$0] }
            .filter { $0.groupID != group.id }
        if kept.count < state.instances.count {
            try saveInstances(kept)
            state.instanceOrder = kept.map(\.id)
            state.instances = Dictionary(uniqueKeysWithValues: kept.map { ($0.id, $0) })
        }
        try stored { () throws(StateFolderError) in try folder.remove(.groups, id: group.id) }
        state.groups[group.id] = nil
    }

    func save(_ record: GroupRecord, in state: inout FleetState) throws(AWSFault) {
        try stored { () throws(StateFolderError) in
            try folder.save(record, .groups, id: record.id)
        }
        state.groups[record.id] = record
    }

    private func info(
        _ group: GroupRecord, of application: ApplicationRecord, in state: borrowing FleetState
    ) -> DeploymentGroupInfo {
        DeploymentGroupInfo(
            applicationName: application.name, deploymentGroupId: group.id,
            deploymentGroupName: group.name, deploymentConfigName: group.configName,
            ec2TagFilters: group.ec2TagFilters,
            onPremisesInstanceTagFilters: group.onPremisesInstanceTagFilters,
            serviceRoleArn: group.serviceRoleArn, targetRevision: group.targetRevision,
            triggerConfigurations: group.triggerConfigurations,
            alarmConfiguration: group.alarmConfiguration,
            autoRollbackConfiguration: group.autoRollbackConfiguration, deploymentStyle: .inPlace,
            outdatedInstancesStrategy: group.outdatedInstancesStrategy,
            lastSuccessfulDeployment: last(group.lastSuccessful, in: state),
            lastAttemptedDeployment: last(group.lastAttempted, in: state),
            ec2TagSet: group.ec2TagSet, onPremisesTagSet: group.onPremisesTagSet,
            terminationHookEnabled: group.terminationHookEnabled)
    }

    private func last(
        _ id: String?, in state: borrowing FleetState
    ) -> LastDeploymentInfo? {
        guard let id, let record = state.deployments[id]?.record else { return nil }
        return LastDeploymentInfo(
            deploymentId: id, status: record.status, endTime: record.completeTime,
            createTime: record.createTime)
    }
}
