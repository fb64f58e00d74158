/// A value of a YAML document and where it begins. Aliases are replaced by what they stand for.
struct YAMLNode: Sendable {
    enum Kind: Sendable {
        /// A text as it is written. Plain ones are those without quotation marks.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Pair])
    }

    struct Pair: Sendable {
        let key: YAMLNode
        let value: YAMLNode
    }

    let kind: Kind
    let mark: YAMLMark

    init(_ kind: Kind, at mark: YAMLMark) {
        self.kind = kind
        self.mark = mark
    }

    /// A scalar's text, whatever YAML would take it for.
    var text: String? {
        if case .scalar(let text, _) = kind { text } else { nil }
    }

    var pairs: [Pair]? {
        if case .mapping(let pairs) = kind { pairs } else { nil }
    }

    var elements: [YAMLNode]? {
        if case .sequence(let nodes) = kind { nodes } else { nil }
    }

    /// Nothing at all behind the colon, `~`, or `null`.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = kind else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What it is, for people: `a list`, `a mapping`, `a text`, `empty`.
    var kindName: String {
        switch kind {
        case .scalar: isNull ? "empty" : "a text"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// A place in a text.
struct YAMLMark: Hashable, Sendable {
    /// Counted from 1.
    let line: Int
    /// Counted from 1, in Unicode scalars.
    let column: Int
}
