package import TextGrid

extension Session {
    var shownNotice: Notice? { reply ?? screen.notice }

    func noticeLines(width: Int) -> [String] {
        guard let notice = shownNotice else { return [] }
        return Array(notice.wrappedLines(width: width).prefix(max(1, min(6, height / 3))))
    }

    var hasFrame: Bool { height >= 4 && width >= 12 }

    var bodyHeight: Int { max(0, hasFrame ? height - 2 : height) }

    /// What the terminal shall show now.
    package var frame: CellGrid {
        var grid = CellGrid(width: width, height: height)
        guard hasFrame else {
            grid.put("window too small", row: 0, column: 0, role: .warning)
            return grid
        }
        drawTitle(in: &grid)
        let notice = noticeLines(width: width)
        var body = CellGrid(width: width, height: bodyHeight - notice.count)
        screen.draw(in: &body)
        grid.lay(body, row: 1, column: 0)
        for (offset, line) in notice.enumerated() {
            grid.put(
                padded(line, to: width), row: height - 1 - notice.count + offset, column: 0,
                role: shownNotice?.role ?? .notice)
        }
        drawFooter(in: &grid)
        drawOverlay(in: &grid)
        return grid
    }

    func drawTitle(in grid: inout CellGrid) {
        grid.clear(Rect(row: 0, column: 0, width: width, height: 1), role: .title)
        var end = width
        for badge in screen.badges.reversed() {
            let text = " \(badge.text) "
            let start = end - displayWidth(text)
            guard start > width / 2 else { break }
            grid.put(text, row: 0, column: start, role: badge.role)
            end = start
        }
        // The innermost part says where one is: what does not fit is cut off before it.
        var parts = screen.path
        func text() -> String { " " + parts.joined(separator: " › ") }
        while parts.count > 1, displayWidth(text()) > end - 1 {
            parts.removeFirst()
            if parts.count == 1 || displayWidth(" … ›" + text()) <= end - 1 {
                if displayWidth("… › " + text()) <= end - 1 { parts.insert("…", at: 0) }
                break
            }
        }
        grid.put(text(), row: 0, column: 0, role: .title, limit: end)
    }

    func drawFooter(in grid: inout CellGrid) {
        let row = height - 1
        var items: [(key: String, label: String, role: Role)] = []
        switch overlay {
        case .help: items = [("Esc", "close", .key), ("↑↓", "scroll", .key)]
        case .palette: items = [("Enter", "do it", .key), ("Esc", "close", .key)]
        case nil:
            for binding in screen.bindings where binding.isInFooter && binding.reason == nil {
                items.append((binding.keys.first?.label ?? "", binding.label, .key))
            }
        }
        let last = screen.capturesText ? ("F1", "help") : ("?", "help")
        let lastWidth = displayWidth(last.0) + 1 + displayWidth(last.1)
        var column = 1
        for item in items {
            let itemWidth = displayWidth(item.key) + 1 + displayWidth(item.label)
            guard column + itemWidth + 2 + lastWidth < width else { continue }
            column = grid.put(item.key, row: row, column: column, role: .key)
            column = grid.put(item.label, row: row, column: column + 1, role: .quiet) + 2
        }
        guard overlay == nil else { return }
        grid.put(last.0, row: row, column: column, role: .key)
        grid.put(last.1, row: row, column: column + displayWidth(last.0) + 1, role: .quiet)
    }

    func drawOverlay(in grid: inout CellGrid) {
        let body = Rect(row: 1, column: 0, width: width, height: bodyHeight)
        switch overlay {
        case nil: break
        case .help(let text):
            let box = body.centered(width: min(width, 84), height: bodyHeight)
            grid.clear(box)
            grid.box(box, title: "Help: \(screen.path.last ?? "")", role: .focusedBorder)
            grid.cursor = nil
            text.draw(in: &grid, box.inset(top: 1, left: 2, bottom: 1, right: 2))
        case .palette(let list):
            let height = min(bodyHeight, list.items.count + 3)
            let box = Rect(
                row: 1, column: (width - min(width, 64)) / 2, width: min(width, 64),
                height: height)
            grid.clear(box)
            grid.box(box, title: "What to do?", role: .focusedBorder)
            list.draw(
                in: &grid, box.inset(top: 1, left: 1, bottom: 1, right: 1),
                line: { item, width in
                    let key = item.key.isEmpty ? "" : " \(item.key)"
                    return padded(item.detail, to: max(0, width - displayWidth(key))) + key
                }, role: { $0.isAvailable ? .plain : .quiet })
        }
    }
}
