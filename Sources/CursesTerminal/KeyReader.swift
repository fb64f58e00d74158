import CNCurses
import CSystemCalls
import Glibc
import TextGrid

/// Reads keys through curses, which knows the terminal's sequences, and makes ``Key`` of them.
struct KeyReader {
    /// Codes of our own for the marks around a paste, above those of curses.
    static let pasteBegin: Int32 = 0x4000
    static let pasteEnd: Int32 = 0x4001
    /// No paste into a field is longer.
    static let pasteByteLimit = 64 << 10

    /// Teaches curses the marks around a paste, and what terminals send that do not agree with the
    /// description that TERM names.
    static func defineKeys() {
        define_key("\u{1B}[200~", pasteBegin)
        define_key("\u{1B}[201~", pasteEnd)
        let letters: [(Character, Int32)] = [
            ("A", KEY_UP), ("B", KEY_DOWN), ("C", KEY_RIGHT), ("D", KEY_LEFT), ("H", KEY_HOME),
            ("F", KEY_END),
        ]
        for (letter, code) in letters {
            define_key("\u{1B}[\(letter)", code)
            define_key("\u{1B}O\(letter)", code)
        }
        let numbers: [(Int, Int32)] = [
            (1, KEY_HOME), (2, KEY_IC), (3, KEY_DC), (4, KEY_END), (5, KEY_PPAGE), (6, KEY_NPAGE),
            (7, KEY_HOME), (8, KEY_END), (11, cncurses_function_key(1)),
        ]
        for (number, code) in numbers { define_key("\u{1B}[\(number)~", code) }
        define_key("\u{1B}[Z", KEY_BTAB)
        define_key("\u{1B}OP", cncurses_function_key(1))
    }

    private enum Raw: Equatable {
        case none
        case character(UInt32)
        case code(Int32)
    }

    /// The next event, or nil where nothing is there to read.
    static func next() -> TerminalEvent? {
        while true {
            switch read() {
            case .none: return nil
            case .code(pasteBegin): return .paste(paste())
            case .code(let code):
                if let key = key(code) { return .key(key) }
            case .character(27):
                if let key = afterEscape() { return .key(key) }
            case .character(let value):
                if let key = key(character: value) { return .key(key) }
            }
        }
    }

    private static func read() -> Raw {
        var value: wint_t = 0
        return switch wget_wch(cncurses_stdscr(), &value) {
        case KEY_CODE_YES: .code(Int32(bitPattern: value))
        case OK: .character(value)
        default: .none
        }
    }

    /// Esc, unless a sequence follows that curses does not know, which is passed over whole.
    private static func afterEscape() -> Key? {
        switch read() {
        case .character(0x5B), .character(0x4F):
            for _ in 0..<32 {
                guard case .character(let value) = read() else { return nil }
                if (0x40...0x7E).contains(value) { return nil }
            }
            return nil
        case .character(27):
            unget_wch(27)
            return .escape
        case .character(let value):
            // Typed fast, or sent in one piece by a slow line: two keys.
            unget_wch(wchar_t(bitPattern: value))
            return .escape
        case .code(let code):
            ungetch(code)
            return .escape
        case .none: return .escape
        }
    }

    private static func key(character value: UInt32) -> Key? {
        switch value {
        case 9: return .tab
        case 10, 13: return .enter
        case 8, 127: return .backspace
        case 0: return nil
        case 1...26:
            return .control(Character(Unicode.Scalar(UInt8(0x60 + value))))
        case 28...31: return nil
        default:
            guard let scalar = Unicode.Scalar(value), !(0x80...0x9F).contains(value) else {
                return nil
            }
            return .character(Character(scalar))
        }
    }

    private static func key(_ code: Int32) -> Key? {
        switch code {
        case KEY_UP: return .up
        case KEY_DOWN: return .down
        case KEY_LEFT: return .left
        case KEY_RIGHT: return .right
        case KEY_HOME, KEY_FIND: return .home
        case KEY_END, KEY_SELECT: return .end
        case KEY_PPAGE: return .pageUp
        case KEY_NPAGE: return .pageDown
        case KEY_BTAB: return .backTab
        case KEY_BACKSPACE: return .backspace
        case KEY_DC: return .delete
        case KEY_IC: return .insert
        case KEY_ENTER: return .enter
        case KEY_SUSPEND: return .control("z")
        default:
            for number in 1...12 where code == cncurses_function_key(Int32(number)) {
                return .function(number)
            }
            return nil
        }
    }

    /// What stands between the marks. Where the second mark does not come, what came for a second.
    private static func paste() -> PastedText {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pasteByteLimit + 8)
        defer { bytes.withUnsafeMutableBytes { explicit_bzero($0.baseAddress!, $0.count) } }
        var isEnded = false
        while !isEnded {
            switch read() {
            case .code(pasteEnd): isEnded = true
            case .code: continue
            case .character(let value):
                guard bytes.count < pasteByteLimit, let scalar = Unicode.Scalar(value) else {
                    continue
                }
                bytes.append(contentsOf: UTF8.encode(scalar)!)  // A scalar has an encoding.
            case .none:
                var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
                isEnded = poll(&descriptor, 1, 1000) <= 0 || csystem_waiting_bytes(STDIN_FILENO) < 1
            }
        }
        return PastedText(copying: bytes)
    }
}
