/// AWS: `Tag`.
struct Tag: Codable, Hashable, Sendable {
    var key: String?
    var value: String?

    enum CodingKeys: String, CodingKey {
        case key = "Key"
        case value = "Value"
    }
}

/// AWS: `EC2TagFilter` and `TagFilter`, which are the same but for their names.
struct TagFilter: Codable, Hashable, Sendable {
    var key: String?
    var value: String?
    var type: String?

    enum CodingKeys: String, CodingKey {
        case key = "Key"
        case value = "Value"
        case type = "Type"
    }

    /// Whether one of an instance's tags is what the filter asks for.
    func matches(_ tags: [String: String]) -> Bool {
        switch type ?? "KEY_AND_VALUE" {
        case "KEY_ONLY": key.map { tags[$0] != nil } ?? false
        case "VALUE_ONLY": tags.values.contains(value ?? "")
        default: key.map { tags[$0] == value ?? "" } ?? false
        }
    }

    /// Tags that the filter matches.
    var example: (key: String, value: String) { (key ?? "Name", value ?? "") }
}

/// AWS: `EC2TagSet`.
struct EC2TagSet: Codable, Hashable, Sendable {
    var ec2TagSetList: [[TagFilter]]?
}

/// AWS: `OnPremisesTagSet`.
struct OnPremisesTagSet: Codable, Hashable, Sendable {
    var onPremisesTagSetList: [[TagFilter]]?
}

/// AWS: `AutoRollbackConfiguration`.
struct AutoRollbackConfiguration: Codable, Hashable, Sendable {
    var enabled: Bool?
    var events: [String]?
}

/// AWS: `AlarmConfiguration`. The sandbox keeps it, and no alarm ever goes off in it.
struct AlarmConfiguration: Codable, Hashable, Sendable {
    struct Alarm: Codable, Hashable, Sendable {
        var name: String?
    }

    var enabled: Bool?
    var ignorePollAlarmFailure: Bool?
    var alarms: [Alarm]?
}

/// AWS: `TriggerConfig`. The sandbox keeps it, and sends nothing.
struct TriggerConfig: Codable, Hashable, Sendable {
    var triggerName: String?
    var triggerTargetArn: String?
    var triggerEvents: [String]?
}

/// AWS: `DeploymentStyle`.
struct DeploymentStyle: Codable, Hashable, Sendable {
    var deploymentType: String?
    var deploymentOption: String?

    /// The only one that the sandbox knows.
    static let inPlace = DeploymentStyle(
        deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL")
}

/// Whatever it is: only whether there is any counts.
struct Anything: Decodable, Sendable {
    init(from decoder: any Decoder) throws {}
}

/// AWS: `LoadBalancerInfo`, which the sandbox refuses where it names a load balancer.
struct LoadBalancerInfo: Decodable, Sendable {
    var elbInfoList: [Anything]?
    var targetGroupInfoList: [Anything]?
    var targetGroupPairInfoList: [Anything]?

    var isEmpty: Bool {
        [elbInfoList, targetGroupInfoList, targetGroupPairInfoList].allSatisfy {
            $0?.isEmpty ?? true
        }
    }
}

/// What creating and updating a deployment group have in common: members that are left out stay
/// as they are.
struct GroupSettings: Decodable, Sendable {
    var deploymentConfigName: String?
    var ec2TagFilters: [TagFilter]?
    var onPremisesInstanceTagFilters: [TagFilter]?
    var autoScalingGroups: [String]?
    var serviceRoleArn: String?
    var triggerConfigurations: [TriggerConfig]?
    var alarmConfiguration: AlarmConfiguration?
    var autoRollbackConfiguration: AutoRollbackConfiguration?
    var outdatedInstancesStrategy: String?
    var deploymentStyle: DeploymentStyle?
    var blueGreenDeploymentConfiguration: Anything?
    var loadBalancerInfo: LoadBalancerInfo?
    var ec2TagSet: EC2TagSet?
    var ecsServices: [Anything]?
    var onPremisesTagSet: OnPremisesTagSet?
    var terminationHookEnabled: Bool?
}

/// AWS: `LastDeploymentInfo`.
struct LastDeploymentInfo: Encodable, Sendable {
    var deploymentId: String
    var status: DeploymentStatus
    var endTime: AWSTime?
    var createTime: AWSTime
}

/// AWS: `DeploymentGroupInfo`.
struct DeploymentGroupInfo: Encodable, Sendable {
    var applicationName: String
    var deploymentGroupId: String
    var deploymentGroupName: String
    var deploymentConfigName: String
    var ec2TagFilters: [TagFilter]?
    var onPremisesInstanceTagFilters: [TagFilter]?
    var autoScalingGroups: [String] = []
    var serviceRoleArn: String
    var targetRevision: RevisionLocation?
    var triggerConfigurations: [TriggerConfig]
    var alarmConfiguration: AlarmConfiguration?
    var autoRollbackConfiguration: AutoRollbackConfiguration?
    var deploymentStyle: DeploymentStyle
    var outdatedInstancesStrategy: String
    var lastSuccessfulDeployment: LastDeploymentInfo?
    var lastAttemptedDeployment: LastDeploymentInfo?
    var ec2TagSet: EC2TagSet?
    var onPremisesTagSet: OnPremisesTagSet?
    var computePlatform = "Server"
    var terminationHookEnabled: Bool
}
