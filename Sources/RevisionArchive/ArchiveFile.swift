import CSystem
import Glibc
package import SlipwayCore

/// A file for an archive, which has its name only once it is complete: a run that fails or is
/// killed leaves what was there before.
package enum ArchiveFile {
    /// Writes a file, of whatever the body gives to its sink, durably.
    ///
    /// A zip file, an empty file and what is no regular file (`/dev/null`, a pipe) are written over;
    /// another file only with `replacing`. Throws ``ArchiveFileError``, or what the body threw.
    package static func write<Result>(
        to path: String, replacing: Bool,
        _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Result
    ) throws -> Result {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw ArchiveFileError.last("write", path) }
            return try writeNew(path, mode: nil, isReplacing: false, body)
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: throw ArchiveFileError.isFolder(path: path)
        case S_IFREG:
            guard try replacing || status.st_size == 0 || isZip(path) else {
                throw ArchiveFileError.isNoArchive(path: path)
            }
            // Behind a link, the file is replaced and not the link.
            guard let target = realpath(path, nil) else {
                throw ArchiveFileError.last("write", path)
            }
            defer { free(target) }
            return try writeNew(
                String(cString: target), mode: status.st_mode & 0o777, isReplacing: true, body)
        default:
            let file = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
            guard file >= 0 else { throw ArchiveFileError.last("write", path) }
            defer { close(file) }
            return try body { try write($0, to: file, path) }
        }
    }

    /// Writes all bytes to an open file. Throws ``ArchiveFileError``.
    package static func write(
        _ bytes: UnsafeRawBufferPointer, to file: Int32, _ path: String
    ) throws(ArchiveFileError) {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(file, base, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .last("write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    private static func writeNew<Result>(
        _ path: String, mode: mode_t?, isReplacing: Bool,
        _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Result
    ) throws -> Result {
        let file = try NamelessFile(beside: path)
        defer { file.close() }
        let result = try body { try write($0, to: file.descriptor, path) }
        if let mode { fchmod(file.descriptor, mode) }
        guard fsync(file.descriptor) == 0 else { throw ArchiveFileError.last("write", path) }
        try file.publish(isReplacing: isReplacing)
        return result
    }

    private static func isZip(_ path: String) throws -> Bool {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw ArchiveFileError.last("read", path) }
        defer { close(file) }
        var start: UInt32 = 0
        guard read(file, &start, 4) == 4 else { return false }
        // A file, or an empty archive.
        return [0x0403_4B50, 0x0605_4B50].contains(UInt32(littleEndian: start))
    }
}

/// A file that has no name yet, or where the file system knows no such files, a temporary one that
/// a signal takes away.
private struct NamelessFile {
    let descriptor: Int32
    private let path: String
    /// Where the file is until it gets its name; nil where it is nowhere.
    private let temporary: String?
    private let number: Int32?

    init(beside path: String) throws(ArchiveFileError) {
        self.path = path
        let unnamed =
            access("/proc/self/fd", X_OK) == 0
            ? csystem_open_unnamed(Self.folder(of: path), 0o666) : -1
        if unnamed >= 0 {
            descriptor = unnamed
            temporary = nil
            number = nil
        } else {
            let name = Self.temporaryName(path)
            number = csystem_unlink_when_ended(name)
            descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
            temporary = name
            guard descriptor >= 0 else {
                let error = ArchiveFileError.last("write", path)
                csystem_keep(number!)  // Set three lines above.
                throw error
            }
        }
    }

    /// Gives it its name.
    func publish(isReplacing: Bool) throws(ArchiveFileError) {
        if let temporary {
            try move(temporary, isReplacing)
        } else if isReplacing {
            let temporary = Self.temporaryName(path)
            let number = csystem_unlink_when_ended(temporary)
            defer {
                unlink(temporary)
                csystem_keep(number)
            }
            try link(to: temporary)
            try move(temporary, isReplacing)
        } else {
            try link(to: path)
        }
        let folder = open(Self.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .last("write", path) }
        defer { Glibc.close(folder) }
        guard fsync(folder) == 0 else { throw .last("write", path) }
    }

    /// Lets it go; without a name it is gone.
    func close() {
        Glibc.close(descriptor)
        if let temporary { unlink(temporary) }
        if let number { csystem_keep(number) }
    }

    private func link(to name: String) throws(ArchiveFileError) {
        guard
            linkat(
                AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0
        else { throw errno == EEXIST ? .appeared(path: path) : .last("write", path) }
    }

    private func move(_ temporary: String, _ isReplacing: Bool) throws(ArchiveFileError) {
        let code =
            isReplacing ? rename(temporary, path) : csystem_rename_exclusively(temporary, path)
        if code == 0 { return }
        // A file system that cannot rename so: the name was free a moment ago.
        if !isReplacing, errno == EINVAL || errno == ENOSYS, rename(temporary, path) == 0 { return }
        throw errno == EEXIST ? .appeared(path: path) : .last("write", path)
    }

    private static func temporaryName(_ path: String) -> String {
        "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// Why an archive could not be written to a file.
package enum ArchiveFileError: Error, Equatable, Sendable {
    case isFolder(path: String)
    /// There is a file, and it is none that a `package` before could have made.
    case isNoArchive(path: String)
    /// Another process made a file of that name meanwhile.
    case appeared(path: String)
    /// What the system said: the operation and its `errno`.
    case system(operation: String, path: String, code: Int32, message: String)

    /// The error of the system call that just failed.
    static func last(_ operation: String, _ path: String) -> Self {
        let code = errno
        return .system(
            operation: operation, path: path, code: code, message: String(cString: strerror(code)))
    }
}

extension ArchiveFileError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] { [problem] }

    private var problem: Problem {
        switch self {
        case .isFolder(let path):
            Problem(
                code: "file-is-folder", "\(UntrustedText(path)) is a folder",
                fix: "name a file")
        case .isNoArchive(let path):
            Problem(
                code: "file-exists", "\(UntrustedText(path)) exists and is no zip file",
                why: "it is not what an earlier package made, and would be lost",
                fix: "name another file, or add --force")
        case .appeared(let path):
            Problem(
                code: "file-exists",
                "another process made \(UntrustedText(path)) in the meantime",
                fix: "try again, or name another file")
        case .system(let operation, let path, _, let message):
            Problem(
                code: "file-system", "cannot \(operation) \(UntrustedText(path)): \(message)",
                fix: "check the path, your permissions and the free space")
        }
    }
}
