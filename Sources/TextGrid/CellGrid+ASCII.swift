extension CellGrid {
    /// The grid for a terminal that shows ASCII only: lines and signs become the nearest that there
    /// is, any other character a `?` for each of its columns.
    package var inASCII: CellGrid {
        var copy = self
        var isSecondHalf = false
        copy.mapTexts { text, isWide in
            if isSecondHalf {
                isSecondHalf = false
                return "?"
            }
            if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.isEmpty ? "?" : text }
            if isWide {
                isSecondHalf = true
                return "?"
            }
            return Self.asciiForms[text] ?? Self.withoutMarks(text)
        }
        return copy
    }

    /// The letter below its marks, where that is ASCII.
    private static func withoutMarks(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, first.isASCII else { return "?" }
        return String(first)
    }

    private static let asciiForms: [String: String] = [
        "─": "-", "│": "|", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+", "┬": "+",
        "┴": "+", "┼": "+", "█": "#", "░": ".", "▒": ":", "▓": "#", "…": "~", "•": "*", "●": "*",
        "○": "o", "·": ".", "▸": ">", "▾": "v", "▴": "^", "◂": "<", "→": ">", "←": "<", "↑": "^",
        "↓": "v", "✓": "+", "✔": "+", "✗": "x", "✘": "x", "×": "x", "–": "-", "—": "-", "‘": "'",
        "’": "'", "“": "\"", "”": "\"", "›": ">", "‹": "<", "⚠": "!", "▌": "|", "▏": "|", "◐": "o",
        "◌": "o", "↻": "@", "⏸": "=", "−": "-",
    ]
}
