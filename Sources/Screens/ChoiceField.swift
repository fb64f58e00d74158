package import TextGrid

/// A text with suggestions: what is typed narrows them down, and need not be one of them.
package struct ChoiceField: Equatable, Sendable {
    package private(set) var field: TextField
    package let suggestions: [String]
    /// The suggestion that Enter would take, among those that match.
    package private(set) var selection: Int?
    /// Whether anything was typed since editing began: before that every suggestion is shown.
    private var isNarrowed = false

    package init(_ text: String = "", suggestions: [String]) {
        field = TextField(text)
        self.suggestions = suggestions
    }

    package var text: String { field.text }

    /// The suggestions that have what is typed in them, those that begin with it first.
    package var matches: [String] {
        let typed = text.lowercased()
        guard isNarrowed, !typed.isEmpty else { return suggestions }
        let found = suggestions.filter { $0.lowercased().contains(typed) }
        return found.filter { $0.lowercased().hasPrefix(typed) }
            + found.filter { !$0.lowercased().hasPrefix(typed) }
    }

    /// Begins editing: shows every suggestion, the present one chosen.
    package mutating func begin() {
        isNarrowed = false
        selection = suggestions.firstIndex(of: text)
    }

    /// Takes the chosen suggestion, where there is one, else what was typed.
    package mutating func accept() {
        let found = matches
        if let selection, found.indices.contains(selection) {
            field = TextField(found[selection])
        }
        selection = nil
        isNarrowed = false
    }

    package mutating func set(_ text: String) { field = TextField(text) }

    package mutating func handle(_ input: Input) -> Bool {
        switch input {
        case .key(.up), .key(.control("p")): move(-1)
        case .key(.down), .key(.control("n")): move(1)
        case .key(.pageUp): move(-8)
        case .key(.pageDown): move(8)
        default:
            guard field.handle(input) else { return false }
            isNarrowed = true
            selection = matches.isEmpty || text.isEmpty ? nil : 0
        }
        return true
    }

    private mutating func move(_ distance: Int) {
        let count = matches.count
        guard count > 0 else { return }
        guard let selection else {
            self.selection = distance > 0 ? 0 : count - 1
            return
        }
        self.selection = max(0, min(count - 1, selection + distance))
    }

    /// Draws the suggestions into a box, the chosen one in view.
    package func drawSuggestions(in grid: inout CellGrid, _ rect: Rect) {
        let found = matches
        guard rect.height >= 3, rect.width >= 8 else { return }
        let height = min(rect.height, max(1, found.count) + 2)
        let box = Rect(row: rect.row, column: rect.column, width: rect.width, height: height)
        grid.clear(box)
        grid.box(box, role: .focusedBorder)
        let inner = box.inset(top: 1, left: 1, bottom: 1, right: 1)
        guard !found.isEmpty else {
            grid.put(
                "none of these: taken as typed", row: inner.row, column: inner.column + 1,
                role: .quiet, limit: inner.width - 1)
            return
        }
        let first = scrollOffset(selection: selection ?? 0, count: found.count, rows: inner.height)
        for row in 0..<min(inner.height, found.count) {
            let isChosen = first + row == selection
            grid.put(
                padded((isChosen ? "▸" : " ") + found[first + row], to: inner.width),
                row: inner.row + row, column: inner.column, role: isChosen ? .selected : .plain)
        }
        grid.scrollMark(
            in: Rect(
                row: inner.row, column: inner.column, width: inner.width + 1, height: inner.height),
            first: first, shown: inner.height, count: found.count)
    }
}

/// The first row to show so that a chosen one stays in the middle, as far as the ends allow.
package func scrollOffset(selection: Int, count: Int, rows: Int) -> Int {
    max(0, min(selection - rows / 2, count - rows))
}
