/// How many instances of a deployment have to stay healthy: what a deployment configuration says.
///
/// AWS: `MinimumHealthyHosts`, and the three configurations that come with CodeDeploy.
package enum HealthRule: Codable, Sendable, Equatable {
    /// At least so many.
    case hostCount(Int)
    /// At least this part of them, 0 to 99 percent, rounded up.
    case fleetPercent(Int)
    /// One after the other; only the last may fail. `CodeDeployDefault.OneAtATime`.
    case oneAtATime
    /// One half after the other; a single instance must succeed. `CodeDeployDefault.HalfAtATime`.
    case halfAtATime

    /// How many of `count` instances have to stay healthy.
    package func minimum(of count: Int) -> Int {
        switch self {
        case .hostCount(let hosts): hosts
        case .fleetPercent(let percent): (count * percent + 99) / 100
        case .oneAtATime: max(0, count - 1)
        case .halfAtATime: count == 1 ? 0 : (count + 1) / 2
        }
    }
}
