import Glibc
package import TextGrid

/// A row of a list.
package protocol ListItem: Equatable, Sendable {
    /// What a filter looks into.
    var searchText: String { get }
    /// Whether it is a heading, which cannot be chosen.
    var isHeading: Bool { get }
}

extension ListItem {
    package var isHeading: Bool { false }
}

/// A list with a chosen row and a filter. Any number of rows.
package struct ListView<Item: ListItem>: Equatable, Sendable {
    package private(set) var items: [Item] = []
    /// The indices of the items that pass the filter.
    package private(set) var visible: [Int] = []
    /// The chosen row among the visible.
    package private(set) var row = 0
    package private(set) var filter = TextField()
    /// Whether the filter is being typed.
    package private(set) var isFiltering = false
    /// How many rows a page has; the screen says it when it is resized.
    package var pageRows = 10
    /// What the filter looks into, in small letters, ready for the C library.
    private var haystacks: [[CChar]] = []

    private let canFilter: Bool

    package init(_ items: [Item] = [], canFilter: Bool = true) {
        self.canFilter = canFilter
        replace(items)
    }

    package var selection: Item? {
        visible.indices.contains(row) ? items[visible[row]] : nil
    }

    /// Shows other items; an equal one stays chosen, else one with the same search text, else the
    /// same row.
    package mutating func replace(_ new: [Item]) {
        let chosen = selection
        items = new
        haystacks = new.map { Array($0.searchText.lowercased().utf8CString) }
        applyFilter(narrowing: false)
        if let chosen, !select(where: { $0 == chosen }) {
            select { $0.searchText == chosen.searchText }
        }
        settle(1)
    }

    package mutating func append(_ new: [Item]) {
        let first = items.count
        items += new
        haystacks += new.map { Array($0.searchText.lowercased().utf8CString) }
        visible += matches(Array(first..<items.count))
        settle(1)
    }

    /// Chooses the first visible item that the body is true for.
    @discardableResult
    package mutating func select(where body: (Item) -> Bool) -> Bool {
        guard let found = visible.firstIndex(where: { body(items[$0]) && !items[$0].isHeading })
        else { return false }
        row = found
        return true
    }

    package mutating func setFilter(_ text: String) {
        filter = TextField(text)
        applyFilter(narrowing: false)
    }

    package mutating func beginFilter() { isFiltering = true }

    /// Takes a key. Returns false for what means nothing to it.
    package mutating func handle(_ input: Input) -> Bool {
        if case .resize(_, let height) = input {
            pageRows = max(1, height - 4)
            return false
        }
        if isFiltering { return handleFilter(input) }
        guard case .key(let key) = input else { return false }
        switch key {
        case .up, .character("k"): move(-1)
        case .down, .character("j"): move(1)
        case .pageUp, .control("b"): move(-pageRows)
        case .pageDown, .control("f"), .character(" "): move(pageRows)
        case .home, .character("g"):
            row = 0
            settle(1)
        case .end, .character("G"):
            row = max(0, visible.count - 1)
            settle(-1)
        case .character("/"):
            guard canFilter else { return false }
            isFiltering = true
        case .escape:
            guard !filter.isEmpty else { return false }
            setFilter("")
        default: return false
        }
        return true
    }

    private mutating func handleFilter(_ input: Input) -> Bool {
        switch input {
        case .key(.enter), .key(.tab):
            isFiltering = false
            return true
        case .key(.escape):
            isFiltering = false
            setFilter("")
            return true
        case .key(.up): move(-1)
        case .key(.down): move(1)
        case .key(.pageUp): move(-pageRows)
        case .key(.pageDown): move(pageRows)
        default:
            let old = filter.text
            guard filter.handle(input) else { return false }
            if filter.text != old { applyFilter(narrowing: filter.text.hasPrefix(old)) }
        }
        return true
    }

    private mutating func move(_ distance: Int) {
        row = max(0, min(visible.count - 1, row + distance))
        settle(distance < 0 ? -1 : 1)
    }

    /// Goes on from a heading, in a direction, or back where there is nothing further.
    private mutating func settle(_ direction: Int) {
        row = max(0, min(row, visible.count - 1))
        for step in [direction, -direction] {
            var next = row
            while visible.indices.contains(next), items[visible[next]].isHeading { next += step }
            if visible.indices.contains(next) {
                row = next
                return
            }
        }
    }

    private mutating func applyFilter(narrowing: Bool) {
        let chosen = visible.indices.contains(row) ? visible[row] : nil
        visible = matches(narrowing ? visible : Array(items.indices))
        row = chosen.flatMap { visible.firstIndex(of: $0) } ?? 0
        settle(1)
    }

    /// Those whose search text has every word of the filter. Headings go while there is a filter.
    private func matches(_ candidates: [Int]) -> [Int] {
        let words = filter.text.lowercased().split(separator: " ").map {
            Array(String($0).utf8CString)
        }
        guard !words.isEmpty else { return candidates }
        return candidates.filter { index in
            !items[index].isHeading
                && words.allSatisfy { word in
                    haystacks[index].withUnsafeBufferPointer { haystack in
                        word.withUnsafeBufferPointer {
                            // Both end in a NUL.
                            strstr(haystack.baseAddress!, $0.baseAddress!) != nil
                        }
                    }
                }
        }
    }

    /// Draws the filter's line, where there is one, and the rows. `line` gives a row's text for
    /// its width; `role`, how it looks where it is not chosen.
    package func draw(
        in grid: inout CellGrid, _ rect: Rect, heading: String? = nil,
        line: (Item, Int) -> String, role: (Item) -> Role = { _ in .plain }
    ) {
        var rest = rect
        if isFiltering || !filter.isEmpty {
            let (bar, below) = rest.splitTop(1)
            drawFilter(in: &grid, bar)
            rest = below
        }
        if let heading, rest.height > 1 {
            let (top, below) = rest.splitTop(1)
            grid.put(
                "  " + heading, row: top.row, column: top.column, role: .heading, limit: top.width)
            rest = below
        }
        let needsMark = visible.count > rest.height
        let width = rest.width - (needsMark ? 2 : 0)
        let first = scrollOffset(selection: row, count: visible.count, rows: rest.height)
        for offset in 0..<min(rest.height, visible.count) {
            let item = items[visible[first + offset]]
            let isChosen = first + offset == row && !item.isHeading
            let text = line(item, max(0, width - 2))
            let place = rest.row + offset
            if isChosen {
                grid.put(
                    padded("▸ " + text, to: width), row: place, column: rest.column,
                    role: .selected)
                if !isFiltering {
                    grid.cursor = CellGrid.Position(row: place, column: rest.column)
                }
            } else {
                grid.put(
                    "  " + text, row: place, column: rest.column,
                    role: item.isHeading ? .heading : role(item), limit: width)
            }
        }
        if needsMark {
            grid.scrollMark(in: rest, first: first, shown: rest.height, count: visible.count)
        }
    }

    private func drawFilter(in grid: inout CellGrid, _ rect: Rect) {
        let count = "\(visible.count) of \(items.count)"
        grid.put("/", row: rect.row, column: rect.column, role: .key)
        let room = rect.width - 2 - displayWidth(count) - 1
        if room >= 4 {
            grid.putTrailing(count, row: rect.row, in: rect, role: .quiet)
        }
        filter.draw(
            in: &grid, row: rect.row, column: rect.column + 2,
            width: room >= 4 ? room : max(0, rect.width - 2),
            role: isFiltering ? .editedField : .field, hasCursor: isFiltering)
    }

    /// The items for the linear mode: the first ones that pass the filter.
    package func outline(limit: Int = 20, _ line: (Item) -> String) -> Outline {
        var parts: [Outline.Part] = []
        if !filter.isEmpty { parts.append(.text("Filter: \(filter.text)")) }
        for index in visible.prefix(limit) {
            let item = items[index]
            parts.append(item.isHeading ? .text(line(item)) : .item(line(item)))
        }
        if visible.count > limit {
            parts.append(.text("and \(visible.count - limit) more: /WORDS finds among them"))
        }
        return Outline(parts, canFilter: canFilter)
    }

    /// Chooses by the number that the outline gave. False where there is no such item.
    package mutating func choose(numbered number: Int) -> Bool {
        let choosable = visible.indices.filter { !items[visible[$0]].isHeading }
        guard choosable.indices.contains(number) else { return false }
        row = choosable[number]
        return true
    }
}
