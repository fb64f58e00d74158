import SlipwayCore

/// Why a text is not read as YAML.
enum YAMLFlaw: Error, Equatable {
    /// A character that no YAML may have, by its place in bytes.
    case unreadable(offset: Int, value: Int)
    /// libyaml's own words, which quote nothing of the text.
    case syntax(String, YAMLMark, context: Context?)
    case unknownAlias(YAMLMark)
    case secondDocument(YAMLMark)
    case anchor(YAMLMark)
    case tooDeep(YAMLMark)
    case tooManyValues(YAMLMark, isAlias: Bool)

    /// What libyaml was reading, and since where.
    struct Context: Equatable {
        let words: String
        let mark: YAMLMark
    }
}

extension YAMLFlaw {
    func problem(in text: String, limits: YAMLDocument.Limits, file: String) -> Problem {
        var problem: Problem
        let mark: YAMLMark
        switch self {
        case .unreadable(let offset, let value):
            mark = Self.mark(ofByte: offset, in: text)
            problem = Problem(
                code: "yaml-syntax",
                "the file contains the character U+\(hexadecimal(value))",
                why: "YAML is text, and has no control characters",
                fix: "remove it; check that it is the file you mean")
        case .syntax(let words, let at, let context):
            mark = at
            problem = Self.syntax(words, at, context, line: line(at.line, of: text))
        case .unknownAlias(let at):
            mark = at
            problem = Problem(
                code: "unknown-alias", "a value begins with *, and nothing above has that name",
                why: "in YAML a leading * repeats what a leading & has named",
                fix: "put the value in quotation marks")
        case .secondDocument(let at):
            mark = at
            problem = Problem(
                code: "yaml-syntax", "a second document begins here",
                why: "only one is read", fix: "remove the line --- and what should not count")
        case .anchor(let at):
            mark = at
            problem = Problem(
                code: "yaml-anchor", "anchors and aliases are not allowed here",
                why: "a few lines of them can stand for more than any memory holds",
                fix: "write the value out")
        case .tooDeep(let at):
            mark = at
            problem = Problem(
                code: "nested-too-deep", "the file is nested deeper than \(limits.depth) levels",
                fix: "check that it is the file you mean")
        case .tooManyValues(let at, let isAlias):
            mark = at
            problem = Problem(
                code: isAlias ? "alias-bomb" : "too-many-values",
                isAlias
                    ? "the aliases stand for more than \(limits.valueCount) values"
                    : "the file has more than \(limits.valueCount) values",
                fix: isAlias ? "write out what is needed" : "check that it is the file you mean")
        }
        problem.file = file
        problem.line = mark.line
        problem.column = mark.column
        return problem
    }

    /// What to do about the mistakes that people make.
    private static func syntax(
        _ words: String, _ mark: YAMLMark, _ context: Context?, line: Substring
    ) -> Problem {
        let here = line.unicodeScalars.dropFirst(mark.column - 1).first
        let opensBrace = line.firstRange(of: ": {") != nil || line.firstRange(of: "- {") != nil
        let (message, why, fix): (String, String?, String) =
            switch words {
            case "found character that cannot start any token" where here == "\t":
                (
                    "a tab stands where YAML wants spaces", "YAML is indented with spaces only",
                    "replace the tab by spaces"
                )
            case "found character that cannot start any token":
                (
                    "a value cannot begin with \(here.map { UntrustedText(String($0)).escaped } ?? "this")",
                    nil, "put the value in quotation marks"
                )
            case _ where opensBrace:
                (
                    "a value begins with {, which opens a mapping",
                    "YAML reads {NAME} as a mapping unless it is in quotation marks",
                    "put the whole value in quotation marks"
                )
            case "mapping values are not allowed in this context":
                (
                    "a colon stands where no key can be",
                    "the line has a second colon, or is indented deeper than the one above",
                    "indent it like its neighbours, or put the value in quotation marks"
                )
            case "could not find expected ':'":
                (
                    "a key has no colon", nil,
                    "write a colon and a space behind the key; check the line above"
                )
            case "did not find expected key":
                (
                    "the line is not indented like the ones beside it",
                    context.map { "it belongs to what begins in line \($0.mark.line)" },
                    "indent it like its neighbours"
                )
            case "did not find expected '-' indicator",
                "block sequence entries are not allowed in this context":
                (
                    "a list item and a key stand side by side",
                    context.map { "the list begins in line \($0.mark.line)" },
                    "indent the items of a list alike, below their key"
                )
            case "found unexpected end of stream":
                (
                    "a quotation mark is never closed",
                    context.map { "it opens in line \($0.mark.line)" }, "close it"
                )
            case "did not find expected ',' or ']'":
                (
                    "a list in brackets is never closed",
                    context.map { "it opens in line \($0.mark.line)" },
                    "close it with ], and part its items by commas"
                )
            case "did not find expected ',' or '}'":
                (
                    "a mapping in braces is never closed",
                    context.map { "it opens in line \($0.mark.line)" },
                    "close it with }, and part its keys by commas"
                )
            case "found unknown escape character":
                (
                    "a backslash stands before a character that needs none",
                    "in double quotation marks a backslash begins an escape",
                    "use single quotation marks, in which it is itself"
                )
            default:
                (
                    "it is not valid YAML: \(UntrustedText(words))", nil,
                    "mend the line, or the one above it"
                )
            }
        return Problem(code: "yaml-syntax", message, why: why, fix: fix)
    }

    private func line(_ number: Int, of text: String) -> Substring {
        var rest = text.utf8[...]
        for _ in 1..<max(1, number) {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return "" }
            rest = rest[rest.index(after: end)...]
        }
        return Substring(rest.prefix { $0 != UInt8(ascii: "\n") })
    }

    private static func mark(ofByte offset: Int, in text: String) -> YAMLMark {
        let before = text.utf8.prefix(offset)
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map(before.index(after:))
        let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        let onLine = text.unicodeScalars[(lineStart ?? text.startIndex)..<before.endIndex]
        return YAMLMark(line: line, column: onLine.count + 1)
    }

    private func hexadecimal(_ value: Int) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
