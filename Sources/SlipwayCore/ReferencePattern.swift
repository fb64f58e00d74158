/// Which branches or tags a section takes: one by its name, or those that a regular expression
/// matches whole.
///
/// circle.yml key: `branch`, `tag`.
package struct ReferencePattern: Hashable, Sendable, CustomStringConvertible {
    /// As the user wrote it.
    package let rawValue: String
    /// What stands between the slashes; nil for a name. Kept as text, which takes a hundredth of the
    /// memory: a file may have thousands.
    private let expression: String?

    /// Parses a name, or `/a regular expression/`. Capitals matter in both.
    ///
    /// Throws ``ReferencePatternError`` for an empty text and for an expression that is none.
    package init(_ text: String) throws(ReferencePatternError) {
        guard !text.isEmpty else { throw .empty }
        rawValue = text
        guard text.hasPrefix("/"), text.hasSuffix("/"), text.utf8.count > 1 else {
            // Git allows no reference to begin or end with a slash.
            guard !text.hasPrefix("/"), !text.hasSuffix("/") else { throw .halfAnExpression(text) }
            expression = nil
            return
        }
        let inner = String(text.dropFirst().dropLast())
        guard !inner.isEmpty else { throw .emptyExpression }
        do {
            _ = try RegularExpression(inner)
        } catch {
            throw .invalidExpression(text, error)
        }
        expression = inner
    }

    package var isExpression: Bool { expression != nil }

    /// Whether a branch or tag is meant. An expression must match the whole name.
    ///
    /// Takes the steps of an expression from a budget. Throws ``ReferencePatternError/tooSlow(_:)``
    /// where there are not enough.
    package func matches(
        _ reference: String, budget: inout Int
    ) throws(ReferencePatternError) -> Bool {
        // It was read before: reading it again fails no more.
        guard let expression, let parsed = try? RegularExpression(expression) else {
            return reference == rawValue
        }
        do {
            return try parsed.matchesWhole(reference, budget: &budget)
        } catch {
            throw .tooSlow(rawValue)
        }
    }

    /// The steps that all patterns together may take to find a build's section.
    package static let stepLimit = RegularExpression.stepLimit

    package var description: String { rawValue }
}

/// Why a text names no branches or tags.
package enum ReferencePatternError: Error, Equatable, Sendable {
    case empty
    case emptyExpression
    /// Only one of the slashes is there.
    case halfAnExpression(String)
    case invalidExpression(String, RegularExpressionError)
    /// Whether it matches the build cannot be found out in time.
    case tooSlow(String)
}

extension ReferencePatternError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] {
        switch self {
        case .empty:
            [
                Problem(
                    code: "empty-value", "the name is empty",
                    fix: "write the name of a branch or tag")
            ]
        case .emptyExpression:
            [
                Problem(
                    code: "invalid-expression", "the regular expression // is empty",
                    why: "it would match nothing", fix: "write /.*/ to match everything")
            ]
        case .halfAnExpression(let text):
            [
                Problem(
                    code: "invalid-expression",
                    "\(UntrustedText(text)) is neither a name nor a regular expression",
                    why:
                        "no name begins or ends with /, and a regular expression stands between two",
                    fix: "put all of it between slashes, for example /release-.*/")
            ]
        case .invalidExpression(let text, let error):
            [
                Problem(
                    code: "invalid-expression",
                    "\(shown(text)) is not a regular expression that slipway takes",
                    why: error.text, fix: "mend it, or write the name without slashes")
            ]
        case .tooSlow(let text):
            [
                Problem(
                    code: "slow-expression",
                    "the regular expression \(shown(text)) takes too long on this name",
                    why: "the search for a section was given up after "
                        + "\(RegularExpression.stepLimit) steps",
                    fix: "write a simpler one, or name the branches one by one")
            ]
        }
    }

    /// An expression as a message may show it: not all of a long one.
    private func shown(_ text: String) -> UntrustedText {
        UntrustedText(text.count > 100 ? text.prefix(100) + "..." : text)
    }
}
