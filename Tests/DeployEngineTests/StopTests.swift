import DeployEngine
import SlipwayCore
import Testing

@Suite("Who stops a deployment")
struct StopTests {
    private let running = DeployEvent.deployment(Sample.info(.inProgress))
    private let denied = DeployEvent.targetIDsFailed(Sample.failure(.denied))

    private func stopped(_ code: DeploymentErrorCode? = .manualStop) -> DeployEvent {
        var info = Sample.info(.stopped)
        info.errorInformation = code.map { ErrorInformation(code: $0, message: nil) }
        return .deployment(info)
    }

    private func recorded(isTaken: Bool = true, of id: DeploymentID = Sample.id) -> DeployEvent {
        .stopRecorded(Sample.stop(isTaken: isTaken), of: id)
    }

    private func told(_ run: Run) -> [StopChange] {
        run.changes.compactMap { if case .stop(let change) = $0 { change } else { nil } }
    }

    @Test func `is told once, while the deployment still runs`() {
        var run = Run.watching()
        run.feed(running, denied)
        #expect(told(run) == [])
        run.feed(.woke, recorded(), running)
        #expect(told(run) == [StopChange(deployment: Sample.id, stop: Sample.stop())])
        #expect(run.result == nil)
        run.feed(.woke, recorded(), running, .woke, recorded(), stopped())
        #expect(told(run).count == 1)
        #expect(run.result?.outcome == .stopped)
        #expect(run.result?.stop == Sample.stop())
    }

    @Test func `is not told while AWS may not have taken the order`() {
        var run = Run.watching()
        run.feed(recorded(isTaken: false), running, denied)
        #expect(told(run) == [])
        run.feed(.woke, recorded(isTaken: false), stopped())
        #expect(told(run).map(\.stop) == [Sample.stop(isTaken: false)])
        #expect(run.result?.stop == Sample.stop(isTaken: false))
    }

    @Test(arguments: [DeploymentErrorCode.alarmActive, nil, .manualStop])
    func `explains no stop by an alarm`(code: DeploymentErrorCode?) {
        var run = Run.watching()
        run.feed(recorded(isTaken: false), stopped(code), denied)
        #expect(run.result?.outcome == .stopped)
        #expect((run.result?.stop == nil) == (code == .alarmActive))
    }

    @Test func `explains no deployment that ended otherwise`() {
        var run = Run.watching()
        run.feed(recorded(), .deployment(Sample.info(.succeeded)), denied)
        #expect(run.result?.outcome == .succeeded)
        #expect(run.result?.stop == nil)
    }

    @Test func `is told of the deployment that it is about`() {
        var run = Run.watching()
        run.feed(recorded(of: Sample.other), stopped(), denied)
        #expect(told(run) == [])
        #expect(run.result?.stop == nil)
    }

    @Test func `is told of the rollback too`() {
        var run = Run.watching()
        let failed = Sample.info(.failed, rollback: RollbackInfo(rollbackID: Sample.rollback))
        run.feed(
            .deployment(failed), denied, recorded(of: Sample.rollback),
            .deployment(Sample.info(.stopped, id: Sample.rollback)), denied)
        #expect(told(run).map(\.deployment) == [Sample.rollback])
        #expect(run.result?.stop == nil)
        #expect(run.result?.rollback?.outcome == .stopped)
        #expect(run.result?.rollback?.stop == Sample.stop())
    }
}
