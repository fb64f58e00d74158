import DeployEngine
import SlipwayCore
import Synchronization
import Testing

/// An AWS made of closures: what it was asked for, and what it answers.
private final class FakeAWS: Sendable {
    struct Failure: AWSFailure {
        let operation: String
        let meaning: AWSFailureMeaning
        var problems: [Problem] { [Problem(code: "fake", "\(operation): no")] }
        var exitStatus: SlipwayCore.ExitStatus { .aws }
    }

    struct State {
        var calls: [String] = []
        /// How often each operation fails before it works, and how.
        var failures: [String: [AWSFailureMeaning]] = [:]
        var created: DeploymentRequest?
        /// The statuses that looks find, the last one again and again.
        var statuses: [DeploymentStatus] = [.created, .inProgress, .succeeded]
        var hangs: Set<String> = []
        var beforeAbort: @Sendable () async -> Void = {}
    }

    let state: Mutex<State>

    init(_ change: (inout State) -> Void = { _ in }) {
        var initial = State()
        change(&initial)
        state = Mutex(initial)
    }

    func call(_ operation: String) async throws {
        let (failure, hangs) = state.withLock { state in
            state.calls.append(operation)
            var rest = state.failures[operation] ?? []
            let failure = rest.isEmpty ? nil : rest.removeFirst()
            state.failures[operation] = rest
            return (failure, state.hangs.contains(operation))
        }
        // Only cancelling ends it.
        if hangs { try await Task.sleep(for: .seconds(3600)) }
        if let failure { throw Failure(operation: operation, meaning: failure) }
    }

    var client: CodeDeployClient {
        CodeDeployClient(
            register: { _, _, _ in try await self.call("register") },
            create: { request in
                // Made even where the answer is then lost.
                self.state.withLock { $0.created = request }
                try await self.call("create")
                return Sample.id
            },
            deployment: { id in
                try await self.call("deployment")
                return self.state.withLock { state in
                    let status =
                        state.statuses.count > 1 ? state.statuses.removeFirst() : state.statuses[0]
                    return Sample.info(status, id: id)
                }
            },
            targetIDs: { _, _ in
                try await self.call("targetIDs")
                return [TargetID("i-1")]
            },
            targets: { _, ids in
                try await self.call("targets")
                return ids.map { DeploymentTarget(id: $0, status: .succeeded) }
            },
            deployments: { _, _, _ in
                try await self.call("deployments")
                return self.state.withLock(\.created) == nil ? [] : [Sample.id]
            },
            revisionUse: { _, _ in
                try await self.call("revisionUse")
                return RevisionUse(lastUsedAt: nil)
            })
    }

    var store: ObjectStore {
        ObjectStore(
            put: { _, _ in
                try await self.call("put")
                return Sample.location
            },
            begin: { _ in
                try await self.call("begin")
                return UploadID("u-1")
            },
            putPart: { _, _, number, _ in
                try await self.call("part")
                return UploadedPart(number: number, eTag: ETag("part-\(number)")!)
            },
            complete: { _, _, parts in
                try await self.call("complete \(parts.map(\.number))")
                return Sample.location
            },
            abort: { _, _ in
                try Task.checkCancellation()
                await self.state.withLock(\.beforeAbort)()
                try await self.call("abort")
            })
    }

    func count(_ operation: String) -> Int {
        state.withLock { $0.calls.filter { $0 == operation }.count }
    }

    var calls: [String] { state.withLock(\.calls) }
}

/// A packer that gives parts of the length that is asked for.
private func packer(
    _ byteCount: Int, failingAt failure: Int? = nil, hangsAt: Int? = nil
) -> RevisionPacker {
    RevisionPacker { _, progress in
        RevisionPacking(
            byteCount: byteCount, archiveByteLimit: byteCount,
            warnings: [Problem(.warning, code: "left-out", "a socket was left out")],
            parts: { partByteCount in
                let sent = Mutex(0)
                return {
                    let offset = sent.withLock(\.self)
                    if let failure, offset >= failure {
                        throw Problem(code: "changed", "a file changed while it was read")
                    }
                    if let hangsAt, offset >= hangsAt {
                        try await Task.sleep(for: .seconds(3600))
                    }
                    let count = min(partByteCount, byteCount - offset)
                    sent.withLock { $0 += count }
                    progress(offset + count, offset + count)
                    let isLast = offset + count == byteCount
                    return ArchivePart(
                        bytes: [UInt8](repeating: 7, count: count),
                        packed: isLast
                            ? PackedRevision(
                                size: RevisionSize(fileCount: 1, byteCount: byteCount),
                                archiveByteCount: byteCount) : nil)
                }
            })
    }
}

