import SlipwayCore

/// Values as block-style YAML, which any reader of YAML reads back as the same.
enum YAMLText {
    /// A mapping's lines, each with its line break.
    static func lines(_ members: [JSONValue.Member], indentation: Int = 0) -> String {
        members.map { member in
            String(repeating: " ", count: indentation) + scalar(member.key) + ":"
                + behindColon(member.value, indentation: indentation + 2)
        }.joined()
    }

    /// What stands behind a colon, with the line break after it.
    private static func behindColon(_ value: JSONValue, indentation: Int) -> String {
        switch value {
        case .object(let members) where !members.isEmpty:
            "\n" + lines(members, indentation: indentation)
        case .array(let values) where !values.isEmpty:
            " [" + values.map(inFlow).joined(separator: ", ") + "]\n"
        case .string(let string): " \(scalar(string))\n"
        default: " \(value.compact)\n"
        }
    }

    private static func inFlow(_ value: JSONValue) -> String {
        if case .string(let text) = value { scalar(text) } else { value.compact }
    }

    /// A text as YAML reads it back: bare where nothing can be mistaken, else in double quotation
    /// marks, in which YAML reads JSON's escapes.
    static func scalar(_ text: String) -> String {
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
