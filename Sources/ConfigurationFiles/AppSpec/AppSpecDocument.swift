import SlipwayCore
import Yams

/// An `appspec.yml` as YAML: what is wrong with it as such, and its first document.
struct AppSpecDocument {
    /// More values than any AppSpec has; what keeps a hostile file cheap.
    static let valueLimit = 10_000
    /// More aliases than this are refused unread: what they stand for may fit into no memory.
    static let aliasLimit = 16
    /// How often keys that stand twice are looked for, and the largest file in which they are.
    private static let duplicateLimit = 10
    private static let duplicateByteLimit = 32 << 10

    /// Nil where there is none, or it cannot be read.
    private(set) var root: YAMLValue?
    private(set) var findings: [AppSpecFinding] = []
    private var aliases = AliasScan("")

    private static let byteOrderMark: Unicode.Scalar = "\u{FEFF}"

    init(_ text: String) {
        guard Self.values(in: text) <= Self.valueLimit else {
            findings = [
                AppSpecFinding(.tooManyValues(limit: Self.valueLimit), .beyondLimit, at: nil)
            ]
            return
        }
        let aliases = AliasScan(text)
        if aliases.count > Self.aliasLimit, let first = aliases.places.min(by: { $0.key < $1.key })
        {
            refuse(.alias(first.value), by: [.v18], at: first.key)
            return
        }
        self.aliases = aliases
        if text.unicodeScalars.first == Self.byteOrderMark {
            readBehindByteOrderMark(text)
        } else {
            root = read(text)
        }
        if let root { findings += Self.refusedByRuby(root) }
    }

