import DeployEngine
import FoundationEssentials
import SlipwayCore
import TestSupport
import Testing

/// Every pair of state and event, written down in one table.
@Suite("The machine's table")
struct MachineTableTests {
    /// A way into each state; some have several.
    private static var ways: [(name: String, run: Run)] {
        func run(_ run: Run, _ events: DeployEvent...) -> Run {
            var run = run
            for event in events { run.feed(event) }
            return run
        }
        let creating = Run.creating()
        let watching = Run.watching()
        let failed = Sample.info(
            .failed, rollback: RollbackInfo(rollbackID: Sample.rollback))
        let waiting = run(
            Run.creating(whenBusy: .wait), .createFailed(Sample.failure(.groupBusy(Sample.other))))
        let lost = run(creating, .createFailed(Sample.failure(.answerLost)))
        return [
            ("idle", Run()), ("uploading", run(Run(), .start)),
            ("registering", run(Run(), .start, .uploaded(Sample.location))),
            ("creating", creating), ("creating, interrupted", run(creating, .interrupted)),
            ("waiting for the group", waiting),
            ("waiting, looking", run(waiting, .woke)),
            ("looking up, by list", lost),
            ("looking up, pausing", run(lost, .candidates([]))),
            ("looking up, by use", run(lost, .candidatesFailed(Sample.failure(.denied)))),
            (
                "looking up, by name",
                run(
                    lost, .candidatesFailed(Sample.failure(.denied)),
                    .revisionUse(RevisionUse(lastUsedAt: nil)),
                    .createFailed(Sample.failure(.groupBusy(Sample.other))))
            ),
            ("watching, deployment", watching),
            ("watching, list", run(watching, .deployment(Sample.info(.inProgress)))),
            (
                "watching, targets",
                run(
                    watching, .deployment(Sample.info(.inProgress)), .targetIDs([TargetID("i-1")]))
            ),
            ("watching, asleep", run(watching, .deployment(Sample.info(.created)))),
            (
                "watching the rollback",
                run(watching, .deployment(failed), .targetIDsFailed(Sample.failure(.denied)))
            ),
            ("done", run(Run(), .interrupted)),
        ]
    }

    private static let events: [(name: String, event: DeployEvent)] = [
        ("start", .start), ("tick", .tick(UploadProgress(readByteCount: 1))),
        ("interrupted", .interrupted), ("packed", .packed(Sample.packed)),
        ("uploaded", .uploaded(Sample.location)),
        ("uploadFailed", .uploadFailed(Sample.failure(.refused))), ("registered", .registered),
        ("registerFailed", .registerFailed(Sample.failure(.denied))),
        ("created", .created(Sample.id)),
        ("createFailed busy", .createFailed(Sample.failure(.groupBusy(Sample.other)))),
        ("createFailed busy, nameless", .createFailed(Sample.failure(.groupBusy(nil)))),
        ("createFailed lost", .createFailed(Sample.failure(.answerLost))),
        ("createFailed denied", .createFailed(Sample.failure(.denied))),
        ("createFailed throttled", .createFailed(Sample.failure(.throttled))),
        ("candidates ours", .candidates([Sample.info(.inProgress)])),
        (
            "candidates others",
            .candidates([
                Sample.info(.inProgress, id: Sample.other, description: .init("somebody else's"))
            ])
        ),
        ("candidatesFailed denied", .candidatesFailed(Sample.failure(.denied))),
        ("candidatesFailed lost", .candidatesFailed(Sample.failure(.answerLost))),
        ("revisionUse since", .revisionUse(RevisionUse(lastUsedAt: Sample.began + 60))),
        ("revisionUse before", .revisionUse(RevisionUse(lastUsedAt: Sample.began - 60))),
        ("revisionUseFailed", .revisionUseFailed(Sample.failure(.denied))),
        ("deployment running", .deployment(Sample.info(.inProgress))),
        ("deployment succeeded", .deployment(Sample.info(.succeeded))),
        ("deployment failed", .deployment(Sample.info(.failed))),
        ("deployment stopped", .deployment(Sample.info(.stopped))),
        ("deployment of a new status", .deployment(Sample.info(.other("Marinating")))),
        (
            "deployment of another",
            .deployment(
                Sample.info(.succeeded, id: Sample.other, description: .init("somebody else's")))
        ),
        ("stopRecorded", .stopRecorded(Sample.stop(), of: Sample.id)),
        ("deploymentFailed throttled", .deploymentFailed(Sample.failure(.throttled))),
        ("deploymentFailed denied", .deploymentFailed(Sample.failure(.denied))),
        ("targetIDs", .targetIDs([TargetID("i-1"), TargetID("i-2")])),
        ("targetIDsFailed denied", .targetIDsFailed(Sample.failure(.denied))),
        ("targetIDsFailed throttled", .targetIDsFailed(Sample.failure(.throttled))),
        ("targets", .targets([Sample.target("i-1", .inProgress)])),
        ("targetsFailed throttled", .targetsFailed(Sample.failure(.throttled))),
        ("woke", .woke),
    ]

