import DeployEngine
import FoundationEssentials
import SlipwayCore
import Testing

@Suite("Watching")
struct WatchTests {
    private func overview(_ total: Int, done: Int = 0) -> DeploymentOverview {
        DeploymentOverview(pending: total - done, succeeded: done)
    }

    /// What was asked for of targets, in the order in which it was.
    private func batches(_ actions: [DeployAction]) -> [[TargetID]] {
        actions.compactMap { if case .readTargets(_, let ids) = $0 { ids } else { nil } }
    }

    @Test func `reads targets 25 at a time, and no more than once those that are done`() {
        var run = Run.watching()
        let ids = (0..<60).map { TargetID("i-\($0)") }
        run.feed(
            .deployment(Sample.info(.inProgress, overview: overview(60))), .targetIDs(ids))
        for batch in [ids[0..<25], ids[25..<50], ids[50..<60]] {
            #expect(batches(run.actions).last == Array(batch))
            run.feed(
                .targets(
                    batch.map { id in
                        DeploymentTarget(id: id, status: id == ids[3] ? .inProgress : .succeeded)
                    }))
        }
        #expect(batches(run.actions).count == 3)
        run.feed(
            .woke, .deployment(Sample.info(.inProgress, overview: overview(60, done: 59))))
        #expect(batches(run.actions).last == [ids[3]])
        let lists = run.count { if case .listTargets = $0 { true } else { false } }
        #expect(lists == 1)
    }

    @Test func `lists again while the deployment counts more targets than are known`() {
        var run = Run.watching()
        run.feed(
            .deployment(Sample.info(.inProgress, overview: overview(2))),
            .targetIDs([TargetID("i-1")]), .targets([Sample.target("i-1", .inProgress)]), .woke)
        let actions = run.feed(.deployment(Sample.info(.inProgress, overview: overview(2))))
        #expect(actions == [.listTargets(Sample.id, statuses: [])])
    }

    @Test func `says how long the deployment took, and not how long it was watched`() {
        var run = Run(
            DeployMachine(
                watching: .init(deployment: Sample.id, region: Sample.region, timeLimit: nil)))
        var info = Sample.info(.succeeded)
        info.completedAt = Sample.began.addingTimeInterval(31.25)
        run.feed(.start, .deployment(info), .targetIDs([]))
        #expect(run.result?.duration == .milliseconds(31_250))
        #expect(run.result?.createdAt == Sample.began)
        #expect(run.result?.completedAt == info.completedAt)
    }

