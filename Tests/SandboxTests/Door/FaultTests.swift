import Glibc
import Synchronization
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
            try FaultFile(
                """
                s3 latency=200ms   # slow
                * latency=1s
                s3 clock=-20m
                s3 clock=+1h

                s3 reset
                s3 throttle
                """
            ).faults)
        let strike = plan.strike(.s3, "GetObject")
        #expect(strike.latency == .milliseconds(1200))
        #expect(strike.clockSeconds == 2400)
        #expect(strike.kind == .reset)
    }

    @Test func `a file of faults is read whenever it changes`() throws {
        let folder = TemporaryFolder()
        let reports = Mutex(0)
        let plan = FaultPlan(file: folder("faults"), report: { _ in reports.withLock { $0 += 1 } })
        #expect(plan.strike(.sts, "GetCallerIdentity").kind == nil)
        folder.write("faults", "sts deny\n")
        #expect(plan.strike(.sts, "GetCallerIdentity").kind == .deny)
        folder.write("faults", "sts throttle times=1\n")
        #expect(plan.strike(.sts, "GetCallerIdentity").kind == .throttle)
        #expect(plan.strike(.sts, "GetCallerIdentity").kind == nil)
        folder.write("faults", "sts explode\n")
        #expect(plan.strike(.sts, "GetCallerIdentity").kind == nil)
        #expect(plan.strike(.sts, "GetCallerIdentity").kind == nil)
        #expect(reports.withLock(\.self) == 1)
    }

    @Test func `a file of faults breaks instances, and mends them when it is gone`() throws {
        let folder = TemporaryFolder()
        let broken = Mutex<[[RequestedInstanceFault]]>([])
        let reports = Mutex(0)
        let plan = FaultPlan(
            file: folder("faults"),
            breakInstances: { faults in
                guard faults.allSatisfy({ $0.number ?? 1 <= 3 }) else {
                    throw SandboxError.fault("shop/big", reason: "it has 3 instances")
                }
                broken.withLock { $0.append(faults) }
            }, report: { _ in reports.withLock { $0 += 1 } })
        let fault = try RequestedInstanceFault("shop/big:2 failing=Install")
        folder.write("faults", "shop/big:2\tfailing=Install # one\nsts deny\n")
        #expect(plan.strike(.sts, "GetCallerIdentity").kind == .deny)
        plan.readFile()
        #expect(broken.withLock(\.self) == [[fault]])
        folder.write("faults", "shop/big:7 silent\nsts throttle\n")
        #expect(plan.strike(.sts, "GetCallerIdentity").kind == .throttle)
        #expect(reports.withLock(\.self) == 1)
        unlink(folder("faults"))
        plan.readFile()
        #expect(broken.withLock(\.self) == [[fault], []])
    }
}
