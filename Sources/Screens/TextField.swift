package import TextGrid

/// A line of text that is typed: the text, the cursor in it, and what keys do to them.
package struct TextField: Equatable, Sendable {
    private var characters: [Character]
    private var cursor: Int
    /// What a paste lost or brought along; nil after the next key.
    package private(set) var note: String?

    package static let characterLimit = 4096

    package init(_ text: String = "") {
        characters = Array(text.prefix(Self.characterLimit))
        cursor = characters.count
    }

    package var text: String { String(characters) }
    package var isEmpty: Bool { characters.isEmpty }

    /// Takes a key or a paste. Returns false for what means nothing to it.
    package mutating func handle(_ input: Input) -> Bool {
        switch input {
        case .key(let key): return handle(key)
        case .paste(let text):
            paste(text.exposedText)
            return true
        case .resize, .tick: return false
        }
    }

    private mutating func handle(_ key: Key) -> Bool {
        note = nil
        switch key {
        case .character(let character):
            insert([character])
        case .left, .control("b"): cursor = max(0, cursor - 1)
        case .right, .control("f"): cursor = min(characters.count, cursor + 1)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = characters.count
        case .backspace, .control("h"):
            guard cursor > 0 else { return true }
            cursor -= 1
            characters.remove(at: cursor)
        case .delete, .control("d"):
            if cursor < characters.count { characters.remove(at: cursor) }
        case .control("u"):
            characters.removeFirst(cursor)
            cursor = 0
        case .control("k"): characters.removeLast(characters.count - cursor)
        case .control("w"): removeWord()
        default: return false
        }
        return true
    }

    private mutating func insert(_ new: [Character]) {
        let room = max(0, Self.characterLimit - characters.count)
        characters.insert(contentsOf: new.prefix(room), at: cursor)
        cursor += min(new.count, room)
    }

    /// A paste is one line: what is around it and line breaks within go, and that is said.
    private mutating func paste(_ text: String) {
        let isControl: (Unicode.Scalar) -> Bool = { $0.value < 0x20 || $0.value == 0x7F }
        var kept = String.UnicodeScalarView()
        kept.append(contentsOf: text.unicodeScalars.filter { !isControl($0) })
        var line = Substring(String(kept))
        while line.first == " " { line.removeFirst() }
        while line.last == " " { line.removeLast() }
        note =
            kept.count < text.unicodeScalars.count
            ? "line breaks and control characters of the paste were left out"
            : line.count < String(kept).count
                ? "the spaces around what was pasted were left out" : nil
        insert(Array(line))
    }

    private mutating func removeWord() {
        var start = cursor
        while start > 0, characters[start - 1] == " " { start -= 1 }
        while start > 0, characters[start - 1] != " " { start -= 1 }
        characters.removeSubrange(start..<cursor)
        cursor = start
    }

    /// Draws the part of the text around the cursor; the terminal's cursor goes there.
    package func draw(
        in grid: inout CellGrid, row: Int, column: Int, width: Int, role: Role, hasCursor: Bool
    ) {
        let place = Rect(row: row, column: column, width: width, height: 1)
        grid.clear(place, role: role)
        guard hasCursor, width > 0 else {
            grid.put(text, row: row, column: column, role: role, limit: width)
            return
        }
        // Characters before the cursor, as many as fit with one column left for it.
        var start = cursor
        var used = 0
        while start > 0 {
            let more = displayWidth(String(characters[start - 1]))
            guard used + more < width else { break }
            used += more
            start -= 1
        }
        let shown = String(characters[start...])
        grid.put(shown, row: row, column: column, role: role, limit: width)
        grid.cursor = CellGrid.Position(row: row, column: column + min(used, width - 1))
    }
}
