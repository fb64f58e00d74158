package import InstanceAgent
package import SlipwayCore

/// The agents of the fleet: what carries out a lifecycle event on the instance in a folder.
package struct InstanceAgents: Sendable {
    /// Carries out the event on the instance in the folder and tells how it went. Is asked for one
    /// event of an instance at a time.
    package var perform:
        @Sendable (_ event: LifecycleEvent, _ deployment: AgentDeployment, _ folder: String) async
            -> EventResult
    /// What is `/` to the instance in a folder.
    package var root: @Sendable (_ folder: String) -> String

    package init(
        perform:
            @escaping @Sendable (
                _ event: LifecycleEvent, _ deployment: AgentDeployment, _ folder: String
            ) async -> EventResult,
        root: @escaping @Sendable (_ folder: String) -> String
    ) {
        self.perform = perform
        self.root = root
    }

    /// Real agents, which confine hooks so.
    package init(hooks: HookConfinement) {
        self.init(
            perform: { event, deployment, folder in
                await InstanceAgent(folder: folder, hooks: hooks).perform(event, of: deployment)
            },
            root: { InstanceAgent(folder: $0, hooks: hooks).root })
    }
}

extension Diagnostics {
    /// What an agent told.
    init(_ diagnostics: EventDiagnostics) {
        self.init(
            errorCode: diagnostics.errorCode.rawValue, scriptName: diagnostics.scriptName,
            message: diagnostics.message, logTail: diagnostics.logTail)
    }
}
