extension CellGrid {
    /// The rows as text, without the spaces at their ends.
    package var lines: [String] {
        (0..<height).map { row in
            let text = cells[row * width..<(row + 1) * width].map(\.text).joined()
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// The roles as text, a letter a cell, without the plain ones at the ends of rows.
    package var roleLines: [String] {
        (0..<height).map { row in
            let letters = String(cells[row * width..<(row + 1) * width].map(\.role.letter))
            return String(letters.reversed().drop { $0 == "." }.reversed())
        }
    }

    /// Both planes for a reviewer: what is seen, then what each cell is for, with the cursor's place.
    package var snapshot: String {
        func framed(_ lines: [String]) -> String {
            lines.map { "|\($0)\n" }.joined()
        }
        let place = cursor.map { "cursor \($0.row):\($0.column)" } ?? "no cursor"
        return "\(width)x\(height), \(place)\n" + framed(lines) + "roles\n" + framed(roleLines)
    }
}
