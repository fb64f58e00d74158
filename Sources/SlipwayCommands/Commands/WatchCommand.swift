import ArgumentParser
import DeployEngine
import LiveScreens
import SlipwayCore

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Watch deployments that run, or see how they ended.",
        discussion: """
            Several are watched side by side: in tabs on the live screen, else in lines that begin \
            with the id, the results last. Of one that was over already the lines tell how many \
            instances are how far, what failed, and the result; the live screen shows every event.

            Ends as deploy does: 0 where all succeeded, 1 where one failed, else 4 where one was \
            stopped, 2 or 3 where one could not be watched, 5 where the time limit passed. \
            Interrupted, it leaves and the deployments go on.

            Examples:
              slipway watch
              slipway watch d-75I7MBT7C --region us-east-1
              slipway watch d-75I7MBT7C d-8KQ2XLW1D
            """)

    @OptionGroup var reference: DeploymentReferences
    @OptionGroup var timeLimit: TimeLimitOption
    @OptionGroup var progress: ProgressOptions

    func run() throws {
        try progress.endingInResults(of: reference.named) { try watch() }
    }

    private func watch() throws {
        let results = try DeploymentPlace.watch(
            try reference.resolve(), reference.store, try timeLimit.limit(), progress.form())
        let status = ExitStatus.worst(of: results)
        if status != .success { throw EarlyExit(status) }
    }
}

extension DeploymentPlace {
    /// Watches deployments to their ends, each with the AWS keys of its project.
    static func watch(
        _ found: [Found], _ store: StoreOptions, _ limit: Duration?, _ form: ProgressPrinter.Form,
        ending: LiveScreen.Ending = .withLastDeployment
    ) throws -> [DeployResult] {
        var sessions: [ProjectName?: AWSSession] = [:]
        let runs = try found.map { found in
            let known = sessions[found.project]?.silent
            let session = try known ?? AWSSession(of: found.project, in: store, for: "watch")
            sessions[found.project] = session
            return found.run(session, limit, form, ending)
        }
        let results = try DeployRuns(runs)()
        for (found, result) in zip(found, results) {
            found.settle(result, sessions[found.project]?.store)
        }
        return results
    }
}

extension DeploymentPlace.Found {
    /// Watches the deployment to its end. `isToStop` says that this is to be its stop.
    func watch(
        _ session: AWSSession, _ limit: Duration?, _ form: ProgressPrinter.Form,
        isToStop: Bool = false
    ) throws -> DeployResult {
        let result = try run(session, limit, form, .withLastDeployment, isToStop: isToStop)()
        settle(result, session.store)
        return result
    }

    fileprivate func run(
        _ session: AWSSession, _ limit: Duration?, _ form: ProgressPrinter.Form,
        _ ending: LiveScreen.Ending, isToStop: Bool = false
    ) -> DeployRun {
        DeployRun(
            machine: DeployMachine(
                watching: .init(
                    deployment: deployment, region: region, timeLimit: limit, isToStop: isToStop),
                seed: Services.current.aws.randomNumber()),
            session: session, form: form, watched: deployment,
            context: { _ in
                LiveContext(
                    commit: record?.attempt.commit, section: record?.attempt.section,
                    project: project, application: record?.attempt.application,
                    group: record?.attempt.deploymentGroup,
                    store: try? session.openStoreForScreen(),
                    ending: ending)
            })
    }
}
