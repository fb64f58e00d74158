import Glibc
package import SlipwayCore

/// Why the sandbox's state cannot be read or written.
package enum StateFolderError: Error, Equatable, Sendable {
    /// The file holds something else than the sandbox writes.
    case damaged(path: String)
    /// What the system said: the operation and its `errno`.
    case system(operation: String, path: String, code: Int32)

    static func last(_ operation: String, _ path: String) -> Self {
        .system(operation: operation, path: path, code: errno)
    }
}

extension StateFolderError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] {
        switch self {
        case .damaged(let path):
            [
                Problem(
                    code: "sandbox-state-damaged",
                    "\(UntrustedText(path)) is not what the sandbox wrote",
                    why: "something else has changed the state folder",
                    fix: "name another state folder, or remove this one", file: path)
            ]
        case .system(let operation, let path, let code):
            [
                Problem(
                    code: "sandbox-state",
                    "cannot \(operation) \(UntrustedText(path)): \(String(cString: strerror(code)))",
                    fix: "name a state folder that can be written", file: path)
            ]
        }
    }
}

/// The folder in which the service keeps one JSON document for each thing.
///
/// A document is written whole under another name, synced, and renamed: there is the old one or
/// the new one, whenever the process is killed.
struct StateFolder: Sendable {
    /// The kinds of documents, and the names of their folders.
    enum Kind: String, CaseIterable, Sendable {
        case applications, groups, configurations, revisions, deployments
    }

    /// Absolute, without links.
    let path: String

    /// Makes the folders that are missing.
    init(_ given: String) throws(StateFolderError) {
        try makeFolder(given)
        guard let resolved = realpath(given, nil) else { throw .last("open", given) }
        defer { free(resolved) }
        let path = String(cString: resolved)
        self.path = path
        for kind in Kind.allCases { try makeFolder("\(path)/\(kind.rawValue)") }
        try makeFolder("\(path)/instances")
    }

    func save(_ document: some Encodable, _ kind: Kind, id: String) throws(StateFolderError) {
        try replace(name(kind, id), with: jsonBytes(document))
    }

    func remove(_ kind: Kind, id: String) throws(StateFolderError) {
        let name = name(kind, id)
        guard unlink(name) == 0 || errno == ENOENT else { throw .last("remove", name) }
        try syncFolder(of: name)
    }

    /// All documents of a kind, in no order. Removes what a killed process had not finished.
    func load<Document: Decodable>(_ kind: Kind) throws(StateFolderError) -> [Document] {
        let folder = "\(path)/\(kind.rawValue)"
        var documents: [Document] = []
        for name in try names(in: folder) {
            let file = "\(folder)/\(name)"
            if name.hasSuffix(".tmp") {
                unlink(file)
            } else if name.hasSuffix(".json") {
                guard let document: Document = try? decoded(try read(file)[...]) else {
                    throw .damaged(path: file)
                }
                documents.append(document)
            }
        }
        return documents
    }

    /// The instances, which share one document: there can be a thousand, and they hardly change.
    func saveInstances(_ instances: [InstanceRecord]) throws(StateFolderError) {
        try replace("\(path)/instances.json", with: jsonBytes(instances))
    }

    func loadInstances() throws(StateFolderError) -> [InstanceRecord] {
        let file = "\(path)/instances.json"
        guard access(file, F_OK) == 0 else { return [] }
        guard let instances: [InstanceRecord] = try? decoded(try read(file)[...]) else {
            throw .damaged(path: file)
        }
        return instances
    }

    /// The folder of an instance: its agent's, and nobody else's.
    func instanceFolder(_ id: String) -> String { "\(path)/instances/\(id)" }

    func makeInstanceFolder(_ id: String) throws(StateFolderError) {
        try makeFolder(instanceFolder(id))
    }

    func journalPath(_ deployment: String) -> String {
        "\(path)/deployments/\(deployment).journal"
    }

    /// What a deployment's journal holds; nothing where it has none.
    func journal(
        of deployment: String
    ) throws(StateFolderError) -> (entries: [JournalEntry], byteCount: Int) {
        let file = journalPath(deployment)
        guard access(file, F_OK) == 0 else { return ([], 0) }
        return try Journal.entries(in: try read(file), path: file)
    }

    private func name(_ kind: Kind, _ id: String) -> String {
        "\(path)/\(kind.rawValue)/\(id).json"
    }

    private func replace(_ name: String, with bytes: [UInt8]) throws(StateFolderError) {
        let temporary = "\(name).tmp"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .last("create", temporary) }
        do throws(StateFolderError) {
            defer { close(file) }
            try write(allOf: bytes, to: file, path: temporary)
            guard fsync(file) == 0 else { throw .last("write", temporary) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, name) == 0 else { throw .last("create", name) }
        try syncFolder(of: name)
    }

    /// Makes a name that was created, or removed, survive a power loss.
    private func syncFolder(of name: String) throws(StateFolderError) {
        let folder = String(name[..<(name.lastIndex(of: "/") ?? name.startIndex)])
        let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw .last("open", folder) }
        defer { close(file) }
        // Some file systems cannot sync a folder and say EINVAL; they have nothing to sync.
        guard fsync(file) == 0 || errno == EINVAL else { throw .last("write", folder) }
    }

    private func names(in folder: String) throws(StateFolderError) -> [String] {
        guard let listing = opendir(folder) else { throw .last("read", folder) }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }

    private func read(_ path: String) throws(StateFolderError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .last("open", path) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .last("read", path) }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(file, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw .last("read", path) }
            if got == 0 { break }
            count += got
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}

/// Writes all of the bytes, in as many calls as it takes.
func write(allOf bytes: [UInt8], to file: Int32, path: String) throws(StateFolderError) {
    var count = 0
    while count < bytes.count {
        let written = bytes.withUnsafeBytes { buffer in
            Glibc.write(file, buffer.baseAddress.map { $0 + count }, buffer.count - count)
        }
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { throw .last("write", path) }
        count += written
    }
}

/// Makes a folder and those above it that are missing.
private func makeFolder(_ path: String) throws(StateFolderError) {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
        made += "/\(part)"
        guard mkdir(made, 0o700) == 0 || errno == EEXIST else { throw .last("create", made) }
    }
}
