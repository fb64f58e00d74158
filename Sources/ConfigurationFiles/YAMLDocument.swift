import SlipwayCore

/// YAML that nobody vouches for: read with limits, and without ever quoting a value of it.
enum YAMLDocument {
    /// What a text may ask of this machine.
    struct Limits: Sendable {
        /// The most bytes.
        var byteCount: Int
        /// How deep collections may lie in each other.
        var depth = 64
        /// The most values, counted as often as aliases repeat them.
        var valueCount: Int
        /// Whether values may be given names with `&` and be repeated with `*`.
        var allowsAnchors: Bool

        /// `circle.yml` and `appspec.yml`: 1 MiB, and far more values than any honest one has.
        static let configurationFile = Limits(
            byteCount: 1 << 20, valueCount: 10_000, allowsAnchors: true)
        /// An export of a whole store.
        static let settings = Limits(
            byteCount: SettingsDocumentReader.byteLimit, valueCount: .max, allowsAnchors: false)
    }

    /// A document and the keys that stand in one of its mappings for the second time.
    struct Composition {
        let root: YAMLNode
        let repeatedKeys: [RepeatedKey]
    }

    struct RepeatedKey {
        let name: String
        let mark: YAMLMark
        let first: YAMLMark
    }

    /// The one document of a text, in which no key is repeated.
    ///
    /// Throws for what ``compose(_:file:within:)`` refuses, and every repeated key at once.
    static func root(
        of text: String, file: String, within limits: Limits = .settings
    ) throws(DocumentError) -> YAMLNode {
        let composition = try compose(text, file: file, within: limits)
        guard composition.repeatedKeys.isEmpty else {
            throw DocumentError(problems: composition.repeatedKeys.map { $0.problem(file: file) })
        }
        return composition.root
    }

    /// The one document of a text. In a repeated key's mapping each of the pairs stands.
    ///
    /// Throws for a text that is empty, too long, no YAML, or over a limit.
    static func compose(
        _ text: String, file: String, within limits: Limits
    ) throws(DocumentError) -> Composition {
        guard text.utf8.count <= limits.byteCount else {
            let limit =
                limits.byteCount >= 1 << 20
                ? "\(limits.byteCount >> 20) MiB" : "\(limits.byteCount) bytes"
            throw DocumentError(problems: [
                Problem(
                    code: "file-too-large", "the file is larger than \(limit)",
                    fix: "check that it is the file you mean", file: file)
            ])
        }
        let result = YAMLComposer.compose(text, within: limits)
        switch result {
        case .success(let composition):
            if let composition { return composition }
            throw DocumentError(problems: [
                Problem(
                    code: "empty-file", "the file is empty", fix: "check the path", file: file)
            ])
        case .failure(let error):
            throw DocumentError(problems: [error.problem(in: text, limits: limits, file: file)])
        }
    }

    /// The text of a file's bytes. Throws for bytes that are not UTF-8, with the line of the first.
    static func text(
        of bytes: UnsafeRawBufferPointer, file: String
    ) throws(DocumentError) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
        // Whole lines that are UTF-8 stand above the one that is not.
        var line = 1
        var rest = bytes[...]
        while !isUTF16, let end = rest.firstIndex(of: UInt8(ascii: "\n")),
            String(validating: rest[..<end], as: UTF8.self) != nil
        {
            line += 1
            rest = rest[rest.index(after: end)...]
        }
        throw DocumentError(problems: [
            Problem(
                code: "not-utf-8", isUTF16 ? "the file is UTF-16" : "the file is not UTF-8",
                why: isUTF16 ? "only UTF-8 is read" : nil,
                fix: "save it as UTF-8; check that it is the file you mean", file: file,
                line: isUTF16 ? nil : line)
        ])
    }
}

extension YAMLDocument.RepeatedKey {
    func problem(file: String) -> Problem {
        Problem(
            code: "duplicate-key",
            "the key \(shownWord(name)) stands twice; first in line "
                + "\(first.line)",
            why: "only one of them could count", fix: "remove or rename one", file: file,
            line: mark.line, column: mark.column)
    }
}
