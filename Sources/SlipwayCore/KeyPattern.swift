/// A pattern for S3 keys, such as `apps/my-app-{SHORT_COMMIT}-{BUILD_NUM}`, parsed once.
///
/// circle.yml key: `key_pattern`.
package struct KeyPattern: Hashable, Sendable, CustomStringConvertible {
    package enum Segment: Hashable, Sendable {
        case literal(String)
        case variable(Variable)
    }

    /// What a build can put into a key.
    package enum Variable: String, CaseIterable, Sendable {
        case branch = "BRANCH"
        case commit = "COMMIT"
        case shortCommit = "SHORT_COMMIT"
        case buildNumber = "BUILD_NUM"

        /// Whether two builds never share its value, near enough for a key of their own.
        package var tellsBuildsApart: Bool { self != .branch }
    }

    /// As the user wrote it.
    package let rawValue: String
    package let segments: [Segment]

    /// Parses a pattern. A `{` always begins a variable; a lone `}` is text; there is no escape.
    ///
    /// Throws ``KeyPatternError`` for an unknown variable, a brace that is never closed, an empty
    /// pattern, control characters, and literal text that alone is over S3's 1,024 bytes.
    package init(_ text: String) throws(KeyPatternError) {
        guard !text.isEmpty else { throw KeyPatternError(pattern: text, flaw: .empty) }
        if let control = text.unicodeScalars.first(where: UntrustedText.isUnsafe) {
            throw KeyPatternError(pattern: text, flaw: .control(control))
        }
        var segments: [Segment] = []
        var rest = Substring(text)
        var literalByteCount = 0
        while let open = rest.firstIndex(of: "{") {
            if open > rest.startIndex { segments.append(.literal(String(rest[..<open]))) }
            literalByteCount += rest[..<open].utf8.count
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw KeyPatternError(pattern: text, flaw: .unclosedBrace)
            }
            let name = String(rest[rest.index(after: open)..<close])
            guard let variable = Variable(rawValue: name) else {
                let nearest = nearestName(
                    to: name.uppercased(), among: Variable.allCases.map(\.rawValue))
                throw KeyPatternError(
                    pattern: text, flaw: .unknownVariable(name, nearest: nearest))
            }
            segments.append(.variable(variable))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { segments.append(.literal(String(rest))) }
        literalByteCount += rest.utf8.count
        guard literalByteCount <= Self.keyByteLimit else {
            throw KeyPatternError(pattern: text, flaw: .tooLong(byteLimit: Self.keyByteLimit))
        }
        rawValue = text
        self.segments = segments
    }

    /// Whether each build gets a key of its own; otherwise one key is overwritten, which is right
    /// in a versioned bucket only.
    package var isUniquePerBuild: Bool {
        segments.contains {
            if case .variable(let variable) = $0 { variable.tellsBuildsApart } else { false }
        }
    }

    package var description: String { rawValue }

    /// S3's limit for a key, in bytes of UTF-8.
    package static let keyByteLimit = 1024
}

/// Why a text is no key pattern.
package struct KeyPatternError: Error, Equatable, Sendable {
    package enum Flaw: Equatable, Sendable {
        case empty
        case unclosedBrace
        case unknownVariable(String, nearest: String?)
        case control(Unicode.Scalar)
        case tooLong(byteLimit: Int)
    }

    package let pattern: String
    package let flaw: Flaw
}