/// Runs a machine against a fake AWS, moving the clock on whenever nothing else happens.
private func drive(
    _ machine: DeployMachine, _ aws: FakeAWS, packer: RevisionPacker = packer(10),
    looks: FakeAWS? = nil, interruptions: AsyncStream<Void> = AsyncStream { _ in },
    recordedStop: @escaping @Sendable (DeploymentID) -> DeploymentStop? = { _ in nil },
    onChange: @escaping @Sendable (DeployChange) -> Void = { _ in }
) async -> (result: DeployResult, changes: [DeployChange], clock: ManualClock) {
    let clock = ManualClock()
    let driver = DeployDriver(
        codeDeploy: { _ in aws.client }, looking: { _ in (looks ?? aws).client },
        uploader: RevisionUploader(packer: packer, store: aws.store, partByteCount: 4),
        clock: clock.engineClock, recordedStop: recordedStop)
    typealias End = (result: DeployResult, changes: [DeployChange])
    let end = await withTaskGroup(of: End?.self) { group in
        group.addTask {
            var changes: [DeployChange] = []
            let result = await driver.run(machine, interruptions: interruptions) { change in
                changes.append(change)
                onChange(change)
            }
            return (result, changes)
        }
        group.addTask {
            while !Task.isCancelled {
                await Task.yield()
                clock.advance()
            }
            return nil
        }
        var end: End?
        for await some in group {
            if let some {
                end = some
                group.cancelAll()
            }
        }
        return end!  // The first task returns one.
    }
    return (end.result, end.changes, clock)
}

@Suite("The driver")
struct DriverTests {
    private let machine = DeployMachine(jobs: [Sample.job(limit: nil)], options: .init())

    @Test func `asks after each look who has the deployment stopped`() async {
        let aws = FakeAWS { $0.statuses = [.inProgress, .inProgress, .stopped] }
        let (result, changes, _) = await drive(
            machine, aws,
            recordedStop: { id in
                id == Sample.id && aws.count("deployment") > 1 ? Sample.stop() : nil
            })
        #expect(result.outcome == .stopped)
        #expect(result.stop == Sample.stop())
        let told = changes.filter { if case .stop = $0 { true } else { false } }
        #expect(told == [.stop(StopChange(deployment: Sample.id, stop: Sample.stop()))])
    }

