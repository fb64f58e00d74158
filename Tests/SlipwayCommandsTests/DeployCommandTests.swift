import DeployEngine
import Foundation
import SlipwayCommands
import SlipwayCore
import Synchronization
import TestSupport
import Testing

/// Runs `slipway deploy` in a repository and against an AWS that exist only here.
private struct DeployWorld {
    /// What looks find, the last one again and again.
    var looks: [DeploymentInfo]
    /// What looks at other deployments find.
    var others: [DeploymentID: [DeploymentInfo]] = [:]
    var targets: [DeploymentTarget] = []
    var isTerminal = false
    /// Applications that are deployed after `my-app`, each by a deployment of its own: d-2, d-3 …
    var more: [String] = []

    // All literals here are valid.
    static let id = DeploymentID("d-1")!
    static let eTag = ETag("9a0364b9e99bb480dd25e1f0284c8555")!
    private var circle: String {
        ["deployment:", "  production:", "    branch: master", "    codedeploy:", ""]
            .joined(separator: "\n") + (["my-app"] + more).map(Self.application).joined()
    }

    private static func application(_ name: String) -> String {
        let folder = name == "my-app" ? "apps" : name
        return """
                  \(name):
                    deployment_group: instances
                    application_root: /
                    region: us-east-1
                    revision_location:
                      s3_location: {bucket: revisions, key_pattern: "\(folder)/{SHORT_COMMIT}"}

            """
    }

    static func info(
        _ status: DeploymentStatus, _ overview: DeploymentOverview, id: DeploymentID = id
    ) -> DeploymentInfo {
        DeploymentInfo(id: id, status: status, overview: overview)
    }

    /// On a thread of its own: a command waits, and the threads of tests are for what it waits for.
    func run(_ words: String...) async -> (output: String, errors: String, status: Int32) {
        await run(command: "deploy", words)
    }

