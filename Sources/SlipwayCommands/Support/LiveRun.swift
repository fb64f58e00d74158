import DeployEngine
import FoundationEssentials
import LiveScreens
import ProjectStore
import Screens
import SlipwayCore
import Synchronization

/// What the live screen says beside what AWS does.
struct LiveContext: Sendable {
    let commit: CommitID?
    /// How long the group's last successful deployments took, in seconds.
    private(set) var pastDurations: [Double] = []
    /// Where what is done from the screen is written down.
    let store: ProjectStore?
    /// The deployment section that the first one is of.
    let section: String?
    let ending: LiveScreen.Ending
    /// Whose deployments they are, for the description of one that is made from the screen.
    let project: ProjectName?

    /// From the store's history of one application and group.
    init(
        commit: CommitID? = nil, section: String? = nil, project: ProjectName?,
        application: ApplicationName?,
        group: DeploymentGroup?, store: ProjectStore?,
        ending: LiveScreen.Ending = .withLastDeployment
    ) {
        self.commit = commit
        self.section = section
        self.store = store
        self.ending = ending
        self.project = project
        guard let project, let store, let records = try? store.deployments(of: project, limit: 100)
        else { return }
        // What the history lacks, the screen shows nothing of.
        pastDurations = records.filter {
            $0.outcome == .succeeded && $0.attempt.application == application
                && $0.attempt.deploymentGroup == group
        }.compactMap(\.seconds).prefix(20).map(\.self)
    }
}

/// A run that is shown on the live screen: the engine beside the screen's loop, which has the main
/// thread.
struct LiveRun: Sendable {
    let run: DeployRun
    let context: LiveContext
    private let mailbox = Mailbox<LiveScreen.Message>()
    private let tabs: OpenTabs

    init(_ run: DeployRun, _ context: LiveContext) {
        self.run = run
        self.context = context
        tabs = OpenTabs()
    }

    /// Runs until the deployment is over or somebody leaves; then gives the terminal back. The
    /// deployment goes on when somebody leaves.
    func show(
        on taken: ScreenServices.Taken, _ fold: @escaping @Sendable (DeployChange) -> Problem?
    ) throws -> DeployResult {
        let services = Services.current
        let (leaving, leave) = AsyncStream.makeStream(of: Void.self)
        let engine = Task { await drive(run.machine, tab: 0, leaving, run.session.notices, fold) }
        let screen = LiveScreen([live(run.machine)], now: services.now(), ending: context.ending)
        let end = runScreen(screen, on: taken.terminal, mailbox: mailbox, now: services.now) {
            begin($0)
        }
        taken.close()
        if !end.screen.live.isOver { leave.yield() }
        tabs.leaveAll()
        if end.isInterrupted { leave.yield() }
        return try waiting {
            // What was asked for last, such as a stop, must reach AWS.
            await tabs.finish()
            return await engine.value
        }
    }

    private func live(_ machine: DeployMachine) -> LiveDeployment {
        LiveDeployment(
            pastDurations: context.pastDurations, commit: context.commit, region: machine.region)
    }

    /// Runs a machine whose changes go to a tab.
    private func drive(
        _ machine: DeployMachine, tab: Int, _ leaving: AsyncStream<Void>,
        _ notices: AsyncStream<Problem>, _ fold: @Sendable (DeployChange) -> Problem?
    ) async -> DeployResult {
        func post(_ change: DeployChange) { mailbox.post(.change(tab: tab, change)) }
        if tab == 0, let notice = run.session.keysNotice { post(.notice(DeployNotice(notice))) }
        return await run.driver.run(machine, interruptions: leaving, notices: notices) { change in
            if let problem = fold(change) { post(.notice(DeployNotice(problem))) }
            post(change)
        }
    }

    // MARK: What is asked for on the screen

    private func begin(_ effect: LiveScreen.Effect) {
        tabs.keep(Task { await carryOut(effect) })
    }

    private func carryOut(_ effect: LiveScreen.Effect) async {
        let tab =
            switch effect {
            case .stop(let tab, _, _, _), .redeploy(let tab, _, _), .rollback(let tab, _, _): tab
            }
        do {
            try await perform(effect)
        } catch let error as any ProblemReporting {
            mailbox.post(.failed(tab: tab, error.problems))
        } catch {
            mailbox.post(
                .failed(tab: tab, [Problem(code: "unexpected", "it did not work: \(error)")]))
        }
    }

    private func perform(_ effect: LiveScreen.Effect) async throws {
        switch effect {
        case .stop(let tab, let id, let region, let rollsBack):
            let answer = try await run.session.stop(
                id, in: region, rollsBack: rollsBack, of: context.project,
                writingTo: context.store)
            func post(_ change: DeployChange) { mailbox.post(.change(tab: tab, change)) }
            if let notice = answer.notice { post(.notice(DeployNotice(notice))) }
            if let stop = answer.stop { post(.stop(StopChange(deployment: id, stop: stop))) }
            mailbox.post(
                .done(
                    tab: tab,
                    answer.status == .succeeded ? "\(id) has stopped" : "\(id) will stop"))
        case .redeploy(_, let id, let region):
            let info = try await run.session.connection.codeDeploy(region).deployment(id)
            try await deploy(info.revision, as: info, region, verb: "again as")
        case .rollback(_, let id, let region):
            let info = try await run.session.connection.codeDeploy(region).deployment(id)
            try await deploy(info.previousRevision, as: info, region, verb: "rollback of")
        }
    }

    /// Deploys in a tab of its own.
    private func deploy(
        _ revision: Revision?, as info: DeploymentInfo, _ region: Region, verb: String
    ) async throws {
        guard case .s3(let location)? = revision else {
            throw Problem(
                code: "no-revision", "AWS does not say which revision that would be",
                fix: "leave, and deploy with slipway deploy")
        }
        guard let application = info.application, let group = info.deploymentGroup else {
            throw Problem(
                code: "no-group", "AWS does not say which group \(info.id) was for",
                fix: "leave, and deploy with slipway deploy")
        }
        let seed = Services.current.aws.randomNumber()
        let job = DeployJob(
            deploying: location, as: info, application, group, in: region,
            description: DeploymentMark.description(
                project: context.project, build: nil, verb: "\(verb) \(info.id)", number: seed),
            timeLimit: nil)
        let history = DeploymentHistory(
            ifKnown: context.project, in: context.store, section: context.section,
            watches: true)
        let (leaving, leave) = AsyncStream.makeStream(of: Void.self)
        let machine = DeployMachine(jobs: [job], options: .init(seed: seed))
        let tab = tabs.open(leave) { mailbox.post(.opened(live(machine))) }
        _ = await drive(
            machine, tab: tab, leaving, AsyncStream { $0.finish() }, { history?.fold($0) })
    }
}

/// The tabs beside the first, each of which can be told to leave.
private final class OpenTabs: Sendable {
    private let leaves = Mutex<[AsyncStream<Void>.Continuation]>([])
    private let tasks = Mutex<[Task<Void, Never>]>([])

    /// The number of a new tab; `post` tells the screen of it before another can be opened.
    func open(_ leave: AsyncStream<Void>.Continuation, _ post: () -> Void) -> Int {
        leaves.withLock { leaves in
            leaves.append(leave)
            post()
            return leaves.count
        }
    }

    /// Work to be waited for in the end.
    func keep(_ task: Task<Void, Never>) { tasks.withLock { $0.append(task) } }

    func finish() async {
        for task in tasks.withLock(\.self) { await task.value }
    }

    func leaveAll() {
        leaves.withLock { leaves in
            for leave in leaves { leave.yield() }
        }
    }
}
