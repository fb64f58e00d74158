/// What CI just built, each value with where it comes from.
package struct Build: Equatable, Sendable {
    /// Nil on a tag's build, and where nobody says.
    package var branch: Sourced<String>?
    package var tag: Sourced<String>?
    package var commit: Sourced<CommitID>?
    package var number: Sourced<BuildNumber>?
    /// Whose change it is.
    package var change: CIEnvironment.Origin
    /// Whether the commit is one that CI made to try a pull request, on no branch.
    package var isMergeCommit: Bool

    package init(
        branch: Sourced<String>? = nil, tag: Sourced<String>? = nil,
        commit: Sourced<CommitID>? = nil, number: Sourced<BuildNumber>? = nil,
        change: CIEnvironment.Origin = .own, isMergeCommit: Bool = false
    ) {
        self.branch = branch
        self.tag = tag
        self.commit = commit
        self.number = number
        self.change = change
        self.isMergeCommit = isMergeCommit
    }
}

/// The full id of a commit: 40 hexadecimal digits, or 64 in a repository of SHA-256.
package struct CommitID: Hashable, Sendable, CustomStringConvertible {
    /// In small letters.
    package let rawValue: String

    /// Nil for a text that is no full id.
    package init?(_ text: String) {
        let isHexadecimal = text.unicodeScalars.allSatisfy {
            $0.isASCII && $0.properties.isASCIIHexDigit
        }
        guard isHexadecimal, [40, 64].contains(text.utf8.count) else { return nil }
        rawValue = text.lowercased()
    }

    /// The first 7 characters.
    package var short: String { String(rawValue.prefix(7)) }

    package var description: String { rawValue }
}

/// The number of a build: what a CI service counts.
package struct BuildNumber: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: Int

    /// Nil for a text that is not made of up to 18 digits.
    package init?(_ text: String) {
        let isNumber = text.unicodeScalars.allSatisfy { ("0"..."9").contains($0) }
        guard isNumber, text.utf8.count <= 18, let number = Int(text) else { return nil }
        rawValue = number
    }

    package var description: String { String(rawValue) }
}

/// Why something is no part of a build.
package struct BuildError: Error, Equatable, Sendable {
    package enum Flaw: Equatable, Sendable {
        case commit(String, ValueOrigin)
        case number(String, ValueOrigin)
        case reference(String, Unicode.Scalar, ValueOrigin)
    }

    package let flaws: [Flaw]
}

extension BuildError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] { flaws.map(\.problem) }
}

extension BuildError.Flaw {
    fileprivate var problem: Problem {
        switch self {
        case .commit(let text, let origin):
            Problem(
                code: "invalid-commit",
                "\(UntrustedText(text)), \(origin.phrase), is not the full id of a commit",
                why: "an id has 40 hexadecimal digits; the 7 of {SHORT_COMMIT} are cut from it",
                fix: "give --commit \"$(git rev-parse HEAD)\"")
        case .number(let text, let origin):
            Problem(
                code: "invalid-build-number",
                "\(UntrustedText(text)), \(origin.phrase), is not a build number",
                why: "it is what CI counts: digits only", fix: "give --build-num NUMBER")
        case .reference(let text, let scalar, let origin):
            Problem(
                code: "control-character",
                "the branch or tag \(UntrustedText(text)), \(origin.phrase), contains "
                    + describe(scalar),
                why: "git allows no such name", fix: "give its name with --branch or --tag")
        }
    }
}

extension ValueOrigin {
    /// `from --commit`-like words for a sentence.
    fileprivate var phrase: String {
        switch self {
        case .flag: "from the command line"
        case .environment(let variable): "from \(variable)"
        default: "from \(description)"
        }
    }
}
