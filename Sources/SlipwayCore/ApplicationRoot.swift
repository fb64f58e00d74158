/// The folder of the repository that is packaged: begins with `/`, which is the repository's root.
///
/// circle.yml key: `application_root`.
package struct ApplicationRoot: Hashable, Sendable, CustomStringConvertible {
    /// As the user wrote it.
    package let rawValue: String

    /// Throws ``ApplicationRootError`` for a root without its `/`, one that climbs out of the
    /// repository, or one with control characters. `.` and empty parts are allowed and mean nothing.
    package init(_ text: String) throws(ApplicationRootError) {
        guard text.hasPrefix("/") else {
            throw ApplicationRootError(root: text, flaw: .noLeadingSlash)
        }
        guard text.utf8.count <= 4096 else {
            throw ApplicationRootError(root: text, flaw: .tooLong(byteLimit: 4096))
        }
        if let control = text.unicodeScalars.first(where: UntrustedText.isUnsafe) {
            throw ApplicationRootError(root: text, flaw: .control(control))
        }
        let parts = text.split(separator: "/").map(String.init).filter { $0 != "." }
        guard !parts.contains("..") else {
            throw ApplicationRootError(root: text, flaw: .leavesRepository)
        }
        rawValue = text
        pathComponents = parts
    }

    /// The path below the repository's root; empty for the root itself.
    package let pathComponents: [String]

    package var description: String { rawValue }
}

/// Why a text is no application root.
package struct ApplicationRootError: Error, Equatable, Sendable {
    package enum Flaw: Equatable, Sendable {
        case noLeadingSlash
        case leavesRepository
        case tooLong(byteLimit: Int)
        case control(Unicode.Scalar)
    }

    package let root: String
    package let flaw: Flaw
}