    func run(
        command: String, _ words: [String]
    ) async -> (output: String, errors: String, status: Int32) {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: runHere([command] + words)) }
        }
    }

    private func runHere(_ words: [String]) -> (output: String, errors: String, status: Int32) {
        let output = Mutex("")
        let errors = Mutex("")
        let services = services { stream, text in
            switch stream {
            case .output: output.withLock { $0 += text }
            case .error: errors.withLock { $0 += text }
            }
        }
        let status = SlipwayCommand.run(words, services: services)
        return (output.withLock(\.self), errors.withLock(\.self), status)
    }

    private func services(
        _ write: @escaping @Sendable (Console.Stream, String) -> Void
    ) -> Services {
        let circle = circle
        var services = Services(
            environment: [
                "SLIPWAY_DATABASE": "/nowhere/slipway.db", "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            ],
            console: Console(isUnicode: true) { write($0, String(decoding: $1, as: UTF8.self)) },
            terminal: Terminal(
                isInput: false, isPresent: { false }, askHidden: { _ in nil }, ask: { _ in nil }),
            readInput: { _ in SecretBytes(copying: []) },
            readFile: { _, _ in SecretBytes(copying: Array(circle.utf8)) },
            descriptors: DescriptorReader { _, _ in SecretBytes(copying: []) },
            author: { Author(user: "test", host: "test") }, homeFolder: { "/nowhere" },
            now: { Date(timeIntervalSince1970: 0) }, originRemote: { nil },
            repository: Repository(
                root: { "/repository" }, branch: { "master" },
                commit: { "0123456789abcdef0123456789abcdef01234567" }, exists: { _ in true },
                folder: { _, _ in "/repository" },
                size: { _, _ in RevisionSize(fileCount: 2, byteCount: 1500) }),
            execute: { command, _, _ in
                ExecuteError(command: command.first ?? "", code: 0, message: "")
            })
        services.terminal.isError = isTerminal
        services.fileTree = { _ in .withAppSpec }
        services.aws = aws
        return services
    }

    private var aws: AWSServices {
        let looks = ScriptedLooks(others.merging([Self.id: looks]) { $1 })
        let targets = targets
        let isTerminal = isTerminal
        let names = ["my-app"] + more
        let client = CodeDeployClient(
            register: { _, _, _ in },
            create: { request in
                let index = names.firstIndex(of: request.application.rawValue) ?? 0
                return DeploymentID("d-\(index + 1)") ?? Self.id
            },
            deployment: { looks.next(of: $0) }, targetIDs: { _, _ in targets.map(\.id) },
            targets: { _, ids in targets.filter { ids.contains($0.id) } },
            deployments: { _, _, _ in [] },
            revisionUse: { _, _ in RevisionUse(lastUsedAt: nil) })
        return AWSServices(
            connect: { _, _, _ in
                AWSConnection(
                    codeDeploy: { _ in client }, looking: { _ in client },
                    operations: { _ in
                        CodeDeployOperations(
                            stop: { _, _ in .pending }, group: { _, _ in DeploymentGroupInfo() },
                            checkApplication: { _ in })
                    },
                    objects: ObjectStore(
                        put: { object, _ in
                            S3Location(bucket: object.bucket, key: object.key, eTag: Self.eTag)
                        }, begin: { _ in UploadID("u") },
                        putPart: { _, _, number, _ in UploadedPart(number: number, eTag: Self.eTag)
                        },
                        complete: { object, _, _ in
                            S3Location(bucket: object.bucket, key: object.key, eTag: Self.eTag)
                        }, abort: { _, _ in }),
                    bucketRegion: { _, region in region }, keepsVersions: { _, _ in true },
                    identity: { _ in
                        CallerIdentity(
                            account: nil, arn: UntrustedText(""), userID: UntrustedText(""))
                    }, now: { Date(timeIntervalSince1970: 0) })
            },
            packer: { _ in
                RevisionPacker { _, progress in
                    RevisionPacking(
                        byteCount: 1500, archiveByteLimit: 2000, warnings: [],
                        parts: { _ in
                            {
                                progress(1500, 700)
                                // Long enough for the bar to be drawn.
                                for _ in 0..<(isTerminal ? 50 : 0) {
                                    try await Task.sleep(for: .milliseconds(1))
                                }
                                return ArchivePart(
                                    bytes: [UInt8](repeating: 0, count: 700),
                                    packed: PackedRevision(
                                        size: RevisionSize(fileCount: 2, byteCount: 1500),
                                        archiveByteCount: 700))
                            }
                        })
                }
            },
            interruptions: { AsyncStream { _ in } }, uptime: { .zero },
            sleep: { _ in try await Task.sleep(for: .milliseconds(1)) }, randomNumber: { 7 })
    }
}

private final class ScriptedLooks: Sendable {
    private let rest: Mutex<[DeploymentID: [DeploymentInfo]]>

    init(_ looks: [DeploymentID: [DeploymentInfo]]) { rest = Mutex(looks) }

    func next(of id: DeploymentID) -> DeploymentInfo {
        rest.withLock { rest in
            var looks = rest[id] ?? []
            let next = looks.count > 1 ? looks.removeFirst() : looks[0]
            rest[id] = looks
            return next
        }
    }
}

extension FileTree {
    /// Nothing but an AppSpec that both agents accept.
    fileprivate static let withAppSpec = FileTree(
        kind: { $0 == "appspec.yml" ? .file : $0.isEmpty ? .folder : nil },
        entries: { $0.isEmpty ? [Entry(name: "appspec.yml", kind: .file)] : [] },
        isExecutable: { _ in false },
        head: { path, _ in
            path == "appspec.yml" ? Array("version: 0.0\nos: linux\n".utf8) : nil
        })
}

