import CSystemCalls
import Glibc
import Synchronization

/// A file or a folder that is open, until it is closed or the last reference to it goes.
final class Descriptor: Sendable {
    let number: Int32
    private let isClosed = Atomic(false)

    init(_ number: Int32) { self.number = number }

    deinit { closeNow() }

    /// Closes it while there are still references, which may not use it any more.
    func closeNow() {
        if !isClosed.exchange(true, ordering: .acquiringAndReleasing) { close(number) }
    }

    /// Reads to the end, or to so many bytes.
    func contents(limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(64 << 10, max(1, limit)))
        while bytes.count < limit {
            let count = read(number, &chunk, min(chunk.count, limit - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw AgentError.lastSystemCall("io_fread", "") }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    func write(_ bytes: some Collection<UInt8>) throws {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw AgentError.lastSystemCall("io_write", "") }
            rest = rest.dropFirst(count)
        }
    }

    /// The names in a folder that is open for reading, sorted, without `.` and `..`.
    func names() throws -> [String] {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0, let stream = fdopendir(copy) else {
            if copy >= 0 { close(copy) }
            throw AgentError.lastSystemCall("dir_initialize", "")
        }
        defer { closedir(stream) }
        rewinddir(stream)
        var names: [String] = []
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                throw AgentError.notUTF8Name
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// The two ends of a pipe.
struct Pipe {
    let reader: Descriptor
    let writer: Descriptor

    init() throws {
        var ends: [Int32] = [0, 0]
        guard csystem_pipe(&ends) == 0 else { throw AgentError.lastSystemCall("pipe", "") }
        reader = Descriptor(ends[0])
        writer = Descriptor(ends[1])
    }
}

/// Makes a folder and what it lies in, 0755 whatever the umask; what is there stays as it is.
func makeFolders(_ path: String) throws {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        .joined(separator: "/")
    if !parent.isEmpty { try makeFolders(parent) }
    if mkdir(path, 0o755) == 0 {
        chmod(path, 0o755)
    } else if errno != EEXIST {
        throw AgentError.lastSystemCall("dir_s_mkdir", path)
    }
}

/// A whole file of the agent's own; nil where there is none.
func wholeFile(_ path: String) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    return try? Descriptor(file).contents(limit: 64 << 20)
}

/// Writes a file so that after a crash it has its old or its new contents.
func replaceFile(_ path: String, with text: String) throws {
    let new = path + ".new"
    let number = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard number >= 0 else { throw AgentError.lastSystemCall("rb_sysopen", new) }
    let file = Descriptor(number)
    try file.write(text.utf8)
    guard fsync(number) == 0, rename(new, path) == 0 else {
        throw AgentError.lastSystemCall("rb_file_s_rename", path)
    }
}

/// The names in a folder of the agent's own; none where it cannot be read.
func names(in path: String) -> [String] {
    let number = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { return [] }
    return (try? Descriptor(number).names()) ?? []
}

func modificationTime(_ path: String) -> Duration {
    var status = stat()
    guard lstat(path, &status) == 0 else { return .zero }
    return .seconds(status.st_mtim.tv_sec) + .nanoseconds(status.st_mtim.tv_nsec)
}

/// Removes a file or a folder with all that is in it, following no link. Nothing there is fine.
func removeTree(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
        let number = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if number >= 0 {
            try removeContents(Descriptor(number), path)
        } else if errno == EACCES, chmod(path, 0o700) == 0 {
            return try removeTree(path)
        }
    }
    guard remove(path) == 0 || errno == ENOENT else {
        throw AgentError.lastSystemCall("apply2files", path)
    }
}

private func removeContents(_ folder: Descriptor, _ path: String) throws {
    // Folders without write permission are the archive's business, not a reason to keep them.
    fchmod(folder.number, 0o700)
    let copy = fcntl(folder.number, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0, let stream = fdopendir(copy) else { return }
    defer { closedir(stream) }
    var names: [[CChar]] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            bytes.prefix { $0 != 0 }.map(CChar.init(bitPattern:)) + [0]
        }
        if name != [46, 0], name != [46, 46, 0] { names.append(name) }
    }
    for name in names where unlinkat(folder.number, name, 0) != 0 {
        let inner = openat(
            folder.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if inner >= 0 {
            try removeContents(Descriptor(inner), path)
        } else if errno == EACCES, fchmodat(folder.number, name, 0o700, 0) == 0 {
            let again = openat(
                folder.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if again >= 0 { try removeContents(Descriptor(again), path) }
        }
        guard unlinkat(folder.number, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw AgentError.lastSystemCall("apply2files", path)
        }
    }
}
