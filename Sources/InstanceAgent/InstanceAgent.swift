package import SlipwayCore

/// One instance's agent. It keeps everything it knows in its own folder and survives a restart.
///
/// It does what agent 1.8.1 does and fails with its words. An absolute destination in an AppSpec
/// lies under ``root``, and no link in there leads out of it. Programs that hooks leave running go
/// on as long as the agent is kept, and are killed with this process.
package struct InstanceAgent: Sendable {
    package let hooks: HookConfinement
    /// Events that fail with these words instead of being carried out, for rehearsals.
    package let failures: [LifecycleEvent: EventDiagnostics]
    private let folder: AgentFolder
    private let limits: TimeLimits
    private let enclosure: Enclosure?

    /// An agent for the instance in a folder, given by its absolute path, which is made when it is
    /// first needed.
    package init(
        folder: String, hooks: HookConfinement,
        failures: [LifecycleEvent: EventDiagnostics] = [:], limits: TimeLimits = .service
    ) {
        self.folder = AgentFolder(path: folder)
        self.hooks = hooks
        self.failures = failures
        self.limits = limits
        if case .bubblewrap(let network) = hooks {
            enclosure = Enclosure(folder: self.folder, network: network)
        } else {
            enclosure = nil
        }
    }

    /// What is `/` to the instance.
    package var root: String { folder.root }

    /// An event that was going on when the process was killed.
    package struct InterruptedEvent: Sendable, Equatable {
        package let deploymentID: String
        package let event: LifecycleEvent
        /// A failure, as the agent reports it when it starts again.
        package let result: EventResult
    }

    /// The events that were going on when the process was killed; tells each once.
    ///
    /// To be called before the first event after a start. What Install had copied until then is
    /// cleared by the next deployment of the group.
    package func recover() -> [InterruptedEvent] {
        MachineView.removeLeftovers(from: folder)
        return folder.takeInterrupted().map { deployment, event in
            InterruptedEvent(
                deploymentID: deployment, event: event,
                result: .failed(AgentError.restarted.diagnostics))
        }
    }

    /// Carries out one lifecycle event of a deployment and tells its result.
    ///
    /// Never throws: whatever goes wrong is the event's diagnostics. One event of an instance at a
    /// time. A script that is running is not stopped when the task is cancelled.
    package func perform(
        _ event: LifecycleEvent, of deployment: AgentDeployment
    ) async -> EventResult {
        if let diagnostics = failures[event] { return .failed(diagnostics) }
        if hooks == .simulated { return .succeeded }
        return await onThread { answer in
            // A script that did not end when it was told to is killed with its thread.
            var left: [StartedProgram] = []
            answer(carryOut(event, of: deployment, &left))
            for program in left { program.wait() }
        }
    }

    private func carryOut(
        _ event: LifecycleEvent, of deployment: AgentDeployment, _ left: inout [StartedProgram]
    ) -> EventResult {
        do {
            try folder.make(for: deployment)
            try folder.begin(event, of: deployment)
            defer { folder.end(deployment) }
            switch event {
            case .downloadBundle: try Unpacking(folder: folder, deployment: deployment).unpack()
            case .install: try install(deployment)
            case _ where event.runsScripts:
                try HookRunner(
                    folder: folder, tree: AgentTree(folder), deployment: deployment,
                    event: event, enclosure: enclosure, limits: limits
                ).run(&left)
            default: throw AgentError.unsupportedEvent(event)
            }
            return .succeeded
        } catch let failure as ScriptFailure {
            return .failed(failure.diagnostics)
        } catch let error as AgentError {
            return .failed(error.diagnostics)
        } catch {
            return .failed(
                EventDiagnostics(
                    .unknownError, scriptName: "", message: "\(error)", logTail: ""))
        }
    }

    private func install(_ deployment: AgentDeployment) throws {
        let reading = try folder.appSpec(in: AgentFolder.name(of: deployment), orYAML: true)
        let appSpec = try reading.agentAppSpec()
        guard reading.unknownEvents.isEmpty else {
            throw AgentError.unknownEvents(reading.unknownEvents)
        }
        try Installer(folder: folder, tree: AgentTree(folder), deployment: deployment)
            .install(appSpec)
        try folder.noteInstalled(deployment)
    }
}

extension AgentError {
    /// Everything that is not a script fails with an unknown error, without a script or a log.
    var diagnostics: EventDiagnostics {
        EventDiagnostics(.unknownError, scriptName: "", message: description, logTail: "")
    }
}