@Suite("slipway deploy")
struct DeployCommandTests {
    fileprivate let failing: DeployWorld = {
        let failed = LifecycleEventRecord(
            event: .beforeInstall, status: .failed,
            startedAt: Date(timeIntervalSince1970: 10), endedAt: Date(timeIntervalSince1970: 12),
            diagnostics: Diagnostics(
                errorCode: .scriptFailed, scriptName: UntrustedText("scripts/before.sh"),
                message: UntrustedText("exit status 3"),
                logTail: UntrustedText("starting\n\u{1B}[31mport 80 is taken\u{202E}\n")))
        let stopped = LifecycleEventRecord(event: .applicationStop, status: .succeeded)
        let skipped = LifecycleEventRecord(event: .install, status: .skipped)
        var end = DeployWorld.info(.failed, DeploymentOverview(failed: 1, skipped: 1))
        end.errorInformation = ErrorInformation(
            code: .healthConstraints, message: UntrustedText("too few healthy\ninstances"))
        return DeployWorld(
            looks: [
                DeployWorld.info(.created, DeploymentOverview()),
                DeployWorld.info(.inProgress, DeploymentOverview(inProgress: 2)),
                DeployWorld.info(.other("Marinating\u{7}"), DeploymentOverview(inProgress: 2)), end,
            ],
            targets: [
                DeploymentTarget(
                    id: TargetID("i-1"), status: .failed, events: [stopped, failed, skipped]),
                DeploymentTarget(id: TargetID("i-2"), status: .skipped),
            ])
    }()

    @Test func `tells everything in lines, without a control character`() async {
        let (output, errors, status) = await failing.run("--progress", "plain")
        expectSnapshot("\(errors)---\n\(output)exit \(status)\n", named: "deploy-plain")
        let isControl = (output + errors).unicodeScalars.contains {
            $0 != "\n" && UntrustedText.isUnsafe($0)
        }
        #expect(!isControl)
    }

    @Test func `tells everything in JSON, one object a line`() async {
        let (output, errors, status) = await failing.run("--progress", "json")
        expectSnapshot("\(errors)---\n\(output)exit \(status)\n", named: "deploy-json")
    }

    /// The first application succeeds, the second fails, and the third is not begun.
    private var several: DeployWorld {
        var world = failing
        for index in world.looks.indices { world.looks[index].id = DeploymentID("d-2")! }  // Valid.
        var first = DeployWorld.info(.succeeded, DeploymentOverview(succeeded: 2))
        first.createdAt = Date(timeIntervalSince1970: 10)
        first.completedAt = Date(timeIntervalSince1970: 75)
        world.others = [DeploymentID("d-2")!: world.looks]  // Valid.
        world.looks = [first]
        world.more = ["worker", "api"]
        return world
    }

    @Test func `says in lines which of how many applications it is, and how each ended`() async {
        let (output, errors, status) = await several.run("--progress", "plain")
        expectSnapshot("\(errors)---\n\(output)exit \(status)\n", named: "deploy-several-plain")
    }

    @Test func `says in JSON which of how many applications it is, and how each ended`() async {
        let (output, errors, status) = await several.run("--progress", "json")
        expectSnapshot("\(errors)---\n\(output)exit \(status)\n", named: "deploy-several-json")
    }

    @Test(arguments: ["plain", "json", "quiet"])
    func `says which revision's script failed that was to stop`(mode: String) async throws {
        var world = failing
        let failed = LifecycleEventRecord(
            event: .applicationStop, status: .failed,
            diagnostics: Diagnostics(errorCode: .scriptFailed))
        world.targets = [DeploymentTarget(id: TargetID("i-1"), status: .failed, events: [failed])]
        for index in world.looks.indices {
            world.looks[index].previousRevision = .s3(
                S3Location(bucket: try BucketName("revisions"), key: try S3Key("apps/before")))
        }
        let (output, errors, _) = await world.run("--progress", mode)
        #expect((output + errors).contains("the previous revision, revisions/apps/before; there"))
    }

    @Test func `says nothing but what went wrong where it is to be quiet`() async {
        let (output, errors, status) = await failing.run("--progress", "quiet")
        #expect(output.isEmpty)
        #expect(errors.contains("failed: i-1 at BeforeInstall"))
        #expect(!errors.contains("created"))
        #expect(status == 1)
        let good = DeployWorld(looks: [DeployWorld.info(.succeeded, DeploymentOverview())])
        let quiet = await good.run("--progress", "quiet")
        #expect(quiet.output.isEmpty)
        #expect(quiet.status == 0)
    }

