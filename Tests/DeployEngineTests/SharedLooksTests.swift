import DeployEngine
import SlipwayCore
import Synchronization
import Testing

@Suite("Looks that are shared")
struct SharedLooksTests {
    private static let subject = SharedLooks.Subject(Sample.id, in: Sample.region)

    private static let start: @Sendable () -> Duration = { .zero }

    /// Counts what is asked, and answers once it is let.
    private final class Door: Sendable {
        private let state = Mutex((count: 0, isOpen: false, asked: [[TargetID]]()))

        var count: Int { state.withLock(\.count) }
        var asked: [[TargetID]] { state.withLock(\.asked) }

        init(isOpen: Bool = true) { state.withLock { $0.isOpen = isOpen } }

        func open() { state.withLock { $0.isOpen = true } }

        func pass(_ ids: [TargetID] = []) async throws {
            state.withLock { state in
                state.count += 1
                state.asked.append(ids)
            }
            while !state.withLock(\.isOpen) {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }

    private struct Throttled: AWSFailure {
        var operation: String { "GetDeployment" }
        var meaning: AWSFailureMeaning { .throttled }
        var problems: [Problem] { [] }
        var exitStatus: SlipwayCore.ExitStatus { .aws }
    }

    private func looks(watchers: Int) -> SharedLooks {
        let looks = SharedLooks()
        for _ in 0..<watchers { looks.enter(Self.subject) }
        return looks
    }

    private func ask(
        _ looks: SharedLooks, at now: Duration = .zero, _ door: Door
    ) async throws -> DeploymentInfo {
        let clock: @Sendable () -> Duration = { now }
        return try await looks.deployment(Self.subject, freshness: .seconds(1), at: clock) {
            try await door.pass()
            return Sample.info(.inProgress)
        }
    }

    @Test func `two at once are told the same answer`() async throws {
        let looks = looks(watchers: 2)
        let door = Door(isOpen: false)
        async let one = ask(looks, door)
        async let other = ask(looks, door)
        while door.count == 0 { await Task.yield() }
        door.open()
        let both = try await [one, other]
        #expect(both[0] == both[1])
        #expect(door.count == 1)
    }

    @Test func `who asks a moment later is told, and later still asks`() async throws {
        let looks = looks(watchers: 2)
        let door = Door()
        _ = try await ask(looks, at: .zero, door)
        _ = try await ask(looks, at: .milliseconds(600), door)
        #expect(door.count == 1)
        #expect(looks.age(of: Self.subject, at: .milliseconds(600)) == .milliseconds(600))
        _ = try await ask(looks, at: .milliseconds(1000), door)
        #expect(door.count == 2)
        #expect(looks.age(of: Self.subject, at: .milliseconds(1000)) == .zero)
    }

    @Test func `who watches alone always asks`() async throws {
        let looks = looks(watchers: 2)
        looks.leave(Self.subject)
        let door = Door()
        for _ in 0..<3 { _ = try await ask(looks, door) }
        #expect(door.count == 3)
    }

    @Test func `that AWS throttles one is told the other, and is not asked again at once`()
        async throws
    {
        let looks = looks(watchers: 2)
        let door = Door()
        for _ in 0..<2 {
            await #expect(throws: Throttled.self) {
                try await looks.deployment(
                    Self.subject, freshness: .seconds(1), at: Self.start
                ) {
                    try await door.pass()
                    throw Throttled()
                }
            }
        }
        #expect(door.count == 1)
        #expect(looks.slowdown(at: .zero) == 2)
    }

    @Test func `where the one who asked leaves, the other asks`() async throws {
        let looks = looks(watchers: 2)
        let (shut, open) = (Door(isOpen: false), Door())
        let leaving = Task { try await ask(looks, shut) }
        while shut.count == 0 { await Task.yield() }
        let staying = Task { try await ask(looks, open) }
        leaving.cancel()
        await #expect(throws: CancellationError.self) { try await leaving.value }
        _ = try await staying.value
        #expect(open.count == 1)
    }

