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
        }.compactMap(\.deployingSeconds).prefix(20).map(\.self)
    }
}

/// Runs that are shown on the live screen, a tab for each of their applications: the engines beside
/// the screen's loop, which has the main thread.
struct LiveRuns: Sendable {
    private let news = LiveNews(Services.current.console)
    private let tabs = OpenTabs()
    private let engines: [Engine]

    /// At least one run; its tabs are the first. Others are opened from the screen.
    init(_ runs: [DeployRun]) {
        engines = runs.map { [tabs] run in
            let opened = OpenTab.each(of: run).map { tab in tabs.open(tab) {} }
            return Engine(run: run, machine: run.machine, tabs: opened)
        }
    }

    /// A machine, and the tabs that show its applications, or what it watches.
    private struct Engine {
        let run: DeployRun
        let machine: DeployMachine
        /// In their order; at least one.
        let tabs: [Int]
    }

    /// Runs until the deployments are over or somebody leaves; then gives the terminal back. The
    /// deployments go on when somebody leaves. `fold` gets every change of the first runs, and may
    /// have something to say of it.
    ///
    /// A signal that would end the process leaves too. In the admin UI it ends the process, as on all
    /// its screens.
    ///
    /// Returns the results of the first runs.
    func show(
        on taken: ScreenServices.Taken, _ fold: @escaping @Sendable (DeployChange) -> Problem?
    ) throws -> [DeployResult] {
        let services = Services.current
        let first = tabs.all
        // Before anything is begun, which the signal would otherwise break off.
        let signals =
            first[0].context.ending == .onRequest ? nil : services.aws.interruptions()
        let leaving = signals.map { signals in Task { await leave(on: signals) } }
        defer { leaving?.cancel() }
        let engines = engines.map { engine in
            Task { await drive(engine, engine.run.session.notices, fold) }
        }
        let screen = LiveScreen(
            first.map(\.live), now: services.now(), ending: first[0].context.ending)
        let connection = self.engines[0].run.session.connection
        let clock = ToldClock()
        let now = { @Sendable [news] in
            let now = services.now()
            if let lead = clock.news(of: connection.now().timeIntervalSince(now)) {
                news.post(.awsClock(lead: lead))
            }
            return now
        }
        _ = runScreen(screen, on: taken.terminal, mailbox: news.mailbox, now: now) {
            begin($0)
        }
        taken.close()
        news.screenIsLeft()
        for id in tabs.stopsUnderWay {
            services.console.note("waiting until AWS has taken the order to stop \(id)")
        }
        // However the screen was left, that is one wish. What is over does not mind.
        tabs.leaveAll()
        return try waiting {
            // What was asked for last, such as a stop, must reach AWS.
            await tabs.finish()
            var results: [DeployResult] = []
            for engine in engines { results.append(await engine.value) }
            return results
        }
    }

    /// The signal that ends the screen is one wish to leave already, as is the end of the terminal
    /// that it may come with. Where the screen was left before, it is the second wish.
    private func leave(on signals: AsyncStream<Void>) async {
        var hasEndedScreen = false
        for await _ in signals {
            if hasEndedScreen || !news.isShown { tabs.leaveAll() } else { news.post(.interrupted) }
            hasEndedScreen = true
        }
    }

    /// Runs a machine whose changes go to the tab of the application that they are about.
    private func drive(
        _ engine: Engine, _ notices: AsyncStream<Problem>,
        _ fold: @Sendable (DeployChange) -> Problem?
    ) async -> DeployResult {
        var place = 0
        func post(_ change: DeployChange) {
            news.post(.change(tab: engine.tabs[place], change))
        }
        guard let tab = tabs[engine.tabs[0]] else { preconditionFailure("its tabs are open") }
        if let notice = tab.keysNotice { post(.notice(DeployNotice(notice))) }
        return await engine.run.driver.run(
            engine.machine, interruptions: tab.leaving, notices: notices
        ) { change in
            if let position = change.position { place = position.number - 1 }
            if let problem = fold(change) { post(.notice(DeployNotice(problem))) }
            post(change)
            guard case .result = change else { return }
            // Those that it did not come to end with it.
            for tab in engine.tabs.dropFirst(place + 1) {
                news.post(.change(tab: tab, change))
            }
        }
    }