    @Test func `carries a deployment out from the plan to the result`() async {
        let aws = FakeAWS()
        let (result, changes, _) = await drive(machine, aws, packer: packer(3))
        #expect(result.outcome == .succeeded)
        #expect(changes.last == .result(result))
        #expect(
            aws.calls == [
                "put", "register", "create", "deployment", "deployment", "targetIDs", "targets",
                "deployment", "targetIDs",
            ])
        #expect(
            changes.contains(
                .notice(
                    DeployNotice(
                        Problem(
                            .warning, code: "left-out", "a socket was left out")))))
    }

    @Test func `finds the deployment whose answer was lost, and makes no second`() async {
        let aws = FakeAWS { $0.failures["create"] = [.answerLost] }
        let (result, _, _) = await drive(machine, aws)
        #expect(result.outcome == .succeeded)
        #expect(aws.count("create") == 1)
    }

    @Test func `asks as patiently as it can what keeps the group busy after a lost answer`() async {
        let aws = FakeAWS {
            $0.failures["create"] = [.answerLost, .groupBusy(Sample.id)]
            $0.failures["deployments"] = [.denied]
        }
        // Looks give up soon, since they are repeated.
        let looks = FakeAWS { $0.failures["deployment"] = [.unreachable] }
        let (result, _, _) = await drive(machine, aws, looks: looks)
        #expect(result.outcome == .succeeded)
        #expect(aws.count("create") == 2 && aws.count("deployment") == 1)
    }

    @Test func `rides out broken looks`() async {
        let broken = Array(repeating: AWSFailureMeaning.throttled, count: 12)
        let aws = FakeAWS {
            $0.failures["deployment"] = broken
            $0.failures["targets"] = [.answerLost, .unreachable]
        }
        let (result, _, clock) = await drive(machine, aws)
        #expect(result.outcome == .succeeded)
        #expect(clock.now > .seconds(300))
    }

    @Test func `ends with 3 where AWS refuses`() async {
        let aws = FakeAWS { $0.failures["register"] = [.denied] }
        let (result, _, _) = await drive(machine, aws)
        #expect(result.outcome == .refused)
        #expect(result.exitStatus == .aws)
        #expect(aws.count("create") == 0)
    }

    @Test func `ends at the time limit though an answer never comes`() async {
        let aws = FakeAWS { $0.hangs = ["deployment"] }
        let limited = DeployMachine(jobs: [Sample.job(limit: .seconds(30))], options: .init())
        let (result, _, clock) = await drive(limited, aws)
        #expect(result.outcome == .timedOut)
        #expect(clock.now < .seconds(40))
    }

    @Test func `leaves when it is interrupted, and clears the upload away`() async {
        let (interruptions, signal) = AsyncStream.makeStream(of: Void.self)
        let aws = FakeAWS { $0.hangs = ["part"] }
        let (result, _, _) = await drive(
            machine, aws, interruptions: interruptions,
            onChange: { if case .progress = $0 { signal.yield() } })
        #expect(result.outcome == .interrupted)
        #expect(aws.count("abort") == 1)
        #expect(aws.count("create") == 0)
    }

    @Test func `says which upload it clears away before S3 has cleared it away`() async {
        let (interruptions, signal) = AsyncStream.makeStream(of: Void.self)
        let said = Mutex(false)
        let saidFirst = Mutex(false)
        let aws = FakeAWS {
            $0.hangs = ["part"]
            $0.beforeAbort = {
                for _ in 0..<100_000 where !said.withLock(\.self) { await Task.yield() }
                saidFirst.withLock { $0 = said.withLock(\.self) }
            }
        }
        let (result, _, _) = await drive(
            machine, aws, interruptions: interruptions,
            onChange: { change in
                switch change {
                case .progress: signal.yield()
                case .notice(let notice) where notice.problem.code == "upload-unfinished":
                    said.withLock { $0 = notice.problem.fix?.contains("u-1") == true }
                default: break
                }
            })
        #expect(result.outcome == .interrupted)
        #expect(aws.count("abort") == 1)
        let wasSaidFirst = saidFirst.withLock(\.self)
        #expect(wasSaidFirst)
    }

    @Test func `says the id of an upload that may not be aborted, before the result`() async throws
    {
        let aws = FakeAWS {
            $0.failures["part"] = [.denied]
            $0.failures["abort"] = [.denied]
        }
        let (result, changes, _) = await drive(machine, aws)
        #expect(result.outcome == .refused)
        let index = try #require(
            changes.firstIndex { change in
                if case .notice(let notice) = change {
                    notice.problem.code == "upload-left"
                } else {
                    false
                }
            })
        guard case .notice(let notice) = changes[index] else { return }
        #expect(notice.problem.fix?.contains("u-1") == true)
        #expect(index < changes.count - 1)
    }
}

@Suite("The uploader")
struct UploaderTests {
    private func upload(
        _ byteCount: Int, _ aws: FakeAWS, failingAt: Int? = nil, partByteCount: Int = 4
    ) async throws -> S3Location {
        try await RevisionUploader(
            packer: packer(byteCount, failingAt: failingAt), store: aws.store,
            partByteCount: partByteCount
        ).upload(Sample.destination, in: Sample.region) { _ in }
    }

