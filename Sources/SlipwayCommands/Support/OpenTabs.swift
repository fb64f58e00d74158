import DeployEngine
import FoundationEssentials
import LiveScreens
import SlipwayCore
import Synchronization

/// A tab of the live screen, which can be told to leave.
struct OpenTab: Sendable {
    /// What it runs, or what the run was like from which it was opened.
    let run: DeployRun
    let context: LiveContext
    /// Where the AWS keys are from, once for those who share them.
    let keysNotice: Problem?
    /// What it shows before anything of it is known.
    let live: LiveDeployment
    let leaving: AsyncStream<Void>
    let leave: AsyncStream<Void>.Continuation

    init(
        context: LiveContext, run: DeployRun, job: DeployJob?, at position: RunPosition = .only,
        region: Region, keysNotice: Problem? = nil
    ) {
        self.run = run
        self.context = context
        self.keysNotice = keysNotice
        live = LiveDeployment(
            of: job, at: position, pastDurations: context.pastDurations, commit: context.commit,
            region: region)
        (leaving, leave) = AsyncStream.makeStream(of: Void.self)
    }

    /// A tab for each application of a run, or for what it watches.
    static func each(of run: DeployRun) -> [OpenTab] {
        let jobs: [DeployJob?] = run.machine.jobs.isEmpty ? [nil] : run.machine.jobs
        return jobs.enumerated().map { index, job in
            OpenTab(
                context: run.context(job), run: run, job: job,
                at: RunPosition(number: index + 1, count: jobs.count),
                region: job?.region ?? run.machine.region,
                keysNotice: index == 0 ? run.session.keysNotice : nil)
        }
    }
}

/// The tabs, and the work that was begun in them.
final class OpenTabs: Sendable {
    private let tabs = Mutex<[OpenTab]>([])
    private let tasks = Mutex<[Task<Void, Never>]>([])
    private let stops = Mutex<Set<DeploymentID>>([])

    var all: [OpenTab] { tabs.withLock(\.self) }

    subscript(index: Int) -> OpenTab? {
        tabs.withLock { $0.indices.contains(index) ? $0[index] : nil }
    }

    /// Returns the number of a new tab; `post` tells the screen of it before another can be opened.
    @discardableResult
    func open(_ tab: OpenTab, _ post: () -> Void) -> Int {
        tabs.withLock { tabs in
            tabs.append(tab)
            post()
            return tabs.count - 1
        }
    }

    /// Takes note that AWS is being told to stop a deployment.
    func beginStop(_ id: DeploymentID) { stops.withLock { _ = $0.insert(id) } }

    func endStop(_ id: DeploymentID) { stops.withLock { _ = $0.remove(id) } }

    /// The deployments that AWS has not taken the order to stop of yet.
    var stopsUnderWay: [DeploymentID] {
        stops.withLock { $0.sorted { $0.rawValue < $1.rawValue } }
    }

    /// Work to be waited for in the end.
    func keep(_ task: Task<Void, Never>) { tasks.withLock { $0.append(task) } }

    func finish() async {
        for task in tasks.withLock(\.self) { await task.value }
    }

    func leaveAll() {
        for tab in all { tab.leave.yield() }
    }
}
