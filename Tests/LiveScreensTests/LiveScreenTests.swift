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

    private static let end = DeployChange.result(
        DeployResult(.failed, exitStatus: .deploymentFailed, deployment: Fleet.id))

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
        let text = try #require(screen.detailText()).lines.map(\.text).joined(separator: "\n")
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
        #expect(Array(failed) == failed.sorted())
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
        _ = screen.update(.change(tab: 0, Self.end))
        #expect(reason("stop") == "it is over")
        #expect(reason("redeploy") == nil)
        let readOnly = LiveScreen([LiveDeployment()], now: Fleet.start, isReadOnly: true)
        #expect(
            readOnly.bindings.first { $0.label == "stop" }?.reason == "this screen is read-only")
    }

    @Test func `the session ends with the deployment, unless somebody is looking around`() throws {
        var left = try Self.running()
        _ = left.update(.change(tab: 0, Self.end))
        #expect(left.isOver)

        var touched = try Self.running()
        _ = touched.update(.input(.key(.down)))
        _ = touched.update(.change(tab: 0, Self.end))
        #expect(!touched.isOver)
        #expect(touched.tick == nil)

        var kept = try Self.running(ending: .onRequest)
        _ = kept.update(.change(tab: 0, Self.end))
        #expect(!kept.isOver)
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

    @Test func `the time left comes from the group's history`() throws {
        let screen = Fleet.screen(
            [try Fleet.created(), Fleet.status(try Fleet.info(.inProgress))], seconds: 20,
            past: [50, 70, 60])
        #expect(screen.live.timeLeft(at: screen.now) == .about(seconds: 40))
        let late = Fleet.screen(
            [try Fleet.created(), Fleet.status(try Fleet.info(.inProgress))], seconds: 100,
            past: [50, 70, 60])
        #expect(late.live.timeLeft(at: late.now) == .overdue(usualSeconds: 60))
        let first = Fleet.screen(
            [try Fleet.created(), Fleet.status(try Fleet.info(.inProgress))], past: [])
        #expect(first.live.timeLeft(at: first.now) == nil)
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
            ] + "srbnft/do?:jkgGx日".map { .character($0) }
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
