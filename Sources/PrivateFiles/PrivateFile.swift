import CSystemCalls
import Glibc
package import SlipwayCore

/// Files that only their owner can read and write, whatever the umask.
package enum PrivateFile {
    /// The mode of every file that holds something of ours.
    package static let mode: UInt32 = 0o600

    /// Makes a file that was not there, complete or not at all: a temporary name, fsync, rename.
    ///
    /// Throws ``PrivateFileError/exists(path:)`` where another process was first: that file is
    /// whole, and is left alone.
    package static func create(
        at path: String, contents: UnsafeRawBufferPointer
    ) throws(PrivateFileError) {
        let temporary = temporaryName(beside: path)
        let file = try openNew(temporary)
        defer { unlink(temporary) }
        do {
            defer { close(file) }
            try write(contents, to: file, path: temporary)
        }
        try moveIntoFreePlace(temporary, at: path)
    }

    /// A file under a name that nobody has, until it is finished and gets its own.
    package struct Temporary: Sendable {
        package let path: String
        fileprivate let number: Int32

        /// Removes the file, if it has not got its name, with what SQLite puts beside it.
        package func remove() {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
            csystem_keep(number)
        }
    }

    /// Makes an empty file beside the path. Finish with ``moveIntoPlace(_:at:)`` or
    /// ``moveIntoFreePlace(_:at:)``, and always remove it: a signal that ends the process does.
    package static func createTemporary(beside path: String) throws(PrivateFileError) -> Temporary {
        let temporary = temporaryName(beside: path)
        let number = csystem_unlink_when_ended(temporary)
        close(try openNew(temporary))
        return Temporary(path: temporary, number: number)
    }

    /// Gives a finished temporary file its name, durably, in place of what had that name.
    package static func moveIntoPlace(
        _ temporary: String, at path: String
    ) throws(PrivateFileError) {
        try syncFile(temporary)
        guard Glibc.rename(temporary, path) == 0 else { throw .last("create", path) }
        try PrivateFolder.sync(containing: path)
    }

    /// As ``moveIntoPlace(_:at:)``, but throws ``PrivateFileError/exists(path:)`` where the name is
    /// taken. At no moment has the file two names, except on a file system that cannot rename so.
    package static func moveIntoFreePlace(
        _ temporary: String, at path: String
    ) throws(PrivateFileError) {
        try syncFile(temporary)
        if csystem_rename_exclusively(temporary, path) != 0 {
            guard errno == EINVAL || errno == ENOSYS else {
                throw errno == EEXIST ? .exists(path: path) : .last("create", path)
            }
            guard link(temporary, path) == 0 else {
                throw errno == EEXIST ? .exists(path: path) : .last("create", path)
            }
            unlink(temporary)
        }
        try PrivateFolder.sync(containing: path)
    }

    /// Removes temporary files beside a path that a killed process left. Only for who holds the
    /// folder's lock: others' are not abandoned.
    package static func removeAbandoned(beside path: String) {
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last.map { String($0) ?? "" } ?? ""
        guard let listing = opendir(folder(of: path)) else { return }
        defer { closedir(listing) }
        while let entry = readdir(listing) {
            let other = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if other.hasPrefix(name + "."), other.contains(".tmp") {
                unlink(folder(of: path) + "/" + other)
            }
        }
    }

    /// Reads a file of at most `byteLimit` bytes, after ``Trust`` found nothing against it. The file
    /// that was judged is the one that is read.
    package static func read(
        _ path: String, byteLimit: Int, trust: Trust
    ) throws(PrivateFileError) -> SecretBytes {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw .missing(path: path)
            case ELOOP: throw .symbolicLink(path: path)
            default: throw .last("open", path)
            }
        }
        defer { close(file) }
        var status = stat()
        try checkResult(fstat(file, &status), "read", path)
        try trust.judge(status, path: path)
        try PrivateFolder.checkNotWritableByOthers(folder(of: path))

        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: byteLimit + 1, alignment: 16)
        defer {
            explicit_bzero(buffer.baseAddress!, buffer.count)  // allocate never returns nil here
            buffer.deallocate()
        }
        var count = 0
        while count < buffer.count {
            let got = Glibc.read(file, buffer.baseAddress! + count, buffer.count - count)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw .last("read", path) }
            if got == 0 { break }
            count += got
        }
        guard count <= byteLimit else { throw .tooLarge(path: path, byteLimit: byteLimit) }
        return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    /// Refuses a file with wider permissions than 0600, or of another owner than this user, root,
    /// or `owner`; a file that is not there is no matter. Root may use anybody's.
    package static func check(_ path: String, owner: UInt32? = nil) throws(PrivateFileError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw .last("look at", path)
        }
        if status.st_mode & S_IFMT == S_IFLNK { throw .symbolicLink(path: path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegularFile(path: path) }
        guard status.st_mode & 0o177 == 0 else {
            throw .widePermissions(path: path, mode: status.st_mode & 0o7777, allowed: mode)
        }
        let trusted = [geteuid(), 0, owner]
        guard trusted.contains(status.st_uid) || (owner == nil && geteuid() == 0) else {
            throw .foreignOwner(path: path, userID: status.st_uid)
        }
    }

    /// What tells a file from every other, whatever its names; nil where there is none.
    package static func identity(of path: String) -> Identity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Identity(device: status.st_dev, inode: status.st_ino, owner: status.st_uid)
    }

    package struct Identity: Hashable, Sendable {
        private let device: UInt
        private let inode: UInt
        package let owner: UInt32

        init(device: UInt, inode: UInt, owner: UInt32) {
            self.device = device
            self.inode = inode
            self.owner = owner
        }
    }

    /// Whether anything is at the path, of any kind. Does not follow a link. Throws where that cannot
    /// be told: what may not be looked at is not missing.
    package static func exists(_ path: String) throws(PrivateFileError) -> Bool {
        var status = stat()
        if lstat(path, &status) == 0 { return true }
        guard errno == ENOENT || errno == ENOTDIR else { throw .last("look at", path) }
        return false
    }

    /// Whether there is a regular file at the path, at the end of whatever links.
    package static func isRegular(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Gives a file another name; one that is not there is no matter.
    package static func rename(_ path: String, to newPath: String) throws(PrivateFileError) {
        guard Glibc.rename(path, newPath) == 0 || errno == ENOENT else {
            throw .last("rename", path)
        }
        try PrivateFolder.sync(containing: newPath)
    }

    /// How far a file is trusted with what protects the store.
    package enum Trust: Sendable {
        /// A key file: regular, mine or root's, 0600 or tighter, one link.
        case keyFile
        /// A file that the service manager placed: as a key file, but its group may read it, since
        /// systemd grants a service's user access through an ACL, which shows as the group's bit.
        case credential

        func judge(_ status: stat, path: String) throws(PrivateFileError) {
            guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegularFile(path: path) }
            guard status.st_uid == geteuid() || status.st_uid == 0 else {
                throw .foreignOwner(path: path, userID: status.st_uid)
            }
            let forbidden: UInt32 = self == .keyFile ? 0o177 : 0o137
            guard status.st_mode & forbidden == 0 else {
                throw .widePermissions(
                    path: path, mode: status.st_mode & 0o7777, allowed: PrivateFile.mode)
            }
            guard status.st_nlink == 1 else {
                throw .severalLinks(path: path, count: Int(status.st_nlink))
            }
        }
    }

    private static func openNew(_ path: String) throws(PrivateFileError) -> Int32 {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw .last("create", path) }
        guard fchmod(file, mode) == 0 else {
            let error = PrivateFileError.last("create", path)
            close(file)
            unlink(path)
            throw error
        }
        return file
    }

    private static func write(
        _ contents: UnsafeRawBufferPointer, to file: Int32, path: String
    ) throws(PrivateFileError) {
        var rest = contents
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(file, base, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .last("write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    private static func syncFile(_ path: String) throws(PrivateFileError) {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { throw .last("open", path) }
        defer { close(file) }
        try checkResult(fsync(file), "write", path)
    }

    private static func temporaryName(beside path: String) -> String {
        "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
    }
}

/// The folder that a path is in, `.` where it names none.
package func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

func checkResult(
    _ result: Int32, _ operation: String, _ path: String
) throws(PrivateFileError) {
    guard result == 0 else { throw .last(operation, path) }
}

extension PrivateFileError {
    /// The error of the system call that just failed.
    static func last(_ operation: String, _ path: String) -> Self {
        let code = errno
        return .system(
            operation: operation, path: path, code: code, message: String(cString: strerror(code)))
    }
}
