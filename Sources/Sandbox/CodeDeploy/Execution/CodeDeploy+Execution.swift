import InstanceAgent
import SlipwayCore
import Synchronization

extension CodeDeploy {
    /// Carries out a deployment, from where it is to its end. Leaves it where it is when the task
    /// is cancelled.
    func carryOut(_ id: String) async {
        guard let begun = attempt(id, { state throws(AWSFault) in try begin(id, in: &state) })
        else {
            return
        }
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await self.timeOut(id)
                return false
            }
            var inProgress = 0
            var next = begun
            while true {
                for target in next {
                    inProgress += 1
                    group.addTask {
                        await self.deploy(id, to: target)
                        return true
                    }
                }
                next = []
                guard inProgress > 0, let wasTarget = await group.next() else { break }
                guard wasTarget else { continue }
                inProgress -= 1
                if !Task.isCancelled { next = claim(id) }
            }
            group.cancelAll()
        }
    }

    /// Ends a deployment that takes longer than AWS lets it.
    private func timeOut(_ id: String) async {
        do { try await Task.sleep(for: options.timing.deployment) } catch { return }
        _ = attempt(id) { state throws(AWSFault) in
            try halt(id, DeploymentRecord.Halt(cause: .timeout), in: &state)
        }
    }

    /// One instance's part of a deployment.
    private func deploy(_ id: String, to index: Int) async {
        guard let step = state.withLock({ Step(id, target: index, in: $0, folder: folder) }) else {
            return
        }
        var isFailed = false
        for event in step.firstEvent..<Lifecycle.events.count {
            guard !isHalted(id) else { break }
            guard let result = await carryOut(event, step) else {
                // Where the task was cancelled, the target is left as it is.
                if Task.isCancelled { return }
                isFailed = true
                break
            }
            guard result != .halted else { break }
            if result == .failed && !step.mayFail(event) {
                isFailed = true
                break
            }
        }
        _ = attempt(id) { state throws(AWSFault) in
            try finish(id, target: index, isFailed: isFailed, in: &state)
        }
    }

    /// How an event ended.
    private enum EventEnd { case succeeded, failed, halted }

    /// Has one event of a target carried out, and keeps what came of it. Nil where no agent took
    /// it, and where the task was cancelled.
    private func carryOut(_ event: Int, _ step: Step) async -> EventEnd? {
        let fault = state.withLock { $0.instances[step.instance]?.fault }
        if fault?.isSilent(at: event) ?? false {
            await step.halted.wait(atMost: options.timing.eventStart)
            if Task.isCancelled { return nil }
            if isHalted(step.record.id) { return .halted }
            // An agent that never answered leaves every event skipped.
            if event > 0 {
                note(event, .failed, Diagnostics.notReceived, step)
            }
            return nil
        }
        guard await turnstile.enter(step.instance) else { return nil }
        guard !isHalted(step.record.id) else {
            turnstile.leave(step.instance)
            return .halted
        }
        note(event, .inProgress, nil, step)
        guard let result = await perform(event, step, fault) else { return nil }
        let diagnostics = result.diagnostics.map(Diagnostics.init)
        switch result.status {
        case .succeeded: note(event, .succeeded, diagnostics, step)
        case .failed: note(event, .failed, diagnostics, step)
        case .skipped: note(event, .skipped, nil, step)
        }
        return result.status == .failed ? .failed : .succeeded
    }

    /// What the agent makes of the event. Nil where the task is cancelled: an agent finishes what
    /// it has begun, and nobody waits for it. The instance's turn is over when it has.
    private func perform(
        _ event: Int, _ step: Step, _ fault: InstanceFault?
    ) async -> EventResult? {
        let outcome = Outcome<EventResult>()
        let time = options.pace?.duration(
            deployment: step.record.number, target: step.index, event: event)
        let work = Task { [agents, objects, turnstile] in
            if let time { try? await Task.sleep(for: time) }
            let name = Lifecycle.events[event]
            let result =
                fault == .failing(at: name.rawValue)
                ? .failed(.requestedFailure) : await step.perform(name, agents, objects)
            turnstile.leave(step.instance)
            outcome.settle(result)
        }
        let limit = options.timing.event
        let timer = Task {
            do { try await Task.sleep(for: limit) } catch { return }
            outcome.settle(.failed(.timedOut(after: limit)))
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await outcome.value
        } onCancel: {
            work.cancel()
            outcome.settle(nil)
        }
    }

    private func note(
        _ event: Int, _ status: StepStatus, _ diagnostics: Diagnostics?, _ step: Step
    ) {
        _ = attempt(step.record.id) { state throws(AWSFault) in
            try record(
                .event(
                    target: step.index, event: event, status: status, diagnostics: diagnostics),
                of: step.record.id, in: &state)
        }
    }

    private func claim(_ id: String) -> [Int] {
        attempt(id) { state throws(AWSFault) in try claim(id, in: &state) } ?? []
    }

    /// Whether nothing more of the deployment is to be begun.
    private func isHalted(_ id: String) -> Bool {
        state.withLock { state in
            guard let record = state.deployments[id]?.record else { return true }
            return record.halt != nil || record.status.isFinal
        }
    }

    /// Changes the state for a deployment. Where the disk refuses, the deployment has failed, as
    /// far as memory goes: nil.
    private func attempt<Result>(
        _ id: String, _ body: (inout sending FleetState) throws(AWSFault) -> sending Result
    ) -> sending Result? {
        do {
            return try change(body)
        } catch {
            state.withLock { $0.giveUp(id, error.message, at: options.now()) }
            return nil
        }
    }
}
