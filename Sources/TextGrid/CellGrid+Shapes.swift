extension CellGrid {
    /// A border around a rect, with a title in its upper edge. Smaller than 2 by 2 it draws nothing.
    package mutating func box(_ rect: Rect, title: String = "", role: Role = .border) {
        guard rect.width >= 2, rect.height >= 2 else { return }
        let line = String(repeating: "─", count: rect.width - 2)
        put("┌\(line)┐", row: rect.row, column: rect.column, role: role)
        put("└\(line)┘", row: rect.endRow - 1, column: rect.column, role: role)
        for row in (rect.row + 1)..<max(rect.row + 1, rect.endRow - 1) {
            put("│", row: row, column: rect.column, role: role)
            put("│", row: row, column: rect.endColumn - 1, role: role)
        }
        if !title.isEmpty, rect.width > 6 {
            let shown = clipped(title, to: rect.width - 6)
            put(" \(shown) ", row: rect.row, column: rect.column + 2, role: role)
        }
    }

    /// A line across.
    package mutating func rule(row: Int, column: Int, width: Int, role: Role = .border) {
        put(String(repeating: "─", count: max(0, width)), row: row, column: column, role: role)
    }

    /// A bar of which a part, from 0 to 1, is full. Full and empty cells differ in shape too.
    package mutating func bar(
        _ part: Double, row: Int, column: Int, width: Int, role: Role = .barFull
    ) {
        let bounded = part.isNaN ? 0 : max(0, min(1, part))
        let full = Int((bounded * Double(max(0, width))).rounded(.down))
        put(String(repeating: "█", count: full), row: row, column: column, role: role)
        put(
            String(repeating: "░", count: max(0, width - full)), row: row, column: column + full,
            role: .barEmpty)
    }

    /// A mark at the right edge of a rect for the part of a list that is seen.
    package mutating func scrollMark(in rect: Rect, first: Int, shown: Int, count: Int) {
        guard count > shown, shown > 0, rect.height > 0 else { return }
        let size = max(1, rect.height * shown / count)
        let room = rect.height - size
        let start = first == 0 ? 0 : max(1, room * first / max(1, count - shown))
        for row in 0..<rect.height {
            let isMark = row >= start && row < start + size
            put(
                isMark ? "█" : "│", row: rect.row + row, column: rect.endColumn - 1, role: .border)
        }
    }

    /// Lines of a text, wrapped to a rect. Returns the row below the last that was drawn.
    @discardableResult
    package mutating func paragraph(_ text: String, in rect: Rect, role: Role = .plain) -> Int {
        var row = rect.row
        for line in wrapped(text, to: rect.width) {
            guard row < rect.endRow else { break }
            put(line, row: row, column: rect.column, role: role, limit: rect.width)
            row += 1
        }
        return row
    }
}
