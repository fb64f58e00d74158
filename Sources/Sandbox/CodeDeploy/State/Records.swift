/// An application as it is on disk. AWS: `ApplicationInfo`.
struct ApplicationRecord: Codable, Sendable {
    let id: String
    var name: String
    let createTime: AWSTime
    var tags: [String: String]
}

/// A deployment configuration as it is on disk. AWS: `DeploymentConfigInfo`.
struct ConfigurationRecord: Codable, Sendable {
    let id: String
    let name: String
    let minimumHealthyHosts: MinimumHealthyHosts
    let createTime: AWSTime
}

/// AWS: `MinimumHealthyHosts`.
struct MinimumHealthyHosts: Codable, Sendable, Equatable {
    var type: String?
    var value: Int?
}

/// A registered revision as it is on disk. AWS: `RevisionInfo`.
struct RevisionRecord: Codable, Sendable {
    let id: String
    let applicationID: String
    var location: RevisionLocation
    var description: String?
    let registerTime: AWSTime
    var firstUsedTime: AWSTime?
    var lastUsedTime: AWSTime?
}

/// A deployment group as it is on disk. AWS: `DeploymentGroupInfo`.
struct GroupRecord: Codable, Sendable {
    let id: String
    let applicationID: String
    var name: String
    var configName: String
    var serviceRoleArn: String
    var ec2TagFilters: [TagFilter]?
    var ec2TagSet: EC2TagSet?
    var onPremisesInstanceTagFilters: [TagFilter]?
    var onPremisesTagSet: OnPremisesTagSet?
    var triggerConfigurations: [TriggerConfig] = []
    var alarmConfiguration: AlarmConfiguration?
    var autoRollbackConfiguration: AutoRollbackConfiguration?
    var outdatedInstancesStrategy = "UPDATE"
    var terminationHookEnabled = false
    var tags: [String: String]

    /// What the group is meant to have: the revision of its last deployment that succeeded.
    var targetRevision: RevisionLocation?
    var lastSuccessful: String?
    var lastAttempted: String?
    var health: [String: InstanceHealth] = [:]

    /// The lists of filters out of each of which one has to match; empty where none is given.
    var filterSets: [[TagFilter]] {
        let single = [ec2TagFilters, onPremisesInstanceTagFilters].compactMap(\.self)
        let several = [ec2TagSet?.ec2TagSetList, onPremisesTagSet?.onPremisesTagSetList]
            .compactMap(\.self).flatMap(\.self)
        return (single + several).filter { !$0.isEmpty }
    }

    /// Whether the group's tags name the instance, or it was made for the group.
    func includes(_ instance: InstanceRecord) -> Bool {
        if instance.groupID == id { return true }
        let sets = filterSets
        return !sets.isEmpty
            && sets.allSatisfy { set in set.contains { $0.matches(instance.tags) } }
    }
}

/// An instance: a folder with an agent in it.
struct InstanceRecord: Codable, Sendable {
    let id: String
    /// The group that it was made for.
    let groupID: String
    var tags: [String: String]
    var fault: InstanceFault?
}

/// What is wrong with an instance, on request.
package enum InstanceFault: Codable, Sendable, Equatable {
    /// The machine does not run: its deployments fail at once.
    case stopped
    /// Its agent takes no lifecycle event from this one on; from the first where none is named.
    case silent(from: String?)
    /// The lifecycle event fails without being carried out.
    case failing(at: String)
}