    @Test func `sends a small archive by one request`() async throws {
        let aws = FakeAWS()
        #expect(try await upload(4, aws) == Sample.location)
        #expect(aws.calls == ["put"])
    }

    @Test func `sends a larger one in parts, and completes them in order`() async throws {
        let aws = FakeAWS()
        _ = try await upload(41, aws)
        #expect(aws.count("part") == 11)
        #expect(aws.calls.first == "begin")
        #expect(aws.calls.last == "complete \(Array(1...11))")
    }

    @Test func `shows nothing in S3 where the packing fails`() async {
        for byteCount in [3, 40] {
            let aws = FakeAWS()
            await #expect(throws: Problem.self) {
                try await upload(byteCount, aws, failingAt: byteCount == 3 ? 0 : 20)
            }
            #expect(!aws.calls.contains { $0 == "put" || $0.hasPrefix("complete") })
            #expect(aws.count("abort") == (byteCount == 3 ? 0 : 1))
        }
    }

    @Test func `aborts where a part or the end fails`() async {
        for operation in ["part", "complete [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"] {
            let aws = FakeAWS { $0.failures[operation] = [.refused] }
            await #expect(throws: FakeAWS.Failure.self) { try await upload(40, aws) }
            #expect(aws.calls.last == "abort")
        }
    }

    @Test func `aborts an upload that S3 made while the task was cancelled`() async {
        let aws = FakeAWS()
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let (answers, answer) = AsyncStream.makeStream(of: Void.self)
        var store = aws.store
        let begin = store.begin
        store.begin = { object in
            let id = try await begin(object)
            ask.yield()
            for await _ in answers { return id }
            throw CancellationError()
        }
        let upload = Task { [store] in
            try await RevisionUploader(packer: packer(40), store: store, partByteCount: 4)
                .upload(Sample.destination, in: Sample.region) { _ in }
        }
        for await _ in asked { break }
        upload.cancel()
        answer.yield()
        await #expect(throws: CancellationError.self) { try await upload.value }
        #expect(aws.calls.first == "begin" && aws.calls.last == "abort")
    }

    @Test func `quotes the key in the command that aborts an upload`() async throws {
        let aws = FakeAWS { $0.failures["part"] = [.denied] }
        let commands = Mutex<[String]>([])
        var destination = Sample.destination
        destination.key = try S3Key("it's; rm -rf $HOME/x")
        await #expect(throws: FakeAWS.Failure.self) {
            try await RevisionUploader(packer: packer(40), store: aws.store, partByteCount: 4)
                .upload(destination, in: Sample.region) { news in
                    guard case .notice(let problem) = news, let fix = problem.fix else { return }
                    commands.withLock { $0.append(fix) }
                }
        }
        let command = try #require(commands.withLock(\.self).first)
        #expect(command.hasSuffix(#"--key 'it'\''s; rm -rf $HOME/x' --upload-id u-1"#))
    }

    @Test func `makes parts larger rather than too many`() async throws {
        let aws = FakeAWS()
        _ = try await upload(100_000, aws, partByteCount: 4)
        #expect(aws.count("part") == 10_000)
    }

    @Test func `holds no more parts than it sends side by side`() async throws {
        // From when a part is asked for, which has it made, until it is sent.
        let held = Mutex((now: 0, most: 0))
        let plain = packer(400)
        let counted = RevisionPacker { root, progress in
            var packing = try await plain.begin(root, progress)
            let parts = packing.parts
            packing.parts = { byteCount in
                let next = try parts(byteCount)
                return {
                    held.withLock { held in
                        held.now += 1
                        held.most = max(held.most, held.now)
                    }
                    return try await next()
                }
            }
            return packing
        }
        var store = FakeAWS().store
        store.putPart = { _, _, number, _ in
            for _ in 0..<20 { await Task.yield() }
            held.withLock { $0.now -= 1 }
            return UploadedPart(number: number, eTag: ETag("x")!)
        }
        _ = try await RevisionUploader(packer: counted, store: store, partByteCount: 4)
            .upload(Sample.destination, in: Sample.region) { _ in }
        #expect((2...RevisionUploader.partsAtOnce).contains(held.withLock(\.most)))
    }
}
