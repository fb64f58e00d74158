import Glibc

/// Reads files of a survey, each only as long as it is the one that was surveyed.
final class EntryReader: Sendable {
    private let root: Int32
    private let table: EntryTable

    /// Throws ``ApplicationFolderError/unreadable(path:message:)``.
    init(_ survey: RevisionSurvey) throws(ApplicationFolderError) {
        root = open(survey.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else {
            throw .unreadable(path: survey.path, message: lastMessage())
        }
        table = survey.table
    }

    deinit { close(root) }

    /// Fills the buffer from a place in the file, and proves that no byte of the file changed
    /// since the survey.
    func read(
        _ entry: Entry, at offset: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(PackingError) {
        let file = table.withPath(entry) { path in
            // Without waiting, in case a pipe has taken the file's place.
            openat(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        }
        guard file >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR, ELOOP, ENXIO: throw .changed(path: table.text(entry))
            default: throw .unreadable(path: table.text(entry), message: lastMessage())
            }
        }
        defer { close(file) }
        try check(file, entry)
        var count = 0
        while count < buffer.count {
            let got = pread(
                file, buffer.baseAddress! + count, buffer.count - count, offset + count)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else {
                throw .unreadable(path: table.text(entry), message: lastMessage())
            }
            if got == 0 { throw .changed(path: table.text(entry)) }
            count += got
        }
        try check(file, entry)
    }

    private func check(_ file: Int32, _ entry: Entry) throws(PackingError) {
        var status = stat()
        guard fstat(file, &status) == 0 else {
            throw .unreadable(path: table.text(entry), message: lastMessage())
        }
        guard FileStamp(status) == entry.stamp else { throw .changed(path: table.text(entry)) }
    }
}
