package import SlipwayCore

/// What CodeDeploy says of an application.
///
/// AWS operation: `GetApplication`.
package struct ApplicationInfo: Hashable, Sendable {
    package var id: UntrustedText?
    /// `Server`, `Lambda` or `ECS`.
    package var computePlatform: UntrustedText?

    package init(id: UntrustedText?, computePlatform: UntrustedText?) {
        self.id = id
        self.computePlatform = computePlatform
    }
}

/// What a deployment configuration asks for.
///
/// AWS operation: `GetDeploymentConfig`.
package struct DeploymentConfigurationInfo: Hashable, Sendable {
    /// `HOST_COUNT`, `FLEET_PERCENT`, or a kind that AWS added since.
    package var minimumHealthyHostsType: UntrustedText?
    package var minimumHealthyHosts: Int?

    package init(minimumHealthyHostsType: UntrustedText?, minimumHealthyHosts: Int?) {
        self.minimumHealthyHostsType = minimumHealthyHostsType
        self.minimumHealthyHosts = minimumHealthyHosts
    }
}

/// One page of a list.
package struct Page<Element: Sendable>: Sendable {
    package var elements: [Element]
    /// What to ask for the next page with; nil on the last.
    package var nextToken: String?

    package init(elements: [Element], nextToken: String?) {
        self.elements = elements
        self.nextToken = nextToken
    }
}
