/// How agent 2.0 reads a scalar: its parser knows what type each key has, and takes a text without
/// quotation marks as it stands (serde_yaml 0.9).
enum SerdeScalar {
    /// Whether an optional value is absent. Only without quotation marks.
    static func isNull(_ text: String) -> Bool {
        ["", "~", "null", "Null", "NULL"].contains(text)
    }

    static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    /// A number of 32 bits without sign, decimal or with `0x`, `0o`, `0b`. A leading zero makes a
    /// text of it.
    static func unsigned(_ text: String) -> UInt32? {
        let bare = text.hasPrefix("+") ? String(text.dropFirst()) : text
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where bare.hasPrefix(prefix) {
            let digits = bare.dropFirst(2)
            guard !digits.hasPrefix("+"), !digits.hasPrefix("-") else { return nil }
            return UInt32(digits, radix: radix)
        }
        guard !bare.hasPrefix("+"), !bare.hasPrefix("-") else { return nil }
        if bare.count > 1, bare.hasPrefix("0") { return nil }
        return UInt32(bare)
    }

    /// A finite number, or nil; what Rust's `f64` parses, with one plus more.
    static func float(_ text: String) -> Double? {
        var bare = Substring(text)
        if bare.hasPrefix("+") { bare = bare.dropFirst() }
        let isNumeric = bare.unicodeScalars.allSatisfy {
            "0123456789.eE+-".unicodeScalars.contains($0)
        }
        guard isNumeric, !bare.hasPrefix("+"), let value = rustFloat(String(bare)), value.isFinite
        else { return nil }
        return value
    }

    /// Swift wants a digit on both sides of a point in places where Rust does not.
    private static func rustFloat(_ text: String) -> Double? {
        let sign = text.hasPrefix("-") ? "-" : ""
        let body = text.dropFirst(sign.count)
        let parts = body.split(
            maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { "eE".contains($0) })
        let mantissa = parts[0]
        let digits = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        guard digits.count <= 2, digits.contains(where: { !$0.isEmpty }),
            !mantissa.contains("-"), !mantissa.contains("+")
        else { return nil }
        let whole = digits[0].isEmpty ? "0" : String(digits[0])
        let fraction = digits.count > 1 && !digits[1].isEmpty ? String(digits[1]) : "0"
        guard parts.count > 1 else { return Double("\(sign)\(whole).\(fraction)") }
        guard Int(parts[1]) != nil else { return nil }
        return Double("\(sign)\(whole).\(fraction)e\(parts[1])")
    }
}
