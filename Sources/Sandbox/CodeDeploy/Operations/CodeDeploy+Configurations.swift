import Synchronization

/// The configurations for instances that come with CodeDeploy.
enum PredefinedConfiguration: String, CaseIterable {
    case allAtOnce = "AllAtOnce"
    case halfAtATime = "HalfAtATime"
    case oneAtATime = "OneAtATime"

    static let prefix = "CodeDeployDefault."

    var name: String { Self.prefix + rawValue }

    var rule: HealthRule {
        switch self {
        case .allAtOnce: .hostCount(0)
        case .halfAtATime: .halfAtATime
        case .oneAtATime: .oneAtATime
        }
    }

    /// As GetDeploymentConfig answers: with a type that no configuration of one's own can have.
    var minimumHealthyHosts: MinimumHealthyHosts {
        switch self {
        case .allAtOnce: MinimumHealthyHosts(type: "FLEET_PERCENT", value: 0)
        case .halfAtATime: MinimumHealthyHosts(type: "FLEET_PERCENT", value: 50)
        case .oneAtATime: MinimumHealthyHosts(type: "MOST_CONCURRENCY", value: 1)
        }
    }

    init?(named name: String) {
        guard name.hasPrefix(Self.prefix) else { return nil }
        self.init(rawValue: String(name.dropFirst(Self.prefix.count)))
    }
}

/// AWS: `DeploymentConfigInfo`.
private struct DeploymentConfigInfo: Encodable {
    let deploymentConfigId: String
    let deploymentConfigName: String
    let minimumHealthyHosts: MinimumHealthyHosts
    let createTime: AWSTime
    let computePlatform = "Server"

    enum CodingKeys: CodingKey {
        case deploymentConfigId, deploymentConfigName, minimumHealthyHosts, createTime
        case computePlatform
    }

    init(_ record: ConfigurationRecord) {
        deploymentConfigId = record.id
        deploymentConfigName = record.name
        minimumHealthyHosts = record.minimumHealthyHosts
        createTime = record.createTime
    }

    /// CodeDeploy's own have existed since its first day.
    init(_ predefined: PredefinedConfiguration) {
        let number = PredefinedConfiguration.allCases.firstIndex(of: predefined) ?? 0
        deploymentConfigId = "00000000-0000-0000-0000-00000000000\(number + 1)"
        deploymentConfigName = predefined.name
        minimumHealthyHosts = predefined.minimumHealthyHosts
        createTime = AWSTime(seconds: 1_415_750_400)
    }
}

struct ConfigurationInput: Decodable {
    var deploymentConfigName: String?
    var minimumHealthyHosts: MinimumHealthyHosts?
    var computePlatform: String?
    var trafficRoutingConfig: Anything?
    var zonalConfig: Anything?
}

extension CodeDeploy {
    func createDeploymentConfig(_ input: ConfigurationInput) throws(AWSFault) -> some Encodable {
        let name = try NameKind.configuration.checked(input.deploymentConfigName)
        guard !name.hasPrefix(PredefinedConfiguration.prefix) else {
            throw .invalid(
                "DeploymentConfigName", "Only CodeDeploy's own names begin CodeDeployDefault.")
        }
        try Check.computePlatform(input.computePlatform)
        guard input.trafficRoutingConfig == nil else {
            throw .notSupported("InvalidTrafficRoutingConfiguration", "Traffic routing is")
        }
        guard input.zonalConfig == nil else {
            throw .notSupported("InvalidZonalDeploymentConfiguration", "Zonal deployments are")
        }
        guard let hosts = input.minimumHealthyHosts, hosts.rule != nil else {
            throw .invalid(
                "MinimumHealthyHostValue",
                "Minimum healthy hosts are a HOST_COUNT from 0 on or a FLEET_PERCENT of 0 to 99")
        }
        return try change { state throws(AWSFault) in
            guard state.configurations[name] == nil else { throw .configAlreadyExists(name) }
            guard state.configurations.count < options.limits.configurations else {
                throw .limit(
                    "DeploymentConfig", options.limits.configurations, of: "configurations")
            }
            let record = ConfigurationRecord(
                id: .uuid(), name: name, minimumHealthyHosts: hosts, createTime: options.now())
            try stored { () throws(StateFolderError) in
                try folder.save(record, .configurations, id: record.id)
            }
            state.configurations[name] = record
            return ["deploymentConfigId": record.id]
        }
    }

    func getDeploymentConfig(_ input: ConfigurationInput) throws(AWSFault) -> some Encodable {
        let name = try NameKind.configuration.checked(input.deploymentConfigName)
        if let predefined = PredefinedConfiguration(named: name) {
            return ["deploymentConfigInfo": DeploymentConfigInfo(predefined)]
        }
        return try change { state throws(AWSFault) in
            guard let record = state.configurations[name] else {
                throw Self.missingConfiguration(name)
            }
            return ["deploymentConfigInfo": DeploymentConfigInfo(record)]
        }
    }

    func listDeploymentConfigs(_ input: ListInput) throws(AWSFault) -> some Encodable {
        struct Output: Encodable {
            let deploymentConfigsList: [String]
            let nextToken: String?
        }
        let own = state.withLock { Array($0.configurations.keys) }
        let page = try Page(
            of: (PredefinedConfiguration.allCases.map(\.name) + own).sorted(),
            after: input.nextToken, size: options.pageSize, operation: .listDeploymentConfigs)
        return Output(deploymentConfigsList: page.items, nextToken: page.nextToken)
    }

    /// Deleting one that is not there is no error.
    func deleteDeploymentConfig(_ input: ConfigurationInput) throws(AWSFault) -> some Encodable {
        let name = try NameKind.configuration.checked(input.deploymentConfigName)
        guard !name.hasPrefix(PredefinedConfiguration.prefix) else { throw .configCannotBeDeleted }
        return try change { state throws(AWSFault) in
            guard let record = state.configurations[name] else { return Nothing() }
            guard !state.groups.values.contains(where: { $0.configName == name }) else {
                throw .configInUse(name)
            }
            try stored { () throws(StateFolderError) in
                try folder.remove(.configurations, id: record.id)
            }
            state.configurations[name] = nil
            return Nothing()
        }
    }

    /// The rule of a configuration. Throws `DeploymentConfigDoesNotExistException`.
    func rule(of name: String, in state: borrowing FleetState) throws(AWSFault) -> HealthRule {
        if let predefined = PredefinedConfiguration(named: name) { return predefined.rule }
        guard let rule = state.configurations[name]?.minimumHealthyHosts.rule else {
            throw Self.missingConfiguration(name)
        }
        return rule
    }

    /// CodeDeploy's own for Lambda and ECS exist at AWS.
    private static func missingConfiguration(_ name: String) -> AWSFault {
        let platforms = ["Lambda", "ECS"]
        for platform in platforms
        where name.hasPrefix(PredefinedConfiguration.prefix + platform) {
            return .notSupported("InvalidComputePlatform", "The compute platform \(platform) is")
        }
        return .configDoesNotExist(name)
    }
}

extension MinimumHealthyHosts {
    /// Nil for what no configuration may say.
    var rule: HealthRule? {
        switch (type, value) {
        case ("HOST_COUNT", let value?) where value >= 0: .hostCount(value)
        case ("FLEET_PERCENT", let value?) where (0...99).contains(value): .fleetPercent(value)
        default: nil
        }
    }
}
