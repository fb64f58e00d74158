import DeployEngine
import FoundationEssentials
import Screens
import SlipwayCore
import Testing
import TextGrid

@testable import LiveScreens

@Suite struct LiveScreenTests {
    private static func running(
        ending: LiveScreen.Ending = .withLastDeployment
    ) throws -> LiveScreen {
        var screen = LiveScreen([LiveDeployment()], now: Fleet.start, ending: ending)
        _ = screen.update(.change(tab: 0, try Fleet.created()))
        _ = screen.update(
            .change(
                tab: 0, Fleet.status(try Fleet.info(.inProgress, .init(pending: 3)))))
        for number in 1...3 {
            _ = screen.update(
                .change(
                    tab: 0,
                    .target(
                        TargetChange(
                            deployment: Fleet.id, target: Fleet.target(number, .pending, at: 0)))))
        }
        return screen
    }

    private static func change(_ target: DeploymentTarget) -> LiveScreen.Message {
        .change(tab: 0, .target(TargetChange(deployment: Fleet.id, target: target)))
    }

    @Test func `the failing target is chosen without a key`() throws {
        var screen = try Self.running()
        _ = screen.update(Self.change(Fleet.target(3, .failed, at: 4)))
        #expect(screen.chosenTarget == Fleet.target(3, .failed, at: 4).id)
        #expect(screen.visibleTargets.first == screen.chosenTarget)
    }

    @Test func `a target that somebody chose stays chosen when another fails`() throws {
        var screen = try Self.running()
        _ = screen.update(.input(.key(.down)))
        let chosen = screen.chosenTarget
        _ = screen.update(Self.change(Fleet.target(3, .failed, at: 4)))
        #expect(screen.chosenTarget == chosen)
        _ = screen.update(.follow)
        #expect(screen.chosenTarget == Fleet.target(3, .failed, at: 4).id)
    }

    @Test func `lifecycle news of a target changes its row`() throws {
        var screen = try Self.running()
        let record = LifecycleEventRecord(event: .install, status: .inProgress)
        _ = screen.update(
            .change(
                tab: 0,
                .lifecycle(
                    LifecycleChange(
                        deployment: Fleet.id, target: Fleet.target(1, .pending, at: 0).id,
                        record: record))))
        let target = screen.run?.targets[Fleet.target(1, .pending, at: 0).id]
        #expect(target?.events.first { $0.event == .install }?.status == .inProgress)
    }

    @Test func `whose script failed that was to stop is said of each deployment for itself`() throws
    {
        var screen = try Self.running()
        var rollback = try Fleet.info(.inProgress, .init(failed: 1), id: Fleet.rollbackID)
        rollback.previousRevision = .s3(try Fleet.location("apps/shop-broken-17"))
        _ = screen.update(.change(tab: 0, Fleet.status(rollback, isRollback: true)))
        let failed = Fleet.target(1, .failed, at: 0)
        _ = screen.update(
            .change(
                tab: 0, .target(TargetChange(deployment: Fleet.rollbackID, target: failed))))
        let detail = try #require(screen.detailText(screen.visibleTargets))
        let text = detail.lines.map(\.text).joined(separator: "\n")
        #expect(text.contains("apps/shop-broken-17"))
    }

    @Test func `the order holds for every sequence of statuses`() throws {
        var run = LiveRun(Fleet.id, isRollback: false)
        var random = SystemRandomNumberGenerator()
        let statuses: [TargetStatus] = [
            .pending, .inProgress, .succeeded, .failed, .skipped, .unknown, .ready,
        ]
        for _ in 0..<2_000 {
            let number = Int.random(in: 0..<40, using: &random)
            let status = statuses.randomElement(using: &random) ?? .pending
            run.take(Fleet.target(number, status, at: 2), at: Fleet.start)
        }
        #expect(Set(run.order) == Set(run.targets.keys) && run.order.count == run.targets.count)
        let failed = run.order.prefix { run.targets[$0]?.status == .failed }
        #expect(failed.count == run.targets.values.count { $0.status == .failed })
        #expect(run.counts.total == run.targets.count)
        #expect(Array(failed) == failed.sorted())
    }

