/// A JSON value that keeps its members in the order they were written and can be put on a
/// terminal: everything ``UntrustedText`` calls unsafe is written as a `\u` escape.
package indirect enum JSONValue: Equatable, Sendable {
    case object([Member])
    case array([JSONValue])
    case string(String)
    case integer(Int)
    case boolean(Bool)
    case null
    /// JSON that was written by ``compact`` before, put in as it is.
    case verbatim(String)

    package struct Member: Equatable, Sendable {
        package let key: String
        package let value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The text, or null.
    package init(_ text: String?) { self = text.map(JSONValue.string) ?? .null }

    /// The number, or null.
    package init(_ number: Int?) { self = number.map(JSONValue.integer) ?? .null }

    /// On one line, without spaces after `,` and `:`.
    package var compact: String {
        var text = ""
        write(to: &text, indentation: nil)
        return text
    }

    /// Over several lines, indented by two spaces a level; empty collections stay on one.
    package func pretty(level: Int = 0) -> String {
        var text = ""
        write(to: &text, indentation: level)
        return text
    }

    private func write(to text: inout String, indentation: Int?) {
        switch self {
        case .null: text += "null"
        case .verbatim(let json): Self.writeVerbatim(json, to: &text)
        case .boolean(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .string(let value): Self.write(value, to: &text)
        case .array(let values):
            Self.write(values, "[", "]", to: &text, indentation: indentation) {
                value, text, inner in
                value.write(to: &text, indentation: inner)
            }
        case .object(let members):
            Self.write(members, "{", "}", to: &text, indentation: indentation) {
                member, text, inner in
                Self.write(member.key, to: &text)
                text += inner == nil ? ":" : ": "
                member.value.write(to: &text, indentation: inner)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], _ open: String, _ close: String, to text: inout String,
        indentation: Int?, each: (Element, inout String, Int?) -> Void
    ) {
        guard !elements.isEmpty else {
            text += open + close
            return
        }
        let inner = indentation.map { $0 + 1 }
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if let inner { text += "\n" + String(repeating: "  ", count: inner) }
            each(element, &text, inner)
        }
        if let indentation { text += "\n" + String(repeating: "  ", count: indentation) }
        text += close
    }

    /// JSON holds nothing unsafe outside its strings, where an escape means the same.
    private static func writeVerbatim(_ json: String, to text: inout String) {
        for scalar in json.unicodeScalars {
            if UntrustedText.isUnsafe(scalar) {
                writeEscape(scalar, to: &text)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }

    private static func writeEscape(_ scalar: Unicode.Scalar, to text: inout String) {
        for unit in String(scalar).utf16 {
            let hex = String(unit, radix: 16)
            text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where UntrustedText.isUnsafe(scalar): writeEscape(scalar, to: &text)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member(key: $0.0, value: $0.1) })
    }
}

extension JSONValue: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
}

extension JSONValue: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int) { self = .integer(value) }
}

extension JSONValue: ExpressibleByBooleanLiteral {
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
}