    @Test func `says failures that are the same once, and how many there were of how many`()
        async
    {
        func failed(
            _ name: String, _ code: LifecycleErrorCode, at second: Double
        ) -> DeploymentTarget {
            let record = LifecycleEventRecord(
                event: .install, status: .failed,
                startedAt: Date(timeIntervalSince1970: second),
                endedAt: Date(timeIntervalSince1970: second + 1),
                diagnostics: Diagnostics(errorCode: code))
            return DeploymentTarget(id: TargetID(name), status: .failed, events: [record])
        }
        let world = DeployWorld(
            looks: [DeployWorld.info(.failed, DeploymentOverview(succeeded: 2, failed: 6))],
            targets: (1...5).map { failed("i-\($0)", .scriptFailed, at: Double($0)) }
                + [failed("i-6", .scriptTimedOut, at: 1)])
        let errors = await world.run("--progress", "quiet").errors
        let lines = errors.split(separator: "\n").filter { $0.hasPrefix("failed: ") }
        #expect(
            lines == [
                "failed: 5 instances (i-1, i-2, i-3 and 2 more) at Install",
                "failed: i-6 at Install",
            ])
        #expect(errors.contains("my-app: failed after 0s, 6 of 8 instances failed: d-1  "))
    }

    @Test func `draws a bar on a terminal, and takes it away`() async {
        var world = failing
        world.isTerminal = true
        let errors = await world.run("--progress", "plain").errors
        let lines = errors.components(separatedBy: "\r\u{1B}[K")
        #expect(
            lines.contains { $0.hasPrefix("packing  \u{2588}") && $0.hasSuffix("0 bytes sent") })
        // What comes after it begins on an empty line.
        #expect(lines.last?.contains("packed 2 files") == true)
        #expect(lines.last?.contains("packing") == false)
    }

    @Test func `ends where the deployment is made, if asked to`() async {
        let (output, _, status) = await failing.run("--no-watch", "--progress", "plain")
        #expect(output.hasPrefix("my-app: created after 0s: d-1  https://us-east-1.console.aws"))
        #expect(status == 0)
    }
}

extension DeployCommandTests {
    private func watch(
        _ looks: [DeploymentInfo], _ progress: String
    ) async -> (output: String, errors: String, status: Int32) {
        var world = failing
        world.looks = looks
        return await world.run(
            command: "watch", ["d-1", "--region", "us-east-1", "--progress", progress])
    }

    @Test func `tells of a deployment that was over what failed, and not each event`() async {
        let over = Array(failing.looks.suffix(1))
        let plain = await watch(over, "plain")
        #expect(plain.status == 1)
        #expect(plain.errors.contains("d-1 Failed: 1 failed, 1 skipped"))
        #expect(plain.errors.contains("failed: i-1 at BeforeInstall"))
        #expect(plain.errors.contains("port 80 is taken"))
        #expect(!plain.errors.contains("i-1 ApplicationStop"))
        #expect(!plain.errors.contains("i-2"))
        let json = await watch(over, "json")
        let events = json.output.split(separator: "\n").map { line in
            line.split(separator: "\"event\":\"").last?.prefix { $0 != "\"" } ?? ""
        }
        #expect(events == ["notice", "status", "result"])
        #expect(json.output.contains("port 80 is taken"))
    }

    @Test(arguments: ["plain", "json"])
    func `tells each event of a deployment that was seen to run`(progress: String) async {
        let (output, errors, _) = await watch(failing.looks, progress)
        #expect((output + errors).contains("ApplicationStop"))
        #expect((output + errors).contains("i-2"))
    }

    @Test func `tells each event of a rollback that runs, though what it rolls back is over`()
        async
    {
        var over = failing.looks[failing.looks.count - 1]
        over.rollback = RollbackInfo(rollbackID: DeploymentID("d-2"))
        var world = failing
        world.looks = [over]
        let id = DeploymentID("d-2")!  // Valid.
        world.others = [
            id: [
                DeployWorld.info(.inProgress, DeploymentOverview(inProgress: 2), id: id),
                DeployWorld.info(.succeeded, DeploymentOverview(succeeded: 2), id: id),
            ]
        ]
        let errors = await world.run(
            command: "watch", ["d-1", "--region", "us-east-1", "--progress", "plain"]
        ).errors
        #expect(errors.contains("i-2 Skipped (d-2)"))
        #expect(!errors.contains("i-2 Skipped (d-1)"))
    }
}

