import Sandbox
import Testing

/// A deployment to `count` instances of which some fail; each takes as long as any other.
private func outcome(
    _ count: Int, _ rule: HealthRule, failing: Set<Int>
) -> (verdict: FleetProgress.Verdict, mostAtOnce: Int, attempted: Int)? {
    guard var progress = FleetProgress(count: count, rule: rule) else { return nil }
    var next = 0
    var running: [Int] = []
    var mostAtOnce = 0
    while true {
        while progress.startable > 0 {
            progress.start()
            running.append(next)
            next += 1
        }
        mostAtOnce = max(mostAtOnce, running.count)
        guard !running.isEmpty else { break }
        progress.finish(succeeded: !failing.contains(running.removeFirst()))
    }
    if progress.verdict == .failed { progress.skipWaiting() }
    return progress.verdict.map { ($0, mostAtOnce, next) }
}

@Suite struct FleetProgressTests {
    @Test(arguments: 1...12)
    func `one at a time, only the last may fail`(count: Int) throws {
        for position in 0..<count {
            let result = try #require(outcome(count, .oneAtATime, failing: [position]))
            let mayFail = count > 1 && position == count - 1
            #expect(result.verdict == (mayFail ? .succeeded : .failed), "position \(position)")
            #expect(result.mostAtOnce == 1)
            #expect(result.attempted == position + 1 || mayFail || position == count - 1)
        }
        #expect(outcome(count, .oneAtATime, failing: [])?.verdict == .succeeded)
    }

    @Test(arguments: 1...12)
    func `all at once, one has to succeed`(count: Int) throws {
        for position in 0..<count {
            let one = try #require(outcome(count, .hostCount(0), failing: [position]))
            #expect(one.verdict == (count > 1 ? .succeeded : .failed))
            #expect(one.mostAtOnce == count)
            let others = Set(0..<count).subtracting([position])
            #expect(outcome(count, .hostCount(0), failing: others)?.verdict == .succeeded)
        }
        #expect(outcome(count, .hostCount(0), failing: Set(0..<count))?.verdict == .failed)
    }

    @Test(arguments: 1...12)
    func `half at a time, the larger half has to succeed`(count: Int) throws {
        for position in 0..<count {
            let result = try #require(outcome(count, .halfAtATime, failing: [position]))
            #expect(result.mostAtOnce == max(1, count / 2))
            // One failure leaves too few only where the smaller half is one instance and another
            // still waits, and where there is no other at all.
            let fails = count == 1 || (count <= 3 && position < count - 1)
            #expect(result.verdict == (fails ? .failed : .succeeded), "position \(position)")
        }
        #expect(outcome(count, .halfAtATime, failing: [])?.verdict == .succeeded)
    }

    @Test func `nine hosts half at a time go four by four, and five must succeed`() throws {
        let four = try #require(outcome(9, .halfAtATime, failing: [5, 6, 7, 8]))
        #expect(four.mostAtOnce == 4)
        #expect(four.verdict == .succeeded)
        #expect(outcome(9, .halfAtATime, failing: [4, 5, 6, 7, 8])?.verdict == .failed)
    }

    @Test func `six of nine go three at a time`() throws {
        let result = try #require(outcome(9, .hostCount(6), failing: [6, 7, 8]))
        #expect(result.mostAtOnce == 3)
        #expect(result.verdict == .succeeded)
        #expect(outcome(9, .hostCount(6), failing: [0, 6, 7, 8])?.verdict == .failed)
    }

    @Test func `forty percent of nine are four, so five go at a time`() throws {
        #expect(HealthRule.fleetPercent(40).minimum(of: 9) == 4)
        let result = try #require(outcome(9, .fleetPercent(40), failing: []))
        #expect(result.mostAtOnce == 5)
    }

    @Test func `eight of ten go two at a time, and one after a failure`() throws {
        var progress = try #require(FleetProgress(count: 10, rule: .hostCount(8)))
        #expect(progress.startable == 2)
        progress.start()
        progress.start()
        progress.finish(succeeded: false)
        #expect(progress.startable == 0)
        progress.finish(succeeded: true)
        #expect(progress.startable == 1)
        #expect(outcome(10, .hostCount(8), failing: [0, 1])?.verdict == .failed)
        #expect(outcome(10, .hostCount(8), failing: [0, 1])?.attempted == 2)
        #expect(outcome(10, .hostCount(8), failing: [0, 8])?.verdict == .failed)
        #expect(outcome(10, .hostCount(8), failing: [0, 9])?.verdict == .succeeded)
    }

    @Test func `a rule that leaves nothing to deploy to is refused`() {
        #expect(FleetProgress(count: 10, rule: .fleetPercent(95)) == nil)
        #expect(FleetProgress(count: 3, rule: .hostCount(3)) == nil)
        #expect(FleetProgress(count: 3, rule: .hostCount(4)) == nil)
        #expect(FleetProgress(count: 100, rule: .fleetPercent(99)) != nil)
        #expect(FleetProgress(count: 99, rule: .fleetPercent(99)) == nil)
    }

    /// Every set of failures of up to nine instances, under every rule that can be written.
    @Test(arguments: 1...9)
    func `no rule is ever broken`(count: Int) {
        let counts = (0..<count).map(HealthRule.hostCount)
        let percents = stride(from: 0, through: 99, by: 9).map(HealthRule.fleetPercent)
        for rule in counts + percents + [.oneAtATime, .halfAtATime] {
            for bits in 0..<(1 << count) {
                let failing = Set((0..<count).filter { bits & 1 << $0 != 0 })
                guard let result = outcome(count, rule, failing: failing) else {
                    #expect(rule.minimum(of: count) >= count)
                    break
                }
                let minimum = rule.minimum(of: count)
                let succeeded = Set(0..<result.attempted).subtracting(failing).count
                #expect(result.mostAtOnce <= count - minimum)
                #expect((result.verdict == .succeeded) == (succeeded >= max(1, minimum)))
                #expect(result.verdict == .failed || result.attempted == count)
            }
        }
    }

    @Test func `a stopped machine counts as failed without being deployed to`() throws {
        var progress = try #require(FleetProgress(count: 3, rule: .oneAtATime))
        progress.failWaiting()
        #expect(progress.verdict == .failed)
        var last = try #require(FleetProgress(count: 2, rule: .oneAtATime))
        last.start()
        last.finish(succeeded: true)
        last.failWaiting()
        #expect(last.verdict == .succeeded)
    }
}

@Suite struct TargetOrderTests {
    private let old = RevisionLocation(
        revisionType: "S3", s3Location: S3Location(bucket: "b", key: "1", bundleType: "zip"))
    private let current = RevisionLocation(
        revisionType: "S3",
        s3Location: S3Location(bucket: "b", key: "2", bundleType: "zip", eTag: "\"abc\""))

    @Test func `the unhealthy come first, then unknown, old and current revisions`() {
        var same = current
        same.s3Location?.eTag = "abc"
        let health = [
            "i-current": InstanceHealth(isHealthy: true, revision: same),
            "i-old": InstanceHealth(isHealthy: true, revision: old),
            "i-unknown": InstanceHealth(isHealthy: true, revision: nil),
            "i-unhealthy": InstanceHealth(isHealthy: false, revision: nil),
        ]
        let sorted = TargetOrder.sorted(
            ["i-current", "i-old", "i-unknown", "i-unhealthy", "i-new"], health: health,
            current: current)
        #expect(sorted == ["i-unhealthy", "i-new", "i-unknown", "i-old", "i-current"])
    }
}
