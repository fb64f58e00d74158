package import RevisionArchive
package import SlipwayCore

/// Where a revision is written, as far as the command line says.
package enum RevisionDestination: Equatable, Sendable {
    case standardOutput
    /// A file; of that name in the folder, where it is a folder.
    case path(String, nameInFolder: String)
}

/// What to pack, and where to.
package struct RevisionFileRequest: Equatable, Sendable {
    package let root: ApplicationRoot
    /// The top of the repository.
    package let repository: String
    package let rule: NameRule
    package let destination: RevisionDestination
    /// Whether to write over a file that is no archive.
    package let replacing: Bool
}

/// A revision that was written.
package struct RevisionFile: Equatable, Sendable {
    /// Nil for standard output.
    package let path: String?
    package let packed: PackedRevision
    package let warnings: [RevisionFlaw]
    /// Whether the file is in the application root, where the next revision will hold it.
    package let isInsideRoot: Bool

    package init(
        path: String?, packed: PackedRevision, warnings: [RevisionFlaw], isInsideRoot: Bool
    ) {
        self.path = path
        self.packed = packed
        self.warnings = warnings
        self.isInsideRoot = isInsideRoot
    }
}
