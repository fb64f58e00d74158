import ArgumentParser
import SlipwayCore

/// What is wrong with a command line, without repeating what could be a secret in it.
struct UsageMessage {
    let problem: Problem

    init(_ error: any Error, _ arguments: [String], root: any ParsableCommand.Type) {
        var path: [any ParsableCommand.Type] = [root]
        for word in arguments {
            let next = path[path.count - 1].configuration.subcommands
                .first { $0._commandName == word }
            guard let next else { break }
            path.append(next)
        }
        let command = path.map { $0._commandName }.joined(separator: " ")
        let last = path[path.count - 1]
        let rest = arguments.dropFirst(path.count - 1)
        let names = last.configuration.subcommands.map { $0._commandName }
        if let word = rest.first, !names.isEmpty, !word.hasPrefix("-") {
            let nearest = nearestName(to: word, among: names)
            problem = Problem(
                code: "unknown-command",
                "\(command) has no command \(Self.shown(word, command: command))",
                fix: nearest.map { "did you mean \(command) \($0)?" } ?? "\(command) --help")
            return
        }
        // The first line alone: the library's usage text follows it.
        let first = root.message(for: error).split(separator: "\n").first ?? "wrong usage"
        let message = Self.hiding(arguments, in: String(first), command: command)
        problem = Problem(
            code: "usage", message.prefix(1).lowercased() + message.dropFirst(),
            fix: "\(command) --help")
    }

    /// The library's message with every word of the command line that could be a secret hidden:
    /// values behind options, and words that are no options.
    private static func hiding(_ words: [String], in message: String, command: String) -> String {
        var message = message
        for word in words.sorted(by: { $0.count > $1.count }) {
            if word.hasPrefix("-"), let equals = word.firstIndex(of: "=") {
                let value = String(word[word.index(after: equals)...])
                message = message.replacing(word, with: String(word[..<equals]))
                message = hide(value, in: message, command: command)
            } else if !word.hasPrefix("-") {
                message = hide(word, in: message, command: command)
            }
        }
        return message
    }

    private static func hide(_ word: String, in message: String, command: String) -> String {
        word.isEmpty
            ? message : message.replacing("'\(word)'", with: "'\(shown(word, command: command))'")
    }

    /// A word as an error may show it: short ones, and beside keys and unlockers only very short.
    private static func shown(_ word: String, command: String) -> String {
        let isBesideSecrets = ["slipway keys", "slipway store"].contains { command.hasPrefix($0) }
        return word.count > (isBesideSecrets ? 7 : 19)
            ? "(hidden: it may be a secret)" : UntrustedText(word).escaped
    }
}