    /// A stop ends what runs: it has failed, though none of its events has.
    private static func cutShort(_ number: Int) -> DeploymentTarget {
        var target = Fleet.target(number, .failed, at: 3)
        for index in 3..<target.events.count {
            target.events[index] = LifecycleEventRecord(
                event: target.events[index].event, status: .skipped)
        }
        return target
    }

    @Test func `what failed stands above what a stop cut short`() throws {
        var screen = try Self.running()
        _ = screen.update(Self.change(Self.cutShort(1)))
        let failed = Fleet.target(3, .failed, at: 4)
        var begun = failed
        begun.events = []
        _ = screen.update(Self.change(begun))
        #expect(screen.visibleTargets.first == Self.cutShort(1).id)
        _ = screen.update(
            .change(
                tab: 0,
                .lifecycle(
                    LifecycleChange(
                        deployment: Fleet.id, target: failed.id, record: failed.events[4]))))
        #expect(screen.visibleTargets.prefix(2) == [failed.id, Self.cutShort(1).id])
        #expect(screen.run?.order.count == 3)
        #expect(Self.cutShort(1).lastEvent?.event == .beforeInstall)
    }

    @Test func `a long log can be read to both ends, and stays while others fail`() throws {
        let log = (1...90).map { "[stdout]line \($0) of the log" }.joined(separator: "\n")
        var screen = try Self.running()
        _ = screen.update(Self.change(Fleet.target(3, .failed, at: 4, log: log)))
        var session = Session(screen, width: 80, height: 24)
        _ = session.begin()
        func text() -> String { session.frame.lines.joined(separator: "\n") }
        func press(_ key: Key) { _ = session.handle(.key(key)) }
        press(.enter)
        #expect(text().contains("Next, check its log, then the script by hand on that instance."))
        #expect(text().contains("]line 1 of the log") && !text().contains("]line 90 of"))
        press(.end)
        #expect(text().contains("]line 90 of the log") && !text().contains("]line 1 of"))
        press(.pageUp)
        #expect(!text().contains("]line 90 of"))
        press(.up)
        _ = session.receive(Self.change(Fleet.target(1, .failed, at: 4)))
        press(.home)
        #expect(text().contains("abcde03: failed") && text().contains("]line 1 of"))
        press(.character("n"))
        #expect(text().contains("abcde01: failed") || text().contains("abcde03: failed"))
        press(.character("q"))
        #expect(!session.isOver && text().contains("last event"))
        press(.character("d"))
        #expect(!text().contains("last event"))
        press(.escape)
        #expect(text().contains("last event"))
    }

    @Test func `whoever leaves is told what becomes of the deployment at that moment`() throws {
        var screen = LiveScreen([LiveDeployment()], now: Fleet.start)
        func words() throws -> String {
            let lines = try #require(screen.dialog).outline.parts.map { "\($0)" }
            return lines.joined(separator: " ")
        }
        _ = screen.update(.change(tab: 0, .uploaded(try Fleet.location())))
        _ = screen.update(.leave)
        #expect(try words().contains("Nothing is deployed yet"))
        _ = screen.update(.change(tab: 0, .registered(try Fleet.location())))
        #expect(try words().contains("may have made it"))
        #expect(try !words().contains("Nothing is deployed"))
        _ = screen.update(.change(tab: 0, try Fleet.created()))
        #expect(try words().contains("goes on"))
        #expect(!screen.isOver)
    }

    /// A deployment of nine that failed; with a rollback, that runs.
    private static func failed(rollsBack: Bool) throws -> [DeployChange] {
        let failed = Fleet.target(5, .failed, at: 4, log: Fleet.log)
        let keys = Problem(
            .warning, code: "keys-from-environment", "the AWS keys are the environment's")
        return [
            try Fleet.created(), .notice(DeployNotice(keys)),
            Fleet.status(
                try Fleet.info(
                    .failed, .init(succeeded: 8, failed: 1), error: Fleet.healthError(1))),
            .target(TargetChange(deployment: Fleet.id, target: failed)),
        ]
            + (rollsBack
                ? [
                    Fleet.status(
                        try Fleet.info(
                            .inProgress, .init(inProgress: 9), id: Fleet.rollbackID),
                        isRollback: true)
                ] : [])
            + (1...9).map { number in
                .target(
                    TargetChange(
                        deployment: rollsBack ? Fleet.rollbackID : Fleet.id,
                        target: number == 5 && !rollsBack
                            ? failed
                            : Fleet.target(number, rollsBack ? .inProgress : .succeeded, at: 3)))
            }
    }

