package import FoundationEssentials
package import TextGrid

/// A screen with what surrounds every screen: title bar, notice, footer, help, palette, and the
/// keys that work everywhere. A value: keys in, effects and grids out.
package struct Session<Root: Screen>: Sendable {
    package enum Action: Equatable, Sendable {
        case none
        /// Ctrl-Z.
        case suspend
        /// Ctrl-L: draw over whatever is there.
        case repaint
    }

    package private(set) var screen: Root
    package private(set) var width: Int
    package private(set) var height: Int
    /// Ctrl-C was pressed twice, or the terminal went away.
    package private(set) var isInterrupted = false
    private var overlay: Overlay?
    /// What a key without effect has to say, until the next key.
    private var reply: Notice?
    private var lastWasInterrupt = false

    private enum Overlay: Sendable {
        case help(TextView)
        case palette(ListView<PaletteItem>)
    }

    package init(_ screen: Root, width: Int, height: Int) {
        self.screen = screen
        self.width = width
        self.height = height
    }

    package var isOver: Bool { screen.isOver || isInterrupted }
    package var isHelpOpen: Bool {
        if case .help = overlay { return true }
        return false
    }
    package var isPaletteOpen: Bool {
        if case .palette = overlay { return true }
        return false
    }

    /// Tells the screen its size; to be called once before anything else.
    package mutating func begin() -> [Root.Effect] { resized() }

    private mutating func resized() -> [Root.Effect] {
        send(.resize(width: width, height: bodyHeight))
    }

    private mutating func send(_ input: Input) -> [Root.Effect] {
        guard let message = screen.message(for: input) else { return [] }
        return screen.update(message)
    }

    /// Takes an answer to an effect.
    package mutating func receive(_ message: Root.Message) -> [Root.Effect] {
        let before = screen.notice
        let effects = screen.update(message)
        // News of the screen comes before what a key had to say.
        if screen.notice != before { reply = nil }
        return effects
    }

    package mutating func tick(at now: Date) -> [Root.Effect] { send(.tick(now)) }

    package mutating func handle(_ event: TerminalEvent) -> (effects: [Root.Effect], Action) {
        switch event {
        case .resize(let width, let height):
            (self.width, self.height) = (width, height)
            return (resized(), .none)
        case .key(let key): return handle(key)
        case .paste(let text):
            reply = nil
            if case .palette = overlay {
                handlePalette(.paste(text))
                return ([], .none)
            }
            return (overlay == nil ? send(.paste(text)) : [], .none)
        case .end:
            isInterrupted = true
            return ([], .none)
        case .woken, .timeout: return ([], .none)
        }
    }

    private mutating func handle(_ key: Key) -> (effects: [Root.Effect], Action) {
        let wasInterrupt = lastWasInterrupt
        lastWasInterrupt = key == .control("c")
        reply = nil
        switch key {
        case .control("l"): return ([], .repaint)
        case .control("z"): return ([], .suspend)
        case .control("c"): return (interrupt(again: wasInterrupt), .none)
        case .function(1):
            overlay = isHelpOpen ? nil : .help(helpText)
            return ([], .none)
        default: break
        }
        switch overlay {
        case .help(var text):
            if [.escape, .enter, .character("q"), .character("?")].contains(key) {
                overlay = nil
            } else {
                _ = text.handle(.resize(width: width - 4, height: bodyHeight))
                _ = text.handle(.key(key))
                overlay = .help(text)
            }
            return ([], .none)
        case .palette: return (handlePalette(.key(key)), .none)
        case nil: return (handleOnScreen(key), .none)
        }
    }

    private mutating func interrupt(again: Bool) -> [Root.Effect] {
        if again {
            isInterrupted = true
            return []
        }
        if overlay != nil {
            overlay = nil
            return []
        }
        reply = Notice(.warning, "Press Ctrl-C again to leave; what is not saved is lost.")
        return screen.capturesText ? send(.key(.escape)) : []
    }

    private mutating func handleOnScreen(_ key: Key) -> [Root.Effect] {
        let isTyped: Bool
        if case .character = key { isTyped = screen.capturesText } else { isTyped = false }
        if !isTyped, let binding = screen.bindings.first(where: { $0.keys.contains(key) }) {
            if let reason = binding.reason {
                reply = Notice(.news, "\(binding.keys[0].label): \(reason)")
                return []
            }
            return screen.update(binding.message)
        }
        if !screen.capturesText {
            switch key {
            case .character("?"):
                overlay = .help(helpText)
                return []
            case .character(":"), .control("p"):
                var list = ListView(paletteItems)
                list.beginFilter()
                overlay = .palette(list)
                return []
            default: break
            }
        }
        return send(.key(key))
    }

    @discardableResult
    private mutating func handlePalette(_ input: Input) -> [Root.Effect] {
        guard case .palette(var list) = overlay else { return [] }
        switch input {
        case .key(.escape): overlay = nil
        case .key(.enter):
            overlay = nil
            guard let index = list.selection?.index else { return [] }
            switch index {
            case .binding(let number):
                let bindings = screen.bindings
                guard bindings.indices.contains(number) else { return [] }
                if let reason = bindings[number].reason {
                    reply = Notice(.news, "\(bindings[number].label): \(reason)")
                    return []
                }
                return screen.update(bindings[number].message)
            case .help: overlay = .help(helpText)
            }
        default:
            _ = list.handle(input)
            overlay = .palette(list)
        }
        return []
    }

    private var paletteItems: [PaletteItem] {
        screen.bindings.enumerated().map { index, binding in
            PaletteItem(
                index: .binding(index), label: binding.label, detail: binding.detail,
                key: binding.keys.first?.label ?? "", isAvailable: binding.reason == nil)
        } + [
            PaletteItem(
                index: .help, label: "help", detail: "help for this screen", key: "?",
                isAvailable: true)
        ]
    }

    private var helpText: TextView {
        var lines: [TextView.Line] = []
        for paragraph in screen.help {
            lines += [TextView.Line(paragraph), TextView.Line("")]
        }
        func row(_ keys: String, _ detail: String) -> TextView.Line {
            TextView.Line(padded(keys, to: 16) + " " + detail, hanging: 17)
        }
        lines.append(TextView.Line("Keys here", role: .heading))
        for binding in screen.bindings {
            let keys = binding.keys.map(\.label).joined(separator: " ")
            let reason = binding.reason.map { " (now not: \($0))" } ?? ""
            lines.append(row(keys, binding.detail + reason))
        }
        lines += [TextView.Line(""), TextView.Line("Keys everywhere", role: .heading)]
        lines += UniversalKey.all.map { row($0.key.label, $0.detail) }
        lines += [
            row("↑ ↓ j k", "move; PgUp, PgDn, Home, End and g, G go further"),
            row("/", "in a list: filter; Esc shows everything again"),
        ]
        return TextView(lines)
    }

    private var shownNotice: Notice? { reply ?? screen.notice }

    private func noticeLines(width: Int) -> [String] {
        guard let notice = shownNotice else { return [] }
        return Array(notice.wrappedLines(width: width).prefix(max(1, min(6, height / 3))))
    }

    private var hasFrame: Bool { height >= 4 && width >= 12 }

    private var bodyHeight: Int { max(0, hasFrame ? height - 2 : height) }

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

    private func drawTitle(in grid: inout CellGrid) {
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

    private func drawFooter(in grid: inout CellGrid) {
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

    private func drawOverlay(in grid: inout CellGrid) {
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

/// A command in the palette.
private struct PaletteItem: ListItem {
    enum Index: Equatable, Sendable {
        case binding(Int)
        case help
    }

    let index: Index
    let label: String
    let detail: String
    let key: String
    let isAvailable: Bool

    var searchText: String { "\(label) \(detail)" }
}
