/// What is wrong with an AppSpec, where, and what the agents make of it.
package struct AppSpecFinding: Equatable, Sendable {
    package enum Verdict: Equatable, Sendable {
        /// The deployment fails at this event on instances with an agent of these generations.
        case refused(by: [AgentGeneration], at: LifecycleEvent)
        /// slipway does not read it, whatever an agent would do.
        case beyondLimit
        /// Every agent takes it, and does something that is hardly meant.
        case accepted
    }

    package let flaw: AppSpecFlaw
    package let verdict: Verdict
    /// Nil where it is about the file as a whole.
    package let place: AppSpec.Place?

    package init(_ flaw: AppSpecFlaw, _ verdict: Verdict, at place: AppSpec.Place?) {
        self.flaw = flaw
        self.verdict = verdict
        self.place = place
    }

    package var severity: Problem.Severity { verdict == .accepted ? .warning : .error }

    /// Whether an agent of the generation fails the deployment over it.
    package func isRefused(by agent: AgentGeneration) -> Bool {
        if case .refused(let agents, _) = verdict { return agents.contains(agent) }
        return false
    }

    /// The finding for people and scripts.
    package func problem(file: String) -> Problem {
        let text = flaw.text
        return Problem(
            severity, code: flaw.code, text.message,
            why: [text.why, consequence].compactMap(\.self).joined(separator: "; "),
            fix: text.fix, file: file, line: place?.line, column: place?.column)
    }

    /// Which agents refuse it, and when that would have shown.
    private var consequence: String? {
        guard case .refused(let agents, let event) = verdict else { return nil }
        let moment =
            switch event {
            case .beforeInstall: "at BeforeInstall, the first time that it reads the file"
            case .install: "at Install, after the scripts of BeforeInstall ran"
            default: "at \(event)"
            }
        if agents.count == AgentGeneration.allCases.count {
            return "the agent, 1.8 and 2.0 alike, fails \(moment)"
        }
        let others = AgentGeneration.allCases.filter { !agents.contains($0) }
        return "agent \(agents.map(\.rawValue).joined(separator: ", ")) fails \(moment); "
            + "agent \(others.map(\.rawValue).joined(separator: ", ")) takes it"
    }
}

extension [AppSpecFinding] {
    /// In the file's order, what is about the whole file first.
    package func inOrder() -> [AppSpecFinding] {
        enumerated().sorted { left, right in
            let first = AppSpec.Place(line: 0, column: 0)
            let places = (left.element.place ?? first, right.element.place ?? first)
            return places.0 == places.1 ? left.offset < right.offset : places.0 < places.1
        }.map(\.element)
    }

    package func isRefused(by agent: AgentGeneration) -> Bool {
        contains { $0.isRefused(by: agent) }
    }
}
