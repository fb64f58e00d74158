package import ArgumentParser
import SlipwayCore

/// `slipway`: the root of all commands.
package struct SlipwayCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "slipway",
        abstract: "Continuous deployment with AWS CodeDeploy, from a terminal.",
        discussion: """
            Keeps each project's AWS keys, sealed, and its CodeDeploy defaults in a \
            settings store that CI jobs read.

            Alone on a terminal it opens the admin UI.

            slipway demo shows the whole way; it needs no AWS account. A first walk:
              slipway project add acme/shop
              slipway keys set AKIAIOSFODNN7EXAMPLE --project acme/shop
              slipway settings set my-app --project acme/shop \\
                --region us-east-1 --bucket acme-revisions \\
                --key-pattern 'apps/my-app-{SHORT_COMMIT}-{BUILD_NUM}'
              slipway exec --project acme/shop -- aws sts get-caller-identity

            Environment: SLIPWAY_DATABASE names the store. SLIPWAY_UNLOCK_KEY (base64) or \
            SLIPWAY_UNLOCK_KEY_FILE opens it, else the systemd credential slipway-unlock-key, \
            else ~/.config/slipway/unlock.key, else a passphrase.

            Exit status: 0 done, 1 the deployment failed, 2 wrong settings or keys, 3 AWS refused, \
            4 stopped, 5 the time limit passed, 6 the group is busy, 7 the store cannot be used, 64 \
            wrong usage, 130 interrupted; of exec, the command's own.
            """,
        version: "slipway 0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Projects and settings:",
                subcommands: [
                    AdminCommand.self, ProjectCommand.self, KeysCommand.self, SettingsCommand.self,
                    ExportCommand.self, ImportCommand.self,
                ]),
            CommandGroup(
                name: "Deploying:",
                subcommands: [
                    PlanCommand.self, CheckCommand.self, PackageCommand.self, DeployCommand.self,
                    WatchCommand.self, StopCommand.self, RollbackCommand.self,
                    RedeployCommand.self, DeploymentsCommand.self, IAMPolicyCommand.self,
                ]),
            CommandGroup(
                name: "AWS keys for what runs in the build:",
                subcommands: [
                    EnvCommand.self, ExecCommand.self, CredentialProcessCommand.self,
                ]),
            CommandGroup(
                name: "Trying it out:", subcommands: [DemoCommand.self, SandboxCommand.self]),
            CommandGroup(
                name: "The store:",
                subcommands: [
                    StoreCommand.self, AuditCommand.self, BackupCommand.self,
                    RestoreCommand.self, DoctorCommand.self,
                ]),
        ],
        defaultSubcommand: AdminCommand.self)

    package init() {}

    /// Runs a command line and returns the exit status of the process.
    package static func run(_ arguments: [String], services: Services) -> Int32 {
        Services.$scoped.withValue(services) {
            do {
                var command = try parseAsRoot(arguments)
                try command.run()
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
                try console.document(wrappedUsage(fullMessage(for: error)) + "\n")
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

/// A help text whose usage line, which the library never breaks, is broken between its options.
func wrappedUsage(_ help: String) -> String {
    help.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
        guard line.hasPrefix("USAGE:"), line.count > 80 else { return String(line) }
        var lines: [String] = []
        for part in line.replacing(" [", with: "\n[").split(separator: "\n") {
            if let last = lines.last, last.count + 1 + part.count <= 80 {
                lines[lines.count - 1] += " " + part
            } else {
                lines.append(lines.isEmpty ? String(part) : "         " + part)
            }
        }
        return lines.joined(separator: "\n")
    }.joined(separator: "\n")
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
    /// Whether it is a pipe that nobody reads any more.
    package let isReaderGone: Bool

    package init(message: String, isReaderGone: Bool = false) {
        self.message = message
        self.isReaderGone = isReaderGone
    }
}
