package import Screens

/// What screens need of the world.
package struct ScreenServices: Sendable {
    /// A terminal that was taken over, and how to give it back.
    package struct Taken: Sendable {
        package let terminal: ScreenTerminal
        package let close: @Sendable () -> Void

        package init(terminal: ScreenTerminal, close: @escaping @Sendable () -> Void) {
            self.terminal = terminal
            self.close = close
        }
    }

    /// Whether standard input and standard output are both a terminal.
    package var isTerminal: Bool
    /// Takes the terminal over; nil where it cannot show screens.
    package var take: @Sendable () -> Taken?

    package init(
        isTerminal: Bool, take: @escaping @Sendable () -> Taken?
    ) {
        self.isTerminal = isTerminal
        self.take = take
    }

    /// No terminal.
    package static let none = ScreenServices(isTerminal: false, take: { nil })
}
