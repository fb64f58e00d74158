import CSystemCalls
import Glibc

/// An instance's files as its programs see them: no link and no `..` leads out.
///
/// Goes from folder to folder by their descriptors and never lets the system follow a link, so that
/// a program of the instance that changes links meanwhile cannot lead it out either.
struct FileView: Sendable {
    /// Where paths begin, and what `..` stops at.
    private let base: Descriptor
    /// Where the targets of absolute links begin.
    private let absoluteBase: Descriptor

    init(base: Descriptor, absoluteBase: Descriptor? = nil) {
        self.base = base
        self.absoluteBase = absoluteBase ?? base
    }

    /// Where a path leads: a name in a folder, which is no link unless links are not followed.
    struct Place {
        let folder: Descriptor
        /// `.` where the path leads to the folder itself.
        let name: String
    }

    /// As many links as Linux follows.
    private static let linkLimit = 40

    /// Throws what the system would say, without a path.
    func locate(_ path: String, followingLast: Bool = true) throws(SystemCode) -> Place {
        var stack = [base]
        var pending = Paths.parts(path)[...]
        var linkCount = 0
        while let part = pending.popFirst() {
            if part == ".." {
                if stack.count > 1 { stack.removeLast() }
                continue
            }
            let folder = stack[stack.count - 1]
            let isLast = pending.isEmpty
            var status = stat()
            guard fstatat(folder.number, part, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                guard isLast, errno == ENOENT else { throw SystemCode(errno) }
                return Place(folder: folder, name: part)
            }
            if status.st_mode & S_IFMT == S_IFLNK, !isLast || followingLast {
                linkCount += 1
                if linkCount > Self.linkLimit { throw SystemCode(ELOOP) }
                let target = try Self.target(folder, part)
                if target.hasPrefix("/") { stack = [absoluteBase] }
                pending = (Paths.parts(target) + pending)[...]
                continue
            }
            if isLast { return Place(folder: folder, name: part) }
            let next = openat(
                folder.number, part, csystem_o_path | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard next >= 0 else { throw SystemCode(errno) }
            stack.append(Descriptor(next))
        }
        return Place(folder: stack[stack.count - 1], name: ".")
    }

    private static func target(_ folder: Descriptor, _ name: String) throws(SystemCode) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(folder.number, name, &buffer, buffer.count)
        guard count >= 0 else { throw SystemCode(errno) }
        return String(
            decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    // MARK: - Asking

    enum Kind { case file, folder, link, other }

    /// What is at a path; nil where nothing is, or nothing that can be reached.
    func kind(_ path: String, followingLast: Bool = true) -> Kind? {
        guard let place = try? locate(path, followingLast: followingLast) else { return nil }
        var status = stat()
        guard fstatat(place.folder.number, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            return nil
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        case S_IFLNK: return .link
        default: return .other
        }
    }

    /// `File.exist?`: a link that leads nowhere does not.
    func exists(_ path: String) -> Bool { kind(path) != nil }

    /// `File.directory?`.
    func isFolder(_ path: String) -> Bool { kind(path) == .folder }

    /// What a link says.
    func linkTarget(_ path: String) throws(SystemCode) -> String {
        let place = try locate(path, followingLast: false)
        return try Self.target(place.folder, place.name)
    }

    /// Opens what a path leads to, links followed.
    func open(_ path: String, _ flags: Int32, mode: mode_t = 0) throws(SystemCode) -> Descriptor {
        let place = try locate(path)
        let number = openat(
            place.folder.number, place.name, flags | O_NOFOLLOW | O_CLOEXEC, mode)
        guard number >= 0 else { throw SystemCode(errno) }
        return Descriptor(number)
    }

    /// The names in a folder, sorted.
    func names(_ path: String) throws -> [String] {
        let folder: Descriptor
        do { folder = try open(path, O_RDONLY | O_DIRECTORY) } catch {
            throw AgentError.system(code: error.code, call: "dir_initialize", path: path)
        }
        return try folder.names()
    }

    // MARK: - Changing

    /// Makes a folder, 0755 whatever the umask.
    func makeFolder(_ path: String) throws(SystemCode) {
        let place = try locate(path, followingLast: false)
        guard mkdirat(place.folder.number, place.name, 0o755) == 0 else {
            throw SystemCode(errno)
        }
        let made = try open(path, O_RDONLY | O_DIRECTORY)
        guard fchmod(made.number, 0o755) == 0 else { throw SystemCode(errno) }
    }

    func makeLink(_ path: String, to target: String) throws(SystemCode) {
        let place = try locate(path, followingLast: false)
        guard symlinkat(target, place.folder.number, place.name) == 0 else {
            throw SystemCode(errno)
        }
    }

    /// Removes a file or a link, or a folder if it is empty.
    func remove(_ path: String, isFolder: Bool) throws(SystemCode) {
        let place = try locate(path, followingLast: false)
        guard unlinkat(place.folder.number, place.name, isFolder ? AT_REMOVEDIR : 0) == 0 else {
            throw SystemCode(errno)
        }
    }
}

/// What a system call failed with.
struct SystemCode: Error, Equatable {
    let code: Int32

    init(_ code: Int32) { self.code = code }
}

/// The two parts of an instance that the agent works on.
struct AgentTree: Sendable {
    /// What is `/` to the instance.
    let root: FileView
    /// The deployments' folders, below ``AgentFolder/home``; absolute links lead into ``root``.
    let archives: FileView

    init(_ folder: AgentFolder) {
        let root = Descriptor(open(folder.root, csystem_o_path | O_DIRECTORY | O_CLOEXEC))
        let home = Descriptor(open(folder.home, csystem_o_path | O_DIRECTORY | O_CLOEXEC))
        self.root = FileView(base: root)
        archives = FileView(base: home, absoluteBase: root)
    }
}