    // MARK: What is asked for on the screen

    private func begin(_ effect: LiveScreen.Effect) {
        if case .stop(_, let id, _, _) = effect { tabs.beginStop(id) }
        tabs.keep(Task { await carryOut(effect) })
    }

    private func carryOut(_ effect: LiveScreen.Effect) async {
        let index =
            switch effect {
            case .stop(let tab, _, _, _), .redeploy(let tab, _, _), .rollback(let tab, _, _): tab
            }
        guard let tab = tabs[index] else { return }
        do {
            try await perform(effect, in: tab)
        } catch let error as any ProblemReporting {
            news.post(.failed(tab: index, error.problems))
        } catch {
            news.post(
                .failed(tab: index, [Problem(code: "unexpected", "it did not work: \(error)")]))
        }
    }

    private func perform(_ effect: LiveScreen.Effect, in tab: OpenTab) async throws {
        let connection = tab.run.session.connection
        switch effect {
        case .stop(let index, let id, let region, let rollsBack):
            defer { tabs.endStop(id) }
            let answer = try await tab.run.session.stop(
                id, in: region, rollsBack: rollsBack, of: tab.context.project,
                writingTo: tab.context.store)
            func post(_ change: DeployChange) { news.post(.change(tab: index, change)) }
            if let notice = answer.notice { post(.notice(DeployNotice(notice))) }
            if let stop = answer.stop { post(.stop(StopChange(deployment: id, stop: stop))) }
            news.post(
                .done(
                    tab: index,
                    answer.status == .succeeded ? "\(id) has stopped" : "\(id) will stop"))
        case .redeploy(_, let id, let region):
            let info = try await connection.codeDeploy(region).deployment(id)
            guard case .s3(let location)? = info.revision else {
                throw Problem(
                    code: "no-revision", "AWS does not say what \(id) deployed",
                    fix: "leave, and deploy with slipway deploy")
            }
            try await deploy(location, as: info, region, verb: "again as", from: tab)
        case .rollback(_, let id, let region):
            let info = try await connection.codeDeploy(region).deployment(id)
            let location = try info.earlierRevision(in: region) {
                guard let project = tab.context.project, let store = tab.context.store else {
                    return []
                }
                return try store.deployments(of: project)
            }
            try await deploy(location, as: info, region, verb: "rollback of", from: tab)
        }
    }

    /// Deploys in a tab of its own, with the AWS keys of the tab in which it was asked for.
    private func deploy(
        _ location: S3Location, as info: DeploymentInfo, _ region: Region, verb: String,
        from tab: OpenTab
    ) async throws {
        guard let application = info.application, let group = info.deploymentGroup else {
            throw Problem(
                code: "no-group", "AWS does not say which group \(info.id) was for",
                fix: "leave, and deploy with slipway deploy")
        }
        let context = tab.context
        let seed = Services.current.aws.randomNumber()
        let job = DeployJob(
            deploying: location, as: info, application, group, in: region,
            description: DeploymentMark.description(
                project: context.project, build: nil, verb: "\(verb) \(info.id)", number: seed),
            timeLimit: nil)
        let history = DeploymentHistory(
            ifKnown: context.project, in: context.store, section: context.section)
        let machine = DeployMachine(jobs: [job], options: .init(seed: seed))
        let new = OpenTab(context: context, run: tab.run, job: job, region: region)
        let index = tabs.open(new) { news.post(.opened(new.live)) }
        let engine = Engine(run: tab.run, machine: machine, tabs: [index])
        _ = await drive(engine, AsyncStream { $0.finish() }, { history?.fold($0) })
    }
}

extension DeployChange {
    /// Which application of the run it tells of, where that is new.
    fileprivate var position: RunPosition? {
        switch self {
        case .plan(_, let position): position
        case .result(let result): result.position
        default: nil
        }
    }
}

/// By how much AWS's clock was last said to be ahead.
private final class ToldClock: Sendable {
    private let told = Mutex(0.0)

    /// The same again, where it is worth saying.
    func news(of lead: Double) -> Double? {
        told.withLock { told in
            guard abs(lead - told) >= 0.5 else { return nil }
            told = lead
            return lead
        }
    }
}
