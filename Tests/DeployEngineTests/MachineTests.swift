import DeployEngine
import FoundationEssentials
import SlipwayCore
import Testing

@Suite("The machine")
struct MachineTests {
    @Test func `deploys from the plan to the result`() {
        var run = Run.watching()
        run.feed(
            .deployment(Sample.info(.succeeded)), .targetIDsFailed(Sample.failure(.denied)))
        #expect(run.result?.outcome == .succeeded)
        #expect(run.result?.deployment == Sample.id)
        #expect(run.result?.revision == Sample.location)
        #expect(run.result?.exitStatus == .success)
    }

    @Test func `pins the eTag and the version of the upload's own answer`() {
        let run = Run.creating()
        let requests = run.actions.compactMap { action -> DeploymentRequest? in
            if case .create(let request) = action { request } else { nil }
        }
        #expect(requests.map(\.revision) == [Sample.location])
        #expect(
            run.actions.contains(.register(Sample.application, Sample.location, Sample.description))
        )
    }

    @Test func `goes on with the next application, and stops at the first failure`() {
        let jobs = [Sample.job(), Sample.job(), Sample.job()]
        var run = Run(DeployMachine(jobs: jobs, options: .init()))
        run.feed(
            .start, .uploaded(Sample.location), .registered, .created(Sample.id),
            .deployment(Sample.info(.succeeded)), .targetIDs([]))
        #expect(run.machine.state == .uploading)
        run.feed(
            .uploaded(Sample.location), .registered, .created(Sample.other),
            .deployment(Sample.info(.failed, id: Sample.other)), .targetIDs([]))
        #expect(run.result?.outcome == .failed)
        #expect(run.result?.deployment == Sample.other)
        #expect(run.result?.earlier.map(\.deployment) == [Sample.id])
        #expect(run.creationCount == 2)
    }

    @Test func `says which of how many it is, and how each ended before the next begins`() throws {
        var second = Sample.job()
        second.application = try ApplicationName("worker")
        var third = Sample.job()
        third.application = try ApplicationName("api")
        var run = Run(DeployMachine(jobs: [Sample.job(), second, third], options: .init()))
        var succeeded = Sample.info(.succeeded, overview: .init(succeeded: 2))
        succeeded.completedAt = Sample.began.addingTimeInterval(12)
        run.feed(
            .start, .uploaded(Sample.location), .registered, .created(Sample.id),
            .deployment(succeeded), .targetIDsFailed(Sample.failure(.denied)))
        let news = run.changes.suffix(2)
        guard case .done(let done)? = news.first, case .plan(let job, let position)? = news.last
        else {
            Issue.record("\(news)")
            return
        }
        #expect(done.outcome == .succeeded && done.deployment == Sample.id)
        #expect(done.overview?.succeeded == 2 && done.duration == .seconds(12))
        #expect(done.position == RunPosition(number: 1, count: 3) && done.notBegun.isEmpty)
        #expect(job == second && position == RunPosition(number: 2, count: 3))

        run.feed(.uploadFailed(Sample.failure(.denied)))
        #expect(run.result?.earlier == [done])
        #expect(run.result?.position == RunPosition(number: 2, count: 3))
        #expect(run.result?.notBegun == [third.application])
    }

    @Test func `repeats a deployment with its options`() {
        var info = Sample.info(.succeeded)
        info.deploymentConfiguration = try? DeploymentConfiguration("OneAtATime")
        info.fileExistsBehavior = .overwrite
        info.ignoreApplicationStopFailures = true
        info.autoRollback = [.failure]
        info.updateOutdatedInstancesOnly = true
        let job = DeployJob(
            deploying: Sample.location, as: info, Sample.application, Sample.group,
            in: Sample.region, description: Sample.description, timeLimit: nil)
        let request = job.request(Sample.location)
        #expect(request.deploymentConfiguration == info.deploymentConfiguration)
        #expect(request.fileExistsBehavior == .overwrite)
        #expect(request.ignoreApplicationStopFailures == true)
        #expect(request.autoRollback == [.failure])
        #expect(request.updateOutdatedInstancesOnly == true)
    }

    @Test func `only makes the deployment where it is not to be watched`() {
        var run = Run.creating(watches: false)
        run.feed(.created(Sample.id))
        #expect(run.result?.outcome == .created)
        #expect(run.result?.exitStatus == .success)
    }

    @Test func `makes a deployment of a revision that is in S3 without uploading`() {
        var run = Run(Sample.job(source: .revision(Sample.location)))
        let actions = run.feed(.start)
        #expect(actions.last == .create(Sample.job().request(Sample.location)))
    }

    @Test(arguments: [
        (
            DeploymentStatus.failed, DeployResult.Outcome.failed,
            SlipwayCore.ExitStatus.deploymentFailed
        ),
        (.stopped, .stopped, .deploymentStopped), (.succeeded, .succeeded, .success),
    ])
    func `ends with a final status`(
        status: DeploymentStatus, outcome: DeployResult.Outcome, exit: SlipwayCore.ExitStatus
    ) {
        var run = Run.watching()
        run.feed(.deployment(Sample.info(status)), .targetIDs([]))
        #expect(run.result?.outcome == outcome)
        #expect(run.result?.exitStatus == exit)
    }

    @Test(arguments: ["Baking", "Ready", "Queued", "Created", "Marinating", ""])
    func `takes no other status for the end`(status: String) {
        var run = Run.watching()
        for _ in 0..<50 {
            run.feed(
                .deployment(Sample.info(DeploymentStatus(rawValue: status))), .targetIDs([]), .woke)
        }
        #expect(run.result == nil)
    }

    @Test(arguments: [
        AWSFailureMeaning.throttled, .answerLost, .unreachable,
    ])
    func `lets no broken look decide`(meaning: AWSFailureMeaning) {
        var run = Run.watching()
        for _ in 0..<200 { run.feed(.deploymentFailed(Sample.failure(meaning)), .woke) }
        #expect(run.result == nil)
        #expect(run.notices.filter { $0 == "cannot-look" }.count == 1)
        run.feed(.deployment(Sample.info(.succeeded)), .targetIDs([]))
        #expect(run.result?.outcome == .succeeded)
    }

    @Test func `ends where the keys may not look, and says that the deployment goes on`() {
        var run = Run.watching()
        for _ in 0..<4 { run.feed(.deploymentFailed(Sample.failure(.denied)), .woke) }
        #expect(run.result?.outcome == .refused)
        #expect(run.result?.deployment == Sample.id)
        #expect(run.result?.problems.last?.code == "goes-on")
    }

    @Test func `lets no single refusal end the watch of a deployment that was seen`() {
        var run = Run.attached()
        run.feed(.deployment(Sample.info(.inProgress)), .targetIDs([]), .woke)
        for _ in 0..<3 { run.feed(.deploymentFailed(Sample.failure(.denied)), .woke) }
        #expect(run.result == nil)
        run.feed(.deployment(Sample.info(.inProgress)), .targetIDs([]), .woke)
        for _ in 0..<3 { run.feed(.deploymentFailed(Sample.failure(.denied)), .woke) }
        #expect(run.result == nil)
        run.feed(.deploymentFailed(Sample.failure(.denied)))
        #expect(run.result?.outcome == .refused)
        #expect(run.result?.problems.last?.code == "goes-on")
    }

    @Test func `ends at once where a deployment that was never seen is refused`() {
        var run = Run.attached()
        run.feed(.deploymentFailed(Sample.failure(.missing)))
        #expect(run.result?.exitStatus == .aws)
        #expect(run.result?.problems.map(\.code) == ["sample"])
    }

    @Test func `gives up on a watched deployment that nothing was ever heard of`() {
        var run = Run.attached()
        for _ in 0..<2 { run.feed(.deploymentFailed(Sample.failure(.unreachable)), .woke) }
        #expect(run.result == nil)
        run.feed(.deploymentFailed(Sample.failure(.unreachable)))
        #expect(run.result?.exitStatus == .aws)
    }

    @Test(arguments: [
        (DeploymentStatus.stopped, SlipwayCore.ExitStatus.success), (.succeeded, .success),
        (.failed, .deploymentFailed),
    ])
    func `that it stopped is success where it was to stop`(
        final: DeploymentStatus, status: SlipwayCore.ExitStatus
    ) {
        var run = Run(
            DeployMachine(
                watching: .init(
                    deployment: Sample.id, region: Sample.region, timeLimit: nil, isToStop: true)))
        run.feed(.start, .deployment(Sample.info(final)), .targetIDs([]))
        #expect(run.result?.exitStatus == status)
        #expect(run.result?.outcome.rawValue == final.rawValue.lowercased())
    }

    @Test func `stops watching at the time limit, which begins with the deployment`() {
        var run = Run.creating(Sample.job(limit: .seconds(60)))
        run.uptime += .seconds(1000)
        run.feed(.created(Sample.id), .deployment(Sample.info(.inProgress)), .targetIDs([]))
        run.uptime += .seconds(57)
        run.feed(.tick(nil))
        #expect(run.result == nil)
        run.uptime += .seconds(2)
        run.feed(.tick(nil))
        #expect(run.result?.outcome == .timedOut)
        #expect(run.result?.exitStatus == .timedOut)
        #expect(run.result?.deployment == Sample.id)
    }

    @Test func `follows the rollback`() {
        var run = Run.watching()
        let info = Sample.info(.failed, rollback: RollbackInfo(rollbackID: Sample.rollback))
        run.feed(.deployment(info), .targetIDs([]))
        #expect(run.machine.state == .watchingRollback)
        #expect(run.notices.contains("rolling-back"))
        run.feed(
            .deployment(Sample.info(.succeeded, id: Sample.rollback)), .targetIDs([]))
        #expect(run.result?.outcome == .failed)
        #expect(run.result?.rollback?.deployment == Sample.rollback)
        #expect(run.result?.rollback?.outcome == .succeeded)
    }

    @Test func `waits a little for a rollback that is on, and not for ever`() {
        var info = Sample.info(.failed)
        info.autoRollback = [.failure]
        var run = Run.watching()
        var looks = 0
        while run.result == nil, looks < 100 {
            run.feed(.deployment(info), .targetIDs([]), .woke)
            looks += 1
        }
        #expect((2...20).contains(looks))
        #expect(run.result?.rollback == nil)
    }

    @Test func `does not wait for a rollback that is off`() {
        var run = Run.watching()
        run.feed(.deployment(Sample.info(.failed)), .targetIDs([]))
        #expect(run.result?.outcome == .failed)
    }

    /// AWS has said that it failed, and not yet which deployment rolls it back.
    private func settling(_ job: DeployJob = Sample.job()) -> Run {
        var info = Sample.info(.failed)
        info.autoRollback = [.failure]
        var run = Run.watching(job)
        run.feed(.deployment(info), .targetIDs([]))
        #expect(run.result == nil)
        return run
    }

    @Test func `ends as the deployment did, whatever comes after its end`() {
        var interrupted = settling()
        interrupted.feed(.interrupted)
        var late = settling(Sample.job(limit: .seconds(60)))
        late.uptime += .seconds(60)
        late.feed(.tick(nil))
        var refused = settling()
        for _ in 0..<4 { refused.feed(.woke, .deploymentFailed(Sample.failure(.denied))) }
        for run in [interrupted, late, refused] {
            #expect(run.result?.outcome == .failed)
            #expect(run.result?.exitStatus == .deploymentFailed)
            #expect(run.result?.problems == [])
        }
    }

    @Test func `begins no other application where it is left after the end of one`() {
        var run = Run(DeployMachine(jobs: [Sample.job(), Sample.job()], options: .init()))
        run.feed(
            .start, .uploaded(Sample.location), .registered, .created(Sample.id),
            .deployment(Sample.info(.succeeded)), .targetIDsFailed(Sample.failure(.throttled)))
        #expect(run.machine.state == .watching)
        run.feed(.interrupted)
        #expect(run.result?.outcome == .interrupted)
        let ends = run.changes.compactMap { if case .done(let result) = $0 { result } else { nil } }
        #expect(ends.map(\.deployment) == [Sample.id])
        #expect(run.result?.position == RunPosition(number: 2, count: 2))
        #expect(run.result?.problems.map(\.code) == ["nothing-deployed"])
        #expect(run.result?.earlier.map(\.deployment) == [Sample.id])
    }

    @Test func `tells how the rollback ended, whatever comes after its end`() {
        var run = Run.watching()
        let info = Sample.info(.failed, rollback: RollbackInfo(rollbackID: Sample.rollback))
        run.feed(
            .deployment(info), .targetIDs([]),
            .deployment(Sample.info(.succeeded, id: Sample.rollback)),
            .targetIDsFailed(Sample.failure(.throttled)))
        #expect(run.result == nil)
        run.feed(.interrupted)
        #expect(run.result?.outcome == .failed)
        #expect(run.result?.rollback?.outcome == .succeeded)
    }

    @Test func `says at most half a minute apart that it is still there`() {
        var run = Run.watching()
        run.feed(.deployment(Sample.info(.inProgress)), .targetIDs([]))
        var silence = Duration.zero
        for _ in 0..<600 {
            let before = run.notices.count
            run.feed(.tick(nil))
            silence = run.notices.count > before ? .zero : silence + .milliseconds(500)
            #expect(silence <= .seconds(30))
        }
        #expect(run.notices.filter { $0 == "heartbeat" }.count == 10)
    }
}

