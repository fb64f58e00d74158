extension JSONValue {
    /// The value as YAML in block style, as it stands behind a colon: a line break and indented
    /// lines for an object with members, else the value on the same line.
    package func yamlBlock(indentation: Int) -> String {
        switch self {
        case .object(let members) where !members.isEmpty:
            let space = String(repeating: " ", count: indentation)
            return members.reduce(into: "\n") { text, member in
                text += space + Self.yamlScalar(member.key) + ":"
                text += member.value.yamlBlock(indentation: indentation + 2)
            }
        case .string(let string): return " \(Self.yamlScalar(string))\n"
        default: return " \(compact)\n"
        }
    }

    /// A text as YAML reads it back: bare where nothing can be mistaken, else in double quotation
    /// marks, in which YAML reads JSON's escapes.
    package static func yamlScalar(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy {
            $0.isASCIILetterOrDigit || "._/-".unicodeScalars.contains($0)
        }
        let first = text.unicodeScalars.first
        let beginsPlainly = first.map { $0.isASCIILetterOrDigit || $0 == "/" } ?? false
        // A number, a Boolean or a null in any version of YAML has one of these shapes.
        let reserved = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", ""]
        let mayBeOther =
            reserved.contains(text.lowercased()) || (first.map { ("0"..."9").contains($0) } ?? true)
        return isPlain && beginsPlainly && !mayBeOther ? text : JSONValue.string(text).compact
    }
}
