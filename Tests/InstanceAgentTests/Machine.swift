import Glibc
import InstanceAgent
import SlipwayCore
import TestSupport

/// An instance of a test's own, and the revisions that are deployed to it.
struct Machine {
    let folder: TemporaryFolder
    let agent: InstanceAgent
    private var count = 0

    init(
        hooks: HookConfinement = .unconfined, second: Duration = .seconds(1),
        eventSeconds: Int = 3600
    ) {
        folder = TemporaryFolder()
        agent = InstanceAgent(
            folder: folder("instance"), hooks: hooks,
            limits: TimeLimits(second: second, eventSeconds: eventSeconds))
    }

    /// The events that the service sends without a load balancer, in their order.
    static let events: [LifecycleEvent] = [
        .applicationStop, .downloadBundle, .beforeInstall, .install, .afterInstall,
        .applicationStart, .validateService,
    ]

    /// Whether hooks can be confined where the tests run.
    static let canConfine: Bool = {
        let folder = TemporaryFolder()
        let program = Program("/usr/bin/bwrap")
        let arguments = [
            "--ro-bind", "/", "/", "--unshare-pid", "--unshare-net", "--proc", "/proc", "--bind",
            folder.path, "/mnt", "true",
        ]
        return (try? program.run(arguments).status) == 0
    }()

    func path(_ name: String) -> String { "\(agent.root)/\(name)" }

    /// Puts a tree into a folder of this machine.
    static func write(_ tree: [String: TreeEntry], to folder: String) {
        for (path, entry) in tree.sorted(by: { $0.key < $1.key }) {
            let place = "\(folder)/\(path)"
            let isFolder = path.hasSuffix("/")
            makeFolders(isFolder ? String(place.dropLast()) : parent(place))
            if let link = entry.link {
                guard symlink(link, place) == 0 else { fatalError("symlink \(place)") }
            } else if !isFolder {
                let file = open(place, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
                let bytes = Array((entry.text ?? "").utf8)
                guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
                    fatalError("write \(place): \(errno)")
                }
                close(file)
            }
            if let mode = entry.mode {
                chmod(place, mode_t(mode, radix: 8)!)
            } else if entry.link == nil {
                chmod(place, isFolder ? 0o755 : 0o644)
            }
        }
    }

    private static func parent(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
    }

    static func makeFolders(_ path: String) {
        var status = stat()
        guard !path.isEmpty, stat(path, &status) != 0 else { return }
        makeFolders(parent(path))
        mkdir(path, 0o755)
        chmod(path, 0o755)
    }

    /// Puts a tree into the instance's root.
    func write(_ tree: [String: TreeEntry]) {
        Self.makeFolders(agent.root)
        Self.write(tree, to: agent.root)
    }

    /// The file and the text in it.
    func text(_ name: String) -> String {
        String(decoding: contents(of: path(name)), as: UTF8.self)
    }

    /// An archive of a tree.
    func bundle(
        _ tree: [String: TreeEntry], kind: AgentDeployment.Bundle.Kind = .zip,
        name: String = "revision"
    ) throws -> AgentDeployment.Bundle {
        let source = folder("\(name)-\(kind)")
        Self.makeFolders(source)
        Self.write(tree, to: source)
        let file = "\(source).archive"
        let program: Program
        let arguments: [String]
        switch kind {
        case .zip:
            program = Program("/bin/sh")
            arguments = ["-c", "cd \(source) && zip -qry \(file).zip . && mv \(file).zip \(file)"]
        case .tar:
            program = Program("/bin/tar")
            arguments = ["-C", source, "-cf", file, "."]
        case .tgz:
            program = Program("/bin/tar")
            arguments = ["-C", source, "-czf", file, "."]
        }
        let outcome = try program.run(arguments)
        guard outcome.status == 0 else { fatalError(outcome.errorText) }
        return AgentDeployment.Bundle(
            files: [file], kind: kind, bucket: "bucket", key: "apps/key", version: "v-1",
            eTag: "abcdef")
    }

