import ArgumentParser

/// How a deployment is told of while it runs.
enum ProgressMode: String, CaseIterable, ExpressibleByArgument {
    /// The live screen on a terminal, lines elsewhere.
    case auto
    case screen
    /// One line for each change.
    case plain
    /// One JSON object a line for each change.
    case json
    /// Only what goes wrong.
    case quiet
}
