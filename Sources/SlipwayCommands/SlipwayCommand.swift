package import ArgumentParser
import KeyVault
import PrivateFiles
import ProjectStore
import SlipwayCore

/// `slipway`: the root of all commands.
package struct SlipwayCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "slipway",
        abstract: "Continuous deployment with AWS CodeDeploy, from a terminal.",
        discussion: """
            Keeps each project's AWS keys, sealed, and its CodeDeploy defaults in a \
            settings store that CI jobs read.

            A first walk:
              slipway project add acme/shop
              slipway keys set AKIAIOSFODNN7EXAMPLE --project acme/shop
              slipway settings set my-app --project acme/shop \\
                --region us-east-1 --bucket acme-revisions \\
                --key-pattern 'apps/my-app-{SHORT_COMMIT}-{BUILD_NUM}'
              slipway exec --project acme/shop -- aws sts get-caller-identity
            """,
        version: "slipway 0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Projects and settings:",
                subcommands: [
                    ProjectCommand.self, KeysCommand.self, SettingsCommand.self,
                    ExportCommand.self, ImportCommand.self,
                ]),
            CommandGroup(name: "Deployments:", subcommands: [CheckCommand.self]),
            CommandGroup(
                name: "AWS keys for what runs in the build:",
                subcommands: [
                    EnvCommand.self, ExecCommand.self, CredentialProcessCommand.self,
                ]),
            CommandGroup(
                name: "The store:",
                subcommands: [
                    StoreCommand.self, AuditCommand.self, BackupCommand.self,
                    RestoreCommand.self, DoctorCommand.self,
                ]),
        ])

    package init() {}

    package func run() async throws {
        try Services.current!.console.document(Self.helpMessage())
    }

    /// Runs a command line and returns the exit status of the process.
    package static func run(_ arguments: [String], services: Services) async -> Int32 {
        await Services.$current.withValue(services) {
            do {
                var command = try parseAsRoot(arguments)
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
                try services.console.flush()
                return ExitStatus.success.rawValue
            } catch {
                return report(error, arguments, services)
            }
        }
    }

    private static func report(
        _ error: any Error, _ arguments: [String], _ services: Services
    ) -> Int32 {
        let console = services.console
        // What was printed before something went wrong is still true.
        try? console.flush()
        switch error {
        case let end as EarlyExit:
            return end.status
        case let error as any ProblemReporting:
            console.show(error.problems)
            return error.exitStatus.rawValue
        case is Cancelled:
            console.note("nothing was done")
            return ExitStatus.interrupted.rawValue
        case let error as OutputError:
            console.note("error: cannot write to standard output: \(error.message)")
            return ExitStatus.configuration.rawValue
        case let error where exitCode(for: error) == .success:
            // Help and version were asked for.
            do {
                try console.document(fullMessage(for: error) + "\n")
                try console.flush()
                return ExitStatus.success.rawValue
            } catch {
                return report(error, arguments, services)
            }
        case let error where exitCode(for: error) == .validationFailure:
            console.show([UsageMessage(error, arguments, root: self).problem])
            return ExitStatus.usage.rawValue
        default:
            console.note("error: \(String(describing: type(of: error)))")
            console.note("  why: slipway met something that it does not know how to explain")
            return ExitStatus.configuration.rawValue
        }
    }
}

/// The end of a command that has said what there was to say.
struct EarlyExit: Error {
    let status: Int32

    init(_ status: ExitStatus) { self.status = status.rawValue }

    /// A status that is another program's, or a shell's for one that it cannot run.
    init(foreign status: Int32) { self.status = status }
}

/// What could not be written to standard output.
package struct OutputError: Error {
    package let message: String

    package init(message: String) { self.message = message }
}

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
        var message = String(root.message(for: error).split(separator: "\n").first ?? "wrong usage")
        for word in arguments.sorted(by: { $0.count > $1.count }) where word.count > 3 {
            let name = word.split(separator: "=", maxSplits: 1).first.map(String.init) ?? word
            if name != word { message = message.replacing(word, with: name) }
            if !name.hasPrefix("--") {
                message = message.replacing(name, with: Self.shown(name, command: command))
            }
        }
        problem = Problem(
            code: "usage", message.prefix(1).lowercased() + message.dropFirst(),
            fix: "\(command) --help")
    }

    /// A word as an error may show it. Beside keys any word may be a secret in the wrong place, and
    /// so may any long word anywhere.
    private static func shown(_ word: String, command: String) -> String {
        let mayBeSecret =
            word.count >= 20 || (command.hasPrefix("slipway keys") && word.count >= 8)
        return mayBeSecret ? "(hidden: it may be a secret)" : UntrustedText(word).escaped
    }
}