    @Test(arguments: [false, true])
    func `a small window shows the script and the code of what failed`(rollsBack: Bool) throws {
        var session = Session(
            Fleet.screen(try Self.failed(rollsBack: rollsBack)), width: 40, height: 12)
        _ = session.begin()
        let text = session.frame.lines.joined(separator: "\n")
        #expect(text.contains("scripts/stamp-release") && text.contains("ScriptFailed"))
        #expect(!text.contains("environment"))
        _ = session.handle(.resize(width: 80, height: 24))
        let lines = session.frame.lines
        #expect(lines.contains { $0.contains("the AWS keys are the environment's") })
        #expect(lines.contains { $0.contains("last event") })
    }

    @Test func `the heading of the table stays while a rollback and its causes take room`() throws {
        var screen = Fleet.screen(try Self.failed(rollsBack: true))
        for number in 6...8 {
            _ = screen.update(Self.change(Fleet.target(number, .failed, at: 4, log: Fleet.log)))
        }
        let problem = Problem(
            code: "failed", "a sentence on what happened", fix: "what is to be done about it")
        _ = screen.update(
            .change(
                tab: 0,
                .result(
                    DeployResult(
                        .failed, exitStatus: .deploymentFailed, deployment: Fleet.id,
                        problems: [problem, problem]))))
        var session = Session(screen, width: 80, height: 24)
        _ = session.begin()
        #expect(session.frame.lines.contains { $0.contains("last event") })
        #expect(session.frame.lines.contains { $0.contains("AfterInstall: ScriptFailed  scripts") })
    }

    @Test func `the row of the filters has a slash only for words`() throws {
        var screen = try Self.running()
        _ = screen.update(.showStatus(.pending))
        func row(_ screen: LiveScreen) -> String? {
            var session = Session(screen, width: 80, height: 24)
            _ = session.begin()
            return session.frame.lines.first { $0.contains("only waiting") }
        }
        #expect(row(screen)?.contains("/") == false)
        #expect(row(screen)?.hasSuffix("3 of 3") == true)
        _ = screen.update(.filterBy("abc"))
        #expect(row(screen)?.contains("/ abc") == true)
    }

    @Test func `stopping asks first, and does nothing by default`() throws {
        var screen = try Self.running()
        _ = screen.update(.ask(.stop))
        #expect(screen.dialog != nil)
        #expect(screen.update(.input(.key(.enter))).isEmpty)
        #expect(screen.dialog == nil)
    }