    /// An upper bound of the values: what begins a line or an entry.
    private static func values(in text: String) -> Int {
        var count = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: ","), UInt8(ascii: "["),
                UInt8(ascii: "{"), UInt8(ascii: "?"):
                count += 1
            default: break
            }
        }
        return count
    }

    /// Both agents read the mark as a blank that indents the first key: mostly all others are lost.
    private mutating func readBehindByteOrderMark(_ text: String) {
        var marked = AppSpecDocument()
        let seen = marked.read(text)?.entries?.count ?? 0
        root = read(String(String.UnicodeScalarView(text.unicodeScalars.dropFirst())))
        let isHarmless = seen > 0 && seen == root?.entries?.count
        findings.insert(
            AppSpecFinding(
                .byteOrderMark,
                isHarmless
                    ? .accepted : .refused(by: AgentGeneration.allCases, at: .beforeInstall),
                at: AppSpec.Place(line: 1, column: 1)),
            at: 0)
    }

    private init() {}

    // MARK: - Reading

    private mutating func read(_ text: String) -> YAMLValue? {
        var text = text
        var shadowed: [AppSpec.Place: String] = [:]
        for round in 0... {
            do {
                // The resolver without rules: types are decided here, per agent, and later.
                let parser = try Parser(yaml: text, resolver: .basic)
                guard let node = try parser.nextRoot() else { return nil }
                var conversion = NodeConversion(shadowed: shadowed, aliases: aliases)
                let value = conversion.value(node)
                reportFurtherDocuments(parser)
                return value
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                let place = AppSpec.Place(line: context.mark.line, column: context.mark.column)
                let name = names.first ?? ""
                guard round < Self.duplicateLimit, text.utf8.count <= Self.duplicateByteLimit,
                    let replaced = Self.replace(name, at: place, in: text, number: round)
                else {
                    refuse(.duplicateKey(name), by: [.v20], at: place)
                    return nil
                }
                shadowed[place] = name
                text = replaced
            } catch let error as YamlError {
                reportSyntax(error)
                return nil
            } catch {
                refuse(.syntax("it cannot be read"), by: AgentGeneration.allCases, at: nil)
                return nil
            }
        }
        return nil
    }

    /// Agent 1.8 stops behind the first document, agent 2.0 looks whether there is another.
    private mutating func reportFurtherDocuments(_ parser: Parser) {
        let next: Node?
        do { next = try parser.nextRoot() } catch {
            refuse(.severalDocuments, by: [.v20], at: nil)
            return
        }
        if let next {
            let place = next.mark.map { AppSpec.Place(line: $0.line, column: $0.column) }
            refuse(.severalDocuments, by: [.v20], at: place)
        }
    }

    private mutating func reportSyntax(_ error: YamlError) {
        let (detail, place): (String, AppSpec.Place?) =
            switch error {
            case .scanner(_, let detail, let mark, _), .parser(_, let detail, let mark, _),
                .composer(_, let detail, let mark, _):
                (detail, AppSpec.Place(line: mark.line, column: mark.column))
            case .reader(let detail, let offset, _, let yaml):
                (detail, Self.place(ofByte: offset ?? 0, in: yaml))
            default: ("it cannot be read", nil)
            }
        refuse(.syntax(detail), by: AgentGeneration.allCases, at: place)
    }

    private static func place(ofByte offset: Int, in text: String) -> AppSpec.Place {
        let before = text.utf8.prefix(offset)
        let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map(text.utf8.index(after:))
        let rest = text[(start ?? text.startIndex)..<before.endIndex]
        return AppSpec.Place(line: line, column: 1 + rest.unicodeScalars.count)
    }

    private mutating func refuse(
        _ flaw: AppSpecFlaw, by agents: [AgentGeneration], at place: AppSpec.Place?
    ) {
        findings.append(
            AppSpecFinding(flaw, .refused(by: agents, at: .beforeInstall), at: place))
    }

    /// Puts a name that nobody uses, of the same length, in the place of the first of two equal
    /// keys: the parser refuses them, and agent 1.8 takes the last.
    private static func replace(
        _ name: String, at place: AppSpec.Place, in text: String, number: Int
    ) -> String? {
        var scalars = Array(text.unicodeScalars)
        var index = 0
        var line = 1
        while line < place.line, index < scalars.count {
            // The same line ends as the parser counts: LF, CR, CRLF, and three of Unicode.
            switch scalars[index] {
            case "\r" where index + 1 < scalars.count && scalars[index + 1] == "\n": break
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": line += 1
            default: break
            }
            index += 1
        }
        index += place.column - 1
        let key = Array(name.unicodeScalars)
        if index < scalars.count, "\"'".unicodeScalars.contains(scalars[index]) { index += 1 }
        guard !key.isEmpty, index + key.count <= scalars.count,
            Array(scalars[index..<(index + key.count)]) == key,
            let placeholder = Unicode.Scalar(0xE000 + UInt32(number))
        else { return nil }
        for offset in key.indices { scalars[index + offset] = placeholder }
        return String(String.UnicodeScalarView(scalars))
    }

    // MARK: - What Ruby refuses anywhere

    /// Aliases, dates and objects, wherever they stand: agent 1.8 makes every value of the file.
    private static func refusedByRuby(_ root: YAMLValue) -> [AppSpecFinding] {
        var findings: [AppSpecFinding] = []
        var pending = [root]
        while let value = pending.popLast() {
            func refuse(_ flaw: AppSpecFlaw) {
                findings.append(
                    AppSpecFinding(flaw, .refused(by: [.v18], at: .beforeInstall), at: value.place)
                )
            }
            if let tag = value.tag, isObject(tag, value) { refuse(.tag(tag, value: nil)) }
            switch value.content {
            case .alias(let name): refuse(.alias(name))
            case .sequence(let elements): pending += elements.reversed()
            case .mapping(let entries):
                for entry in entries.reversed() { pending += [entry.value, entry.key] }
            case .scalar(let scalar):
                switch value.ruby {
                case .date: refuse(.date(scalar.text))
                case .failing: refuse(.tag(value.tag ?? "number", value: scalar.text))
                default: break
                }
            }
        }
        return findings
    }

    /// Whether a tag makes an object of a class that is not allowed.
    private static func isObject(_ tag: String, _ value: YAMLValue) -> Bool {
        // What stands in quotation marks is a text whatever its tag says.
        if let scalar = value.scalar, !scalar.isPlain { return false }
        let harmless = [
            "!ruby/string", "!ruby/sym", "!ruby/symbol", "!ruby/array", "!ruby/object:Hash",
        ]
        if tag.hasPrefix("!ruby/") { return !harmless.contains(tag) }
        if ["!map:", "!seq:", "!str:"].contains(where: tag.hasPrefix) { return true }
        let objects = ["!set", YAMLTag.prefix + "set", "!omap", YAMLTag.prefix + "omap"]
        return value.entries != nil && objects.contains(tag)
    }
}

/// Makes values of the parser's nodes.
private struct NodeConversion {
    let shadowed: [AppSpec.Place: String]
    private var aliases: AliasScan
    /// Where the anchored nodes stand that were met. A node met again was reached by an alias, and
    /// is not gone into: what a few lines of aliases stand for fits into no memory.
    private var anchored: Set<AppSpec.Place> = []

