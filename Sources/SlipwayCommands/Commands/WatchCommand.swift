import ArgumentParser
import DeployEngine
import LiveScreens
import SlipwayCore

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Watch a deployment that runs, or see how one ended.",
        discussion: """
            Ends as deploy does: 0 where it succeeded, 1 where it failed, 4 where it was stopped, 5 \
            where the time limit passed. Interrupted, it leaves and the deployment goes on.

            Examples:
              slipway watch
              slipway watch d-75I7MBT7C --region us-east-1
            """)

    @OptionGroup var reference: DeploymentReference
    @OptionGroup var timeLimit: TimeLimitOption
    @OptionGroup var progress: ProgressOptions

    func run() throws {
        let found = try reference.resolve()
        let session = try AWSSession(of: found.project, in: reference.store, for: "watch")
        let result = try found.watch(session, try timeLimit.limit(), progress.form())
        if result.exitStatus != .success { throw EarlyExit(result.exitStatus) }
    }
}

extension DeploymentReference.Found {
    /// Watches the deployment to its end. `isToStop` says that this is to be its stop.
    func watch(
        _ session: AWSSession, _ limit: Duration?, _ form: ProgressPrinter.Form,
        isToStop: Bool = false, ending: LiveScreen.Ending = .withLastDeployment
    ) throws -> DeployResult {
        let run = DeployRun(
            machine: DeployMachine(
                watching: .init(
                    deployment: deployment, region: region, timeLimit: limit, isToStop: isToStop),
                seed: Services.current.aws.randomNumber()),
            session: session, form: form,
            context: {
                LiveContext(
                    commit: record?.attempt.commit, section: record?.attempt.section,
                    project: project, application: record?.attempt.application,
                    group: record?.attempt.deploymentGroup,
                    store: try? session.openStoreForScreen(),
                    ending: ending)
            })
        let result = try run()
        settle(result, session.store)
        return result
    }
}
