import ArgumentParser
import DeployEngine
import ProjectStore
import SlipwayCore

struct DeployCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Package, upload, register, deploy and watch what this build deploys.",
        discussion: """
            Takes the plan that slipway plan shows. Nothing is uploaded before circle.yml, \
            appspec.yml and the settings are found right. Ends when the deployment does: with 0 \
            where it succeeded, 1 where it failed, 4 where it was stopped, 5 where the time limit \
            passed while it runs on, 6 where the group was busy.

            Interrupted, slipway leaves and the deployment goes on; slipway watch attaches again.

            Examples:
              slipway deploy
              slipway deploy --when-busy wait --timeout 45m
              slipway deploy --progress json | jq -c 'select(.event == "lifecycle")'
            """)

    @Flag(name: .customLong("no-watch"), help: "End once the deployment is made.")
    var leaves = false
    @Option(
        help: ArgumentHelp(
            "What to do where the group is busy with another deployment: fail or wait.",
            valueName: "policy"))
    var whenBusy: BusyPolicy = .fail
    @OptionGroup var timeLimit: TimeLimitOption
    @OptionGroup var progress: ProgressOptions
    @OptionGroup var build: BuildOptions
    @OptionGroup var project: ProjectOption
    @OptionGroup var store: StoreOptions

    func run() throws { try progress.endingInResults { try deploy() } }

    private func deploy() throws {
        let report = try planned()
        guard let plan = report.plan, !plan.deployments.isEmpty else {
            if report.plan?.idleReason != nil {
                Services.current.console.note(
                    "nothing to deploy for \(report.build?.subject ?? "this build")")
            }
            try progress.end(DeployResult(.nothing, exitStatus: .success))
        }
        let session = try session(of: report.project)
        let (history, notice) = openHistory(report, session)
        let commit = report.build?.commit?.value
        let run = DeployRun(
            machine: DeployMachine(
                jobs: try plan.deployments.map { try job($0, report) },
                options: .init(
                    watches: !leaves, whenBusy: whenBusy,
                    seed: Services.current.aws.randomNumber())),
            session: session, form: progress.form(isWatched: !leaves),
            repository: report.repository,
            context: { [section = report.section, project = report.project] job in
                LiveContext(
                    commit: commit, section: section, project: project,
                    application: job?.application, group: job?.deploymentGroup,
                    store: try? session.openStoreForScreen())
            })
        if let notice { Services.current.console.show([notice]) }
        settle(report, history, session)
        let result = try run { history?.fold($0) }
        if result.exitStatus != .success { throw EarlyExit(result.exitStatus) }
    }

    /// The plan, after what is wrong or worth knowing was said. Ends the command where it is wrong.
    private func planned() throws -> PlanReport {
        let report: PlanReport
        do {
            report = try PlanReport(build, project, store, measuringRoots: false)
        } catch {
            try end(with: error)
        }
        if !report.hasErrors || progress.progress != .json {
            Services.current.console.show(report.problems)
        }
        guard report.hasErrors else { return report }
        var result = DeployResult(.invalid, exitStatus: .configuration)
        if progress.progress == .json { result.problems = report.problems }
        try progress.end(result)
    }

    private func session(of project: ProjectName?) throws -> AWSSession {
        do {
            return try AWSSession(of: project, in: store, for: "deploy")
        } catch {
            try end(with: error)
        }
    }

    /// Ends with what kept the run from beginning, in the form of every run's end.
    private func end(with error: any Error) throws -> Never {
        guard let error = error as? any ProblemReporting else { throw error }
        try progress.end(DeployResult(DeployFailure(error)))
    }

    private func job(_ planned: PlannedDeployment, _ report: PlanReport) throws -> DeployJob {
        let description =
            planned.description.value
            ?? DeploymentMark.description(
                project: report.project, build: report.build,
                number: Services.current.aws.randomNumber())
        return DeployJob(
            application: planned.application.value,
            deploymentGroup: planned.deploymentGroup.value, region: planned.region.value,
            source: .folder(
                UploadDestination(
                    root: planned.applicationRoot.value, bucket: planned.bucket.value,
                    key: planned.key, serverSideEncryption: planned.serverSideEncryption.value,
                    kmsKeyID: planned.kmsKeyID.value)),
            deploymentConfiguration: planned.deploymentConfiguration.value,
            description: description, fileExistsBehavior: planned.fileExistsBehavior.value,
            ignoreApplicationStopFailures: planned.ignoreApplicationStopFailures.value,
            autoRollback: planned.autoRollback.value,
            updateOutdatedInstancesOnly: planned.updateOutdatedInstancesOnly.value,
            timeLimit: try timeLimit.limit(else: planned.timeout.value),
            isDescriptionUnique: planned.description.value == nil)
    }

    /// The history to write to; none, and why, where the store does not take it.
    private func openHistory(
        _ report: PlanReport, _ session: AWSSession
    ) -> (DeploymentHistory?, Problem?) {
        guard let project = report.project else { return (nil, nil) }
        do {
            let store = try session.openStore()
            _ = try store.project(project)
            return (
                DeploymentHistory(
                    store, project: project, section: report.section, build: report.build),
                nil
            )
        } catch StoreError.missing, StoreError.unknownProject {
            // Who keeps no project has no history either.
            return (nil, nil)
        } catch {
            return (nil, DeploymentHistory.notRecorded(error))
        }
    }

    /// Finds out how attempts in the same groups ended whose ends were never written down, as those
    /// of jobs that were killed. It is not worth failing for.
    private func settle(
        _ report: PlanReport, _ history: DeploymentHistory?, _ session: AWSSession
    ) {
        guard history != nil, let project = report.project, let store = session.store,
            let records = try? store.deployments(of: project, limit: 50)
        else { return }
        let groups = Set(report.plan?.deployments.map(\.deploymentGroup.value) ?? [])
        let open = records.filter {
            $0.isOpen && $0.outcome == nil && groups.contains($0.attempt.deploymentGroup)
        }
        try? DeploymentHistory.settle(open, in: store, session)
    }
}

extension BusyPolicy: ExpressibleByArgument {}

extension Build {
    /// `the branch master`, `the tag v1`: what was built, in a sentence.
    fileprivate var subject: String? {
        tag.map { "the tag \($0.value)" } ?? branch.map { "the branch \($0.value)" }
    }
}
