extension CellGrid {
    private static let longGap = 16

    /// The same to the eye, in fewer bytes: a short gap in a row takes the role of what is before
    /// it, so that the terminal need not be told to change its looks and to change them back. Of a
    /// table's row that would be half.
    ///
    /// `isBare` tells the roles of which a blank shows nothing. Long gaps stay as they are: they are
    /// erased at once, which takes the terminal's own looks.
    package func joiningGaps(where isBare: (Role) -> Bool) -> CellGrid {
        // In the order of the raw values, so that a cell costs no call.
        let isBare = Role.allCases.map(isBare)
        var copy = self
        // One by one they would be counted up and down, ten thousand times for a frame.
        let cells = cells
        for row in 0..<height {
            var before: Role?
            var gap = 0
            for column in 0..<width {
                let cell = cells[row * width + column]
                if cell.text == " ", isBare[Int(cell.role.rawValue)] {
                    gap += 1
                    continue
                }
                if let before, isBare[Int(before.rawValue)], 1..<Self.longGap ~= gap {
                    copy.setRole(before, row: row, columns: column - gap..<column)
                }
                before = cell.role
                gap = 0
            }
        }
        return copy
    }
}
