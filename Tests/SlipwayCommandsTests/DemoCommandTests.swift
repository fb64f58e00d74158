import FoundationEssentials
import SlipwayCommands
import SlipwayCore
import Synchronization
import Testing

@Suite struct DemoCommandTests {
    private struct Transcript {
        var output = ""
        var errors = ""
        var status: Int32 = 0
        var request: SandboxRequest?
        var lines: [String] = []
        var written: [String: UInt32] = [:]
        var links: [String: String] = [:]
        var hasSandboxEnded = false
        var isRemovedBehindTheSandbox: Bool?
    }

    /// Runs the command in a world where each command line ends as it is told to.
    private func run(
        _ arguments: String..., problems: [Problem] = [],
        ending end: @escaping @Sendable (_ line: String, _ count: Int) -> Int32?
    ) throws -> Transcript {
        let transcript = Mutex(Transcript())
        var services = Services(
            environment: ["PATH": "/usr/bin"],
            console: Console(isUnicode: true) { stream, bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                transcript.withLock {
                    if stream == .output { $0.output += text } else { $0.errors += text }
                }
            },
            terminal: Terminal(
                isInput: false, isPresent: { false }, askHidden: { _ in nil }, ask: { _ in nil }),
            readInput: { _ in SecretBytes(copying: []) },
            readFile: { _, _ in SecretBytes(copying: []) },
            descriptors: DescriptorReader { _, _ in SecretBytes(copying: []) },
            author: { Author(user: "test", host: "test") }, homeFolder: { "/home/me" },
            now: { Date(timeIntervalSince1970: 0) }, originRemote: { nil },
            execute: { command, _, _ in
                ExecuteError(command: command.first ?? "", code: 0, message: "")
            })
        let keys = AWSKeyPair(
            accessKeyID: try AccessKeyID("AKIAUSERUSERUSERUSER"),
            secretAccessKey: try SecretAccessKey(SecretBytes(copying: "the-secret-key".utf8)),
            sessionToken: nil)
        let announcement = SandboxAnnouncement(
            endpoint: "http://127.0.0.1:4566", region: try Region("us-east-1"),
            stateFolder: "/tmp/demo/aws", keys: keys, adminKeys: keys,
            groups: [
                .init(
                    application: "shop", name: "staging",
                    instances: [.init(id: "i-1", root: "/tmp/demo/aws/i-1/root")])
            ])
        services.sandbox = SandboxRunner { request, whenListening, _ in
            transcript.withLock { $0.request = request }
            defer { transcript.withLock { $0.hasSandboxEnded = true } }
            try whenListening(announcement)
            return 0
        } confinementProblems: {
            problems
        }
        services.demo = DemoServices(
            makeFolder: { "/tmp/demo" }, program: { "/usr/bin/slipway" },
            write: { path, _, permissions in
                transcript.withLock { $0.written[path] = permissions }
            },
            link: { path, target in transcript.withLock { $0.links[path] = target } },
            run: { line, folder, variables in
                #expect(folder == "/tmp/demo/shop")
                #expect(variables.contains { $0.name == "AWS_ENDPOINT_URL" })
                let count = transcript.withLock {
                    $0.lines.append(line)
                    return $0.lines.count { $0 == line }
                }
                return end(line, count)
            },
            remove: { folder in
                #expect(folder == "/tmp/demo")
                transcript.withLock { $0.isRemovedBehindTheSandbox = $0.hasSandboxEnded }
            })
        let status = SlipwayCommand.run(["demo"] + arguments, services: services)
        transcript.withLock { $0.status = status }
        return transcript.withLock { $0 }
    }

    /// As all goes well: the third deployment fails.
    private static func well(_ line: String, _ count: Int) -> Int32? {
        line == "slipway deploy" && count == 3 ? 1 : 0
    }

    @Test func `removes its folder when the sandbox has ended`() throws {
        let transcript = try run(ending: Self.well)
        #expect(transcript.status == 0)
        #expect(transcript.isRemovedBehindTheSandbox == true)
        #expect(transcript.lines.count { $0 == "slipway deploy" } == 3)
        #expect(transcript.errors == "")
        #expect(transcript.request?.lasts == false)
        #expect(transcript.request?.isUnconfined == false)
    }

    @Test func `keeps its folder when it is asked to, and says how to go on`() throws {
        let transcript = try run("--keep", ending: Self.well)
        #expect(transcript.status == 0)
        #expect(transcript.isRemovedBehindTheSandbox == nil)
        #expect(transcript.output.contains("cd /tmp/demo/shop && . ../environment"))
    }

    @Test func `an interruption ends it with 130 and removes the folder`() throws {
        let transcript = try run("--keep") { line, _ in line == "slipway deploy" ? nil : 0 }
        #expect(transcript.status == 130)
        #expect(transcript.isRemovedBehindTheSandbox == true)
        #expect(transcript.lines.last == "slipway deploy")
    }

    @Test(arguments: [(1, Int32(3)), (3, 0)])
    func `a command that ends otherwise than it should ends the demo`(
        number: Int, status: Int32
    ) throws {
        let transcript = try run { line, count in
            line == "slipway deploy" && count == number ? status : Self.well(line, count)
        }
        #expect(transcript.status == 2)
        #expect(transcript.isRemovedBehindTheSandbox == true)
        #expect(transcript.lines.last == "slipway deploy")
        #expect(transcript.errors.contains("ended with \(status), not"))
    }

    @Test func `the secret key is in a file of its owner's and on no command line`() throws {
        let transcript = try run(ending: Self.well)
        #expect(transcript.written["/tmp/demo/secret-key"] == 0o600)
        #expect(transcript.written["/tmp/demo/shop/scripts/validate"] == 0o755)
        #expect(transcript.written["/tmp/demo/shop/circle.yml"] == 0o644)
        #expect(transcript.links["/tmp/demo/bin/slipway"] == "/usr/bin/slipway")
        #expect(transcript.links["/tmp/demo/instances/staging-1"] == "/tmp/demo/aws/i-1/root")
        #expect(!(transcript.lines.joined() + transcript.output).contains("the-secret-key"))
    }

    @Test func `without bubblewrap its own hooks run unconfined, and it says so`() throws {
        let problem = Problem(code: "x", "hooks cannot be confined", why: "bwrap is not installed")
        let transcript = try run(problems: [problem], ending: Self.well)
        #expect(transcript.status == 0)
        #expect(transcript.request?.isUnconfined == true)
        #expect(
            transcript.errors == "Hooks run without bubblewrap here: bwrap is not installed\n")
    }
}