@Suite("A busy group")
struct BusyGroupTests {
    @Test func `ends the run with the id of the other deployment`() {
        var run = Run.creating()
        run.feed(.createFailed(Sample.failure(.groupBusy(Sample.other))))
        #expect(run.result?.outcome == .busy)
        #expect(run.result?.exitStatus == .groupBusy)
        #expect(run.result?.busyWith == Sample.other)
        let fix = run.result?.problems.first?.fix
        #expect(fix?.contains("slipway watch d-OTHER") == true)
        #expect(fix?.contains("--when-busy wait waits for it") == true)
    }

    @Test func `is waited for where that is asked`() {
        var run = Run.creating(whenBusy: .wait)
        run.feed(
            .createFailed(Sample.failure(.groupBusy(Sample.other))), .woke,
            .deployment(Sample.info(.inProgress, id: Sample.other)), .woke)
        #expect(run.creationCount == 1)
        run.feed(.deployment(Sample.info(.failed, id: Sample.other)))
        #expect(run.creationCount == 2)
        run.feed(.created(Sample.id))
        #expect(run.machine.state == .watching)
    }

    @Test func `is asked again where the other deployment may not be looked at`() {
        var run = Run.creating(whenBusy: .wait)
        run.feed(
            .createFailed(Sample.failure(.groupBusy(Sample.other))), .woke,
            .deploymentFailed(Sample.failure(.denied)), .woke)
        #expect(run.creationCount == 2)
    }

