import Glibc
import TestSupport
import Testing

/// Short rounds of what `store-torture` does as long as it is told to.
@Suite("A store that is mistreated")
struct StoreTortureTests {
    let folder = TemporaryFolder()

    private func torture(_ arguments: String..., at location: SourceLocation = #_sourceLocation)
        throws
    {
        let outcome = try Program.built("store-torture").run(
            [arguments[0], folder.path] + arguments.dropFirst())
        #expect(
            outcome.status == 0, "\(outcome.text)\(outcome.errorText)", sourceLocation: location)
        #expect(outcome.text.hasSuffix("ok\n"), sourceLocation: location)
    }

    @Test func `loses no acknowledged change when its writer is killed`() throws {
        try torture("kill", "60")
    }

    @Test func `opens whole after a rotation is killed anywhere`() throws {
        try torture("rotate", "150", "10")
    }

    @Test func `serves 64 readers and 4 writers without an error`() throws {
        try torture("crowd", "5", "64", "4")
    }
}

@Suite("A crash")
struct CrashTests {
    static let secret = "CANARYwJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPL"

    private func crash(_ arguments: [String], _ environment: [String: String] = [:]) throws
        -> Program.Outcome
    {
        let folder = TemporaryFolder()
        let file = folder.write("secret", Self.secret)
        return try Program.built("crash-probe").run(
            arguments + [file],
            environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 })
    }

    /// Any eight characters of the secret, as text or as the hexadecimal that reporters print.
    private func leaks(_ outcome: Program.Outcome) -> Bool {
        let printed = (outcome.text + outcome.errorText).lowercased()
        let plain = Array(Self.secret.lowercased())
        return (0...plain.count - 8).contains { start in
            let window = plain[start..<start + 8]
            let hex = window.map { String($0.unicodeScalars.first!.value, radix: 16) }
            return printed.contains(String(window)) || printed.contains(hex.joined())
                || printed.contains(hex.joined(separator: " "))
        }
            || Array(Self.secret).indices.dropLast(8).contains { start in
                let hex = Array(Self.secret)[start..<start + 8].map {
                    String($0.unicodeScalars.first!.value, radix: 16)
                }
                return printed.contains(hex.joined())
                    || printed.contains(hex.joined(separator: " "))
            }
    }

    @Test(arguments: ["trap", "segv", "abort", "fatal", "overflow"])
    func `prints one line and no memory`(way: String) throws {
        for environment in [[:], ["SWIFT_BACKTRACE": "enable=yes,registers=all"]] {
            let outcome = try crash([way], environment)
            #expect(outcome.signal != nil)
            #expect(outcome.errorText.contains("slipway: crashed (SIG"))
            #expect(!leaks(outcome), "\(outcome.errorText)")
        }
    }

    @Test func `leaves every crash signal, and QUIT, to nobody that prints memory`() throws {
        let outcome = try crash(["quit"], ["SWIFT_BACKTRACE": "enable=yes,registers=all"])
        #expect(outcome.signal == SIGQUIT)
        #expect(outcome.errors == [])
    }

    /// The check above can fail: without the guard, Swift's reporter does print the secret.
    @Test func `without the guard would print the secret`() throws {
        let outcome = try crash(
            ["unguarded", "segv"],
            ["SWIFT_BACKTRACE": "enable=yes,registers=all,color=no,interactive=no"])
        #expect(leaks(outcome), "\(outcome.errorText)")
    }
}
