import AWSSignature
import DeployEngine
import Glibc
import RevisionArchive
import SlipwayCommands
import SlipwayCore

/// Application roots and archives on this machine's disks.
enum LiveRevisions {
    /// Packs an application root into a file or onto standard output.
    static func pack(
        _ request: RevisionFileRequest, _ progress: (UploadProgress) -> Void
    ) throws -> RevisionFile {
        let folder = try ApplicationFolder(request.root, in: request.repository)
        func told(_ news: PackingProgress) {
            progress(
                UploadProgress(
                    readByteCount: news.packed.byteCount, totalByteCount: news.whole.byteCount,
                    packedByteCount: news.archiveByteCount, sentByteCount: nil))
        }
        var digester = ContentDigester(.sha256)
        switch request.destination {
        case .standardOutput:
            let survey = try folder.survey(request.rule)
            let packed = try survey.pack(progress: told) { bytes in
                digester.update(bytes)
                try ArchiveFile.write(bytes, to: STDOUT_FILENO, "standard output")
            }
            return RevisionFile(
                packed: .init(packed), sha256: digester.finish().hexadecimal,
                warnings: survey.warnings, isInsideRoot: false)
        case .file(let path):
            let survey = try folder.survey(request.rule, leavingOut: path)
            let packed = try ArchiveFile.write(to: path, replacing: request.replacing) { write in
                try survey.pack(progress: told) { bytes in
                    digester.update(bytes)
                    try write(bytes)
                }
            }
            return RevisionFile(
                packed: .init(packed), sha256: digester.finish().hexadecimal,
                warnings: survey.warnings, isInsideRoot: isFile(path, in: survey.path))
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