    @Test func `who waits for another's answer can leave`() async throws {
        let looks = looks(watchers: 2)
        let door = Door(isOpen: false)
        let asking = Task { try await ask(looks, door) }
        while door.count == 0 { await Task.yield() }
        let waiting = Task { try await ask(looks, door) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        door.open()
        _ = try await asking.value
        #expect(door.count == 1)
    }

    @Test func `of targets only those are asked about that nobody was told of`() async throws {
        let looks = looks(watchers: 2)
        let door = Door()
        func read(_ names: String...) async throws -> [String] {
            try await looks.targets(
                Self.subject, names.map { TargetID($0) }, freshness: .seconds(1), at: Self.start
            ) { ids in
                try await door.pass(ids)
                return ids.map { DeploymentTarget(id: $0, status: .inProgress) }
            }.map(\.id.rawValue)
        }
        #expect(try await read("i-1", "i-2") == ["i-1", "i-2"])
        #expect(try await read("i-2", "i-3") == ["i-2", "i-3"])
        #expect(try await read("i-1", "i-3") == ["i-1", "i-3"])
        #expect(door.asked == [[TargetID("i-1"), TargetID("i-2")], [TargetID("i-3")]])
    }

    private static var noUploader: RevisionUploader {
        RevisionUploader(
            packer: RevisionPacker { _, _ in throw CancellationError() },
            store: ObjectStore(
                put: { _, _ in throw CancellationError() },
                begin: { _ in throw CancellationError() },
                putPart: { _, _, _, _ in throw CancellationError() },
                complete: { _, _, _ in throw CancellationError() }, abort: { _, _ in }))
    }

    /// How often AWS is asked about a deployment that takes a minute, by so many watches of it.
    private func lookCount(watches: Int) async -> Int {
        let (clock, door, looks) = (ManualClock(), Door(), SharedLooks())
        let client = CodeDeployClient(
            register: { _, _, _ in }, create: { _ in Sample.id },
            deployment: { _ in
                try await door.pass()
                return Sample.info(clock.now < .seconds(60) ? .inProgress : .succeeded)
            }, targetIDs: { _, _ in [] }, targets: { _, _ in [] }, deployments: { _, _, _ in [] },
            revisionUse: { _, _ in RevisionUse(lastUsedAt: nil) })
        let driver = DeployDriver(
            codeDeploy: { _ in client },
            uploader: Self.noUploader, clock: clock.engineClock, looks: looks)
        await withTaskGroup(of: Bool.self) { group in
            for seed in 0..<watches {
                let machine = DeployMachine(
                    watching: .init(
                        deployment: Sample.id, region: Sample.region, timeLimit: nil),
                    seed: UInt64(seed))
                group.addTask {
                    let result = await driver.run(
                        machine, interruptions: AsyncStream { _ in }, report: { _ in })
                    #expect(result.outcome == .succeeded)
                    return true
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    // Time stands still while somebody has something to do.
                    for _ in 0..<200 { await Task.yield() }
                    clock.advance()
                }
                return false
            }
            var left = watches
            for await isWatch in group where isWatch {
                left -= 1
                if left == 0 { group.cancelAll() }
            }
        }
        #expect(looks.slowdown(at: clock.now) == 1)
        return door.count
    }

    @Test func `several watches of one deployment ask hardly more than one`() async {
        let one = await lookCount(watches: 1)
        let three = await lookCount(watches: 3)
        #expect(one > 10)
        #expect(three < one * 3 / 2)
    }
}

@Suite("The pacer")
struct PollPacerTests {
    @Test func `however many watch, they ask less than twice as often as one`() {
        let pacer = PollPacer()
        #expect(pacer.slowdown(watchCount: 0, at: .zero) == 1)
        #expect(pacer.slowdown(watchCount: 1, at: .zero) == 1)
        var before = 1.0
        for count in 2...50 {
            let rate = Double(count) / pacer.slowdown(watchCount: count, at: .zero)
            #expect(rate > before && rate < 2)
            before = rate
        }
    }

    @Test func `throttling slows all, more the more often, up to four times`() {
        var pacer = PollPacer()
        var slowdowns: [Double] = []
        for second in 0..<4 {
            pacer.throttled(at: .seconds(second))
            slowdowns.append(pacer.slowdown(watchCount: 1, at: .seconds(second)))
        }
        #expect(slowdowns == [2, 4, 4, 4])
        #expect(pacer.slowdown(watchCount: 3, at: .seconds(3)) == 8)
    }

    @Test func `requests that are throttled together are one sign`() {
        var pacer = PollPacer()
        for _ in 0..<5 { pacer.throttled(at: .seconds(5)) }
        #expect(pacer.slowdown(watchCount: 1, at: .seconds(5)) == 2)
    }

    @Test func `once AWS answers again it is forgotten step by step`() {
        var pacer = PollPacer()
        pacer.throttled(at: .zero)
        pacer.throttled(at: .seconds(2))
        let slowdowns = [5, 13, 23, 10_000].map {
            pacer.slowdown(watchCount: 1, at: .seconds($0))
        }
        #expect(slowdowns == [4, 2, 1, 1])
    }
}
