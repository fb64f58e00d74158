package import FoundationEssentials
package import SlipwayCore

/// Everything that commands need of the world. `slipway` fills it in; tests bring their own.
package struct Services: Sendable {
    package var environment: [String: String]
    package var console: Console
    package var terminal: Terminal
    /// Everything on standard input, as a secret, since that is what most of it is.
    package var readInput: @Sendable (_ byteLimit: Int) throws -> SecretBytes
    /// Everything in a file.
    package var readFile: @Sendable (_ path: String, _ byteLimit: Int) throws -> SecretBytes
    /// Everything behind a file descriptor.
    package var readDescriptor:
        @Sendable (_ descriptor: Int32, _ byteLimit: Int) throws -> SecretBytes
    package var author: @Sendable () -> Author
    package var homeFolder: @Sendable () -> String
    package var now: @Sendable () -> Date
    /// The remote called `origin` of the repository around the current folder.
    package var originRemote: @Sendable () -> String?
    /// Becomes another program, which gets this one's environment without some variables and with
    /// others. Returns only to say why it could not.
    package var execute:
        @Sendable (_ command: [String], _ unset: Set<String>, _ set: [EnvironmentValue]) ->
            ExecuteError
    /// The files of a folder, which need not be there.
    package var fileTree: @Sendable (_ folder: String) -> FileTree = { _ in .empty }

    package init(
        environment: [String: String], console: Console, terminal: Terminal,
        readInput: @escaping @Sendable (Int) throws -> SecretBytes,
        readFile: @escaping @Sendable (String, Int) throws -> SecretBytes,
        readDescriptor: @escaping @Sendable (Int32, Int) throws -> SecretBytes,
        author: @escaping @Sendable () -> Author, homeFolder: @escaping @Sendable () -> String,
        now: @escaping @Sendable () -> Date, originRemote: @escaping @Sendable () -> String?,
        execute: @escaping @Sendable ([String], Set<String>, [EnvironmentValue]) -> ExecuteError
    ) {
        self.environment = environment
        self.console = console
        self.terminal = terminal
        self.readInput = readInput
        self.readFile = readFile
        self.readDescriptor = readDescriptor
        self.author = author
        self.homeFolder = homeFolder
        self.now = now
        self.originRemote = originRemote
        self.execute = execute
    }

    /// The services of the command that runs.
    @TaskLocal static var current: Services!

    /// A variable that is set to something.
    func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// A variable for another program: any bytes but NUL. May be a secret.
package struct EnvironmentValue: Sendable {
    package let name: String
    package let value: SecretBytes

    package init(name: String, value: SecretBytes) {
        self.name = name
        self.value = value
    }
}

/// Why another program could not be run.
package struct ExecuteError: Error, Equatable, Sendable {
    package let command: String
    /// The `errno`, and what the system calls it.
    package let code: Int32
    package let message: String

    package init(command: String, code: Int32, message: String) {
        self.command = command
        self.code = code
        self.message = message
    }
}

/// Asks questions on the controlling terminal, which is there even when standard input is a pipe.
package struct Terminal: Sendable {
    /// Whether standard input is a terminal.
    package var isInput: Bool
    /// Whether there is a controlling terminal to ask on.
    package var isPresent: @Sendable () -> Bool
    /// Reads one line without showing it. Nil at the end of input.
    package var askHidden: @Sendable (_ prompt: String) throws -> SecretBytes?
    /// Reads one line. Nil at the end of input.
    package var ask: @Sendable (_ prompt: String) throws -> String?

    package init(
        isInput: Bool, isPresent: @escaping @Sendable () -> Bool,
        askHidden: @escaping @Sendable (String) throws -> SecretBytes?,
        ask: @escaping @Sendable (String) throws -> String?
    ) {
        self.isInput = isInput
        self.isPresent = isPresent
        self.askHidden = askHidden
        self.ask = ask
    }
}
