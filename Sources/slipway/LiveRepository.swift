import Glibc
import RevisionArchive
import SlipwayCommands

extension Repository {
    /// The repository around this process's working folder.
    static let live = Repository(
        root: {
            guard let current = getcwd(nil, 0) else { return "." }
            defer { free(current) }
            let folder = String(cString: current)
            var path = folder[...]
            while true {
                if access("\(path)/.git", F_OK) == 0 { return path.isEmpty ? "/" : String(path) }
                guard let slash = path.lastIndex(of: "/"), !path.isEmpty else { return folder }
                path = path[..<slash]
            }
        },
        branch: { Git.branch() },
        commit: { Git.commit() },
        exists: { access($0, F_OK) == 0 },
        folder: { try ApplicationFolder($0, in: $1).path },
        size: { try ApplicationFolder($0, in: $1).size() }
    )
}
