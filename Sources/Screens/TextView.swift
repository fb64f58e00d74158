package import TextGrid

/// A text of many lines that scrolls.
package struct TextView: Equatable, Sendable {
    package struct Line: Equatable, Sendable {
        package let text: String
        package let role: Role
        /// How far in the rest of a line stands that does not fit on one.
        package let hanging: Int

        /// Without a number, the rest stands a bit further in than the line itself.
        package init(_ text: String, role: Role = .plain, hanging: Int? = nil) {
            self.text = text
            self.role = role
            let indentation = text.prefix { $0 == " " }.count
            self.hanging = hanging ?? (indentation == 0 ? 0 : indentation + 2)
        }

        /// The lines as they stand in a width.
        fileprivate func rows(width: Int) -> [String] {
            let inner = width - hanging
            guard hanging > 0, inner >= 12, displayWidth(text) > width else {
                return wrapped(text, to: width)
            }
            let first = wrapped(text, to: width)[0]
            let rest = text.dropFirst(first.count).drop { $0 == " " }
            let space = String(repeating: " ", count: hanging)
            return [first] + wrapped(String(rest), to: inner).map { space + $0 }
        }
    }

    package var lines: [Line]
    /// The first line that is shown. Drawing keeps it within the text.
    package private(set) var first = 0
    private var pageRows = 10
    private var width = 80

    package init(_ lines: [Line] = []) { self.lines = lines }

    package init(text: String, role: Role = .plain) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            Line(String($0), role: role)
        }
    }

    /// Takes a key. Returns false for what means nothing to it.
    package mutating func handle(_ input: Input) -> Bool {
        switch input {
        case .resize(let width, let height):
            (self.width, pageRows) = (width, max(1, height - 2))
            return false
        case .key(let key): return handle(key)
        case .paste, .tick: return false
        }
    }

    private mutating func handle(_ key: Key) -> Bool {
        switch key {
        case .up, .character("k"): first -= 1
        case .down, .character("j"): first += 1
        case .pageUp, .control("b"): first -= pageRows
        case .pageDown, .control("f"), .character(" "): first += pageRows
        case .home, .character("g"): first = 0
        case .end, .character("G"): first = .max
        default: return false
        }
        first = max(0, min(first, rows(width: width).count - pageRows))
        return true
    }

    private func rows(width: Int) -> [Line] {
        lines.flatMap { line in
            line.rows(width: max(1, width)).map { Line($0, role: line.role) }
        }
    }

    package func draw(in grid: inout CellGrid, _ rect: Rect) {
        guard !rect.isEmpty else { return }
        let needsMark = rows(width: rect.width).count > rect.height
        let width = rect.width - (needsMark ? 2 : 0)
        let all = rows(width: width)
        let start = max(0, min(first, all.count - rect.height))
        for (offset, line) in all.dropFirst(start).prefix(rect.height).enumerated() {
            grid.put(
                line.text, row: rect.row + offset, column: rect.column, role: line.role,
                limit: width)
        }
        if needsMark {
            grid.scrollMark(in: rect, first: start, shown: rect.height, count: all.count)
        }
    }

    package var outline: [Outline.Part] { lines.map { .text($0.text) } }
}