    @Test(arguments: [AWSFailureMeaning.refused, .missing, nil])
    func `is asked again where what AWS named is no deployment`(meaning: AWSFailureMeaning?) {
        var run = Run.creating(whenBusy: .wait)
        run.feed(
            .createFailed(Sample.failure(.groupBusy(Sample.other))), .woke,
            .deploymentFailed(Sample.failure(meaning)), .woke)
        #expect(run.creationCount == 2)
    }

    @Test func `is no longer waited for with keys that AWS does not take`() {
        var run = Run.creating(whenBusy: .wait)
        run.feed(
            .createFailed(Sample.failure(.groupBusy(Sample.other))), .woke,
            .deploymentFailed(Sample.failure(.badKeys)))
        #expect(run.result?.outcome == .refused)
        #expect(run.result?.problems.map(\.code) == ["sample"])
    }

    @Test func `is waited for no longer than the time limit`() {
        var run = Run.creating(Sample.job(limit: .seconds(60)), whenBusy: .wait)
        for _ in 0..<100 {
            run.feed(
                .createFailed(Sample.failure(.groupBusy(Sample.other))), .tick(nil), .woke,
                .deployment(Sample.info(.succeeded, id: Sample.other)))
        }
        #expect(run.result?.outcome == .busy)
        #expect(run.notices.filter { $0 == "waiting-for-group" }.count == 1)
        // It did wait: that is no advice.
        let fix = run.result?.problems.first?.fix
        #expect(fix?.contains("--when-busy") == false)
        #expect(fix?.hasSuffix("a longer --timeout waits longer") == true)
    }
}

