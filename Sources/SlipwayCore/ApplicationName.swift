/// The name of a CodeDeploy application.
///
/// AWS: 1 to 100 characters, each a letter, a digit or one of `._+=,@-`.
/// circle.yml key: the key under `codedeploy`.
package struct ApplicationName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let rawValue: String

    /// Throws ``NameError`` for a name that CodeDeploy would refuse.
    package init(_ text: String) throws(NameError) {
        guard !text.isEmpty else {
            throw NameError(kind: .application, name: text, flaw: .empty)
        }
        guard text.unicodeScalars.count <= 100 else {
            throw NameError(kind: .application, name: text, flaw: .tooLong(limit: 100))
        }
        for scalar in text.unicodeScalars
        where !scalar.isASCIILetterOrDigit && !"._+=,@-".unicodeScalars.contains(scalar) {
            throw NameError(kind: .application, name: text, flaw: .character(scalar))
        }
        rawValue = text
    }

    package var description: String { rawValue }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}
