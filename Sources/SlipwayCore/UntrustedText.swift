/// Text that somebody else wrote: AWS, a hook's log, a commit, a file name, another admin.
///
/// It reaches a terminal only through ``escaped``, in which nothing can move a cursor, change a
/// title, hide or reorder what is beside it.
package struct UntrustedText: Hashable, Sendable, CustomStringConvertible {
    private let raw: String

    package init(_ raw: String) { self.raw = raw }

    /// The text on one line, each unsafe character as a visible escape: `\n`, `\r`, `\t`, `\e`,
    /// else `\u{202E}`. A backslash stays as it is: this is for reading, not for parsing back.
    package var escaped: String {
        guard raw.unicodeScalars.contains(where: Self.isUnsafe) else { return raw }
        var result = String.UnicodeScalarView()
        for scalar in raw.unicodeScalars {
            if Self.isUnsafe(scalar) {
                result.append(contentsOf: Self.escape(scalar).unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// The text line by line, each escaped; a line break at the end begins no line.
    package var escapedLines: [String] {
        var lines = raw.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { UntrustedText(String($0)).escaped }
    }

    /// The whole text for a JSON document, which escapes what is unsafe itself.
    package var json: JSONValue { .string(raw) }

    package var isEmpty: Bool { raw.isEmpty }

    /// What an unsafe character looks like once escaped.
    package static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case "\u{1B}": "\\e"
        default: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        }
    }

    /// The escaped text: there is no way to print the raw one.
    package var description: String { escaped }

    /// Whether a terminal could act on the character, or show its neighbours out of order:
    /// C0 and C1 controls, DEL, bidi marks, embeddings, overrides and isolates, invisible format
    /// characters, line and paragraph separators, tags and variation selectors beyond the basic.
    package static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: false
        case 0x00...0x1F, 0x7F...0x9F: true
        case 0xAD, 0x061C, 0x115F, 0x1160, 0x180B...0x180F: true
        case 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x206F: true
        case 0x3164, 0xFEFF, 0xFFA0, 0xFFF0...0xFFFB: true
        case 0xE0000...0xE0FFF: true
        default: false
        }
    }
}