@Suite("A lost answer to CreateDeployment")
struct LostAnswerTests {
    private func lost(isUnique: Bool = true, clockError: Double = 0) -> Run {
        var run = Run.creating(Sample.job(isUnique: isUnique), clockError: clockError)
        run.feed(.createFailed(Sample.failure(.answerLost)))
        return run
    }

    @Test func `is looked up, and the deployment found is watched`() {
        var run = lost()
        #expect(run.creationCount == 1)
        run.feed(.candidates([Sample.info(.inProgress)]))
        #expect(run.machine.state == .watching)
        #expect(run.creationCount == 1)
        #expect(run.notices == ["answer-lost", "deployment-found"])
    }

    @Test func `is asked again only after several looks found nothing`() {
        var run = lost()
        run.feed(.candidates([]), .woke, .candidates([]), .woke)
        #expect(run.creationCount == 1)
        run.feed(.candidates([]))
        #expect(run.creationCount == 2)
    }

    @Test(arguments: [
        Sample.info(.succeeded, id: Sample.other, createdAt: Sample.began - 600),
        Sample.info(.inProgress, id: Sample.other, description: .init("another"), createdAt: nil),
    ])
    func `is not mistaken for another deployment`(info: DeploymentInfo) {
        var run = lost(isUnique: false)
        run.feed(.candidates([info]))
        #expect(run.machine.state == .lookingUp)
    }

