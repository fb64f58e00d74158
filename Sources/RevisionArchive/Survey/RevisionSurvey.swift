import Glibc
package import SlipwayCore

/// What a revision of an application root holds, in the order of the archive.
///
/// A snapshot: what is made later is not packed, what changes later fails the packing.
package struct RevisionSurvey: Sendable {
    /// The application root, without symbolic links.
    package let path: String
    /// Files and links, and their bytes.
    package let size: RevisionSize
    /// What is left out, or will not be as it is here: sockets, pipes and devices among it.
    package let warnings: [RevisionFlaw]
    let table: EntryTable

    /// How many bytes the archive has at most: for choosing how to send it before it is made.
    package var archiveByteLimit: Int {
        table.entries.reduce(ZipFormat.endByteLimit) { sum, entry in
            sum + entry.byteCount + entry.byteCount / 4096 + 2 * entry.name.count
                + ZipFormat.entryByteLimit
        }
    }
}

extension ApplicationFolder {
    /// Lists everything that a revision holds: all but `.git` at any depth (a submodule's is a
    /// pointer to this machine's copy of the repository), sockets, pipes and devices.
    ///
    /// `leavingOut` is the file that the archive will be written to, if that is there. Throws
    /// ``RevisionSurveyError`` with everything that cannot be packed, or
    /// ``ApplicationFolderError/unreadable(path:message:)``.
    package func survey(
        _ rule: NameRule = .caseSensitive, leavingOut output: String? = nil
    ) throws -> RevisionSurvey {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            throw ApplicationFolderError.unreadable(path: path, message: lastMessage())
        }
        defer { close(folder) }
        let walk = FolderWalk(folder, rule: rule, leavingOut: output.flatMap(Self.stamp))
        var (table, found) = walk.run(threadCount: RevisionSurvey.threadCount)
        table.sort()
        var check = LinkCheck(table)
        check.run()
        let flaws =
            found.sorted { $0.problem.file ?? "" < $1.problem.file ?? "" } + check.flaws
        let warnings = flaws.filter(\.isWarning)
        guard warnings.count == flaws.count else {
            throw RevisionSurveyError(flaws: flaws.filter { !$0.isWarning }, warnings: warnings)
        }
        table.removeImpliedFolders()
        var size = RevisionSize()
        for entry in table.entries where entry.kind != .folder {
            size.fileCount += 1
            size.byteCount += entry.byteCount
        }
        return RevisionSurvey(path: path, size: size, warnings: warnings, table: table)
    }

    /// Counts what would be packed. Throws as ``survey(_:leavingOut:)``.
    package func size() throws -> RevisionSize { try survey().size }

    private static func stamp(of path: String) -> FileStamp? {
        var status = stat()
        return stat(path, &status) == 0 ? FileStamp(status) : nil
    }
}

extension EntryTable {
    /// Drops folders that every unpacker makes by itself: those that hold something and have the
    /// usual permissions. They would cost about 150 bytes each.
    fileprivate mutating func removeImpliedFolders() {
        let sorted = self
        removeAll { index, entry in
            guard entry.kind == .folder, entry.permissions == 0o755,
                index + 1 < sorted.entries.count
            else { return false }
            return sorted.name(sorted.entries[index + 1]).starts(with: sorted.name(entry))
        }
    }
}
