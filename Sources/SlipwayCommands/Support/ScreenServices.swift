package import AdminScreens
package import Screens
package import SlipwayCore

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
    /// Asks AWS whose some keys are, and says it in lines; nil where slipway cannot.
    package var testKeys: (@Sendable (AWSKeyPair) throws -> [String])?
    /// What a project deployed, newest first; nil where no list is kept.
    package var deployments: (@Sendable (ProjectName) throws -> [DeploymentRow])?

    package init(
        isTerminal: Bool, take: @escaping @Sendable () -> Taken?,
        testKeys: (@Sendable (AWSKeyPair) throws -> [String])? = nil,
        deployments: (@Sendable (ProjectName) throws -> [DeploymentRow])? = nil
    ) {
        self.isTerminal = isTerminal
        self.take = take
        self.testKeys = testKeys
        self.deployments = deployments
    }

    /// No terminal.
    package static let none = ScreenServices(isTerminal: false, take: { nil })
}
