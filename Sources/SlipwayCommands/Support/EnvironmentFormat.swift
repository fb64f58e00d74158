import ArgumentParser
import SlipwayCore

/// How `slipway env` writes variables: so that no value can be anything but a value.
enum EnvironmentFormat: String, CaseIterable, ExpressibleByArgument {
    case shell, dotenv, json

    /// The whole text. Throws a ``Problem`` for a value that the format cannot hold.
    func text(_ values: [EnvironmentValue], unset stale: [String]) throws -> SecretBytes {
        switch self {
        case .shell: Self.shell(values, unset: stale)
        case .dotenv: try Self.dotenv(values)
        case .json: try Self.json(values)
        }
    }

    /// For `eval` in any POSIX shell: each value in single quotation marks, in which nothing is
    /// special but the mark itself.
    private static func shell(_ values: [EnvironmentValue], unset stale: [String]) -> SecretBytes {
        var text = SecretText()
        let names = Set(values.map(\.name))
        text.append("unset " + stale.filter { !names.contains($0) }.joined(separator: " ") + "\n")
        for value in values {
            text.append("export \(value.name)=")
            text.append(shellQuoted(value.value))
            text.append("\n")
        }
        return text.finish()
    }

    /// A value as one word for a POSIX shell. Any bytes but NUL.
    static func shellQuoted(_ value: SecretBytes) -> SecretBytes {
        var text = SecretText()
        text.append("'")
        value.withUnsafeExposedBytes { bytes in
            for byte in bytes {
                if byte == UInt8(ascii: "'") { text.append("'\\''") } else { text.append(byte) }
            }
        }
        text.append("'")
        return text.finish()
    }

    /// For readers of `.env` files, which do not agree on quoting: bare where every reader agrees,
    /// in single quotation marks where most do, refused otherwise.
    private static func dotenv(_ values: [EnvironmentValue]) throws -> SecretBytes {
        var text = SecretText()
        for value in values {
            let bytes = value.value.withUnsafeExposedBytes(Array.init)
            let isBare = bytes.allSatisfy { byte in
                Unicode.Scalar(byte).isASCIILetterOrDigit || "/+=._-:@%".utf8.contains(byte)
            }
            let isQuotable = bytes.allSatisfy {
                (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "'") && $0 != UInt8(ascii: "\\")
            }
            guard isBare || isQuotable else { throw unwritable(value.name, "dotenv", "shell") }
            text.append(value.name + (isBare ? "=" : "='"))
            text.append(value.value)
            text.append(isBare ? "\n" : "'\n")
        }
        return text.finish()
    }

    private static func json(_ values: [EnvironmentValue]) throws -> SecretBytes {
        var text = SecretText()
        text.append("{")
        for (index, value) in values.enumerated() {
            text.append((index == 0 ? "\n  " : ",\n  ") + "\"\(value.name)\": ")
            text.append(try jsonQuoted(value.value, name: value.name))
        }
        text.append("\n}\n")
        return text.finish()
    }

    /// A value as a JSON string. Throws for bytes that are not UTF-8, which JSON cannot hold.
    static func jsonQuoted(_ value: SecretBytes, name: String) throws -> SecretBytes {
        let text = value.withUnsafeExposedBytes { String(validating: $0, as: UTF8.self) }
        guard let text else { throw unwritable(name, "json", "shell") }
        return SecretBytes(copying: Array(JSONValue.string(text).compact.utf8))
    }

    private static func unwritable(_ name: String, _ format: String, _ other: String) -> Problem {
        Problem(
            code: "unwritable-value", "the value of \(name) cannot be written as \(format)",
            why: "it has bytes that \(format) has no safe form for",
            fix: "use --format \(other), or slipway exec")
    }
}
