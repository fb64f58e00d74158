import Glibc

/// Which names of one folder are taken for the same.
package enum NameRule: Sendable {
    /// An instance that tells `a` from `A`.
    case caseSensitive
    /// An instance that does not: the AppSpec's `os` is `windows`.
    case caseInsensitive
}

/// A folder to be listed.
struct PendingFolder: Sendable {
    /// Its path in the tree with a `/` at its end; nothing for the root.
    let path: [UInt8]
    /// Nil for the root, which is open.
    let stamp: FileStamp?

    static let root = PendingFolder(path: [], stamp: nil)
}

/// Lists folders of a tree, one after the other. Follows no link, and opens each folder only if it
/// is still the one that was found.
struct FolderListing {
    /// A path that is longer does not fit below the agent's folders: the system's limit is 4096.
    static let nameByteLimit = 3800

    private(set) var table = EntryTable()
    private(set) var flaws: [RevisionFlaw] = []
    private let root: Int32
    private let rule: NameRule
    /// The file that the archive is written to, which is no part of it.
    private let leftOut: FileStamp?
    private let user = geteuid()

    /// The descriptor is the tree's root, and stays the caller's.
    init(_ root: Int32, rule: NameRule, leavingOut leftOut: FileStamp?) {
        self.root = root
        self.rule = rule
        self.leftOut = leftOut
    }

    /// Adds what is in the folder to the table. Returns the folders among it.
    mutating func list(_ folder: PendingFolder) -> [PendingFolder] {
        guard let listing = open(folder) else { return [] }
        defer { closedir(listing) }
        let first = table.entries.count
        var names = NameSet(rule)
        while true {
            // Only by this does it tell a failure from the end of the folder.
            errno = 0
            guard let entry = readdir(listing) else { break }
            let name = UnsafeRawPointer(entry).advanced(by: Self.nameOffset)
            let text = name.assumingMemoryBound(to: CChar.self)
            if strcmp(text, ".") == 0 || strcmp(text, "..") == 0 || strcmp(text, ".git") == 0 {
                continue
            }
            let bytes = UnsafeRawBufferPointer(start: name, count: strlen(text))
            if judge(bytes, in: folder, &names) { add(bytes, text, in: folder, dirfd(listing)) }
        }
        if errno != 0 {
            flaws.append(.unreadable(path: shown(folder), message: lastMessage()))
        }
        return table.entries[first...].filter { $0.kind == .folder }.map { entry in
            PendingFolder(path: Array(table.name(entry)), stamp: entry.stamp)
        }
    }

    private func shown(_ folder: PendingFolder) -> String {
        folder.path.isEmpty ? "." : String(decoding: folder.path.dropLast(), as: UTF8.self)
    }

    private mutating func open(_ folder: PendingFolder) -> OpaquePointer? {
        let shown = shown(folder)
        var path = folder.path.isEmpty ? [UInt8(ascii: ".")] : folder.path.dropLast()
        path.append(0)
        let descriptor = path.withUnsafeBufferPointer { path in
            path.withMemoryRebound(to: CChar.self) { path in
                openat(root, path.baseAddress!, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            }
        }
        guard descriptor >= 0 else {
            if errno == ELOOP || errno == ENOTDIR || errno == ENOENT {
                flaws.append(.replaced(path: shown))
            } else {
                flaws.append(.unreadable(path: shown, message: lastMessage()))
            }
            return nil
        }
        if let stamp = folder.stamp {
            var status = stat()
            guard fstat(descriptor, &status) == 0, FileStamp(status).isSameFile(as: stamp) else {
                close(descriptor)
                flaws.append(.replaced(path: shown))
                return nil
            }
        }
        guard let listing = fdopendir(descriptor) else {
            flaws.append(.unreadable(path: shown, message: lastMessage()))
            close(descriptor)
            return nil
        }
        return listing
    }

    /// False where the name is refused.
    private mutating func judge(
        _ name: UnsafeRawBufferPointer, in folder: PendingFolder, _ names: inout NameSet
    ) -> Bool {
        guard let text = String(validating: name, as: UTF8.self) else {
            flaws.append(.nameNotUTF8(path: path(name, in: folder)))
            return false
        }
        guard !name.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            flaws.append(.nameControlCharacter(path: path(name, in: folder)))
            return false
        }
        let byteCount = folder.path.count + name.count
        guard byteCount <= Self.nameByteLimit else {
            flaws.append(
                .nameTooLong(
                    path: path(name, in: folder), byteCount: byteCount,
                    byteLimit: Self.nameByteLimit))
            return false
        }
        if let likeness = names.add(text, isASCII: name.allSatisfy { $0 < 0x80 }) {
            let prefix = String(decoding: folder.path, as: UTF8.self)
            switch likeness {
            case .same(let other):
                flaws.append(.nameClash(path: prefix + text, other: prefix + other))
            case .otherCase(let other):
                flaws.append(.namesDifferByCase(path: prefix + text, other: prefix + other))
            }
        }
        return true
    }