    @Test func `is known by revision, words and time where the words are not unique`() {
        var run = lost(isUnique: false)
        run.feed(.candidates([Sample.info(.inProgress)]))
        #expect(run.machine.state == .watching)
    }

    @Test func `is looked for well before this machine says that it was asked for`() {
        let run = lost(clockError: 240)
        let since = run.actions.compactMap { action in
            if case .findCandidates(_, _, let since) = action { since } else { nil }
        }
        #expect(since.count == 1)
        #expect(since.allSatisfy { $0 < Sample.began - 600 })
    }

    @Test func `is known by a time that AWS's clock gave, though it was learned late`() {
        var run = lost(isUnique: false, clockError: 10)
        run.clockError = 0
        run.feed(.candidates([Sample.info(.succeeded)]))
        #expect(run.machine.state == .watching)

        run = lost(clockError: 10)
        run.clockError = 0
        run.feed(
            .candidatesFailed(Sample.failure(.denied)),
            .revisionUse(RevisionUse(lastUsedAt: Sample.began + 2)))
        #expect(run.creationCount == 1)
        #expect(run.result?.problems.first?.code == "deployment-uncertain")
    }

    @Test func `is told from the use of the revision where listing is not allowed`() {
        var run = lost()
        run.feed(
            .candidatesFailed(Sample.failure(.denied)),
            .revisionUse(RevisionUse(lastUsedAt: Sample.began - 60)))
        #expect(run.creationCount == 2)
        run = lost()
        run.feed(
            .candidatesFailed(Sample.failure(.denied)),
            .revisionUse(RevisionUse(lastUsedAt: Sample.began + 3)))
        #expect(run.creationCount == 1)
        #expect(run.result?.exitStatus == .aws)
        #expect(run.result?.problems.first?.code == "deployment-uncertain")
    }

