/// What a terminal shows: rows of cells, each with a text and a role.
///
/// A cell never holds a control character. What is put outside the grid is left out, so that
/// drawing needs no care about sizes, down to 0 by 0.
package struct CellGrid: Equatable, Sendable {
    package struct Cell: Equatable, Sendable {
        /// What is shown; empty in the second column of a wide character.
        package var text: String
        package var role: Role

        package static let blank = Cell(text: " ", role: .plain)
    }

    package struct Position: Equatable, Sendable {
        package var row: Int
        package var column: Int

        package init(row: Int, column: Int) {
            self.row = row
            self.column = column
        }
    }

    package let width: Int
    package let height: Int
    package private(set) var cells: [Cell]
    /// Where the terminal's cursor stands: where one types, or on the chosen row, so that a screen
    /// reader finds it. Nil hides it.
    package var cursor: Position?

    package init(width: Int, height: Int) {
        self.width = max(0, width)
        self.height = max(0, height)
        cells = Array(repeating: .blank, count: self.width * self.height)
    }

    package var bounds: Rect { Rect(row: 0, column: 0, width: width, height: height) }

    package subscript(row: Int, column: Int) -> Cell {
        guard isInside(row, column) else { return .blank }
        return cells[row * width + column]
    }

    private func isInside(_ row: Int, _ column: Int) -> Bool {
        row >= 0 && row < height && column >= 0 && column < width
    }

    /// Puts a text on one line, at most `limit` columns of it; what is cut off shows as `…`.
    /// Returns the column behind it.
    @discardableResult
    package mutating func put(
        _ text: String, row: Int, column: Int, role: Role = .plain, limit: Int = .max
    ) -> Int {
        let room = min(limit, max(0, width - column))
        guard row >= 0, row < height, room > 0 else { return column }
        var end = column
        forEachGlyph(in: isWithin(text, room) ? text : clipped(text, to: room)) { glyph in
            put(glyph, row: row, column: end, role: role)
            end += glyph.width
            return true
        }
        return end
    }

    /// Puts a text at the end of a line of `rect`.
    package mutating func putTrailing(
        _ text: String, row: Int, in rect: Rect, role: Role = .plain
    ) {
        let shown = clipped(text, to: rect.width)
        put(shown, row: row, column: rect.endColumn - displayWidth(shown), role: role)
    }

    /// Whether a text surely fits; a text of few bytes needs no counting of columns.
    private func isWithin(_ text: String, _ room: Int) -> Bool {
        var width = 0
        var fits = true
        forEachGlyph(in: text) { glyph in
            width += glyph.width
            fits = width <= room
            return fits
        }
        return fits
    }

    private mutating func put(_ glyph: Glyph, row: Int, column: Int, role: Role) {
        guard isInside(row, column), column + glyph.width <= width else { return }
        let index = row * width + column
        clearHalves(row, column)
        cells[index] = Cell(text: glyph.text, role: role)
        if glyph.width == 2 {
            clearHalves(row, column + 1)
            cells[index] = Cell(text: glyph.text, role: role)
            cells[index + 1] = Cell(text: "", role: role)
        }
    }

    /// Makes room in a cell: the other half of a wide character that loses one becomes a space.
    private mutating func clearHalves(_ row: Int, _ column: Int) {
        let index = row * width + column
        if cells[index].text.isEmpty, column > 0 {
            cells[index - 1].text = " "
        } else if column + 1 < width, cells[index + 1].text.isEmpty {
            cells[index + 1].text = " "
        }
    }

    /// Fills a rect with spaces.
    package mutating func clear(_ rect: Rect, role: Role = .plain) {
        for row in max(0, rect.row)..<max(0, rect.row, min(height, rect.endRow)) {
            let (start, end) = (max(0, rect.column), min(width, rect.endColumn))
            guard start < end else { continue }
            for column in start..<end {
                clearHalves(row, column)
                cells[row * width + column] = Cell(text: " ", role: role)
            }
        }
    }

    /// Gives the cells of a rect another role, their texts stay.
    package mutating func setRole(_ role: Role, in rect: Rect) {
        for row in max(0, rect.row)..<max(0, rect.row, min(height, rect.endRow)) {
            let (start, end) = (max(0, rect.column), min(width, rect.endColumn))
            guard start < end else { continue }
            for column in start..<end { cells[row * width + column].role = role }
        }
    }

    /// Lays another grid over this one.
    package mutating func lay(_ other: CellGrid, row: Int, column: Int) {
        for line in 0..<other.height where line + row >= 0 && line + row < height {
            for place in 0..<other.width where place + column >= 0 && place + column < width {
                let target = (line + row) * width + place + column
                clearHalves(line + row, place + column)
                cells[target] = other.cells[line * other.width + place]
            }
            repairEdges(ofRow: line + row)
        }
        if let cursor = other.cursor {
            self.cursor = Position(row: cursor.row + row, column: cursor.column + column)
        }
    }

    /// A wide character that lost a half to the grid's edge becomes a space.
    private mutating func repairEdges(ofRow row: Int) {
        guard width > 0 else { return }
        let (first, last) = (row * width, row * width + width - 1)
        if cells[first].text.isEmpty { cells[first].text = " " }
        if displayWidth(cells[last].text) == 2 { cells[last].text = " " }
    }

    /// Replaces the text of every cell.
    mutating func mapTexts(_ body: (_ text: String, _ isWide: Bool) -> String) {
        for index in cells.indices {
            let isWide =
                index % width + 1 < width && cells[index + 1].text.isEmpty
            let new = body(cells[index].text, isWide)
            cells[index].text = new
        }
    }

    mutating func setRole(_ role: Role, row: Int, columns: Range<Int>) {
        for column in columns { cells[row * width + column].role = role }
    }
}
