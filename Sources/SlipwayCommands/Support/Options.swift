import ArgumentParser
import KeyVault
import ProjectStore
import SlipwayCore

/// Where the store is and how it is opened.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The store; else $SLIPWAY_DATABASE, else ~/.local/share/slipway/slipway.db.",
            valueName: "path"))
    var database: String?

    @Option(
        help: ArgumentHelp(
            "Which passphrase opens the store, where it has several.", valueName: "id"))
    var unlocker: String?

    @Option(
        name: .customLong("passphrase-fd"),
        help: ArgumentHelp(
            "Read the passphrase from this file descriptor, not on the terminal.",
            valueName: "fd"))
    var passphraseDescriptor: Int32?

    /// The store's file, by the precedence of the option, the variable, and the standard place.
    var path: String {
        let services = Services.current
        let path =
            database ?? services.variable("SLIPWAY_DATABASE")
            ?? services.folder("XDG_DATA_HOME", else: ".local/share") + "/slipway/slipway.db"
        // SQLite gives names such as :memory: and file:x a meaning; behind a slash they are names.
        return path.hasPrefix("/") ? path : "./" + path
    }

    func open(_ access: ProjectStore.Access) throws -> ProjectStore {
        try open(access, try sources())
    }

    func open(
        _ access: ProjectStore.Access, _ sources: UnlockSources
    ) throws -> ProjectStore {
        let services = Services.current
        return try ProjectStore(
            opening: path, for: access, author: access == .read ? .nobody : services.author(),
            unlock: sources, now: services.now)
    }

    /// Opens the store, which is made where there is none yet, and says so.
    func openOrCreate() throws -> ProjectStore {
        let services = Services.current
        let sources = try sources()
        do {
            return try open(.write, sources)
        } catch StoreError.missing {
            do {
                let source = try ProjectStore.create(
                    at: path, author: services.author(), unlock: sources, now: services.now)
                services.console.note("made the store \(path)")
                services.console.note("its secrets open with \(source): keep a copy elsewhere")
            } catch StoreError.exists {
                // Another process was first: its store is whole.
            }
            return try open(.write, sources)
        }
    }

    /// Where unlock keys are looked for. A passphrase is asked for on the terminal, unless there is
    /// another way to ask for one.
    func sources(
        asking question: (@Sendable (String) throws -> SecretBytes)? = nil
    ) throws -> UnlockSources {
        let services = Services.current
        let given = try passphraseDescriptor.map { descriptor in
            withoutLineBreak(try services.descriptors.read(descriptor, 4096))
        }
        let terminal = services.terminal
        let ask: @Sendable (String) throws -> SecretBytes = { prompt in
            guard let line = try terminal.askHidden(prompt) else { throw Cancelled() }
            return line
        }
        return UnlockSources(
            environment: services.environment, defaultKeyFile: defaultKeyFile,
            preferred: unlocker.map(UnlockerID.init), givenPassphrase: given,
            askPassphrase: question ?? (services.terminal.isPresent() ? ask : nil))
    }

    var defaultKeyFile: String {
        Services.current.folder("XDG_CONFIG_HOME", else: ".config") + "/slipway/unlock.key"
    }
}

extension Author {
    /// Who only reads is not written down.
    static let nobody = Author(user: "", host: "")
}

extension Services {
    /// A base folder: the variable where it holds an absolute path, as its specification asks.
    func folder(_ name: String, else below: String) -> String {
        if let path = variable(name), path.hasPrefix("/") { return path }
        return homeFolder() + "/" + below
    }
}

/// Which project a command is about.
struct ProjectOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The project; else what CI says, else the origin remote of this repository.",
            valueName: "owner/name"))
    var project: String?

    /// The project named, or found.
    func resolve() throws -> ProjectName {
        guard let project else { return try Self.found() }
        return try ProjectName(project)
    }

    /// The project that CI names, else the `origin` remote. Throws where neither names one.
    static func found() throws -> ProjectName {
        let services = Services.current
        let continuousIntegration = CIEnvironment(services.environment)
        if let text = continuousIntegration?.project { return try ProjectName(text) }
        if let remote = services.originRemote(), let text = projectName(fromRemote: remote) {
            return try ProjectName(text)
        }
        throw UsageProblem(
            Problem(
                code: "no-project", "no project is named",
                why: "neither a CI service nor an origin remote of this folder names one",
                fix: "--project OWNER/NAME"))
    }
}

struct JSONOption: ParsableArguments {
    @Flag(help: "Print one JSON document on standard output.")
    var json = false
}

/// A change that must be agreed to.
struct ConsentOption: ParsableArguments {
    @Flag(help: "Do it without asking.")
    var yes = false

    /// Throws ``UsageProblem`` where there is no terminal to ask on.
    func needTerminal(_ question: String) throws {
        guard !Services.current.terminal.isInput else { return }
        throw UsageProblem(
            Problem(
                code: "needs-consent", "nothing was done without your consent",
                why: "\(question.prefix(1).lowercased())\(question.dropFirst()) There is no "
                    + "terminal to ask on",
                fix: "add --yes"))
    }

    /// Asks on the terminal: for the word `yes`, or, for what cannot be undone, for a name.
    ///
    /// Throws ``UsageProblem`` where there is no terminal to ask on.
    func confirm(_ question: String, typing word: String = "yes") throws {
        if yes { return }
        try needTerminal(question)
        let services = Services.current
        let answer = try services.terminal.ask("\(question) Type \(word) to go on: ")
        guard answer == word else {
            if answer != nil { services.console.note("that is not \(word)") }
            throw Cancelled()
        }
    }
}

/// Somebody said no, or ended the input: nothing was done.
struct Cancelled: Error {}

/// A command that was written wrongly: exit status 64.
struct UsageProblem: Error, ProblemReporting {
    let problems: [Problem]
    var exitStatus: ExitStatus { .usage }

    init(_ problem: Problem) { problems = [problem] }
}

/// A line as it was typed: without the line break behind it.
func withoutLineBreak(_ secret: SecretBytes) -> SecretBytes {
    secret.withUnsafeExposedBytes { bytes in
        var line = bytes[...]
        if line.last == UInt8(ascii: "\n") {
            line = line.dropLast()
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        }
        return SecretBytes(copying: line)
    }
}
