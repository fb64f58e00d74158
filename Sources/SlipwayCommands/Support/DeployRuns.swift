import DeployEngine
import SlipwayCore

/// Deployments that are watched side by side: a tab each on the live screen, the lines of all
/// elsewhere. At least one, all told of in the same form.
struct DeployRuns: Sendable {
    private let runs: [DeployRun]

    init(_ runs: [DeployRun]) {
        precondition(!runs.isEmpty, "there is something to watch")
        self.runs = runs
    }

    /// Runs them to their ends. The results are told last, in the order of the runs.
    ///
    /// Throws where the progress cannot be written.
    func callAsFunction() throws -> [DeployResult] {
        if runs.count == 1 { return [try runs[0]()] }
        if runs[0].form == .screen, let taken = Services.current.screens.take() {
            let results = try LiveRuns(runs).show(on: taken) { _ in nil }
            var voices = runs.map { $0.printer(.screen, of: $0.watched) }
            try tell(results, &voices)
            return results
        }
        let interruptions = Services.current.aws.interruptions()
        return try waiting { try await runInLines(interruptions) }
    }

    private typealias News = (run: Int?, change: DeployChange)

    private func runInLines(_ interruptions: AsyncStream<Void>) async throws -> [DeployResult] {
        var voice = voice(nil, runs[0].lineForm)
        var voices = runs.map { self.voice($0.watched, runs[0].lineForm) }
        for notice in runs.compactMap(\.session.keysNotice) {
            try voice.show(.notice(DeployNotice(notice)))
        }
        let console = Services.current.console
        var isAbandoned = false
        var failure: (any Error)?
        let results = await withTaskGroup(of: Void.self) { group in
            let (news, leave) = begin(interruptions, in: &group)
            var results: [DeployResult?] = runs.map { _ in nil }
            for await (run, change) in news {
                if case .result(let result) = change, let run {
                    results[run] = result
                    if results.allSatisfy({ $0 != nil }) { break }
                    continue
                }
                do {
                    if let run {
                        try voices[run].show(change)
                    } else {
                        try voice.show(change)
                    }
                } catch {
                    failure = failure ?? error
                }
                if console.isAbandoned && !isAbandoned {
                    isAbandoned = true
                    leave()
                    // How to attach again is said where somebody may still read it.
                    voice = self.voice(nil, .quiet)
                    voices = runs.map { self.voice($0.watched, .quiet) }
                }
            }
            group.cancelAll()
            return results.compactMap(\.self)
        }
        do {
            try tell(results, &voices)
        } catch {
            failure = failure ?? error
        }
        if let failure, !console.isAbandoned { throw failure }
        return results
    }

    /// What failed comes first, so that the last lines are how each ended.
    private func tell(_ results: [DeployResult], _ voices: inout [ProgressPrinter]) throws {
        for (index, result) in results.enumerated() { voices[index].showFailures(of: result) }
        for (index, result) in results.enumerated() { try voices[index].showEnd(of: result) }
    }

    /// Starts everything that has something to say, and gives the wish that all leave. What a session
    /// says is about no deployment.
    private func begin(
        _ interruptions: AsyncStream<Void>, in group: inout TaskGroup<Void>
    ) -> (AsyncStream<News>, leave: @Sendable () -> Void) {
        let (news, post) = AsyncStream.makeStream(of: News.self)
        var leaves: [AsyncStream<Void>.Continuation] = []
        for (index, run) in runs.enumerated() {
            let (leaving, leave) = AsyncStream.makeStream(of: Void.self)
            leaves.append(leave)
            group.addTask {
                _ = await run.driver.run(run.machine, interruptions: leaving) { change in
                    post.yield((index, change))
                }
            }
            group.addTask {
                for await problem in run.session.notices {
                    post.yield((nil, .notice(DeployNotice(problem))))
                }
            }
        }
        let leave = { @Sendable [leaves] in
            for leave in leaves { leave.yield() }
        }
        group.addTask {
            for await _ in interruptions { leave() }
        }
        return (news, leave)
    }

    private func voice(
        _ deployment: DeploymentID?, _ form: ProgressPrinter.Form
    ) -> ProgressPrinter { runs[0].printer(form, of: deployment) }
}

extension ExitStatus {
    /// The worst first: what went wrong for certain, what could not be seen to its end, what goes on.
    private static let severity: [ExitStatus] = [
        .deploymentFailed, .deploymentStopped, .configuration, .aws, .store, .groupBusy, .timedOut,
        .interrupted,
    ]

    /// How several deployments ended together.
    static func worst(of results: [DeployResult]) -> ExitStatus {
        severity.first { status in results.contains { $0.exitStatus == status } } ?? .success
    }
}
