import CursesTerminal
import Glibc
import Screens
import SlipwayCommands

extension ScreenServices {
    /// The terminal on standard input and output.
    static func live(isUnicode: Bool, _ environment: [String: String]) -> ScreenServices {
        ScreenServices(
            isTerminal: isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1,
            take: {
                // https://no-color.org: set to anything but nothing.
                let usesColor = environment["NO_COLOR"]?.isEmpty ?? true
                let appearance = CursesTerminal.Appearance(
                    isUnicode: isUnicode, usesColor: usesColor)
                guard CursesTerminal.canShowScreens(), let terminal = CursesTerminal(appearance)
                else { return nil }
                return Taken(
                    terminal: ScreenTerminal(
                        size: { terminal.size }, nextEvent: { terminal.nextEvent($0) },
                        show: { terminal.show($0) }, repaint: { terminal.repaint($0) },
                        suspend: { terminal.suspend() }, wake: { terminal.wake() }),
                    close: { terminal.close() })
            })
    }
}
