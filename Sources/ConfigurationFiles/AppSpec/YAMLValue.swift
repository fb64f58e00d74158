import SlipwayCore

/// A YAML value with its place, before anybody decided on its type.
struct YAMLValue {
    indirect enum Content {
        case scalar(YAMLScalar)
        case sequence([YAMLValue])
        case mapping([YAMLEntry])
        case alias(String)
    }

    let place: AppSpec.Place
    /// An explicit tag, such as `!ruby/object:Foo`.
    let tag: String?
    let content: Content

    /// The value as agent 1.8 has it.
    var ruby: RubyValue {
        switch content {
        case .alias: .unknown
        case .sequence: .list
        case .mapping: .mapping
        case .scalar(let scalar): scalar.ruby(tag: tag)
        }
    }

    /// What kind of value it is, as agent 1.8 sees it.
    var kind: AppSpecFlaw.ValueKind {
        switch ruby {
        case .null, .failing, .unknown: .nothing
        case .boolean: .boolean
        case .integer, .hugeInteger, .float: .number
        case .text, .symbol, .date: .text
        case .list: .list
        case .mapping: .mapping
        }
    }

    var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { return scalar }
        return nil
    }

    var elements: [YAMLValue]? {
        if case .sequence(let elements) = content { return elements }
        return nil
    }

    var entries: [YAMLEntry]? {
        if case .mapping(let entries) = content { return entries }
        return nil
    }

    var isAlias: Bool {
        if case .alias = content { return true }
        return false
    }

    /// Whether agent 2.0 takes it for absent where a value is optional.
    var isSerdeNull: Bool {
        guard let scalar, scalar.isPlain else { return false }
        return SerdeScalar.isNull(scalar.text) && (tag == nil || tag == YAMLTag.null)
    }

    /// Whether agent 2.0 takes it for an optional list that is absent or empty.
    var isSerdeEmptyList: Bool { isSerdeNull || isBlank }

    /// Whether nothing at all stands there.
    var isBlank: Bool { scalar.map { $0.isPlain && $0.text.isEmpty } ?? false }
}

struct YAMLScalar {
    let text: String
    /// Without quotation marks, and no block.
    let isPlain: Bool

    func ruby(tag: String?) -> RubyValue {
        guard isPlain else { return .text(text) }
        switch tag {
        case "!str", YAMLTag.text, "!ruby/string", "!binary", YAMLTag.prefix + "binary":
            return .text(text)
        case "!float", YAMLTag.prefix + "float":
            switch RubyValue(plain: text) {
            case .float(let value): return .float(value)
            case .integer(let value): return .float(Double(value))
            default: return .failing
            }
        case "!ruby/sym", "!ruby/symbol": return .symbol(text)
        default: return RubyValue(plain: text)
        }
    }
}

struct YAMLEntry {
    let key: YAMLValue
    let value: YAMLValue
    /// Set where the same key stands again further down, which is the one that counts.
    let shadowedName: String?

    /// The key, where it is a text to both generations.
    var name: String? { shadowedName ?? key.scalar?.text }
}

enum YAMLTag {
    static let prefix = "tag:yaml.org,2002:"
    static let text = prefix + "str"
    static let null = prefix + "null"
}
