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
    var overlay: Overlay?
    /// What a key without effect has to say, until the next key.
    var reply: Notice?
    private var lastWasInterrupt = false

    enum Overlay: Sendable {
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
        reply = Notice(.warning, screen.interruptionWarning)
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
}

/// A command in the palette.
struct PaletteItem: ListItem {
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