    init(shadowed: [AppSpec.Place: String], aliases: AliasScan) {
        self.shadowed = shadowed
        self.aliases = aliases
    }

    mutating func value(_ node: Node, isKey: Bool = false) -> YAMLValue {
        let place = AppSpec.Place(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        if let anchor = Self.anchor(of: node), !anchored.insert(place).inserted {
            let name = anchor.rawValue
            return YAMLValue(
                place: aliases.nextPlace(of: name) ?? place, tag: nil, content: .alias(name))
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain
            return YAMLValue(
                place: place, tag: Self.tag(scalar.tag, isText: !isPlain || isKey),
                content: .scalar(YAMLScalar(text: scalar.string, isPlain: isPlain)))
        case .sequence(let sequence):
            let elements = sequence.map { value($0) }
            return YAMLValue(
                place: place, tag: Self.tag(sequence.tag), content: .sequence(elements))
        case .mapping(let mapping):
            var entries: [YAMLEntry] = []
            for (keyNode, valueNode) in mapping {
                let key = value(keyNode, isKey: true)
                entries.append(
                    YAMLEntry(
                        key: key, value: value(valueNode), shadowedName: shadowed[key.place]))
            }
            return YAMLValue(
                place: place, tag: Self.tag(mapping.tag), content: .mapping(entries))
        case .alias(let alias):
            return YAMLValue(
                place: place, tag: nil, content: .alias(alias.anchor.rawValue))
        }
    }

    private static func anchor(of node: Node) -> Anchor? {
        switch node {
        case .scalar(let scalar): scalar.anchor
        case .sequence(let sequence): sequence.anchor
        case .mapping(let mapping): mapping.anchor
        case .alias: nil
        }
    }

    /// A tag that somebody wrote; the parser also gives one to texts in quotation marks, and to
    /// keys once it compared them.
    private static func tag(_ tag: Tag, isText: Bool = false) -> String? {
        let name = tag.description
        let ownNames = ["", "!", YAMLTag.prefix + "seq", YAMLTag.prefix + "map"]
        return ownNames.contains(name) || isText && name == YAMLTag.text ? nil : name
    }
}

/// Where a text seems to use aliases: the parser does not tell, and must not see too many.
///
/// Counts what looks like one inside block texts too; comments and what follows a quotation mark
/// are left out.
struct AliasScan {
    private(set) var places: [AppSpec.Place: String] = [:]

    var count: Int { places.count }

    init(_ text: String) {
        // Without an anchor there is nothing that an alias could multiply.
        guard text.utf8.contains(UInt8(ascii: "*")), text.utf8.contains(UInt8(ascii: "&")) else {
            return
        }
        var place = AppSpec.Place(line: 1, column: 1)
        var previous: Unicode.Scalar = "\n"
        var isComment = false
        var name = ""
        var start: AppSpec.Place?
        for scalar in text.unicodeScalars {
            let isName =
                ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
                || ("0"..."9").contains(scalar) || scalar == "-" || scalar == "_"
            if let begin = start {
                if isName {
                    name.unicodeScalars.append(scalar)
                } else {
                    if !name.isEmpty { places[begin] = name }
                    start = nil
                    // Enough to refuse the file.
                    if places.count > AppSpecDocument.aliasLimit { return }
                }
            }
            let isBehindBlank = " \t\n\r[{,".unicodeScalars.contains(previous)
            if scalar == "#", isBehindBlank { isComment = true }
            if scalar == "*", isBehindBlank, !isComment {
                start = place
                name = ""
            }
            if scalar == "\n" || scalar == "\r" && previous != "\n" {
                isComment = false
                place = AppSpec.Place(line: place.line + 1, column: 1)
            } else {
                place = AppSpec.Place(line: place.line, column: place.column + 1)
            }
            if scalar == "\n", previous == "\r" {
                place = AppSpec.Place(line: place.line - 1, column: 1)
            }
            previous = scalar
        }
        if let start, !name.isEmpty { places[start] = name }
    }

    /// Where an alias is used that was not asked for yet, in the file's order.
    mutating func nextPlace(of name: String) -> AppSpec.Place? {
        guard let place = places.filter({ $0.value == name }).keys.min() else { return nil }
        places[place] = nil
        return place
    }
}
