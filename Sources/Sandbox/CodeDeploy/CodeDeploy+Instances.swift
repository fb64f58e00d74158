import SlipwayCore
import Synchronization

/// Where an instance is on this machine.
package struct InstancePlace: Sendable, Equatable {
    package let id: String
    /// The instance's folder: its root, and its agent's own state.
    package let folder: String
    /// What is `/` to the instance.
    package let root: String
}

/// Applications, groups and instances, for who sets the sandbox up.
extension CodeDeploy {
    /// Makes the application, if there is none of that name.
    ///
    /// Throws the faults of CreateApplication.
    package func prepare(application: String) throws(AWSFault) {
        let isThere = state.withLock { $0.application(named: application) != nil }
        if !isThere { _ = try createApplication(ApplicationInput(applicationName: application)) }
    }

    /// Makes the group and its application, if they are missing, and as many instances as it lacks.
    /// Gives all of the group's instances, in the order in which they were made.
    ///
    /// Throws the faults of CreateDeploymentGroup.
    @discardableResult
    package func prepare(
        group: String, application: String, instances: Int, configuration: String? = nil
    ) throws(AWSFault) -> [InstancePlace] {
        try prepare(application: application)
        return try change { state throws(AWSFault) in
            let owner = try state.application(application, account: account)
            let record: GroupRecord
            if let there = state.group(named: group, of: owner) {
                record = there
            } else {
                let configName = configuration ?? PredefinedConfiguration.oneAtATime.name
                _ = try rule(of: configName, in: state)
                record = GroupRecord(
                    id: .uuid(), applicationID: owner.id,
                    name: try NameKind.group.checked(group), configName: configName,
                    serviceRoleArn:
                        "arn:\(region.partition):iam::\(account):role/CodeDeployServiceRole",
                    tags: [:])
                try save(record, in: &state)
            }
            let missing = instances - state.instances(of: record).count
            _ = try makeInstances(missing, for: record, tags: [:], in: &state)
            return state.instances(of: record).map(place)
        }
    }

    /// Makes instances for a group of an application, with these tags besides the group's own.
    ///
    /// Throws the faults of an application and a group that do not exist.
    @discardableResult
    package func makeInstances(
        _ count: Int, group: String, application: String, tags: [String: String] = [:]
    ) throws(AWSFault) -> [InstancePlace] {
        try change { state throws(AWSFault) in
            let record = try state.group(group, application: application, account: account)
            return try makeInstances(count, for: record, tags: tags, in: &state)
        }
    }

    /// The instances of a group, in the order in which they were made.
    ///
    /// Throws the faults of an application and a group that do not exist.
    package func instances(
        group: String, application: String
    ) throws(AWSFault) -> [InstancePlace] {
        try state.withLock { state throws(AWSFault) in
            let record = try state.group(group, application: application, account: account)
            return state.instances(of: record).map(place)
        }
    }

    /// All groups with their instances, sorted by application and group.
    package var fleet: [(application: String, group: String, instances: [InstancePlace])] {
        state.withLock { state in
            state.groups.values.compactMap { group in
                state.applications[group.applicationID].map {
                    ($0.name, group.name, state.instances(of: group).map(place))
                }
            }
        }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    }

    /// Breaks an instance, or mends it with nil. Holds from its next lifecycle event on.
    ///
    /// Throws `InstanceDoesNotExistException`.
    package func setFault(_ fault: InstanceFault?, instance: String) throws(AWSFault) {
        try change { state throws(AWSFault) in
            guard state.instances[instance] != nil else { throw .instanceDoesNotExist(instance) }
            var instances = state.instances
            instances[instance]?.fault = fault
            try saveInstances(state.instanceOrder.compactMap { instances[$0] })
            state.instances = instances
        }
    }

    func place(_ instance: InstanceRecord) -> InstancePlace {
        let folder = folder.instanceFolder(instance.id)
        return InstancePlace(id: instance.id, folder: folder, root: agents.root(folder))
    }

    /// Makes instances with the tags that the group's filters ask for.
    func makeInstances(
        _ count: Int, for group: GroupRecord, tags: [String: String], in state: inout FleetState
    ) throws(AWSFault) -> [InstancePlace] {
        guard count > 0 else { return [] }
        var wanted = tags
        for set in group.filterSets {
            guard let tag = set.first?.example, wanted[tag.key] == nil else { continue }
            wanted[tag.key] = tag.value
        }
        var made: [InstanceRecord] = []
        for _ in 0..<count {
            let id = "i-0" + .random(16, of: "0123456789abcdef")
            made.append(InstanceRecord(id: id, groupID: group.id, tags: wanted, fault: nil))
        }
        try stored { () throws(StateFolderError) in
            for instance in made { try folder.makeInstanceFolder(instance.id) }
        }
        try saveInstances(state.instanceOrder.compactMap { state.instances[$0] } + made)
        for instance in made {
            state.instances[instance.id] = instance
            state.instanceOrder.append(instance.id)
        }
        return made.map(place)
    }

    func saveInstances(_ instances: [InstanceRecord]) throws(AWSFault) {
        try stored { () throws(StateFolderError) in try folder.saveInstances(instances) }
    }
}
