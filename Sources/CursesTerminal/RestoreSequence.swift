import CNCurses
import CSystemCalls
import Glibc

/// What must be written so that a terminal is as it was: for signal handlers, which cannot ask
/// curses, and for what curses knows nothing of.
struct RestoreSequence: Sendable {
    /// Leaves the second screen, or clears where the terminal has only one.
    private let bytes: [UInt8]
    /// Clears the screen; empty where the terminal has a second one.
    private let clearing: [UInt8]
    private let hasPasteMarks: Bool

    private static let pasteOn = Array("\u{1B}[?2004h".utf8)
    private static let pasteOff = Array("\u{1B}[?2004l".utf8)

    /// Reads the capabilities of the terminal that curses uses.
    init() {
        let hasSecondScreen = Self.capability("rmcup") != nil
        clearing = hasSecondScreen ? [] : Self.capability("clear") ?? []
        // Terminals of old print what they do not know.
        let name = getenv("TERM").map { String(cString: $0) } ?? ""
        hasPasteMarks =
            Self.capability("BE") != nil
            || ["xterm", "screen", "tmux", "rxvt", "alacritty", "foot", "konsole", "vte", "st-"]
                .contains { name.hasPrefix($0) }
            || name == "linux"
        var bytes = hasPasteMarks ? Self.pasteOff : []
        for capability in ["op", "sgr0", "rmkx", "cnorm", "rmcup"] {
            bytes += Self.capability(capability) ?? []
        }
        self.bytes = bytes + clearing
    }

    /// Has a signal handler write it.
    func announce() {
        bytes.withUnsafeBytes { bytes in
            csystem_set_farewell(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
    }

    /// Has the terminal say where a paste begins and ends.
    func beginPasteMarks() { if hasPasteMarks { Self.write(Self.pasteOn) } }

    func endPasteMarks() { if hasPasteMarks { Self.write(Self.pasteOff) } }

    /// On a terminal with one screen, takes away what curses leaves there.
    func clearWhereNoOtherScreen() { Self.write(clearing) }

    /// A capability without the delays in it, which only real terminals of old needed.
    static func capability(_ name: String) -> [UInt8]? {
        guard let text = cncurses_capability(name), text != UnsafeMutablePointer(bitPattern: -1)
        else { return nil }
        var bytes: [UInt8] = []
        var rest = Array(String(cString: text).utf8)[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "$"), rest.dropFirst().first == UInt8(ascii: "<"),
                let end = rest.firstIndex(of: UInt8(ascii: ">"))
            {
                rest = rest[(end + 1)...]
            } else {
                bytes.append(byte)
                rest = rest.dropFirst()
            }
        }
        return bytes.isEmpty ? nil : bytes
    }

    private static func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        // Behind what curses has written, and still has in stdio's buffer.
        fflush(nil)
        _ = Glibc.write(STDOUT_FILENO, bytes, bytes.count)
    }
}
