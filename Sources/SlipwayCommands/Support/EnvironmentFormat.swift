import ArgumentParser
import SlipwayCore

/// How `slipway env` writes variables: so that no value can be anything but a value.
enum EnvironmentFormat: String, CaseIterable, ExpressibleByArgument {
    case shell, dotenv, json

    /// The whole text. Throws a ``Problem`` for a value that the format cannot hold.
    func text(_ values: [EnvironmentValue], unset stale: [String]) throws -> SecretText {
        let text = SecretText()
        switch self {
        case .shell: Self.shell(values, unset: stale, to: text)
        case .dotenv: try Self.dotenv(values, to: text)
        case .json: try Self.json(values, to: text)
        }
        return text
    }

    /// For `eval` in any POSIX shell: each value in single quotation marks, in which nothing is
    /// special but the mark itself.
    private static func shell(
        _ values: [EnvironmentValue], unset stale: [String], to text: SecretText
    ) {
        let names = Set(values.map(\.name))
        text.append("unset " + stale.filter { !names.contains($0) }.joined(separator: " ") + "\n")
        for value in values {
            text.append("export \(value.name)='")
            value.value.withUnsafeExposedBytes { bytes in
                for byte in bytes {
                    if byte == UInt8(ascii: "'") {
                        text.append("'\\''")
                    } else {
                        text.append(byte)
                    }
                }
            }
            text.append("'\n")
        }
    }

    /// For readers of `.env` files, which do not agree on quoting: bare where every reader agrees,
    /// in single quotation marks where most do, refused otherwise.
    private static func dotenv(_ values: [EnvironmentValue], to text: SecretText) throws {
        for value in values {
            let (isBare, isQuotable) = value.value.withUnsafeExposedBytes { bytes in
                (
                    bytes.allSatisfy { byte in
                        Unicode.Scalar(byte).isASCIILetterOrDigit
                            || "/+=._-:@%".utf8.contains(byte)
                    },
                    bytes.allSatisfy {
                        (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "'")
                            && $0 != UInt8(ascii: "\\")
                    }
                )
            }
            guard isBare || isQuotable else {
                throw unwritable(value.name, "dotenv", use: "shell")
            }
            text.append(value.name + (isBare ? "=" : "='"))
            text.append(value.value)
            text.append(isBare ? "\n" : "'\n")
        }
    }

    private static func json(_ values: [EnvironmentValue], to text: SecretText) throws {
        text.append("{")
        for (index, value) in values.enumerated() {
            text.append((index == 0 ? "\n  " : ",\n  ") + "\"\(value.name)\": ")
            try appendJSON(value.value, name: value.name, to: text)
        }
        text.append("\n}\n")
    }

    /// Appends a value as a JSON string. Throws for bytes that are not UTF-8, which JSON cannot hold.
    static func appendJSON(_ value: SecretBytes, name: String, to text: SecretText) throws {
        let isUTF8 = value.withUnsafeExposedBytes { bytes in
            (try? UTF8Span(validating: bytes.assumingMemoryBound(to: UInt8.self).span)) != nil
        }
        guard isUTF8 else { throw unwritable(name, "json", use: "shell") }
        text.append("\"")
        value.withUnsafeExposedBytes { bytes in
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "\""): text.append("\\\"")
                case UInt8(ascii: "\\"): text.append("\\\\")
                case 0..<0x20, 0x7F:
                    text.append("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
                default: text.append(byte)
                }
            }
        }
        text.append("\"")
    }

    private static func unwritable(_ name: String, _ format: String, use other: String) -> Problem {
        Problem(
            code: "unwritable-value", "the value of \(name) cannot be written as \(format)",
            why: "it has bytes that \(format) has no safe form for",
            fix: "use --format \(other), or slipway exec")
    }
}
