import CNCurses
import CSystemCalls
import Glibc
import Synchronization
package import TextGrid

/// The terminal on standard input and output, taken over whole: the one owner of curses.
///
/// Between ``open(_:)`` and ``close()`` the screen is ours. Whatever ends the process in between —
/// a signal, a crash — puts the terminal back first. Everything but ``wake()`` is called by one
/// thread.
package final class CursesTerminal: Sendable {
    package struct Appearance: Equatable, Sendable {
        /// Whether the locale's characters are UTF-8; otherwise only ASCII is shown.
        package var isUnicode: Bool
        /// False for `NO_COLOR`.
        package var usesColor: Bool

        package init(isUnicode: Bool, usesColor: Bool) {
            self.isUnicode = isUnicode
            self.usesColor = usesColor
        }
    }

    private struct State {
        var width: Int
        var height: Int
        var depth: Theme.Depth
        /// What the terminal shows now; nil where that is not known.
        var shown: CellGrid?
        var isOpen = true
    }

    private let appearance: Appearance
    private let restoring: RestoreSequence
    /// Where signals and other threads leave a letter.
    private let bell: (read: Int32, write: Int32)
    private let state: Mutex<State>

    /// Whether the terminal can show a screen at all: it must be able to move its cursor.
    package static func canShowScreens() -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return false }
        var error: Int32 = 0
        guard setupterm(nil, STDOUT_FILENO, &error) == OK else { return false }
        return RestoreSequence.capability("cup") != nil && tigetflag("gn") <= 0
    }

    /// Takes the terminal. Nil where curses cannot use it.
    package init?(_ appearance: Appearance) {
        self.appearance = appearance
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        bell = (ends[0], ends[1])
        Self.setLocale(appearance)
        // Before curses, which leaves alone the signals that somebody handles already.
        guard csystem_guard_terminal(STDIN_FILENO) == 0 else { return nil }
        csystem_tell_terminal_signals(ends[1])
        guard cncurses_newterm() != nil else {
            csystem_ignore_terminal_signals()
            csystem_release_terminal()
            return nil
        }
        restoring = RestoreSequence()
        let depth = Self.setUpScreen(appearance)
        state = Mutex(State(width: 0, height: 0, depth: depth))
        restoring.announce()
        restoring.beginPasteMarks()
        state.withLock { Self.readSize(&$0) }
    }

    deinit { close() }

    /// Gives the terminal back as it was.
    package func close() {
        state.withLock { state in
            guard state.isOpen else { return }
            state.isOpen = false
            restoring.endPasteMarks()
            endwin()
            restoring.clearWhereNoOtherScreen()
            csystem_ignore_terminal_signals()
            csystem_release_terminal()
            Glibc.close(bell.read)
            Glibc.close(bell.write)
        }
    }

    package var size: (width: Int, height: Int) {
        state.withLock { ($0.width, $0.height) }
    }

    /// Has ``nextEvent(_:)`` return ``TerminalEvent/woken``. Any thread may call it.
    package func wake() {
        var letter = UInt8(ascii: "m")
        _ = write(bell.write, &letter, 1)
    }

    /// Waits for the next event, at most so long.
    package func nextEvent(_ timeout: Duration?) -> TerminalEvent {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        while true {
            if let event = KeyReader.next() { return event }
            var descriptors = [
                pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
                pollfd(fd: bell.read, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&descriptors, 2, Self.milliseconds(until: deadline))
            if count < 0 {
                if errno == EINTR { continue }
                return .end
            }
            if count == 0 { return .timeout }
            if descriptors[1].revents != 0, let event = answerBell() { return event }
            if descriptors[0].revents & Int16(POLLIN) != 0 {
                if let event = KeyReader.next() { return event }
                if csystem_waiting_bytes(STDIN_FILENO) < 1 {
                    // Readable and nothing to read: the other end is gone.
                    if Self.isAtEnd() { return .end }
                }
            } else if descriptors[0].revents != 0 {
                return .end
            }
        }
    }

    /// Poll says readable and no byte waits: the end, unless a read of curses just took them.
    private static func isAtEnd() -> Bool {
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0 && csystem_waiting_bytes(STDIN_FILENO) < 1
    }

    private static func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let rest = ContinuousClock.now.duration(to: deadline).components
        guard rest.seconds >= 0, rest.attoseconds >= 0 else { return 0 }
        let milliseconds = rest.seconds * 1000 + rest.attoseconds / 1_000_000_000_000_000
        return Int32(clamping: milliseconds + 1)
    }

    /// Reads the letters that wait. A burst of resizes is one event.
    private func answerBell() -> TerminalEvent? {
        var letters = Set<UInt8>()
        var buffer = [UInt8](repeating: 0, count: 256)
        while true {
            let count = read(bell.read, &buffer, buffer.count)
            guard count > 0 else { break }
            letters.formUnion(buffer[..<count])
        }
        if letters.contains(UInt8(ascii: "t")) {
            return .key(.control("z"))
        }
        if letters.contains(UInt8(ascii: "c")) {
            // Somebody else had the terminal meanwhile, and may have changed its modes.
            state.withLock { retake(&$0) }
        }
        if !letters.isDisjoint(with: [UInt8(ascii: "w"), UInt8(ascii: "c")]) {
            return state.withLock { state in
                Self.readSize(&state)
                // Terminals move and cut their lines at each resize, also where the size is the
                // same again in the end: nothing of what was shown counts any more.
                state.shown = nil
                clearok(cncurses_stdscr(), true)
                return .resize(width: state.width, height: state.height)
            }
        }
        return letters.isEmpty ? nil : .woken
    }

    /// Makes the terminal look like the grid, writing only what differs from what it shows.
    package func show(_ grid: CellGrid) {
        let grid = (appearance.isUnicode ? grid : grid.inASCII)
            .joiningGaps { Theme.style(of: $0).isBare }
        state.withLock { state in
            guard state.isOpen, grid != state.shown else { return }
            var former = state.shown
            if former?.width != grid.width || former?.height != grid.height { former = nil }
            let depth = state.depth
            for row in 0..<min(grid.height, state.height) {
                drawRow(row, of: grid, over: former, width: min(grid.width, state.width), depth)
            }
            if let cursor = grid.cursor, cursor.row < state.height, cursor.column < state.width,
                cursor.row >= 0, cursor.column >= 0
            {
                curs_set(1)
                move(Int32(cursor.row), Int32(cursor.column))
            } else {
                curs_set(0)
            }
            refresh()
            state.shown = grid
        }
    }

    /// Draws everything anew.
    package func repaint(_ grid: CellGrid) {
        state.withLock { state in
            state.shown = nil
            clearok(cncurses_stdscr(), true)
        }
        show(grid)
    }

    /// Gives the terminal back, stops the job, and takes the terminal again when it goes on.
    package func suspend() {
        state.withLock { state in
            guard state.isOpen else { return }
            restoring.endPasteMarks()
            endwin()
            restoring.clearWhereNoOtherScreen()
            csystem_stop_process()
            retake(&state)
        }
        // CONT has rung: what it asks for is done.
        wake()
    }

    private func retake(_ state: inout State) {
        // In the background the terminal is somebody else's: taking it would stop the job again.
        guard state.isOpen, tcgetpgrp(STDIN_FILENO) == getpgrp() else { return }
        reset_prog_mode()
        clearok(cncurses_stdscr(), true)
        refresh()
        restoring.beginPasteMarks()
        state.shown = nil
        Self.readSize(&state)
    }

    private func drawRow(
        _ row: Int, of grid: CellGrid, over former: CellGrid?, width: Int, _ depth: Theme.Depth
    ) {
        let cells = grid.cells[row * grid.width..<(row + 1) * grid.width]
        let formerCells = former?.cells[cells.indices]
        if cells == formerCells { return }
        var index = cells.startIndex
        let end = index + width
        while index < end {
            let isWide = index + 1 < cells.endIndex && cells[index + 1].text.isEmpty
            let columns = isWide ? 2 : 1
            let glyph = index..<index + columns
            if formerCells.map({ $0[glyph] != cells[glyph] }) ?? true {
                put(
                    cells[index], row, index - cells.startIndex, columns,
                    fits: index + columns <= end, depth)
            }
            index += columns
        }
    }

    private func put(
        _ cell: CellGrid.Cell, _ row: Int, _ column: Int, _ columns: Int, fits: Bool,
        _ depth: Theme.Depth
    ) {
        let (attributes, color) = Theme.attributes(of: cell.role, depth)
        let pair = color == nil ? Int16(0) : Int16(cell.role.rawValue) + 1
        func put(_ scalars: some Collection<Unicode.Scalar>, _ column: Int) {
            // On the stack: a frame may have ten thousand cells.
            withUnsafeTemporaryAllocation(of: wchar_t.self, capacity: scalars.count + 1) { text in
                for (index, scalar) in scalars.enumerated() {
                    text[index] = wchar_t(bitPattern: scalar.value)
                }
                text[scalars.count] = 0
                cncurses_put(Int32(row), Int32(column), text.baseAddress, attributes, pair)
            }
        }
        let scalars = cell.text.unicodeScalars
        // Where the C library, by which curses counts, is of another mind about the width, a
        // question mark keeps the row in place.
        let agrees =
            scalars.first.map { first in
                first.isASCII || wcwidth(wchar_t(bitPattern: first.value)) == Int32(columns)
            } ?? false
        if agrees, fits {
            put(scalars, column)
        } else {
            let sign: Unicode.Scalar = scalars.isEmpty ? " " : "?"
            for offset in 0..<columns { put(CollectionOfOne(sign), column + offset) }
        }
    }

    private static func readSize(_ state: inout State) {
        var columns: Int32 = 0
        var rows: Int32 = 0
        if csystem_terminal_size(STDOUT_FILENO, &columns, &rows) != 0 || columns < 1 || rows < 1 {
            // A terminal that does not know: curses asked terminfo and the environment.
            (columns, rows) = (max(1, cncurses_columns()), max(1, cncurses_lines()))
        }
        if columns != cncurses_columns() || rows != cncurses_lines() { resizeterm(rows, columns) }
        guard (Int(columns), Int(rows)) != (state.width, state.height) else { return }
        (state.width, state.height) = (Int(columns), Int(rows))
        state.shown = nil
        erase()
    }

    private static func setLocale(_ appearance: Appearance) {
        guard appearance.isUnicode else {
            setlocale(LC_CTYPE, "C")
            return
        }
        setlocale(LC_CTYPE, "")
        let isUnicode = nl_langinfo(nl_item(CODESET)).map { String(cString: $0) } == "UTF-8"
        if !isUnicode { setlocale(LC_CTYPE, "C.UTF-8") }
    }

    private static func setUpScreen(_ appearance: Appearance) -> Theme.Depth {
        raw()
        noecho()
        nonl()
        let screen = cncurses_stdscr()
        keypad(screen, true)
        nodelay(screen, true)
        leaveok(screen, false)
        set_escdelay(25)
        KeyReader.defineKeys()
        guard appearance.usesColor, has_colors(), start_color() == OK,
            use_default_colors() == OK, cncurses_colors() >= 8
        else { return .none }
        let depth: Theme.Depth = cncurses_colors() >= 256 ? .full : .basic
        for role in Role.allCases {
            if let color = Theme.attributes(of: role, depth).color {
                init_pair(Int16(role.rawValue) + 1, color, -1)
            }
        }
        return depth
    }
}