    @Test func `is found by the name of what keeps the group busy`() {
        var run = lost()
        run.feed(
            .candidatesFailed(Sample.failure(.denied)),
            .revisionUse(RevisionUse(lastUsedAt: nil)),
            .createFailed(Sample.failure(.groupBusy(Sample.id))),
            .deployment(Sample.info(.inProgress)))
        #expect(run.machine.state == .watching)
        #expect(run.notices.contains("deployment-found"))
    }

    @Test func `is never asked again where nothing can be told`() {
        var run = lost()
        run.feed(
            .candidatesFailed(Sample.failure(.denied)),
            .revisionUseFailed(Sample.failure(.denied)))
        #expect(run.creationCount == 1)
        #expect(run.result?.problems.first?.code == "deployment-uncertain")
        run = lost()
        for _ in 0..<10 { run.feed(.candidatesFailed(Sample.failure(.unreachable)), .woke) }
        #expect(run.creationCount == 1)
        #expect(run.result?.exitStatus == .aws)
    }

    @Test func `is asked for a few times at most`() {
        var run = lost()
        for _ in 0..<20 {
            run.feed(
                .candidates([]), .woke, .candidates([]), .woke, .candidates([]),
                .createFailed(Sample.failure(.answerLost)))
        }
        #expect(run.creationCount == 4)
        #expect(run.result?.outcome == .refused)
    }
}

@Suite("An interruption")
struct InterruptionTests {
    @Test func `while uploading deploys nothing`() {
        var run = Run()
        run.feed(.start, .interrupted)
        #expect(run.result?.outcome == .interrupted)
        #expect(run.result?.problems.first?.code == "nothing-deployed")
    }

    @Test func `while creating waits for the id, to tell it`() {
        var run = Run.creating()
        run.feed(.interrupted)
        #expect(run.result == nil)
        run.feed(.created(Sample.id))
        #expect(run.result?.exitStatus == .interrupted)
        #expect(run.result?.deployment == Sample.id)
        #expect(
            run.result?.problems.first?.fix
                == "slipway watch d-OURS --region us-east-1 attaches again")
    }

    @Test func `twice while creating says that nobody knows`() {
        var run = Run.creating()
        run.feed(.interrupted, .interrupted)
        #expect(run.result?.problems.first?.code == "deployment-uncertain")
    }

    @Test func `while watching leaves the deployment running`() {
        var run = Run.watching()
        run.feed(.deployment(Sample.info(.inProgress)), .interrupted)
        #expect(run.result?.exitStatus == .interrupted)
        #expect(run.result?.deployment == Sample.id)
        #expect(run.result?.problems.first?.code == "goes-on")
    }

    @Test(arguments: [
        (DeploymentStatus.failed, DeployOutcome.failed, SlipwayCore.ExitStatus.deploymentFailed),
        (.stopped, .stopped, .deploymentStopped),
    ])
    func `while watching a rollback tells how the deployment ended, and that the rollback goes on`(
        status: DeploymentStatus, outcome: DeployOutcome, exitStatus: SlipwayCore.ExitStatus
    ) {
        var run = Run.watching()
        run.feed(
            .deployment(Sample.info(status, rollback: RollbackInfo(rollbackID: Sample.rollback))),
            .targetIDsFailed(Sample.failure(.denied)))
        #expect(run.machine.state == .watchingRollback)
        run.feed(.interrupted)
        #expect(run.result?.outcome == outcome && run.result?.exitStatus == exitStatus)
        #expect(run.result?.deployment == Sample.id)
        #expect(run.result?.rollback?.deployment == Sample.rollback)
        #expect(run.result?.rollback?.outcome == .running)
        #expect(run.result?.problems.map(\.message) == ["the rollback \(Sample.rollback) goes on"])
        #expect(run.result?.problems.first?.fix?.contains("\(Sample.rollback)") == true)
    }
}
