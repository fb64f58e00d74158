/// A generation of the CodeDeploy agent. Fleets are mixed, and the two judge an AppSpec differently.
package enum AgentGeneration: String, CaseIterable, Sendable, Comparable {
    /// The Ruby agent, up to 1.8.
    case v18 = "1.8"
    /// The rewrite of 2026, from 2.0 on.
    case v20 = "2.0"

    package static func < (left: AgentGeneration, right: AgentGeneration) -> Bool {
        left.rawValue < right.rawValue
    }
}
