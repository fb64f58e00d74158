import DeployEngine
import Screens
import SlipwayCore
import Testing
import TextGrid

@testable import LiveScreens

@Suite struct LiveTabsTests {
    @Test func `keys go from deployment to deployment, and to the one that failed`() throws {
        var session = Session(try Fleet.three(), width: 80, height: 24)
        _ = session.begin()
        func press(_ key: Key) -> Int {
            _ = session.handle(.key(key))
            return session.screen.tab
        }
        #expect(press(.tab) == 1)
        #expect(press(.backTab) == 0)
        #expect(press(.character("2")) == 1)
        #expect(press(.character("9")) == 1)
        #expect(press(.character("n")) == 2)
        #expect(press(.character("n")) == 2)
        #expect(press(.tab) == 0)
    }

    @Test func `each deployment shows its own state at a glance`() throws {
        var screen = try Fleet.three()
        _ = screen.update(
            .change(tab: 1, Fleet.status(try Fleet.info(.succeeded, .init(succeeded: 3)))))
        var session = Session(screen, width: 120, height: 24)
        _ = session.begin()
        let bar = session.frame.lines[1]
        let id = "\(Fleet.id)"
        #expect(bar.contains("1 ▸ shop \(id) 0/3 "))
        #expect(bar.contains("2 ✓ shop \(id) 3/3 "))
        #expect(bar.contains("3 ▸ shop \(id) 1/3, 1 failed"))
    }

    @Test func `the session ends with the last of several deployments`() throws {
        var screen = try Fleet.three()
        for tab in [1, 0] { _ = screen.update(.change(tab: tab, Fleet.end)) }
        #expect(!screen.isOver)
        _ = screen.update(.change(tab: 2, Fleet.end))
        #expect(screen.isOver)
    }

    /// The first of two applications has succeeded, and the second begins.
    private static func second() throws -> LiveScreen {
        let status = Fleet.status(try Fleet.info(.succeeded, .init(succeeded: 3)))
        let done = DeployResult(.succeeded, exitStatus: .success, deployment: Fleet.id)
        var screen = try Fleet.applications([try Fleet.created(), status, .done(done)])
        let worker = try Fleet.job("worker")
        _ = screen.update(.change(tab: 1, .plan(worker, RunPosition(number: 2, count: 2))))
        return screen
    }

    @Test func `of several applications it says which it is, and keeps how the earlier ended`()
        throws
    {
        let first = Fleet.lines(try Fleet.applications([try Fleet.created()]))
        #expect(first[0].hasSuffix("application 1 of 2"))
        #expect(first[1].contains("2 · worker waiting"))
        var screen = try Self.second()
        #expect(screen.tab == 1)
        let second = Fleet.lines(screen)
        #expect(second[0].contains("worker") && second[0].hasSuffix("application 2 of 2"))
        #expect(second[1].contains("1 ✓ shop \(Fleet.id) 3/3"))
        _ = screen.update(.showTab(0))
        #expect(screen.live.runs.map(\.id) == [Fleet.id])
        #expect(screen.live.result?.outcome == .succeeded)
    }

    @Test func `who reads the first application is not taken away from it by the next`() throws {
        var screen = try Fleet.applications([try Fleet.created()])
        let target = Fleet.target(1, .succeeded, at: 7)
        let news = TargetChange(deployment: Fleet.id, target: target)
        _ = screen.update(.change(tab: 0, .target(news)))
        _ = screen.update(.openDetail)
        let done = DeployResult(.succeeded, exitStatus: .success, deployment: Fleet.id)
        _ = screen.update(.change(tab: 0, .done(done)))
        let plan = DeployChange.plan(try Fleet.job("worker"), RunPosition(number: 2, count: 2))
        _ = screen.update(.change(tab: 1, plan))
        #expect(screen.tab == 0)
    }

    @Test func `a run that fails ends the applications that it did not come to`() throws {
        var screen = try Fleet.applications([try Fleet.created()])
        var failed = DeployResult(.failed, exitStatus: .deploymentFailed, deployment: Fleet.id)
        failed.position = RunPosition(number: 1, count: 2)
        _ = screen.update(.change(tab: 0, .result(failed)))
        #expect(!screen.isOver)
        _ = screen.update(.change(tab: 1, .result(failed)))
        #expect(screen.isOver)
        #expect(screen.tabs[1].result == nil)
        _ = screen.update(.showTab(1))
        let text = Fleet.lines(screen).joined(separator: "\n")
        #expect(text.contains("not deployed: the run ended before it"))
    }

    @Test func `leaving says which applications are not deployed then`() throws {
        for tab in 0...1 {
            var screen = try Fleet.applications([try Fleet.created()])
            _ = screen.update(.showTab(tab))
            _ = screen.update(.leave)
            #expect(!screen.isOver)
            let text = Fleet.lines(screen).joined(separator: "\n")
            #expect(text.contains("worker will not be deployed."))
            #expect(text.contains("The deployment is made, and goes on."))
        }
        #expect(
            try Fleet.applications([try Fleet.created()]).interruptionWarning
                == "Ctrl-C again leaves; the deployment goes on. worker will not be deployed.")
        // Nothing is given up by who leaves the last one.
        var last = try Self.second()
        _ = last.update(.change(tab: 1, try Fleet.created()))
        _ = last.update(.leave)
        #expect(last.isOver)
    }
}
