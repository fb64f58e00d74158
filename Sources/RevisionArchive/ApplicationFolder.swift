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
