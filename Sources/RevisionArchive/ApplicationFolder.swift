import Glibc
package import SlipwayCore

/// An application root on disk: the folder that is packed.
package struct ApplicationFolder: Sendable {
    /// Without symbolic links.
    package let path: String

    /// Finds the folder of a root below a repository.
    ///
    /// Throws ``ApplicationFolderError`` where it is missing, no folder, or where a symbolic link
    /// leads out of the repository.
    package init(
        _ root: ApplicationRoot, in repository: String
    ) throws(ApplicationFolderError) {
        guard let top = Self.resolved(repository) else {
            throw .missing(root, path: repository)
        }
        let joined = ([repository] + root.pathComponents).joined(separator: "/")
        guard let path = Self.resolved(joined) else {
            if errno == ENOENT || errno == ENOTDIR { throw .missing(root, path: joined) }
            throw .unreadable(path: joined, message: String(cString: strerror(errno)))
        }
        guard path == top || path.hasPrefix(top == "/" ? "/" : top + "/") else {
            throw .leavesRepository(root, target: path)
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw .noFolder(root)
        }
        self.path = path
    }

    /// Counts what would be packed: everything but `.git`, sockets, pipes and devices. Follows no
    /// symbolic link.
    ///
    /// Throws ``ApplicationFolderError/unreadable(path:message:)`` for a folder that cannot be
    /// read; what vanishes meanwhile is not counted.
    package func size() throws(ApplicationFolderError) -> RevisionSize {
        var size = RevisionSize()
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            throw .unreadable(path: path, message: String(cString: strerror(errno)))
        }
        try Self.add(folder, at: path, to: &size)
        return size
    }

    /// Adds a folder's content. Takes the descriptor over.
    private static func add(
        _ folder: Int32, at path: String, to size: inout RevisionSize
    ) throws(ApplicationFolderError) {
        guard let stream = fdopendir(folder) else {
            let message = String(cString: strerror(errno))
            close(folder)
            throw .unreadable(path: path, message: message)
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = UnsafeRawPointer(entry).advanced(by: nameOffset)
                .assumingMemoryBound(to: CChar.self)
            if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, ".git") == 0 {
                continue
            }
            var kind = entry.pointee.d_type
            if kind != UInt8(DT_DIR) {
                var status = stat()
                guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
                switch status.st_mode & S_IFMT {
                case S_IFREG, S_IFLNK:
                    size.fileCount += 1
                    size.byteCount += Int(status.st_size)
                // Some file systems do not say what an entry is.
                case S_IFDIR: kind = UInt8(DT_DIR)
                default: break
                }
            }
            guard kind == UInt8(DT_DIR) else { continue }
            let inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if inner >= 0 {
                try add(inner, at: path + "/" + String(cString: name), to: &size)
            } else if errno != ENOENT {
                throw .unreadable(
                    path: path + "/" + String(cString: name),
                    message: String(cString: strerror(errno)))
            }
        }
    }

    /// Where a directory entry's name begins.
    private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19

    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

/// Why an application root cannot be packed.
package enum ApplicationFolderError: Error, Equatable, Sendable {
    case missing(ApplicationRoot, path: String)
    case noFolder(ApplicationRoot)
    case leavesRepository(ApplicationRoot, target: String)
    case unreadable(path: String, message: String)
}

extension ApplicationFolderError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] {
        switch self {
        case .missing(let root, let path):
            [
                Problem(
                    code: "root-missing",
                    "the application root \(UntrustedText(root.rawValue)) is not there",
                    why: "there is no \(UntrustedText(path))",
                    fix: "name a folder of the repository, or build it before")
            ]
        case .noFolder(let root):
            [
                Problem(
                    code: "root-not-a-folder",
                    "the application root \(UntrustedText(root.rawValue)) is not a folder",
                    fix: "name the folder that has appspec.yml")
            ]
        case .leavesRepository(let root, let target):
            [
                Problem(
                    code: "root-leaves-repository",
                    "the application root \(UntrustedText(root.rawValue)) leads out of the "
                        + "repository",
                    why: "a symbolic link on the way leads to \(UntrustedText(target))",
                    fix: "name a folder that is inside the repository")
            ]
        case .unreadable(let path, let message):
            [
                Problem(
                    code: "unreadable", "cannot read \(UntrustedText(path)): \(message)",
                    fix: "check its permissions")
            ]
        }
    }
}
