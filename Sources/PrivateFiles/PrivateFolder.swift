import Glibc

/// Folders that only their owner can enter.
package enum PrivateFolder {
    package static let mode: UInt32 = 0o700

    /// Makes the folder and those above it that are missing, each 0700 whatever the umask. A folder
    /// that is there stays as it is.
    package static func create(_ path: String) throws(PrivateFileError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAFolder(path: path) }
            return
        }
        guard errno == ENOENT else {
            throw errno == ENOTDIR ? .notAFolder(path: path) : .last("look at", path)
        }
        try create(folder(of: path))
        guard mkdir(path, mode) == 0 else {
            if errno == EEXIST { return try create(path) }
            throw .last("create", path)
        }
        try checkResult(chmod(path, mode), "create", path)
        try sync(containing: path)
    }

    /// Refuses a folder in which others could swap files: writable by group or others, and not
    /// sticky.
    package static func checkNotWritableByOthers(_ path: String) throws(PrivateFileError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw errno == ENOENT || errno == ENOTDIR
                ? .missing(path: path) : .last("look at", path)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAFolder(path: path) }
        let sticky = status.st_mode & S_ISVTX != 0
        guard sticky || status.st_mode & 0o022 == 0 else {
            throw .folderWritableByOthers(path: path, mode: status.st_mode & 0o7777)
        }
    }

    /// Runs the body while no other process holds the same folder: for making and upgrading what
    /// is in it. Leaves no lock file behind.
    ///
    /// Throws ``PrivateFileError/locked(path:seconds:)`` where another process does not let go.
    package static func withExclusiveLock<Result>(
        on path: String, patience: Duration = .seconds(60), _ body: () throws -> Result
    ) throws -> Result {
        let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw PrivateFileError.last("open", path) }
        defer { close(file) }
        let deadline = ContinuousClock.now.advanced(by: patience)
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw PrivateFileError.last("lock", path)
            }
            guard ContinuousClock.now < deadline else {
                throw PrivateFileError.locked(
                    path: path, seconds: Int(patience.components.seconds))
            }
            usleep(UInt32.random(in: 1_000...10_000))
        }
        return try body()
    }

    /// Makes names created in the folder of a path survive a power loss.
    static func sync(containing path: String) throws(PrivateFileError) {
        let name = folder(of: path)
        let file = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw .last("open", name) }
        defer { close(file) }
        // Some file systems cannot sync a folder and say EINVAL; they have nothing to sync.
        guard fsync(file) == 0 || errno == EINVAL else { throw .last("write", name) }
    }
}
