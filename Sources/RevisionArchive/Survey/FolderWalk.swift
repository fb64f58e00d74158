import Glibc

/// Which names of one folder are taken for the same.
package enum NameRule: Sendable {
    /// An instance that tells `a` from `A`.
    case caseSensitive
    /// An instance that does not: the AppSpec's `os` is `windows`.
    case caseInsensitive
}

/// Lists a folder and everything below it. Follows no link, and opens each folder only if it is
/// still the one that was found.
struct FolderWalk {
    /// A path that is longer does not fit below the agent's folders: the system's limit is 4096.
    static let nameByteLimit = 3800

    private(set) var table = EntryTable()
    private(set) var flaws: [RevisionFlaw] = []
    private let root: Int32
    private let rule: NameRule
    /// The file that the archive is written to, which is no part of it.
    private let leftOut: FileStamp?
    private let user = geteuid()

    /// The descriptor is the folder's, and stays the caller's.
    init(_ root: Int32, rule: NameRule, leavingOut leftOut: FileStamp?) {
        self.root = root
        self.rule = rule
        self.leftOut = leftOut
    }

    mutating func run() {
        var pending: [Int?] = [nil]
        while let folder = pending.popLast() {
            let first = table.entries.count
            list(folder)
            for index in first..<table.entries.count where table.entries[index].kind == .folder {
                pending.append(index)
            }
        }
    }

    private mutating func list(_ folder: Int?) {
        guard let listing = open(folder) else { return }
        defer { closedir(listing) }
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
            if let valid = judge(bytes, in: folder, &names) {
                add(bytes, valid, text, in: folder, dirfd(listing))
            }
        }
        if errno != 0 {
            flaws.append(.unreadable(path: shown(folder), message: lastMessage()))
        }
    }

    private func shown(_ folder: Int?) -> String {
        folder.map { table.text(table.entries[$0]) } ?? "."
    }

    private mutating func open(_ folder: Int?) -> OpaquePointer? {
        let shown = shown(folder)
        var path = folder.map { Array(table.name(table.entries[$0]).dropLast()) } ?? [0x2E]
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
        if let folder {
            var status = stat()
            guard fstat(descriptor, &status) == 0,
                FileStamp(status).isSameFile(as: table.entries[folder].stamp)
            else {
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

    /// The name as text, or nil where it is refused.
    private mutating func judge(
        _ name: UnsafeRawBufferPointer, in folder: Int?, _ names: inout NameSet
    ) -> String? {
        guard let text = String(validating: name, as: UTF8.self) else {
            flaws.append(.nameNotUTF8(path: path(name, in: folder)))
            return nil
        }
        guard !name.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            flaws.append(.nameControlCharacter(path: path(name, in: folder)))
            return nil
        }
        let byteCount = (folder.map { table.entries[$0].name.count } ?? 0) + name.count
        guard byteCount <= Self.nameByteLimit else {
            flaws.append(
                .nameTooLong(
                    path: path(name, in: folder), byteCount: byteCount,
                    byteLimit: Self.nameByteLimit))
            return nil
        }
        let prefix = folder.map { table.text(table.entries[$0]) + "/" } ?? ""
        switch names.add(text, isASCII: name.allSatisfy { $0 < 0x80 }) {
        case .same(let other):
            flaws.append(.nameClash(path: prefix + text, other: prefix + other))
        case .otherCase(let other):
            flaws.append(.namesDifferByCase(path: prefix + text, other: prefix + other))
        case nil: break
        }
        return text
    }

    private mutating func add(
        _ name: UnsafeRawBufferPointer, _ text: String, _ path: UnsafePointer<CChar>,
        in folder: Int?, _ descriptor: Int32
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
        let prefix = folder.map { table.entries[$0].name } ?? 0..<0
        func add(_ kind: Entry.Kind, target: [UInt8] = []) {
            table.add(kind, folder: prefix, name: name, target: target, status: status)
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

    private func path(_ name: UnsafeRawBufferPointer, in folder: Int?) -> String {
        (folder.map { table.text(table.entries[$0]) + "/" } ?? "") + shownName(name)
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
