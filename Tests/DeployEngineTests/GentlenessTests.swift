import DeployEngine
import SlipwayCore
import Testing

/// What is asked of AWS in one look, and that nothing is missed for it.
@Suite("Gentle looks")
struct GentlenessTests {
    /// A fleet of which every target was read once.
    private static func known(_ count: Int, _ filters: FakeFleet.Filters = .obeyed) -> FakeFleet {
        var fleet = FakeFleet(count)
        fleet.filters = filters
        for _ in 0..<10 { fleet.look() }
        return fleet
    }

    @Test func `a thousand that wait are read once, and not all in one look`() {
        var fleet = FakeFleet(1000)
        var readCounts: [Int] = []
        for _ in 0..<7 {
            fleet.look()
            #expect(fleet.batches.count <= 8)
            readCounts.append(fleet.read.count)
        }
        #expect(readCounts == [200, 200, 200, 200, 200, 0, 0])
        #expect(fleet.told.count == 1000)
    }

    @Test func `one at a time, nothing but the deployment and that one is asked about`() {
        var fleet = Self.known(1000)
        for number in 0..<20 {
            if number > 0 { fleet.statuses[number - 1] = .succeeded }
            fleet.statuses[number] = .inProgress
            fleet.look()
            #expect(fleet.lists == [[.inProgress]])
            #expect(fleet.batches.count == 1)
            #expect(fleet.told[FakeFleet.id(number)] == .inProgress)
            if number > 0 { #expect(fleet.told[FakeFleet.id(number - 1)] == .succeeded) }
            fleet.look()
            #expect(fleet.asked.count == 2)
            #expect(fleet.read == [FakeFleet.id(number)])
        }
    }

    @Test func `a thousand under way are read in rotation, the oldest first`() {
        var fleet = FakeFleet(1000, .inProgress)
        var last: [TargetID: Int] = [:]
        for turn in 0..<20 {
            fleet.look()
            #expect(fleet.batches.count == 8)
            for id in fleet.read {
                #expect(turn - (last[id] ?? turn) <= 5)
                last[id] = turn
            }
        }
        #expect(last.count == 1000)
        #expect(last.values.allSatisfy { $0 >= 15 })
    }

    @Test func `a failure among a thousand is told in the look whose counts show it`() {
        var fleet = FakeFleet(1000, .inProgress)
        fleet.look()
        for number in [999, 3, 500] {
            fleet.statuses[number] = .failed
            fleet.look()
            #expect(fleet.lists == [[.failed]])
            #expect(fleet.told[FakeFleet.id(number)] == .failed)
            #expect(fleet.batches.count <= 8)
        }
    }

    @Test func `the final state is read whole`() {
        var fleet = FakeFleet(1000, .inProgress)
        fleet.look()
        fleet.statuses = fleet.statuses.map { _ in .succeeded }
        fleet.deployment = .succeeded
        fleet.look()
        #expect(fleet.run.result?.outcome == .succeeded)
        #expect(fleet.told.count == 1000)
        #expect(fleet.told.values.allSatisfy { $0 == .succeeded })
    }

    @Test func `few targets are read without asking which have begun`() {
        var fleet = Self.known(9)
        fleet.statuses[4] = .inProgress
        fleet.look()
        #expect(fleet.lists.isEmpty)
        #expect(fleet.batches.count == 1)
        #expect(fleet.told[FakeFleet.id(4)] == .inProgress)
    }

    @Test(arguments: [1, 9, 60, 100], [FakeFleet.Filters.obeyed, .ignored])
    func `whatever happens in an ordinary fleet, a failure is told in the same look`(
        count: Int, filters: FakeFleet.Filters
    ) {
        var fleet = Self.known(count, filters)
        var random = SystemRandomNumberGenerator()
        while fleet.statuses.contains(where: { !$0.isFinal }) {
            for number in fleet.statuses.indices where Int.random(in: 0..<8, using: &random) == 0 {
                switch fleet.statuses[number] {
                case .pending, .inProgress:
                    // Some are so fast that nobody sees them under way.
                    fleet.statuses[number] =
                        [.inProgress, .failed, .succeeded, .skipped]
                        .randomElement(using: &random) ?? .failed
                default: break
                }
            }
            fleet.look()
            #expect(fleet.batches.count <= 8)
            let told = fleet.told
            for number in fleet.statuses.indices where fleet.statuses[number] == .failed {
                #expect(told[FakeFleet.id(number)] == .failed)
            }
        }
        fleet.deployment = .failed
        fleet.look()
        let told = fleet.told
        for number in fleet.statuses.indices {
            #expect(told[FakeFleet.id(number)] == fleet.statuses[number])
        }
    }

    @Test func `targets that nobody saw under way are found by the counts`() {
        var fleet = Self.known(1000)
        for number in 300..<330 { fleet.statuses[number] = .succeeded }
        for _ in 0..<45 {
            fleet.look()
            #expect(fleet.batches.count <= 8)
        }
        for number in 300..<330 {
            #expect(fleet.told[FakeFleet.id(number)] == .succeeded)
        }
        fleet.look()
        #expect(fleet.asked == [.readDeployment(Sample.id)])
    }

    @Test func `a server that cannot list by status is asked for that once`() {
        var fleet = Self.known(1000, .refused)
        fleet.statuses[700] = .inProgress
        fleet.look()
        #expect(fleet.lists.count == 1)
        #expect(fleet.run.notices.isEmpty)
        for _ in 0..<45 {
            fleet.look()
            #expect(fleet.lists.isEmpty)
        }
        #expect(fleet.told[FakeFleet.id(700)] == .inProgress)
    }

    @Test func `a throttled request ends the look, and the next one comes later`() {
        var fleet = FakeFleet(100, .inProgress)
        fleet.look()
        let before = fleet.delay
        fleet.look(throttling: 1)
        #expect(fleet.asked.count == 2)
        let once = fleet.delay
        fleet.look(throttling: 2)
        let twice = fleet.delay
        #expect(fleet.asked.count == 3)
        if let before, let once, let twice {
            #expect(once > before * 1.5)
            #expect(twice > once * 1.5)
        } else {
            Issue.record("there was no wait")
        }
        fleet.look()
        #expect(fleet.asked.count == 5)
        if let after = fleet.delay { #expect(after < .seconds(2)) }
    }

    private static func connections(_ fleet: FakeFleet) -> [ConnectionChange] {
        fleet.run.changes.compactMap {
            if case .connection(let change) = $0 { change } else { nil }
        }
    }

    @Test func `the first look that fails says how old the last answer is`() throws {
        var fleet = FakeFleet(9, .inProgress)
        fleet.look()
        let answered = fleet.run.uptime
        fleet.look(throttling: 0)
        let silence = try #require(Self.connections(fleet).last?.silence)
        #expect(silence.answerAge == fleet.run.uptime - answered)
        #expect(silence.retryDelay == fleet.delay)
        #expect(silence.failure.meaning == .throttled)
        fleet.look()
        #expect(Self.connections(fleet).count == 2)
        #expect(Self.connections(fleet).last?.silence == nil)
        fleet.look()
        #expect(Self.connections(fleet).count == 2)
        #expect(fleet.run.notices.isEmpty)
    }

    @Test(arguments: [0, 1])
    func `the third look in a row that fails is worth a notice, whichever request it was`(
        number: Int
    ) {
        var fleet = FakeFleet(9, .inProgress)
        fleet.look()
        for _ in 0..<2 { fleet.look(throttling: number) }
        #expect(fleet.run.notices.isEmpty)
        for _ in 0..<3 { fleet.look(throttling: number) }
        #expect(fleet.run.notices == ["cannot-look"])
        fleet.look()
        #expect(fleet.run.notices == ["cannot-look", "answers-again"])
    }

    @Test func `what could not be read of the final state is read by the next look`() {
        var fleet = FakeFleet(100, .inProgress)
        fleet.look()
        fleet.statuses = fleet.statuses.map { _ in .succeeded }
        fleet.deployment = .succeeded
        fleet.look(throttling: 3)
        #expect(fleet.run.result == nil)
        fleet.look()
        // The first batch had come; the list is not asked for again.
        #expect(fleet.lists.isEmpty)
        #expect(fleet.read.count == 75)
        #expect(fleet.run.result?.outcome == .succeeded)
    }

    @Test func `others in the process make the waits longer`() {
        func delay(_ slowdown: Double) -> Duration? {
            var run = Run.watching()
            run.slowdown = slowdown
            run.feed(.deployment(Sample.info(.created)))
            return run.actions.compactMap {
                if case .sleep(let delay) = $0 { delay } else { nil }
            }.last
        }
        #expect(delay(2) == delay(1).map { $0 * 2 })
    }
}
