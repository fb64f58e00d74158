/// The name of a project: the repository it deploys, as `owner/name`.
///
/// GitLab's subgroups make the owner a path (`group/subgroup/name`), so there may be more than
/// one slash. Each part is made of ASCII letters, digits, `.`, `_` and `-`, is not `.` or `..`,
/// and the whole has at most 255 characters. Names are compared as they are written.
package struct ProjectName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let rawValue: String

    /// Parses `owner/name`.
    ///
    /// Throws ``NameError`` with what is wrong: it never repairs a name.
    package init(_ text: String) throws(NameError) {
        guard text.utf8.count <= 255 else {
            throw NameError(kind: .project, name: text, flaw: .tooLong(limit: 255))
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw NameError(kind: .project, name: text, flaw: .notOwnerAndName)
        }
        if let odd = text.unicodeScalars.first(where: { !Self.isAllowed($0) }) {
            throw NameError(kind: .project, name: text, flaw: .character(odd))
        }
        rawValue = text
    }

    package var description: String { rawValue }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCIILetterOrDigit || "._-/".unicodeScalars.contains(scalar)
    }
}

/// Why a name of ours cannot be one.
package struct NameError: Error, Equatable, Sendable {
    package enum Kind: Sendable { case project, application }

    package enum Flaw: Equatable, Sendable {
        case empty
        case tooLong(limit: Int)
        case notOwnerAndName
        case character(Unicode.Scalar)
    }

    package let kind: Kind
    package let name: String
    package let flaw: Flaw
}

extension Unicode.Scalar {
    package var isASCIILetterOrDigit: Bool {
        ("a"..."z").contains(self) || ("A"..."Z").contains(self) || ("0"..."9").contains(self)
    }
}
