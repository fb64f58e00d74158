import ArgumentParser
import Glibc
import SlipwayCore

struct EnvCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env",
        abstract: "Print a project's AWS keys and region as environment variables.",
        discussion: """
            The secret is printed. No value can execute, whatever is in it. The audit log says \
            that the keys were read.

            Examples:
              keys=$(slipway env --project acme/shop) && eval "$keys"
              (umask 077; slipway env --format dotenv > .env)
            """)

    @Option(help: ArgumentHelp("shell, dotenv or json.", valueName: "format"))
    var format: EnvironmentFormat = .shell
    @OptionGroup var build: BuildEnvironmentOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let environment = try build.open(for: "env")
        let format = output.json ? .json : format
        try Services.current.console.raw(
            format.text(environment.values, unset: environment.stale))
    }
}

struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command with a project's AWS keys in its environment.",
        discussion: """
            No shell is between: the words behind -- are the command and its arguments. Variables \
            of another AWS identity are removed. slipway becomes the command, so its exit status \
            and signals are the command's own; 127 where there is no such command, 126 where it \
            cannot be run.

            Example:
              slipway exec --project acme/shop -- aws s3 ls s3://acme-revisions
            """)

    @OptionGroup var build: BuildEnvironmentOptions
    @Argument(parsing: .postTerminator, help: "The command, behind --.")
    var command: [String] = []

    func run() throws {
        guard !command.isEmpty else {
            throw UsageProblem(
                Problem(
                    code: "no-command", "there is no command to run",
                    fix: "write it behind --: slipway exec -- aws s3 ls"))
        }
        let services = Services.current
        let environment = try build.open(for: "exec \(shownWord(command[0]))")
        let values = environment.values
        let hidden = environment.stale + BuildEnvironment.unlocking
        try services.console.flush()
        let error = services.execute(command, Set(hidden + values.map(\.name)), values)
        throw error.reported(by: services.console)
    }
}

extension ExecuteError {
    /// Says why a command did not run, and ends as a shell would.
    func reported(by console: Console) -> EarlyExit {
        console.show([
            Problem(
                code: "cannot-execute", "cannot run \(shownWord(command)): \(message)",
                fix: code == EACCES
                    ? "chmod +x makes a file executable" : "check its name and your PATH")
        ])
        return EarlyExit(foreign: code == ENOENT ? 127 : 126)
    }
}

struct CredentialProcessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credential-process",
        abstract: "Print a project's AWS keys in the form that every AWS SDK reads.",
        discussion: """
            For ~/.aws/config:
              [profile shop]
              region = us-east-1
              credential_process = slipway credential-process --project acme/shop
            """)

    @OptionGroup var build: BuildEnvironmentOptions

    func run() throws {
        let keys = try build.open(for: "credential-process").keys
        let text = SecretText()
        text.append("{\"Version\": 1, \"AccessKeyId\": \"\(keys.accessKeyID)\"")
        text.append(", \"SecretAccessKey\": ")
        try EnvironmentFormat.appendJSON(
            keys.secretAccessKey.bytes, name: "AWS_SECRET_ACCESS_KEY", to: text)
        if let token = keys.sessionToken {
            text.append(", \"SessionToken\": ")
            try EnvironmentFormat.appendJSON(token.bytes, name: "AWS_SESSION_TOKEN", to: text)
        }
        text.append("}\n")
        try Services.current.console.raw(text)
    }
}
