import DeployEngine
import FoundationEssentials
import SlipwayCommands
import SlipwayCore
import Synchronization

/// Runs `slipway` on files that exist only here.
struct World {
    var circle: String?
    var environment: [String: String] = [:]
    var branch: String? = "master"
    var sizeProblem: Problem?
    var isTerminal = false
    /// What stands on standard input.
    var input = ""
    /// What is below the repository beside circle.yml, by path.
    var files: [String: String] = [
        "appspec.yml": World.appSpec, "worker/appspec.yml": World.appSpec,
    ]

    static let appSpec = "version: 0.0\nos: linux\n"

    func run(_ arguments: String...) async -> (output: String, errors: String, status: Int32) {
        let output = Mutex("")
        let errors = Mutex("")
        let circle = circle
        let branch = branch
        let sizeProblem = sizeProblem
        // A store that is not there, so that only circle.yml says anything.
        let variables = environment.merging(["SLIPWAY_DATABASE": "/nowhere/slipway.db"]) { $1 }
        let files = files
        var services = Services(
            environment: variables,
            console: Console(isUnicode: true) { stream, bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                switch stream {
                case .output: output.withLock { $0 += text }
                case .error: errors.withLock { $0 += text }
                }
            },
            terminal: Terminal(
                isInput: false, isPresent: { false }, askHidden: { _ in nil }, ask: { _ in nil }),
            readInput: { [input] _ in SecretBytes(copying: Array(input.utf8)) },
            readFile: { path, _ in
                guard path == "/repository/circle.yml", let circle else {
                    throw Problem(code: "file-system", "there is no \(path)")
                }
                return SecretBytes(copying: Array(circle.utf8))
            },
            descriptors: DescriptorReader { _, _ in SecretBytes(copying: []) },
            author: { Author(user: "test", host: "test") }, homeFolder: { "/nowhere" },
            now: { Date(timeIntervalSince1970: 0) }, originRemote: { nil },
            repository: Repository(
                root: { "/repository" }, branch: { branch },
                commit: { "0123456789abcdef0123456789abcdef01234567" },
                exists: { path in
                    path == "/repository/circle.yml"
                        ? circle != nil : files.keys.contains { "/repository/\($0)" == path }
                },
                folder: { root, repository in
                    ([repository] + root.pathComponents).joined(separator: "/")
                },
                size: { _, _ in
                    if let sizeProblem { throw sizeProblem }
                    return RevisionSize(fileCount: 1234, byteCount: 5_678_901)
                }),
            execute: { command, _, _ in
                ExecuteError(command: command.first ?? "", code: 0, message: "")
            })
        services.terminal.isError = isTerminal
        services.fileTree = { .of(files, below: $0) }
        services.packRevision = { _, progress in
            progress(
                UploadProgress(
                    readByteCount: 750, totalByteCount: 1500, packedByteCount: 350,
                    sentByteCount: nil))
            return RevisionFile(
                packed: PackedRevision(
                    size: RevisionSize(fileCount: 2, byteCount: 1500), archiveByteCount: 700),
                sha256: "5891b5b5", warnings: [], isInsideRoot: false)
        }
        let status = SlipwayCommand.run(arguments, services: services)
        return (output.withLock(\.self), errors.withLock(\.self), status)
    }
}

extension FileTree {
    /// Files of a repository that are below one of its folders; none of them is executable.
    fileprivate static func of(_ files: [String: String], below folder: String) -> FileTree {
        let prefix = "\(folder)/".dropFirst("/repository/".count)
        let inside = Dictionary(
            uniqueKeysWithValues: files.filter { $0.key.hasPrefix(prefix) }
                .map { (String($0.key.dropFirst(prefix.count)), $0.value) })
        @Sendable func kind(_ path: String) -> Kind? {
            if inside[path] != nil { return .file }
            return inside.keys.contains { $0.hasPrefix("\(path)/") } ? .folder : nil
        }
        return FileTree(
            kind: kind,
            entries: { folder in
                let prefix = folder.isEmpty ? "" : folder + "/"
                let names = Set(
                    inside.keys.filter { $0.hasPrefix(prefix) }
                        .compactMap { $0.dropFirst(prefix.count).split(separator: "/").first })
                return names.map { name in
                    Entry(name: String(name), kind: kind(prefix + name) ?? .other)
                }
            },
            isExecutable: { _ in false },
            head: { path, count in inside[path].map { Array($0.utf8.prefix(count)) } })
    }
}