    @Test func `says each change once`() {
        var run = Run.watching()
        let first = Sample.target(
            "i-1", .inProgress, (.applicationStop, .succeeded), (.downloadBundle, .inProgress),
            (.beforeInstall, .pending))
        let second = Sample.target(
            "i-1", .failed, (.applicationStop, .succeeded), (.downloadBundle, .failed),
            (.beforeInstall, .skipped))
        let look = DeployEvent.deployment(Sample.info(.inProgress, overview: overview(1)))
        run.feed(look, .targetIDs([TargetID("i-1")]), .targets([first]), .woke)
        run.feed(look, .targets([first]), .woke)
        run.feed(look, .targets([second]))
        let words = run.changes.compactMap { change -> String? in
            switch change {
            case .status(let change): "deployment \(change.info.status.rawValue)"
            case .target(let change): "\(change.target.id) \(change.target.status.rawValue)"
            case .lifecycle(let change): "\(change.record.event) \(change.record.status.rawValue)"
            default: nil
            }
        }
        #expect(
            words == [
                "deployment InProgress", "i-1 InProgress", "ApplicationStop Succeeded",
                "DownloadBundle InProgress", "DownloadBundle Failed", "BeforeInstall Skipped",
                "i-1 Failed",
            ])
    }

    @Test func `says once that targets are not shown, and goes on by the counts`() {
        var run = Run.watching()
        run.feed(
            .deployment(Sample.info(.inProgress, overview: overview(2))),
            .targetIDsFailed(Sample.failure(.denied)), .woke,
            .deployment(Sample.info(.inProgress, overview: overview(2, done: 1))), .woke,
            .deployment(Sample.info(.succeeded, overview: overview(2, done: 2))))
        #expect(run.notices == ["targets-denied"])
        #expect(run.result?.outcome == .succeeded)
        let statuses = run.changes.filter { if case .status = $0 { true } else { false } }
        #expect(statuses.count == 3)
    }

    @Test func `tells of every failed target what failed`() throws {
        var run = Run.watching()
        var failed = Sample.target("i-1", .failed, (.beforeInstall, .failed))
        failed.events[0].diagnostics = Diagnostics(
            errorCode: .scriptFailed, scriptName: UntrustedText("scripts/stop"),
            logTail: UntrustedText("no"))
        let silent = Sample.target("i-2", .failed, (.applicationStop, .skipped))
        run.feed(
            .deployment(
                Sample.info(.failed, overview: DeploymentOverview(failed: 2))),
            .targetIDs([TargetID("i-1"), TargetID("i-2")]), .targets([failed, silent]))
        let failures = try #require(run.result?.failures)
        #expect(failures.map(\.target) == [TargetID("i-1"), TargetID("i-2")])
        #expect(failures[0].record?.diagnostics?.errorCode == .scriptFailed)
        #expect(failures[1].record == nil)
    }

    @Test func `looks again for a failed target whose log comes late`() {
        var run = Run.watching()
        let failed = DeployEvent.deployment(
            Sample.info(.failed, overview: DeploymentOverview(failed: 1)))
        run.feed(
            failed, .targetIDs([TargetID("i-1")]), .targets([Sample.target("i-1", .inProgress)]))
        #expect(run.result == nil)
        run.feed(
            .woke, failed, .targetIDs([TargetID("i-1")]),
            .targets([Sample.target("i-1", .failed, (.install, .failed))]))
        #expect(run.result?.failures.first?.record?.event == .install)
    }

    @Test func `says once which agents do not answer, and when CodeDeploy gives up on them`() throws
    {
        var run = Run.watching()
        let look = DeployEvent.deployment(
            Sample.info(.inProgress, overview: DeploymentOverview(inProgress: 3)))
        let answering = Sample.target("i-1", .inProgress, (.applicationStop, .inProgress))
        let silent = ["i-2", "i-3"].map {
            Sample.target($0, .inProgress, (.applicationStop, .pending))
        }
        run.feed(
            look, .targetIDs(["i-1", "i-2", "i-3"].map { TargetID($0) }),
            .targets([answering] + silent))
        run.uptime += .seconds(50)
        run.feed(.woke, look, .targets([answering] + silent))
        #expect(run.notices.isEmpty)
        for _ in 0..<3 {
            run.uptime += .seconds(30)
            run.feed(.woke, look, .targets([answering] + silent))
        }
        #expect(run.notices == ["silent-agent"])
        let problem = try #require(
            run.changes.compactMap { change -> Problem? in
                if case .notice(let notice) = change { notice.problem } else { nil }
            }.first)
        #expect(problem.message == "the agent on i-2 and 1 more does not answer")
        // The first look at them was 4 seconds after the beginning.
        let end = Timestamp(Sample.began.addingTimeInterval(304))
        #expect(problem.why?.hasSuffix("by \(end)") == true)
    }

    @Test func `takes targets that are not there yet for none`() {
        var run = Run.watching()
        run.feed(
            .deployment(Sample.info(.inProgress)), .targetIDsFailed(Sample.failure(.notStarted)))
        #expect(run.notices.isEmpty)
        #expect(run.machine.state == .watching)
    }
}

@Suite("The cadence")
struct CadenceTests {
    private func delay(
        _ quiet: Duration, _ overview: DeploymentOverview? = nil, failures: Int = 0,
        calls: Int = 1, slowdown: Double = 1, jitter: Double = 0.5
    ) -> Duration {
        PollCadence.delay(
            after: PollCadence.Look(
                quiet: quiet, overview: overview, failureCount: failures, callCount: calls,
                slowdown: slowdown), jitter: jitter)
    }

    @Test func `slows down the longer nothing changes`() {
        let delays = [0, 10, 700, 2000, 3600].map { delay(.seconds($0)) }
        #expect(delays == delays.sorted())
        #expect(delays.first == .seconds(1))
        #expect(delays.last == .seconds(10))
    }

    @Test func `is within two seconds as long as something changes now and then`() {
        // A hundred targets under way: the deployment, a list, and four batches.
        for seconds in 0..<600 {
            #expect(delay(.seconds(seconds), calls: 6, jitter: 1) < .milliseconds(1800))
        }
    }

    @Test func `is faster while few targets are left`() {
        let near = DeploymentOverview(inProgress: 1, succeeded: 9)
        let far = DeploymentOverview(pending: 9, succeeded: 1)
        #expect(delay(.seconds(3600), near) == .milliseconds(1600))
        #expect(delay(.seconds(3600), far) == .seconds(10))
    }

    @Test func `is longer where a look takes many requests`() {
        #expect(delay(.seconds(10), calls: 12) == delay(.seconds(10), calls: 6) * 2)
        #expect(delay(.seconds(10), calls: 6) == delay(.seconds(10)))
    }

    @Test func `is longer for the sake of others`() {
        #expect(delay(.seconds(10), slowdown: 3) == delay(.seconds(10)) * 3)
    }

    @Test func `doubles with failures, up to a minute`() {
        let delays = (1...10).map { delay(.seconds(2000), failures: $0) }
        #expect(delays[0] == .seconds(10))
        #expect(delays[1] == .seconds(20))
        #expect(delays.max() == .seconds(60))
    }

    @Test func `varies by a tenth`() {
        #expect(delay(.seconds(3600), jitter: 0) == .seconds(9))
        #expect(delay(.seconds(3600), jitter: 1) == .seconds(11))
    }
}
