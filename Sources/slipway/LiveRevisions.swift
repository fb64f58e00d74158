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
        func pack(
            _ survey: RevisionSurvey, into sink: (UnsafeRawBufferPointer) throws -> Void
        ) throws -> RevisionArchive.PackedRevision {
            try survey.pack(progress: told) { bytes in
                digester.update(bytes)
                try sink(bytes)
            }
        }
        let survey: RevisionSurvey
        let packed: RevisionArchive.PackedRevision
        var isInsideRoot = false
        switch request.destination {
        case .standardOutput:
            survey = try folder.survey(request.rule)
            packed = try pack(survey) {
                try ArchiveFile.write($0, to: STDOUT_FILENO, "standard output")
            }
        case .file(let path):
            survey = try folder.survey(request.rule, leavingOut: path)
            packed = try ArchiveFile.write(to: path, replacing: request.replacing) {
                try pack(survey, into: $0)
            }
            isInsideRoot = isFile(path, in: survey.path)
        }
        return RevisionFile(
            packed: .init(packed), sha256: digester.finish().hexadecimal,
            warnings: survey.warnings, isInsideRoot: isInsideRoot)
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
