/// The key of an object in S3: what a key pattern gives for one build.
package struct S3Key: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Throws ``S3KeyError`` for a key that is empty, over 1,024 bytes of UTF-8, has control
    /// characters, or a segment `..`, which clients and file systems resolve.
    package init(_ text: String) throws(S3KeyError) {
        if let flaw = Self.flaw(in: text) { throw S3KeyError(key: text, flaws: [flaw]) }
        rawValue = text
    }

    package var description: String { rawValue }

    package var byteCount: Int { rawValue.utf8.count }

    private static func flaw(in text: String) -> S3KeyError.Flaw? {
        guard !text.isEmpty else { return .empty }
        guard text.utf8.count <= KeyPattern.keyByteLimit else {
            return .tooLong(byteCount: text.utf8.count)
        }
        if let control = text.unicodeScalars.first(where: UntrustedText.isUnsafe) {
            return .control(control)
        }
        let segments = text.split(separator: "/", omittingEmptySubsequences: false)
        return segments.contains("..") ? .parentSegment : nil
    }
}

/// Why a build and a key pattern give no key.
package struct S3KeyError: Error, Equatable, Sendable {
    package enum Flaw: Equatable, Sendable {
        case empty
        case tooLong(byteCount: Int)
        case control(Unicode.Scalar)
        case parentSegment
        /// The build has no value for it.
        case missing(KeyPattern.Variable, isTagBuild: Bool)
    }

    /// The key, or the pattern where something is missing.
    package let key: String
    package let flaws: [Flaw]
}

extension KeyPattern {
    /// The key for a build. A branch keeps its slashes.
    ///
    /// Throws every variable at once for which the build has no value, and what ``S3Key`` refuses.
    package func key(for build: Build) throws(S3KeyError) -> S3Key {
        var flaws: [S3KeyError.Flaw] = []
        var text = ""
        for segment in segments {
            switch segment {
            case .literal(let literal): text += literal
            case .variable(let variable):
                if let value = build[variable] {
                    text += value
                } else {
                    let flaw = S3KeyError.Flaw.missing(variable, isTagBuild: build.tag != nil)
                    if !flaws.contains(flaw) { flaws.append(flaw) }
                }
            }
        }
        guard flaws.isEmpty else { throw S3KeyError(key: rawValue, flaws: flaws) }
        return try S3Key(text)
    }

    /// Whether the pattern has the variable.
    package func contains(_ variable: Variable) -> Bool {
        segments.contains(.variable(variable))
    }
}

extension Build {
    /// What the build puts into a key.
    package subscript(variable: KeyPattern.Variable) -> String? {
        switch variable {
        case .branch: branch?.value
        case .commit: commit?.value.rawValue
        case .shortCommit: commit?.value.short
        case .buildNumber: number?.value.description
        }
    }
}

extension S3KeyError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] { flaws.map(problem) }

    private func problem(_ flaw: Flaw) -> Problem {
        let shown = UntrustedText(key)
        return switch flaw {
        case .empty: Problem(code: "empty-key", "the key is empty", fix: "write a key pattern")
        case .tooLong(let byteCount):
            Problem(
                code: "key-too-long",
                "the key has \(byteCount) bytes, S3 takes \(KeyPattern.keyByteLimit)",
                why: "it begins \(UntrustedText(String(key.prefix(40))))...",
                fix: "shorten the key pattern, or use {SHORT_COMMIT} for {BRANCH}")
        case .control(let scalar):
            Problem(
                code: "control-character", "the key \(shown) contains \(describe(scalar))",
                fix: "name the branch otherwise, or use {SHORT_COMMIT} for {BRANCH}")
        case .parentSegment:
            Problem(
                code: "key-parent-segment", "the key \(shown) has .. for a segment",
                why: "what reads the key may take it for the folder above",
                fix: "write the key pattern without it")
        case .missing(.branch, isTagBuild: true):
            Problem(
                code: "branch-on-tag-build",
                "the key pattern \(shown) needs a branch, and this is a tag's build",
                why: "a tag is on no branch",
                fix: "use {SHORT_COMMIT} or {BUILD_NUM} in the pattern instead")
        case .missing(.branch, isTagBuild: false):
            Problem(
                code: "no-branch", "the key pattern \(shown) needs a branch, and there is none",
                why: "neither a flag, SLIPWAY_BRANCH, a CI service nor git names one",
                fix: "give --branch NAME")
        case .missing(.buildNumber, _):
            Problem(
                code: "no-build-number",
                "the key pattern \(shown) needs a build number, and there is none",
                why: "neither a flag, SLIPWAY_BUILD_NUM nor a CI service gives one",
                fix: "give --build-num NUMBER, or use {SHORT_COMMIT} in the pattern")
        case .missing:
            Problem(
                code: "no-commit", "the key pattern \(shown) needs a commit, and there is none",
                why: "neither a flag, SLIPWAY_COMMIT, a CI service nor git names one",
                fix: "give --commit ID, or run inside the repository")
        }
    }
}