    @Test func `says what each event does in each state`() {
        var lines: [String] = []
        for way in Self.ways {
            lines.append("## \(way.name)")
            for (name, event) in Self.events {
                var run = way.run
                let before = run.machine.state
                let actions = run.feed(event)
                let after = run.machine.state
                guard !actions.isEmpty || before != after else { continue }
                let state = before == after ? "" : " -> \(after)"
                lines.append(
                    "\(name)\(state): \(actions.map(Self.words).joined(separator: ", "))")
            }
            lines.append("")
        }
        expectSnapshot(lines.joined(separator: "\n"), named: "machine")
    }

    @Test func `has a way into every state`() {
        let reached = Set(Self.ways.map(\.run.machine.state))
        #expect(reached == Set(DeployMachine.State.allCases))
    }

    @Test(arguments: ways.map(\.name))
    func `can leave from everywhere by two interruptions`(name: String) throws {
        var run = try #require(Self.ways.first { $0.name == name }).run
        // What is rolled back has ended.
        let isRolledBack = run.machine.state == .watchingRollback
        run.feed(.interrupted, .interrupted)
        #expect(run.result?.exitStatus == (isRolledBack ? .deploymentFailed : .interrupted))
        #expect(run.machine.state == .done)
    }

    private static func words(_ action: DeployAction) -> String {
        switch action {
        case .upload: "upload"
        case .register: "register"
        case .create: "create"
        case .findCandidates: "find candidates"
        case .readRevisionUse: "read the revision's use"
        case .readCandidate(let id): "ask once about \(id)"
        case .readDeployment(let id): "look at \(id)"
        case .listTargets(_, let statuses):
            statuses.isEmpty
                ? "list targets"
                : "list targets \(statuses.map(\.rawValue).joined(separator: ", "))"
        case .readTargets(_, let ids): "read \(counted(ids.count, "target"))"
        case .sleep: "sleep"
        case .report(let change): "say \(words(change))"
        case .finish(let result):
            "finish \(result.outcome.rawValue) (\(result.exitStatus.rawValue)"
                + (result.problems.first.map { ", \($0.code))" } ?? ")")
        }
    }

    private static func words(_ change: DeployChange) -> String {
        switch change {
        case .plan: "plan"
        case .done: "done"
        case .progress: "progress"
        case .packed: "packed"
        case .uploaded: "uploaded"
        case .registered: "registered"
        case .created(let created): "created \(created.id)"
        case .status(let change): "status \(change.info.status.rawValue)"
        case .target(let change): "target \(change.target.id) \(change.target.status.rawValue)"
        case .lifecycle(let change): "\(change.record.event) \(change.record.status.rawValue)"
        case .stop(let change): "stop of \(change.deployment)"
        case .notice(let notice): "notice \(notice.problem.code)"
        case .connection(let change):
            "connection " + (change.silence == nil ? "answers" : "silent")
        case .result: "result"
        }
    }
}
