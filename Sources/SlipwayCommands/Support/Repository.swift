package import SlipwayCore

/// The repository around the current folder, as far as commands ask for it.
package struct Repository: Sendable {
    /// The folder at its top, else the current folder.
    package var root: @Sendable () -> String
    /// The branch that is checked out; nil on a detached checkout.
    package var branch: @Sendable () -> String?
    /// The full id of the commit that is checked out.
    package var commit: @Sendable () -> String?
    /// Whether there is a file or folder.
    package var exists: @Sendable (_ path: String) -> Bool
    /// The folder of an application root. Throws where it cannot be packed.
    package var folder: @Sendable (_ root: ApplicationRoot, _ repository: String) throws -> String
    /// How much an application root holds. Throws where it cannot be packed.
    package var size:
        @Sendable (_ root: ApplicationRoot, _ repository: String) throws -> RevisionSize

    package init(
        root: @escaping @Sendable () -> String, branch: @escaping @Sendable () -> String?,
        commit: @escaping @Sendable () -> String?, exists: @escaping @Sendable (String) -> Bool,
        folder: @escaping @Sendable (ApplicationRoot, String) throws -> String,
        size: @escaping @Sendable (ApplicationRoot, String) throws -> RevisionSize
    ) {
        self.root = root
        self.branch = branch
        self.commit = commit
        self.exists = exists
        self.folder = folder
        self.size = size
    }

    /// No repository: an empty folder that git knows nothing of.
    package static let none = Repository(
        root: { "." }, branch: { nil }, commit: { nil }, exists: { _ in false },
        folder: { _, repository in repository }, size: { _, _ in RevisionSize() })
}