@Suite("slipway watch of several deployments")
struct WatchSeveralTests {
    private static let ids = ["d-1", "d-2", "d-3"]

    /// One is over at once, the others after some looks.
    private static func world(_ ends: [DeploymentStatus]) -> DeployWorld {
        var world = DeployWorld(
            looks: [], targets: [DeploymentTarget(id: TargetID("i-1"), status: .succeeded)])
        for (index, end) in ends.enumerated() {
            guard let id = DeploymentID(ids[index]) else { continue }
            let counts = DeploymentOverview(inProgress: 1)
            let looks =
                Array(
                    repeating: DeployWorld.info(.inProgress, counts, id: id), count: index * 5)
                + [DeployWorld.info(end, DeploymentOverview(succeeded: 1), id: id)]
            if id == DeployWorld.id { world.looks = looks } else { world.others[id] = looks }
        }
        return world
    }

    private static func watch(
        _ ends: [DeploymentStatus], _ progress: String, ids: [String] = ids
    ) async -> (output: String, errors: String, status: Int32) {
        await world(ends).run(
            command: "watch",
            Array(ids.prefix(ends.count)) + ["--region", "us-east-1", "--progress", progress])
    }

    private struct Line: Decodable {
        let event: String
        let deploymentId: String?
        let exitCode: Int?
    }

    @Test func `each object says whose it is, and the results come last, in order`() async throws {
        let (output, _, status) = await Self.watch([.succeeded, .failed, .stopped], "json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let lines = try output.split(separator: "\n").map {
            try decoder.decode(Line.self, from: Data($0.utf8))
        }
        #expect(status == 1)
        // The first notice says where the AWS keys are from.
        #expect(lines.dropFirst().allSatisfy { $0.deploymentId != nil })
        #expect(lines.suffix(3).map(\.event) == ["result", "result", "result"])
        #expect(lines.suffix(3).map(\.deploymentId) == Self.ids)
        #expect(lines.suffix(3).map(\.exitCode) == [0, 1, 4])
        #expect(lines.dropLast(3).allSatisfy { $0.event != "result" })
        #expect(lines.count { $0.event == "notice" && $0.deploymentId == nil } == 1)
    }

    @Test func `each line begins with the deployment that it is about`() async {
        let (output, errors, _) = await Self.watch([.succeeded, .failed], "plain")
        let lines = errors.split(separator: "\n").filter { $0.contains("d-") }
        #expect(lines.count >= 3)
        for line in lines {
            let words = line.split(separator: " ")
            #expect(["d-1", "d-2"].contains(words[1]))
            // And no line of one names another.
            let other = words[1] == "d-1" ? "d-2" : "d-1"
            #expect(!line.contains(other))
            #expect(line.ranges(of: words[1]).count == 1, "it names its own once")
        }
        #expect(errors.contains("d-2  InProgress: 1 in progress"))
        #expect(errors.contains("d-2  i-1 Succeeded\n"))
        let results = output.split(separator: "\n")
        #expect(results.map { $0.contains("d-1") } == [true, false])
        #expect(results.map { $0.contains("d-2") } == [false, true])
    }

    @Test(
        arguments: [
            ([.succeeded, .succeeded], 0), ([.succeeded, .failed], 1), ([.stopped, .failed], 1),
            ([.stopped, .succeeded], 4),
        ] as [([DeploymentStatus], Int32)])
    func `ends as the worst of them did`(ends: [DeploymentStatus], status: Int32) async {
        #expect(await Self.watch(ends, "quiet").status == status)
    }

    @Test func `one that is named twice is watched once`() async {
        let (output, _, status) = await Self.watch(
            [.succeeded, .succeeded], "plain", ids: ["d-1", "d-1"])
        #expect(output.split(separator: "\n").count == 1)
        #expect(status == 0)
    }

    @Test func `an id that is none is wrong usage, whatever the others are`() async {
        let (_, errors, status) = await Self.watch(
            [.succeeded, .succeeded], "plain", ids: ["d-1", "no id"])
        #expect(status == 64)
        #expect(errors.contains("is no id of a deployment"))
    }
}
