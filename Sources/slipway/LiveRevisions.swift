import Glibc
import RevisionArchive
import SlipwayCommands

/// Application roots and archives on this machine's disks.
enum LiveRevisions {
    /// Packs an application root into a file or onto standard output.
    static func pack(_ request: RevisionFileRequest) throws -> RevisionFile {
        let folder = try ApplicationFolder(request.root, in: request.repository)
        switch request.destination {
        case .standardOutput:
            let survey = try folder.survey(request.rule)
            let packed = try survey.pack {
                try ArchiveFile.write($0, to: STDOUT_FILENO, "standard output")
            }
            return RevisionFile(
                path: nil, packed: packed, warnings: survey.warnings, isInsideRoot: false)
        case .path(let path, let nameInFolder):
            let file = isFolder(path) ? (path == "." ? "" : path + "/") + nameInFolder : path
            let survey = try folder.survey(request.rule, leavingOut: file)
            let packed = try ArchiveFile.write(to: file, replacing: request.replacing) { write in
                try survey.pack(into: write)
            }
            return RevisionFile(
                path: file, packed: packed, warnings: survey.warnings,
                isInsideRoot: isFile(file, in: survey.path))
        }
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func isFile(_ path: String, in folder: String) -> Bool {
        guard let resolved = realpath(path, nil) else { return false }
        defer { free(resolved) }
        return folder == "/" || String(cString: resolved).hasPrefix(folder + "/")
    }
}
