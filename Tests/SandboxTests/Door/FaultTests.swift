import Glibc
import TestSupport
import Testing

@testable import Sandbox

@Suite struct FaultTests {
    private func pattern(_ text: String, _ count: Int) throws -> String {
        let plan = FaultPlan([try Fault(text)])
        return (0..<count).map { _ in
            plan.strike(.s3, "PutObject").kind == nil ? "." : "x"
        }.joined()
    }

    @Test(arguments: [
        ("s3.PutObject throttle", "xxxxxx"), ("s3 reset every=3", "..x..x"),
        ("* hang times=2", "xx...."), ("s3 half after=2", "..xxxx"),
        ("s3 lost every=2 times=1 after=1", "..x..."), ("s3.GetObject deny", "......"),
        ("sts deny", "......"),
    ])
    func `happens as often as it says`(text: String, expected: String) throws {
        #expect(try pattern(text, 6) == expected)
    }

    @Test func `latency and clocks add up, and the first of the others happens`() throws {
        let plan = FaultPlan(
            try Fault.list(
                """
                s3 latency=200ms   # slow
                * latency=1s
                s3 clock=-20m
                s3 clock=+1h

                s3 reset
                s3 throttle
                """))
        let strike = plan.strike(.s3, "GetObject")
        #expect(strike.latency == .milliseconds(1200))
        #expect(strike.clockSeconds == 2400)
        #expect(strike.kind == .reset)
    }

    @Test func `a file of faults is read whenever it changes`() throws {
        let folder = TemporaryFolder()
        let plan = FaultPlan(file: folder("faults"))
        #expect(plan.strike(.sts, "GetCallerIdentity").kind == nil)
        folder.write("faults", "sts deny\n")
        #expect(plan.strike(.sts, "GetCallerIdentity").kind == .deny)
        folder.write("faults", "sts throttle times=1\n")
        #expect(plan.strike(.sts, "GetCallerIdentity").kind == .throttle)
        #expect(plan.strike(.sts, "GetCallerIdentity").kind == nil)
        folder.write("faults", "sts explode\n")
        #expect(plan.flaw != nil)
        unlink(folder("faults"))
        #expect(plan.flaw == nil)
    }
}
