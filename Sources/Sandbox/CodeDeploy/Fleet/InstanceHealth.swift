/// What a group knows of an instance from the deployments before.
package struct InstanceHealth: Codable, Sendable, Equatable {
    /// Whether the last deployment to it succeeded.
    package let isHealthy: Bool
    /// What was deployed to it last with success; nil where that is not known.
    package let revision: RevisionLocation?

    package init(isHealthy: Bool, revision: RevisionLocation?) {
        self.isHealthy = isHealthy
        self.revision = revision
    }
}

/// The order in which a deployment comes to its instances.
package enum TargetOrder {
    /// First the unhealthy, then those with an unknown revision, then those with an old one, then
    /// those that have the group's target revision. One that nothing was deployed to is unhealthy.
    /// Within each, the order given.
    package static func sorted(
        _ instances: [String], health: [String: InstanceHealth], current: RevisionLocation?
    ) -> [String] {
        func rank(_ id: String) -> Int {
            guard let health = health[id], health.isHealthy else { return 0 }
            guard let revision = health.revision else { return 1 }
            return revision.isSame(as: current) ? 3 : 2
        }
        return instances.enumerated()
            .map { (rank: rank($0.element), index: $0.offset, id: $0.element) }
            .sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }
            .map(\.id)
    }
}
