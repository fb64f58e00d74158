extension CodeDeploy {
    /// Refuses settings that AWS refuses, and by name what the sandbox has not.
    func check(_ settings: GroupSettings) throws(AWSFault) {
        try checkSupport(settings)
        if let role = settings.serviceRoleArn {
            let parts = role.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            guard parts.count == 6, parts[0] == "arn", parts[2] == "iam",
                parts[5].hasPrefix("role/")
            else { throw .invalid("Role", "The service role is not the ARN of a role: \(role)") }
        }
        if let name = settings.deploymentConfigName {
            _ = try NameKind.configuration.checked(name)
        }
        try checkFilters(
            settings.ec2TagFilters, settings.ec2TagSet?.ec2TagSetList, tag: "EC2Tag",
            both: "EC2TagCombination")
        try checkFilters(
            settings.onPremisesInstanceTagFilters, settings.onPremisesTagSet?.onPremisesTagSetList,
            tag: "Tag", both: "OnPremisesTagCombination")
        try checkTriggers(settings.triggerConfigurations ?? [])
        try Check.alarms(settings.alarmConfiguration)
        try Check.autoRollback(settings.autoRollbackConfiguration)
        switch settings.outdatedInstancesStrategy {
        case nil, "UPDATE", "IGNORE": return
        default:
            throw .invalid("Input", "The strategy for outdated instances is UPDATE or IGNORE")
        }
    }

    private func checkSupport(_ settings: GroupSettings) throws(AWSFault) {
        if let style = settings.deploymentStyle {
            switch (style.deploymentType, style.deploymentOption) {
            case ("BLUE_GREEN", _):
                throw .notSupported("InvalidDeploymentStyle", "Blue/green deployments are")
            case (_, "WITH_TRAFFIC_CONTROL"):
                throw .notSupported("InvalidDeploymentStyle", "Load balancers are")
            case ("IN_PLACE", "WITHOUT_TRAFFIC_CONTROL"), ("IN_PLACE", nil),
                (nil, "WITHOUT_TRAFFIC_CONTROL"), (nil, nil):
                break
            default: throw .invalid("DeploymentStyle", "The deployment style is unknown")
            }
        }
        guard settings.blueGreenDeploymentConfiguration == nil else {
            throw .notSupported(
                "InvalidBlueGreenDeploymentConfiguration", "Blue/green deployments are")
        }
        guard settings.loadBalancerInfo?.isEmpty ?? true else {
            throw .notSupported("InvalidLoadBalancerInfo", "Load balancers are")
        }
        guard settings.ecsServices?.isEmpty ?? true else {
            throw .notSupported("InvalidECSService", "The compute platform ECS is")
        }
        guard settings.autoScalingGroups?.isEmpty ?? true else {
            throw .notSupported("InvalidAutoScalingGroup", "Auto Scaling groups are")
        }
    }

    private func checkFilters(
        _ filters: [TagFilter]?, _ sets: [[TagFilter]]?, tag: String, both: String
    ) throws(AWSFault) {
        guard filters == nil || sets == nil else {
            throw .invalid(both, "Tag filters and a tag set cannot be used together")
        }
        guard (sets ?? []).count <= options.limits.tagLists else {
            throw .limit("TagSetList", options.limits.tagLists, of: "lists in a tag set")
        }
        let all = (filters ?? []) + (sets ?? []).flatMap(\.self)
        guard all.count <= options.limits.perGroup else {
            throw .invalid(tag, "A group has at most \(options.limits.perGroup) tags")
        }
        for filter in all {
            let isComplete =
                switch filter.type {
                case nil, "KEY_AND_VALUE": !(filter.key ?? "").isEmpty
                case "KEY_ONLY": !(filter.key ?? "").isEmpty
                case "VALUE_ONLY": filter.value != nil
                default: false
                }
            guard isComplete else {
                throw .invalid(tag, "A tag filter has a type, and the key or value that it needs")
            }
        }
    }

    private func checkTriggers(_ triggers: [TriggerConfig]) throws(AWSFault) {
        guard triggers.count <= options.limits.perGroup else {
            throw .limit("TriggerTargets", options.limits.perGroup, of: "triggers")
        }
        let known = [
            "DeploymentStart", "DeploymentSuccess", "DeploymentFailure", "DeploymentStop",
            "DeploymentRollback", "DeploymentReady", "InstanceStart", "InstanceSuccess",
            "InstanceFailure", "InstanceReady",
        ]
        for trigger in triggers {
            guard let events = trigger.triggerEvents, !events.isEmpty,
                events.allSatisfy(known.contains), !(trigger.triggerName ?? "").isEmpty,
                trigger.triggerTargetArn?.hasPrefix("arn:") ?? false
            else {
                throw .invalid("TriggerConfig", "A trigger has a name, a topic and known events")
            }
        }
    }
}

extension GroupRecord {
    /// Takes over what is given. A list of filters takes the place of a tag set, and the reverse.
    mutating func take(_ settings: GroupSettings) {
        configName = settings.deploymentConfigName ?? configName
        serviceRoleArn = settings.serviceRoleArn ?? serviceRoleArn
        if settings.ec2TagFilters != nil || settings.ec2TagSet != nil {
            ec2TagFilters = settings.ec2TagFilters
            ec2TagSet = settings.ec2TagSet
        }
        if settings.onPremisesInstanceTagFilters != nil || settings.onPremisesTagSet != nil {
            onPremisesInstanceTagFilters = settings.onPremisesInstanceTagFilters
            onPremisesTagSet = settings.onPremisesTagSet
        }
        triggerConfigurations = settings.triggerConfigurations ?? triggerConfigurations
        alarmConfiguration = settings.alarmConfiguration ?? alarmConfiguration
        autoRollbackConfiguration =
            settings.autoRollbackConfiguration ?? autoRollbackConfiguration
        outdatedInstancesStrategy =
            settings.outdatedInstancesStrategy ?? outdatedInstancesStrategy
        terminationHookEnabled = settings.terminationHookEnabled ?? terminationHookEnabled
    }
}
