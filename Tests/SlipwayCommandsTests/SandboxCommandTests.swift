import FoundationEssentials
import SlipwayCommands
import SlipwayCore
import Synchronization
import Testing

@Suite struct SandboxCommandTests {
    private struct Transcript {
        var output = ""
        var errors = ""
        var status: Int32 = 0
        var request: SandboxRequest?
    }

    /// Runs the command with a sandbox that is announced and ends at once.
    private func run(_ arguments: String..., status: Int32 = 0) throws -> Transcript {
        let transcript = Mutex(Transcript())
        let announcement = try announcement()
        var services = Services(
            environment: [:],
            console: Console(isUnicode: true) { stream, bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                transcript.withLock {
                    if stream == .output { $0.output += text } else { $0.errors += text }
                }
            },
            terminal: Terminal(
                isInput: false, isPresent: { false }, askHidden: { _ in nil }, ask: { _ in nil }),
            readInput: { _ in SecretBytes(copying: []) },
            readFile: { path, _ in
                SecretBytes(copying: (path == "setup.yml" ? "buckets: [one]" : "{}").utf8)
            },
            descriptors: DescriptorReader { _, _ in SecretBytes(copying: []) },
            author: { Author(user: "test", host: "test") }, homeFolder: { "/home/me" },
            now: { Date(timeIntervalSince1970: 0) }, originRemote: { nil },
            execute: { command, _, _ in
                ExecuteError(command: command.first ?? "", code: 0, message: "")
            })
        services.sandbox = SandboxRunner { request, whenListening, log in
            transcript.withLock { $0.request = request }
            try whenListening(announcement)
            log("200 s3.ListBuckets")
            return status
        }
        let status = SlipwayCommand.run(["sandbox"] + arguments, services: services)
        transcript.withLock { $0.status = status }
        return transcript.withLock { $0 }
    }

    private func announcement() throws -> SandboxAnnouncement {
        func keys(_ id: String) throws -> AWSKeyPair {
            AWSKeyPair(
                accessKeyID: try AccessKeyID(id),
                secretAccessKey: try SecretAccessKey(SecretBytes(copying: "secret-\(id)".utf8)),
                sessionToken: nil)
        }
        func group(_ application: String, _ name: String) -> SandboxAnnouncement.Group {
            .init(
                application: application, name: name,
                instances: [.init(id: "i-1", root: "/state/\(application)/root")])
        }
        return SandboxAnnouncement(
            endpoint: "http://127.0.0.1:4566", region: try Region("us-east-1"),
            stateFolder: "/state", keys: try keys("AKIAUSERUSERUSERUSER"),
            adminKeys: try keys("AKIAADMINADMINADMINA"),
            groups: [group("a", "staging"), group("b", "staging"), group("a", "production")])
    }

    @Test func `prints one JSON object once it listens`() throws {
        let transcript = try run("--json")
        #expect(transcript.status == 0)
        #expect(
            transcript.output == """
                {"endpoint":"http://127.0.0.1:4566","region":"us-east-1",\
                "access_key_id":"AKIAUSERUSERUSERUSER",\
                "secret_access_key":"secret-AKIAUSERUSERUSERUSER","state":"/state",\
                "instances":{"a/staging":[{"id":"i-1","root":"/state/a/root"}],\
                "b/staging":[{"id":"i-1","root":"/state/b/root"}],\
                "production":[{"id":"i-1","root":"/state/a/root"}]}}

                """)
        #expect(transcript.errors.hasSuffix("200 s3.ListBuckets\n"))
    }

    @Test func `with a policy the admin's keys are shown beside the limited ones`() throws {
        let transcript = try run("--json", "--policy", "policy.json")
        #expect(transcript.output.contains(#""admin_access_key_id":"AKIAADMINADMINADMINA""#))
        #expect(transcript.request?.policy == Array("{}".utf8))
    }

    @Test func `prints variables that lead clients to it`() throws {
        let transcript = try run()
        #expect(transcript.output.contains("AWS_ENDPOINT_URL"))
        #expect(transcript.output.contains("unset AWS_SESSION_TOKEN "))
        #expect(transcript.output.contains("AWS_ENDPOINT_URL_S3"))
    }

    @Test func `prints nothing beside a command, and ends with its status`() throws {
        let transcript = try run("--", "aws", "s3", "ls", "--debug", status: 42)
        #expect(transcript.output == "")
        #expect(transcript.status == 42)
        #expect(transcript.request?.command == ["aws", "s3", "ls", "--debug"])
    }

    @Test func `flags add to the file, and win over its region`() throws {
        let request = try #require(
            try run(
                "--config", "setup.yml", "--bucket", "two,versioned", "--group", "app/group",
                "--instances", "3", "--region", "eu-west-1", "--fault", "s3 deny",
                "--application", "idle", "--port", "4566", "--state", "/tmp/x", "--simulate",
                "--hook-network", "--event-seconds", "2-8"
            ).request)
        #expect(request.setup.buckets.map(\.name.rawValue) == ["one", "two"])
        #expect(request.setup.groups.map(\.instances) == [3])
        #expect(request.setup.region?.rawValue == "eu-west-1")
        #expect(request.setup.faults == ["s3 deny"])
        #expect(request.setup.applications.map(\.rawValue) == ["idle"])
        #expect(request.port == 4566)
        #expect(request.stateFolder == "/tmp/x")
        #expect(request.isSimulated && request.allowsHookNetwork && !request.isUnconfined)
        #expect(try request.pace == EventPace("2-8"))
        #expect(try run().request?.stateFolder == "/home/me/.local/share/slipway/sandbox")
    }

    @Test(arguments: [
        ("--port=70000", 64), ("--instances=-1", 64), ("--bucket=bucket,b", 64),
        ("--group=app", 64), ("--region=nowhere", 2), ("--event-seconds=2", 64),
    ])
    func `what is wrong is said before anything starts`(word: String, status: Int) throws {
        let transcript = try run(word)
        #expect(Int(transcript.status) == status)
        #expect(transcript.request == nil)
    }

    @Test func `events take their time only where they are simulated`() throws {
        #expect(try run("--event-seconds=2").errors.contains("add --simulate"))
        #expect(try run("--event-seconds=8-2", "--simulate").errors.contains("write it as 2-8"))
        #expect(try #require(try run("--simulate").request).pace == nil)
    }
}