    /// What the service tells the agent of a deployment.
    func deployment(
        _ id: String, _ bundle: AgentDeployment.Bundle, group: String = "group-1",
        fileExistsBehavior: FileExistsBehavior = .disallow
    ) -> AgentDeployment {
        AgentDeployment(
            id: id, applicationName: "my-app", groupName: "production", groupID: group,
            fileExistsBehavior: fileExistsBehavior, bundle: bundle)
    }

    /// Carries out events up to the first that fails, as the service does.
    func deploy(
        _ deployment: AgentDeployment, _ events: [LifecycleEvent] = events,
        ignoringStopFailures: Bool = false
    ) async -> [LifecycleEvent: EventResult] {
        var results: [LifecycleEvent: EventResult] = [:]
        var hasFailed = false
        for event in events {
            if hasFailed {
                results[event] = .skipped
                continue
            }
            let result = await agent.perform(event, of: deployment)
            results[event] = result
            hasFailed =
                result.status == .failed
                && !(ignoringStopFailures && event.runsPreviousRevision)
        }
        return results
    }

    /// Packs and deploys a tree; answers what failed, or nil.
    @discardableResult
    func deploy(
        _ id: String, _ tree: [String: TreeEntry],
        kind: AgentDeployment.Bundle.Kind = .zip, group: String = "group-1",
        fileExistsBehavior: FileExistsBehavior = .disallow
    ) async throws -> (event: LifecycleEvent, diagnostics: EventDiagnostics)? {
        let bundle = try bundle(tree, kind: kind, name: id)
        let deployment = deployment(
            id, bundle, group: group, fileExistsBehavior: fileExistsBehavior)
        let results = await deploy(deployment)
        for event in Self.events {
            if let result = results[event], result.status == .failed {
                return (event, result.diagnostics!)
            }
        }
        return nil
    }

    /// Everything in the instance's root.
    var tree: [String: TreeEntry] { Self.tree(agent.root) }

    /// Everything in a folder, as a case has it.
    static func tree(_ folder: String) -> [String: TreeEntry] {
        var found: [String: TreeEntry] = [:]
        func walk(_ path: String) {
            guard let stream = opendir(folder + "/" + path) else { return }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name == "." || name == ".." { continue }
                let inner = path + name
                var status = stat()
                lstat(folder + "/" + inner, &status)
                let digits = String(status.st_mode & 0o7777, radix: 8)
                let mode = String(repeating: "0", count: 4 - digits.count) + digits
                switch status.st_mode & S_IFMT {
                case S_IFDIR:
                    found[inner + "/"] = TreeEntry(mode: mode)
                    walk(inner + "/")
                case S_IFLNK:
                    var buffer = [CChar](repeating: 0, count: 4096)
                    let count = readlink(folder + "/" + inner, &buffer, buffer.count)
                    found[inner] = TreeEntry(
                        link: String(
                            decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)),
                            as: UTF8.self))
                default:
                    found[inner] = TreeEntry(
                        text: String(
                            decoding: contents(of: folder + "/" + inner), as: UTF8.self),
                        mode: mode)
                }
            }
        }
        walk("")
        return found
    }

    /// A deployment's `scripts.log` without its times.
    func log(_ id: String, group: String = "group-1") -> String {
        let path = folder("instance/deployment-root/\(group)/\(id)/logs/scripts.log")
        return String(decoding: contents(of: path), as: UTF8.self)
            .replacing(#/(?m)\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /#, with: "")
    }
}

extension TreeEntry {
    /// A script, executable.
    static func script(_ lines: String) -> TreeEntry {
        TreeEntry(text: "#!/bin/sh\n" + lines + "\n", mode: "0755")
    }

    static func text(_ text: String) -> TreeEntry { TreeEntry(text: text) }
}

/// An AppSpec of what stands below its head.
func appSpec(_ rest: String) -> TreeEntry {
    .text("version: 0.0\nos: linux\n" + rest + "\n")
}
