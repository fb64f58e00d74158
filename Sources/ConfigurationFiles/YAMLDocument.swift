import SlipwayCore
import Yams

/// YAML that nobody vouches for: read with limits, and without ever quoting a value of it.
enum YAMLDocument {
    /// How deep collections may lie in each other.
    static let depthLimit = 64

    /// The one document of a text.
    ///
    /// Throws for a text that is no YAML, holds several documents, repeats a key, has an anchor
    /// (and so could have aliases that multiply), or is nested too deep.
    static func root(of text: String, file: String) throws(DocumentError) -> Node {
        if let line = lineNestedTooDeep(text) {
            throw DocumentError(problems: [tooDeep(file, line: line)])
        }
        let parser: Parser
        let root: Node?
        do {
            parser = try Parser(yaml: text)
            root = try parser.singleRoot()
        } catch let error as YamlError {
            throw DocumentError(problems: [problem(error, file: file)])
        } catch {
            throw DocumentError(problems: [
                Problem(code: "yaml-syntax", "it is not YAML", file: file)
            ])
        }
        guard let root else {
            throw DocumentError(problems: [
                Problem(code: "empty-file", "the file is empty", fix: "check the path", file: file)
            ])
        }
        // Nodes know their anchors only while the parser lives.
        if let anchored = withExtendedLifetime(parser, { firstAnchor(root) }) {
            throw DocumentError(problems: [
                Problem(
                    code: "yaml-anchor", "anchors and aliases are not allowed here",
                    why: "a few lines of them can stand for more than any memory holds",
                    fix: "write the value out", file: file, line: anchored.mark?.line,
                    column: anchored.mark?.column)
            ])
        }
        return root
    }

    /// The first line at which more collections can be open than the limit: counts brackets,
    /// leading spaces and dashes, so that a parser that recurses never sees such a text.
    private static func lineNestedTooDeep(_ text: String) -> Int? {
        var line = 1
        var flowDepth = 0
        var blockMarks = 0
        var isAtIndentation = true
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                blockMarks = 0
                isAtIndentation = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                flowDepth += 1
                isAtIndentation = false
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                flowDepth = max(0, flowDepth - 1)
                isAtIndentation = false
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "?"):
                if isAtIndentation { blockMarks += 1 }
            default: isAtIndentation = false
            }
            // Each level of a block takes a space or a dash at least; text in quotation marks may
            // hold brackets, of which no honest file has so many open.
            if flowDepth > depthLimit * 4 || blockMarks > depthLimit * 16 { return line }
        }
        return nil
    }

    private static func tooDeep(_ file: String, line: Int) -> Problem {
        Problem(
            code: "nested-too-deep", "the file is nested deeper than \(depthLimit) levels",
            fix: "check that it is the file you mean", file: file, line: line)
    }

    private static func firstAnchor(_ root: Node) -> Node? {
        var pending = [root]
        while let node = pending.popLast() {
            switch node {
            case .scalar(let scalar): if scalar.anchor != nil { return node }
            case .mapping(let mapping):
                if mapping.anchor != nil { return node }
                for (key, value) in mapping.reversed() { pending += [value, key] }
            case .sequence(let sequence):
                if sequence.anchor != nil { return node }
                pending += sequence.reversed()
            case .alias: return node
            }
        }
        return nil
    }

    /// What the parser complains of. Its own description quotes the file, which may hold secrets.
    private static func problem(_ error: YamlError, file: String) -> Problem {
        func syntax(_ detail: String, line: Int?, column: Int?) -> Problem {
            Problem(
                code: "yaml-syntax", "it is not valid YAML: \(UntrustedText(detail))",
                fix: "mend the line, or the one above it", file: file, line: line, column: column)
        }
        switch error {
        case .scanner(_, let detail, let mark, _), .parser(_, let detail, let mark, _),
            .composer(_, let detail, let mark, _):
            return syntax(detail, line: mark.line, column: mark.column)
        case .reader(let detail, let offset, _, let yaml):
            let offset = offset ?? 0
            let line = 1 + yaml.utf8.prefix(offset).count { $0 == UInt8(ascii: "\n") }
            return syntax(detail, line: line, column: nil)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { UntrustedText(String(describing: $0)).escaped }
            return Problem(
                code: "duplicate-key",
                "a key stands twice: \(names.sorted().joined(separator: ", "))",
                why: "only one of them could count", fix: "remove or rename one", file: file,
                line: context.mark.line, column: context.mark.column)
        default:
            return syntax("it cannot be read", line: nil, column: nil)
        }
    }
}
