/// The columns of a table and how the room is shared among them.
package struct TableLayout: Equatable, Sendable {
    package struct Column: Equatable, Sendable {
        package var heading: String
        /// Below this many columns nothing is taken from it.
        package var minimum: Int
        /// How wide it would be where there is room for everything.
        package var wanted: Int
        /// A column of lower rank is left out first where even the minimums do not fit. The first
        /// of rank 0 stays.
        package var rank: Int
        package var isTrailing: Bool

        package init(
            _ heading: String, minimum: Int, wanted: Int, rank: Int = 0, isTrailing: Bool = false
        ) {
            self.heading = heading
            self.minimum = max(1, minimum)
            self.wanted = max(self.minimum, wanted)
            self.rank = rank
            self.isTrailing = isTrailing
        }
    }

    /// The width of each column; 0 for one that is left out.
    package private(set) var widths: [Int]
    package let columns: [Column]
    private static let gap = 2

    /// Shares a width: first everyone's minimum, then what each wants in the order of columns.
    package init(_ columns: [Column], width: Int) {
        self.columns = columns
        widths = columns.map(\.minimum)
        func total() -> Int {
            let shown = widths.filter { $0 > 0 }
            return shown.reduce(0, +) + Self.gap * max(0, shown.count - 1)
        }
        // The highest rank goes first, the last of equals before the others.
        let order = columns.indices.sorted {
            (columns[$0].rank, $0) > (columns[$1].rank, $1)
        }
        for index in order where total() > width {
            if widths.filter({ $0 > 0 }).count > 1 { widths[index] = 0 }
        }
        if total() > width, let only = widths.firstIndex(where: { $0 > 0 }) {
            widths[only] = max(0, width)
        }
        var rest = width - total()
        for index in columns.indices where widths[index] > 0 && rest > 0 {
            let more = min(rest, columns[index].wanted - widths[index])
            if more > 0 {
                widths[index] += more
                rest -= more
            }
        }
    }

    /// A row's text, each cell clipped to its column and padded.
    package func line(_ cells: [String]) -> String {
        var parts: [String] = []
        for (index, width) in widths.enumerated() where width > 0 {
            let cell = index < cells.count ? cells[index] : ""
            if columns[index].isTrailing {
                let clip = clipped(cell, to: width)
                parts.append(
                    String(repeating: " ", count: max(0, width - displayWidth(clip))) + clip)
            } else {
                parts.append(padded(cell, to: width))
            }
        }
        return parts.joined(separator: String(repeating: " ", count: Self.gap))
    }

    /// The line of headings.
    package var heading: String { line(columns.map(\.heading)) }

    /// Where a column begins, counted from the row's own beginning; nil for one that is left out.
    package func offset(of column: Int) -> Int? {
        guard widths.indices.contains(column), widths[column] > 0 else { return nil }
        return widths[..<column].filter { $0 > 0 }.reduce(0) { $0 + $1 + Self.gap }
    }
}