    @Test func `stopping with a rollback says so to CodeDeploy`() throws {
        var screen = try Self.running()
        _ = screen.update(.ask(.stop))
        _ = screen.update(.input(.key(.tab)))
        let effects = screen.update(.input(.key(.enter)))
        #expect(
            effects == [
                .stop(tab: 0, Fleet.id, try Region("us-east-1"), rollsBack: true)
            ])
    }

    @Test func `once AWS took a stop it says so, and tells no time left`() throws {
        var screen = Fleet.screen(
            [
                try Fleet.created(),
                Fleet.status(try Fleet.info(.inProgress, .init(inProgress: 1))),
            ], seconds: 20)
        #expect(screen.live.timeLeft(at: screen.time) != nil)
        func reason() -> String? { screen.bindings.first { $0.label == "stop" }?.reason }
        func stop(_ answer: LiveScreen.Message) {
            _ = screen.update(.ask(.stop))
            _ = screen.update(.input(.key(.tab)))
            #expect(screen.update(.input(.key(.enter))).count == 1)
            #expect(reason() == nil)
            _ = screen.update(answer)
        }
        stop(.failed(tab: 0, [Problem(code: "denied", "not allowed")]))
        #expect(reason() == nil)
        #expect(screen.run?.statusWords == "in progress")
        stop(.done(tab: 0, "it will stop"))
        #expect(reason() == "it is being stopped")
        #expect(screen.run?.statusWords == "stopping")
        #expect(screen.live.timeLeft(at: screen.time) == nil)
        _ = screen.update(
            .change(tab: 0, Fleet.status(try Fleet.info(.stopped, .init(skipped: 1)))))
        #expect(screen.run?.statusWords == "stopped")
        #expect(reason() == "it is over")
    }

    @Test func `what is only watched can be stopped too`() throws {
        let region = try Region("eu-west-1")
        var screen = LiveScreen([LiveDeployment(region: region)], now: Fleet.start)
        let status = Fleet.status(try Fleet.info(.inProgress, .init(inProgress: 1)))
        _ = screen.update(.change(tab: 0, status))
        _ = screen.update(.ask(.stop))
        _ = screen.update(.input(.key(.tab)))
        #expect(
            screen.update(.input(.key(.enter)))
                == [.stop(tab: 0, Fleet.id, region, rollsBack: true)])
    }

    @Test func `what cannot be done now says why`() throws {
        var screen = try Self.running()
        func reason(_ label: String) -> String? {
            screen.bindings.first { $0.label == label }?.reason
        }
        #expect(reason("redeploy") == "it is still running")
        #expect(reason("stop") == nil)
        _ = screen.update(.change(tab: 0, Fleet.end))
        #expect(reason("stop") == "it is over")
        #expect(reason("redeploy") == nil)
        let readOnly = LiveScreen([LiveDeployment()], now: Fleet.start, isReadOnly: true)
        #expect(
            readOnly.bindings.first { $0.label == "stop" }?.reason == "this screen is read-only")
    }

    @Test func `the session ends with the deployment, unless somebody is looking around`() throws {
        var left = try Self.running()
        _ = left.update(.change(tab: 0, Fleet.end))
        #expect(left.isOver)

        var touched = try Self.running()
        _ = touched.update(.input(.key(.down)))
        _ = touched.update(.change(tab: 0, Fleet.end))
        #expect(!touched.isOver)
        #expect(touched.tick == nil)

        var kept = try Self.running(ending: .onRequest)
        _ = kept.update(.change(tab: 0, Fleet.end))
        #expect(!kept.isOver)
    }

    @Test func `what had ended before it was looked at is shown until somebody leaves`() throws {
        func end(of tab: Int, after statuses: [DeploymentStatus]) throws -> [LiveScreen.Message] {
            try statuses.map { .change(tab: tab, Fleet.status(try Fleet.info($0))) }
                + [.change(tab: tab, Fleet.end)]
        }
        var one = LiveScreen([LiveDeployment()], now: Fleet.start)
        for message in try end(of: 0, after: [.failed]) { _ = one.update(message) }
        #expect(!one.isOver)
        _ = one.update(.leave)
        #expect(one.isOver)

        var seen = LiveScreen([LiveDeployment()], now: Fleet.start)
        for message in try end(of: 0, after: [.inProgress, .failed]) { _ = seen.update(message) }
        #expect(seen.isOver)

        var both = LiveScreen([LiveDeployment(), LiveDeployment()], now: Fleet.start)
        let news = try end(of: 0, after: [.failed]) + end(of: 1, after: [.inProgress, .failed])
        for message in news { _ = both.update(message) }
        #expect(both.isOver)

        var refused = LiveScreen([LiveDeployment()], now: Fleet.start)
        _ = refused.update(.change(tab: 0, Fleet.end))
        #expect(refused.isOver)
    }

    @Test func `Ctrl-C says what becomes of the deployment, and leaves when it is pressed again`()
        throws
    {
        func warning(_ screen: LiveScreen) -> String {
            var session = Session(screen, width: 80, height: 24)
            _ = session.begin()
            _ = session.handle(.key(.control("c")))
            #expect(!session.isOver)
            let frame = session.frame.lines.joined(separator: "\n")
            _ = session.handle(.key(.control("c")))
            #expect(session.isInterrupted)
            return frame
        }
        var screen = try Self.running(ending: .onRequest)
        #expect(warning(screen).contains("Ctrl-C again leaves; the deployment goes on."))
        #expect(warning(try Fleet.three()).contains("Ctrl-C again leaves; the deployments go on."))
        _ = screen.update(.change(tab: 0, Fleet.end))
        #expect(warning(screen).contains("Ctrl-C again leaves."))
        var early = LiveScreen([LiveDeployment()], now: Fleet.start)
        _ = early.update(.change(tab: 0, .progress(UploadProgress())))
        #expect(warning(early).contains("Ctrl-C again leaves; nothing is deployed yet."))
    }

    @Test func `a signal ends the session without asking`() {
        var screen = LiveScreen([LiveDeployment()], now: Fleet.start)
        _ = screen.update(.leave)
        #expect(screen.dialog != nil && !screen.isOver)
        _ = screen.update(.interrupted)
        #expect(screen.isOver)
    }

    @Test func `both filters narrow the table, and Esc shows all`() throws {
        var screen = try Self.running()
        _ = screen.update(Self.change(Fleet.target(3, .failed, at: 4)))
        _ = screen.update(.nextStatus)
        #expect(screen.visibleTargets == [Fleet.target(3, .failed, at: 4).id])
        _ = screen.update(.input(.key(.escape)))
        #expect(screen.visibleTargets.count == 3)
        _ = screen.update(.filter)
        for character in "stamp" { _ = screen.update(.input(.key(.character(character)))) }
        #expect(screen.visibleTargets == [Fleet.target(3, .failed, at: 4).id])
    }

    /// The target's id is `i-0123456789abcde03`; its third event failed, and those after it wait.
    @Test(arguments: [
        ("", true), ("789ABC", true), ("I-0123456789abcde03", true), ("04", false),
        ("RUNNING", true), ("succeeded", false), ("beforeinstall", true), ("afterinstall", false),
        ("größe.sh", true), ("GRÖSSE", true), ("scriptfailed", true), ("before FAILED 03", true),
        ("before nothing", false), ("installbefore", false),
    ])
    func `a filter's words are found in any case in what a target has come to`(
        words: String, isFound: Bool
    ) {
        var target = Fleet.target(3, .failed, at: 2, script: "hooks/GRÖSSE größe.sh")
        target.status = .inProgress
        for index in 3..<target.events.count { target.events[index].status = .pending }
        #expect(TargetFilter(status: nil, text: words).passes(target) == isFound)
        #expect(!TargetFilter(status: .failed, text: words).passes(target))
        #expect(TargetFilter(status: .inProgress, text: words).passes(target) == isFound)
    }

    @Test func `the time left comes from the group's history`() throws {
        let screen = Fleet.screen(
            [try Fleet.created(), Fleet.status(try Fleet.info(.inProgress))], seconds: 20,
            past: [50, 70, 60])
        #expect(screen.live.timeLeft(at: screen.time) == .about(seconds: 40))
        let late = Fleet.screen(
            [try Fleet.created(), Fleet.status(try Fleet.info(.inProgress))], seconds: 100,
            past: [50, 70, 60])
        #expect(late.live.timeLeft(at: late.time) == .overdue(usualSeconds: 60))
        let first = Fleet.screen(
            [try Fleet.created(), Fleet.status(try Fleet.info(.inProgress))], past: [])
        #expect(first.live.timeLeft(at: first.time) == nil)
    }

    @Test func `what takes longer than usual does not stay about a second from its end`() throws {
        let changes = [try Fleet.created(), Fleet.status(try Fleet.info(.inProgress))]
        func timeLeft(after seconds: Double) -> LiveDeployment.TimeLeft? {
            let screen = Fleet.screen(changes, seconds: seconds, past: [60, 62, 90, 61])
            return screen.live.timeLeft(at: screen.time)
        }
        #expect(timeLeft(after: 61) == .about(seconds: 1))
        #expect(timeLeft(after: 63) == .overdue(usualSeconds: 62))
        #expect(timeLeft(after: 91) == .overdue(usualSeconds: 62))
    }

    /// This machine's clock is so many seconds ahead of AWS's.
    @Test(arguments: [300.0, -300, 0])
    func `a clock that is off changes no time that is shown`(ahead: Double) throws {
        let record = LifecycleEventRecord(
            event: .install, status: .inProgress, startedAt: Fleet.start.addingTimeInterval(10))
        let target = DeploymentTarget(id: TargetID("i-1"), status: .inProgress, events: [record])
        let here = Fleet.start.addingTimeInterval(ahead)
        var screen = LiveScreen([LiveDeployment(pastDurations: [60])], now: here)
        _ = screen.update(.change(tab: 0, .plan(try Fleet.job("shop"), .only)))
        _ = screen.update(.input(.tick(here.addingTimeInterval(20))))
        #expect(screen.live.elapsedSeconds(at: screen.time) == 20)
        _ = screen.update(.awsClock(lead: -ahead))
        #expect(screen.live.elapsedSeconds(at: screen.time) == 20)
        for change in [
            try Fleet.created(), Fleet.status(try Fleet.info(.inProgress)),
            .target(TargetChange(deployment: Fleet.id, target: target)),
        ] {
            _ = screen.update(.change(tab: 0, change))
        }
        #expect(screen.live.elapsedSeconds(at: screen.time) == 20)
        #expect(screen.live.timeLeft(at: screen.time) == .about(seconds: 40))
        #expect(screen.live.silentTargets(at: screen.now).isEmpty)
        #expect(Fleet.lines(screen).contains { $0.contains("10s…") })
        _ = screen.update(.input(.tick(here.addingTimeInterval(70))))
        #expect(screen.live.timeLeft(at: screen.time) == .overdue(usualSeconds: 60))
    }

    @Test func `what had ended before it was watched took what AWS says`() throws {
        let screen = Fleet.screen(
            [Fleet.status(try Fleet.info(.succeeded, .init(succeeded: 1)))], seconds: 1_178)
        #expect(screen.live.elapsedSeconds(at: screen.time) == 65)
        var session = Session(screen, width: 80, height: 24)
        _ = session.begin()
        #expect(session.frame.lines[1].hasSuffix("took 1m 05s"))
    }

    @Test func `from the first look that fails it says how old it is, until AWS answers`() throws {
        var screen = try Self.running()
        #expect(screen.badges.isEmpty)
        _ = screen.update(.change(tab: 0, Fleet.silence(after: 2, retry: 4)))
        #expect(screen.badges.map(\.text) == ["2s old"])
        _ = screen.update(.input(.tick(Fleet.start.addingTimeInterval(1))))
        #expect(screen.badges.map(\.text) == ["3s old"])
        guard case .silent(let silence) = screen.live.connection else {
            Issue.record("it does not say so")
            return
        }
        #expect(silence.words(at: screen.now) == "last answer 3s ago, throttled; again in 3s")
        _ = screen.update(.input(.tick(Fleet.start.addingTimeInterval(5))))
        #expect(silence.words(at: screen.now) == "last answer 7s ago, throttled; asking again")
        let news = ConnectionChange(deployment: Fleet.id, silence: nil)
        _ = screen.update(.change(tab: 0, .connection(news)))
        #expect(screen.badges.isEmpty)
    }

    @Test func `a silent agent is named after a minute, and not once it began`() throws {
        var target = Fleet.target(1, .pending, at: 0)
        target.status = .inProgress
        var screen = Fleet.screen(
            [
                try Fleet.created(), Fleet.status(try Fleet.info(.inProgress)),
                .target(TargetChange(deployment: Fleet.id, target: target)),
            ], seconds: 59)
        #expect(screen.live.silentTargets(at: screen.now).isEmpty)
        _ = screen.update(.input(.tick(Fleet.start.addingTimeInterval(60))))
        #expect(screen.live.silentTargets(at: screen.now) == [target.id])
        _ = screen.update(
            .change(
                tab: 0,
                .lifecycle(
                    LifecycleChange(
                        deployment: Fleet.id, target: target.id,
                        record: LifecycleEventRecord(
                            event: .applicationStop, status: .inProgress)))))
        #expect(screen.live.silentTargets(at: screen.now).isEmpty)
    }

    @Test func `any keys and news leave a screen that can be drawn`() throws {
        var random = SystemRandomNumberGenerator()
        var session = Session(try Self.running(ending: .onRequest), width: 80, height: 24)
        _ = session.begin()
        let keys: [Key] =
            [
                .up, .down, .home, .end, .pageUp, .pageDown, .enter, .escape, .tab, .backTab,
                .backspace,
            ] + "srbnft/dDo?:jkgGx日".map { .character($0) }
        let statuses: [TargetStatus] = [.pending, .inProgress, .failed, .succeeded]
        for step in 0..<3_000 {
            if let key = keys.randomElement(using: &random) {
                _ = session.handle(.key(key))
            }
            let status = statuses.randomElement(using: &random) ?? .pending
            _ = session.receive(Self.change(Fleet.target(step % 30, status, at: step % 7)))
            if step % 50 == 0 {
                _ = session.handle(
                    .resize(
                        width: .random(in: 0...120, using: &random),
                        height: .random(in: 0...40, using: &random)))
            }
            _ = session.frame
        }
        #expect(!session.isInterrupted)
    }
}
