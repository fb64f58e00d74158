import SlipwayCore
package import TextGrid

extension Form {
    /// Where a field stands.
    private struct Place {
        var labelRow: Int
        var valueRow: Int
        var column: Int
        var width: Int
        var labelWidth: Int
    }

    /// Where each field stands, scrolled so far that the one in focus is seen to its end, and the
    /// row below the last.
    private func places(in rect: Rect) -> (places: [Place], end: Int) {
        let isStacked = rect.width < 44
        let widest = fields.map { displayWidth($0.label) }.max() ?? 0
        let labelWidth = isStacked ? rect.width : min(widest, rect.width / 3) + 6
        let column = rect.column + (isStacked ? 2 : labelWidth)
        let width = max(1, rect.endColumn - column)
        let heights = fields.map { (isStacked ? 2 : 1) + noteLines($0, width: width).count }
        let total = heights.reduce(0, +)
        let focusTop = heights[..<min(focus, heights.count)].reduce(0, +)
        let focusHeight = heights.indices.contains(focus) ? heights[focus] : 0
        let skip =
            total <= rect.height
            ? 0 : max(0, min(focusTop, max(0, focusTop + focusHeight - rect.height)))
        var row = rect.row - skip
        let places = heights.map { height in
            defer { row += height }
            return Place(
                labelRow: row, valueRow: isStacked ? row + 1 : row, column: column,
                width: width,
                labelWidth: isStacked ? rect.width : labelWidth - 1)
        }
        return (places, max(rect.row, min(rect.endRow, row)))
    }

    /// Draws the fields from the top of a rect, the one in focus in view. Returns the row below
    /// them. What suggestions there are is drawn by ``drawSuggestions(in:_:)``, over the rest.
    @discardableResult
    package func draw(in grid: inout CellGrid, _ rect: Rect) -> Int {
        guard rect.width > 2, rect.height > 0 else { return rect.row }
        let (places, end) = places(in: rect)
        let rows = rect.row..<rect.endRow
        for (index, (field, place)) in zip(fields, places).enumerated() {
            let isFocused = index == focus
            if rows.contains(place.labelRow) {
                grid.put(
                    (isFocused ? "▸ " : "  ") + field.label + (field.isDirty ? " *" : ""),
                    row: place.labelRow, column: rect.column,
                    role: isFocused ? .key : field.isDirty ? .changed : .label,
                    limit: place.labelWidth)
            }
            if rows.contains(place.valueRow) {
                drawValue(
                    field, in: &grid, row: place.valueRow, column: place.column,
                    width: place.width, isFocused: isFocused)
            }
            let notes = noteLines(field, width: place.width)
            for (offset, note) in notes.enumerated()
            where rows.contains(place.valueRow + 1 + offset) {
                grid.put(
                    note.text, row: place.valueRow + 1 + offset, column: place.column,
                    role: note.role, limit: place.width)
            }
        }
        return end
    }

    /// Draws the suggestions of a choice that is edited over whatever is below or above its field;
    /// to be called last, with the rect that the fields were drawn in.
    package func drawSuggestions(in grid: inout CellGrid, _ rect: Rect) {
        guard isEditing, case .choice(let choice) = fields[focus].content, rect.width > 2,
            rect.height > 0
        else { return }
        let place = places(in: rect).places[focus]
        let (below, above) = (grid.height - place.valueRow - 1, place.valueRow)
        let isBelow = below >= 5 || below >= above
        let rows = min(12, isBelow ? below : above)
        choice.drawSuggestions(
            in: &grid,
            Rect(
                row: isBelow ? place.valueRow + 1 : place.valueRow - rows, column: place.column,
                width: min(place.width, 34), height: rows))
    }

    /// The help of the field in focus.
    package var focusedHelp: String {
        fields.indices.contains(focus) ? fields[focus].help : ""
    }

    private func drawValue(
        _ field: Field, in grid: inout CellGrid, row: Int, column: Int, width: Int, isFocused: Bool
    ) {
        let isEdited = isFocused && isEditing
        let role: Role = isEdited ? .editedField : isFocused ? .focusedField : .field
        switch field.content {
        case .text(let text):
            text.draw(
                in: &grid, row: row, column: column, width: width, role: role, hasCursor: isEdited)
        case .choice(let choice):
            choice.field.draw(
                in: &grid, row: row, column: column, width: width, role: role, hasCursor: isEdited)
        case .secret(let secret):
            secret.draw(
                in: &grid, row: row, column: column, width: width, role: role, hasCursor: isEdited)
        }
        if isBlank(field.content), !field.placeholder.isEmpty {
            grid.put(
                field.placeholder, row: row, column: column + (isEdited ? 1 : 0), role: .quiet,
                limit: width - (isEdited ? 1 : 0))
        }
        if isFocused, !isEdited { grid.cursor = CellGrid.Position(row: row, column: column) }
    }

    private func isBlank(_ content: Content) -> Bool {
        switch content {
        case .text(let field): field.isEmpty
        case .choice(let field): field.text.isEmpty
        case .secret(let field): field.isEmpty
        }
    }

    /// What stands below a field, on three lines at most.
    private func noteLines(_ field: Field, width: Int) -> [(text: String, role: Role)] {
        guard let note = note(field) else { return [] }
        return wrapped(note.text, to: width).prefix(3).map { ($0, note.role) }
    }

    private func note(_ field: Field) -> (text: String, role: Role)? {
        if let problem = field.problem {
            return ("✗ " + problem.message + (problem.fix.map { "; \($0)" } ?? ""), .failed)
        }
        let note: String? =
            switch field.content {
            case .text(let text): text.note
            case .choice(let choice): choice.field.note
            case .secret(let secret): secret.note
            }
        return note.map { ("! " + $0, .warning) }
    }

    /// The fields for the linear mode.
    package var outline: [Outline.Part] {
        fields.map { field in
            var notes: [String] = []
            if field.isDirty { notes.append("not saved yet") }
            if let problem = field.problem { notes.append(problem.message) }
            let isSecret = if case .secret = field.content { true } else { false }
            let value = self[field.id]
            return .field(
                label: field.label,
                value: isSecret ? (isBlank(field.content) ? "" : "typed, not shown") : value,
                isSecret: isSecret,
                notes: notes
                    + (value.isEmpty ? [spoken(field.placeholder)] : []).filter { !$0.isEmpty })
        }
    }

    /// A placeholder without the dots that stand for a secret.
    private func spoken(_ placeholder: String) -> String {
        String(placeholder.drop { $0 == "•" || $0 == " " })
    }

    /// Takes an answer of the linear mode; numbers count fields. False for none of its own.
    package mutating func answer(_ answer: OutlineAnswer) -> Outcome {
        switch answer {
        case .set(let number, let text):
            guard fields.indices.contains(number) else { return .ignored }
            set(fields[number].id, to: text)
            focus(on: fields[number].id)
            return .accepted(fields[number].id)
        case .setSecret(let number, let secret):
            guard fields.indices.contains(number) else { return .ignored }
            setSecret(fields[number].id, to: secret)
            return .accepted(fields[number].id)
        case .choose, .filter: return .ignored
        }
    }
}
