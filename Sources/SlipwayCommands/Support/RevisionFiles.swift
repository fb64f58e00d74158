package import DeployEngine
package import RevisionArchive
package import SlipwayCore

/// Where a revision is written.
package enum RevisionDestination: Equatable, Sendable {
    case standardOutput
    case file(String)
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
    package let packed: DeployEngine.PackedRevision
    /// The SHA-256 of the archive, in lower-case hexadecimal digits.
    package let sha256: String
    package let warnings: [RevisionFlaw]
    /// Whether the file is in the application root, where the next revision will hold it.
    package let isInsideRoot: Bool

    package init(
        packed: DeployEngine.PackedRevision, sha256: String, warnings: [RevisionFlaw],
        isInsideRoot: Bool
    ) {
        self.packed = packed
        self.sha256 = sha256
        self.warnings = warnings
        self.isInsideRoot = isInsideRoot
    }
}
