package import InstanceAgent
package import SlipwayCore
import Synchronization

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

    /// Real agents, which confine hooks so. Each is kept once it was asked for an event, and with it
    /// what its hooks leave running.
    package init(hooks: HookConfinement) {
        let kept = KeptAgents(hooks: hooks)
        self.init(
            perform: { event, deployment, folder in
                await kept.agent(in: folder).perform(event, of: deployment)
            },
            root: { InstanceAgent(folder: $0, hooks: hooks).root })
    }
}

/// The agents that were asked for an event since the start.
private final class KeptAgents: Sendable {
    private let hooks: HookConfinement
    private let agents = Mutex<[String: InstanceAgent]>([:])

    init(hooks: HookConfinement) { self.hooks = hooks }

    /// The agent of the instance in a folder. Before its first event it clears what a killed process
    /// left there; which event that was, the deployment's journal knows.
    func agent(in folder: String) -> InstanceAgent {
        if let agent = agents.withLock({ $0[folder] }) { return agent }
        // An instance is asked for one event at a time, so nobody else makes its agent meanwhile.
        let agent = InstanceAgent(folder: folder, hooks: hooks)
        _ = agent.recover()
        agents.withLock { $0[folder] = agent }
        return agent
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