    private mutating func add(
        _ name: UnsafeRawBufferPointer, _ path: UnsafePointer<CChar>, in folder: PendingFolder,
        _ descriptor: Int32
    ) {
        var status = stat()
        guard fstatat(descriptor, path, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            // What vanishes while the tree is listed was not there.
            if errno != ENOENT {
                flaws.append(
                    .unreadable(path: self.path(name, in: folder), message: lastMessage()))
            }
            return
        }
        if let leftOut, FileStamp(status).isSameFile(as: leftOut) { return }
        func add(_ kind: Entry.Kind, target: [UInt8] = []) {
            table.add(kind, folder: folder.path, name: name, target: target, status: status)
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: add(.folder)
        case S_IFREG:
            guard isReadable(status, path, descriptor) else {
                flaws.append(
                    .unreadable(path: self.path(name, in: folder), message: lastMessage()))
                return
            }
            if status.st_mode & (S_ISUID | S_ISGID) != 0 {
                flaws.append(.specialPermissions(path: self.path(name, in: folder)))
            }
            add(.file)
        case S_IFLNK:
            guard let target = target(path, descriptor) else {
                flaws.append(
                    .unreadable(path: self.path(name, in: folder), message: lastMessage()))
                return
            }
            add(.link, target: target)
        case let kind:
            let kinds: [UInt32: String] = [
                S_IFSOCK: "a socket", S_IFIFO: "a pipe", S_IFBLK: "a block device",
                S_IFCHR: "a character device",
            ]
            flaws.append(
                .specialFile(
                    path: self.path(name, in: folder), kind: kinds[kind] ?? "no regular file"))
        }
    }

    /// Whether the file can be read, without opening it where its owner and mode tell.
    private func isReadable(
        _ status: stat, _ path: UnsafePointer<CChar>, _ descriptor: Int32
    ) -> Bool {
        user == 0 || (status.st_uid == user && status.st_mode & S_IRUSR != 0)
            || faccessat(descriptor, path, R_OK, AT_EACCESS) == 0
    }

    private func target(_ path: UnsafePointer<CChar>, _ descriptor: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { buffer in
            readlinkat(
                descriptor, path, buffer.baseAddress!.assumingMemoryBound(to: CChar.self),
                buffer.count)
        }
        return count < 0 ? nil : Array(buffer.prefix(count))
    }

    private func path(_ name: UnsafeRawBufferPointer, in folder: PendingFolder) -> String {
        String(decoding: folder.path, as: UTF8.self) + shownName(name)
    }

    /// Where a directory entry's name begins.
    private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
}

/// The names of one folder, as other systems compare them.
private struct NameSet {
    enum Likeness {
        case same(String)
        case otherCase(String)
    }

    private let rule: NameRule
    /// Swift compares texts by the characters that they show.
    private var texts: [String: String] = [:]
    private var folded: [String: String] = [:]

    init(_ rule: NameRule) { self.rule = rule }

    /// Adds a name, and tells whether it is like one that is there.
    mutating func add(_ name: String, isASCII: Bool) -> Likeness? {
        if !isASCII {
            if let other = texts[name] { return .same(other) }
            texts[name] = name
        }
        let key = name.lowercased()
        guard let other = folded[key] else {
            folded[key] = name
            return nil
        }
        return rule == .caseInsensitive ? .same(other) : .otherCase(other)
    }
}

/// What the system says of the call that just failed.
func lastMessage() -> String { String(cString: strerror(errno)) }
