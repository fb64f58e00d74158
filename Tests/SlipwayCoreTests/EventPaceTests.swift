import SlipwayCore
import Testing

@Suite struct EventPaceTests {
    @Test(arguments: [
        ("3", 3_000, 3_000), ("0.5", 500, 500), ("2-8", 2_000, 8_000), ("0-3600", 0, 3_600_000),
        (".25-1.", 250, 1_000),
    ])
    func `is one number of seconds or two`(text: String, shortest: Int, longest: Int) throws {
        let pace = try EventPace(text)
        #expect(pace.shortest == .milliseconds(shortest))
        #expect(pace.longest == .milliseconds(longest))
    }

    @Test(arguments: [
        "", "-", "2-", "-8", "8-2", "2-8-9", "3s", "nan", "inf", "1e3", "0x10", " 2", "+2", "3601",
        "2\u{2013}8", "\u{0663}",
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: SandboxSetupError.eventSeconds(text)) { try EventPace(text) }
    }

    @Test func `every event has its own time within the range, and the same one again`() throws {
        let pace = try EventPace("2-8")
        func drawn() -> [Duration] {
            (1...3).flatMap { deployment in
                (0..<100).flatMap { target in
                    (0..<7).map { event in
                        pace.duration(deployment: deployment, target: target, event: event)
                    }
                }
            }
        }
        let times = drawn()
        #expect(times == drawn())
        #expect(times.allSatisfy { (pace.shortest...pace.longest).contains($0) })
        #expect(Set(times).count == times.count)
        // The range is used, from end to end.
        let mean = times.reduce(.zero, +) / times.count
        #expect(mean > .seconds(4.5) && mean < .seconds(5.5))
        #expect(times.contains { $0 < .seconds(2.1) } && times.contains { $0 > .seconds(7.9) })
    }

    @Test func `a range of one time is that time`() throws {
        #expect(try EventPace("3").duration(deployment: 7, target: 999, event: 6) == .seconds(3))
    }
}
