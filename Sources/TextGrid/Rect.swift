/// A place in a grid and a size, both in cells. May be empty; never of a negative size.
package struct Rect: Equatable, Sendable {
    package var row: Int
    package var column: Int
    package var width: Int
    package var height: Int

    package init(row: Int, column: Int, width: Int, height: Int) {
        self.row = row
        self.column = column
        self.width = max(0, width)
        self.height = max(0, height)
    }

    package var isEmpty: Bool { width == 0 || height == 0 }
    /// The row below the last.
    package var endRow: Int { row + height }
    /// The column behind the last.
    package var endColumn: Int { column + width }

    /// What is left when some cells are taken off each side.
    package func inset(top: Int = 0, left: Int = 0, bottom: Int = 0, right: Int = 0) -> Rect {
        Rect(
            row: row + min(top, height), column: column + min(left, width),
            width: width - left - right, height: height - top - bottom)
    }

    /// The first rows, and the rest below them.
    package func splitTop(_ count: Int) -> (top: Rect, rest: Rect) {
        let count = max(0, min(count, height))
        return (
            Rect(row: row, column: column, width: width, height: count), inset(top: count)
        )
    }

    /// The last rows, and the rest above them.
    package func splitBottom(_ count: Int) -> (rest: Rect, bottom: Rect) {
        let count = max(0, min(count, height))
        return (
            inset(bottom: count),
            Rect(row: endRow - count, column: column, width: width, height: count)
        )
    }

    /// The first columns, and the rest beside them.
    package func splitLeft(_ count: Int) -> (left: Rect, rest: Rect) {
        let count = max(0, min(count, width))
        return (
            Rect(row: row, column: column, width: count, height: height), inset(left: count)
        )
    }

    /// A rect of that size, or as much of it as fits, in the middle of this one.
    package func centered(width: Int, height: Int) -> Rect {
        let (width, height) = (max(0, min(width, self.width)), max(0, min(height, self.height)))
        return Rect(
            row: row + (self.height - height) / 2, column: column + (self.width - width) / 2,
            width: width, height: height)
    }
}
