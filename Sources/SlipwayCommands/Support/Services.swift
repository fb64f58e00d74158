package import DeployEngine
package import FoundationEssentials
package import SlipwayCore
import Synchronization

/// Everything that commands need of the world. `slipway` fills it in; tests bring their own.
package struct Services: Sendable {
    package var environment: [String: String]
    package var console: Console
    package var terminal: Terminal
    /// Everything on standard input, as a secret, since that is what most of it is.
    package var readInput: @Sendable (_ byteLimit: Int) throws -> SecretBytes
    /// Everything in a file.
    package var readFile: @Sendable (_ path: String, _ byteLimit: Int) throws -> SecretBytes
    /// Reads file descriptors to their ends.
    package var descriptors: DescriptorReader
    package var author: @Sendable () -> Author
    package var homeFolder: @Sendable () -> String
    package var now: @Sendable () -> Date
    /// The remote called `origin` of the repository around the current folder.
    package var originRemote: @Sendable () -> String?
    /// The repository around the current folder.
    package var repository: Repository
    /// Becomes another program, which gets this one's environment without some variables and with
    /// others. Returns only to say why it could not.
    package var execute:
        @Sendable (_ command: [String], _ unset: Set<String>, _ set: [EnvironmentValue]) ->
            ExecuteError
    /// The terminal for screens, and what only they ask for.
    package var screens = ScreenServices.none
    /// The files of a folder, which need not be there.
    package var fileTree: @Sendable (_ folder: String) -> FileTree = { _ in .empty }
    /// The local AWS.
    package var sandbox = SandboxRunner.none
    /// Whether there is a folder at a path.
    package var isFolder: @Sendable (_ path: String) -> Bool = { _ in false }
    /// Packs an application root; tells often how far it is. Throws what cannot be packed or
    /// written, all at once.
    package var packRevision:
        @Sendable (_ request: RevisionFileRequest, _ progress: (UploadProgress) -> Void) throws ->
            RevisionFile = { _, _ in
                throw Problem(code: "no-packing", "nothing can be packed here")
            }

    package var aws = AWSServices.none
    /// What only the demo does.
    package var demo = DemoServices.none

    package init(
        environment: [String: String], console: Console, terminal: Terminal,
        readInput: @escaping @Sendable (Int) throws -> SecretBytes,
        readFile: @escaping @Sendable (String, Int) throws -> SecretBytes,
        descriptors: DescriptorReader,
        author: @escaping @Sendable () -> Author, homeFolder: @escaping @Sendable () -> String,
        now: @escaping @Sendable () -> Date, originRemote: @escaping @Sendable () -> String?,
        repository: Repository = .none,
        execute: @escaping @Sendable ([String], Set<String>, [EnvironmentValue]) -> ExecuteError
    ) {
        self.environment = environment
        self.console = console
        self.terminal = terminal
        self.readInput = readInput
        self.readFile = readFile
        self.descriptors = descriptors
        self.author = author
        self.homeFolder = homeFolder
        self.now = now
        self.originRemote = originRemote
        self.repository = repository
        self.execute = execute
    }

    /// The services of the command that runs. A command runs only inside ``SlipwayCommand/run``.
    static var current: Services {
        guard let scoped else { preconditionFailure("a command runs without its services") }
        return scoped
    }

    @TaskLocal static var scoped: Services?

    /// A variable that is set to something.
    func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Reads each file descriptor once: a command may ask twice for what stands behind one.
package final class DescriptorReader: Sendable {
    private let readAll: @Sendable (_ descriptor: Int32, _ byteLimit: Int) throws -> SecretBytes
    private let known = Mutex<[Int32: SecretBytes]>([:])

    /// `readAll` reads a descriptor to its end and closes it.
    package init(
        _ readAll: @escaping @Sendable (_ descriptor: Int32, _ byteLimit: Int) throws -> SecretBytes
    ) {
        self.readAll = readAll
    }

    func read(_ descriptor: Int32, _ byteLimit: Int) throws -> SecretBytes {
        try known.withLock { known in
            if let contents = known[descriptor] { return contents }
            let contents = try readAll(descriptor, byteLimit)
            known[descriptor] = contents
            return contents
        }
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
    /// Whether standard output is a terminal.
    package var isOutput = false
    /// Whether standard error is one that can move its cursor.
    package var isError = false
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
