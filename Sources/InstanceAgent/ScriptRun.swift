import CSystemCalls
import Glibc
import SlipwayCore

/// One run of a script.
struct ScriptRun {
    private let hooks: HookRunner
    private let script: AppSpec.Script
    private let log: ScriptLog
    private let eventEnd: ContinuousClock.Instant
    /// The script below the deployments' folders.
    private let place: String

    init(
        hooks: HookRunner, script: AppSpec.Script, source: String, log: ScriptLog,
        eventEnd: ContinuousClock.Instant
    ) throws {
        self.hooks = hooks
        self.script = script
        self.log = log
        self.eventEnd = eventEnd
        place = Paths.joined("\(source)/\(AgentFolder.archiveName)", script.location)
    }

    /// The script's path as it is told to the system.
    private var path: String {
        (hooks.enclosure == nil ? hooks.folder.home : AgentFolder.machineHome) + "/" + place
    }

    private func failure(
        _ code: EventDiagnostics.ErrorCode, _ message: String
    ) -> ScriptFailure {
        ScriptFailure(code: code, script: script, message: message, logTail: log.tail)
    }

    private var messageStart: String {
        "Script at specified location: \(script.location)"
            + (script.runAs.map { " run as user \($0)" } ?? "")
    }

    func run(_ left: inout [StartedProgram]) throws {
        guard hooks.tree.archives.exists(place) else {
            throw failure(
                .scriptMissing,
                "Script does not exist at specified location: "
                    + Paths.expanded(AgentFolder.machineHome + "/" + place))
        }
        try makeExecutable()
        log.append("Script - \(script.location)\n")
        let status = try wait(for: try start(), &left)
        guard status == .exited(0) else {
            // Of a script that a signal killed, Ruby knows no exit code.
            var code = ""
            if case .exited(let number) = status { code = String(number) }
            throw failure(.scriptFailed, "\(messageStart) failed with exit code \(code)")
        }
    }

    private func makeExecutable() throws {
        var isDone = false
        if let file = try? hooks.tree.archives.open(place, csystem_o_path) {
            let path = "/proc/self/fd/\(file.number)"
            var status = stat()
            isDone =
                access(path, X_OK) == 0
                || (fstat(file.number, &status) == 0
                    && chmod(path, status.st_mode & 0o7777 | 0o111) == 0)
        }
        guard isDone else {
            throw failure(
                .scriptNotExecutable,
                "Unable to set script at specified location: \(script.location) as executable")
        }
    }

    // MARK: - Starting

    private struct Running {
        let program: StartedProgram
        let output: Descriptor
        let errors: Descriptor
        let end: ContinuousClock.Instant
        /// The limit that is meant by the end.
        let seconds: Int
    }

    private func start() throws -> Running {
        var line = path
        if let user = script.runAs { line = "su \(user) -c \(line)" }
        var environment = hooks.ownEnvironment
        if script.usesSudo {
            if hooks.enclosure == nil {
                line = "sudo " + line
                environment.merge(hooks.environment) { _, new in new }
            } else {
                // Programs of the instance are root already, and are not let gain more. What sudo
                // does besides is to keep the caller's variables to itself.
                environment.merge(["USER": "root", "LOGNAME": "root", "SUDO_USER": "root"]) {
                    _, new in new
                }
            }
        } else {
            environment.merge(hooks.environment) { _, new in new }
        }
        let command = Command(line)
        let program = command.words.first ?? ""
        guard let path = program.contains("/") ? program : Tool.path(program) else {
            throw systemFailure(ENOENT, program)
        }
        let namespaces = try hooks.enclosure?.enter() ?? []
        let output = try Pipe()
        let errors = try Pipe()
        let input = Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC))
        let start = ContinuousClock.now
        let started = try StartedProgram.start(
            command.words, path: path, environment: environment,
            files: [input.number, output.writer.number, errors.writer.number],
            folder: hooks.enclosure == nil ? hooks.folder.root : nil,
            namespaces: namespaces.map(\.number))
        output.writer.closeNow()
        errors.writer.closeNow()
        let seconds = script.timeout.components.seconds
        let own = start + hooks.limits.second * Double(seconds)
        return Running(
            program: started, output: output.reader, errors: errors.reader,
            end: min(own, eventEnd),
            seconds: own <= eventEnd ? Int(seconds) : hooks.limits.eventSeconds)
    }

    private func systemFailure(_ code: Int32, _ program: String) -> ScriptFailure {
        let names: [Int32: String] = [
            ENOENT: "ENOENT", EACCES: "EACCES", ENOTDIR: "ENOTDIR", ETXTBSY: "ETXTBSY",
            ELOOP: "ELOOP", E2BIG: "E2BIG", ENAMETOOLONG: "ENAMETOOLONG", EPERM: "EPERM",
        ]
        return failure(
            .scriptFailed,
            "\(messageStart) failed with error Errno::\(names[code] ?? "E\(code)") with message "
                + "\(systemText(code)) - \(program)")
    }

    // MARK: - Waiting

    /// Logs what the script writes until it has ended and nobody holds its outputs open.
    private func wait(
        for running: Running, _ left: inout [StartedProgram]
    ) throws -> StartedProgram.Report {
        var group: pid_t?
        var status: StartedProgram.Report?
        var output: OutputLines? = OutputLines(prefix: "[stdout]")
        var errors: OutputLines? = OutputLines(prefix: "[stderr]")
        while true {
            if let status, output == nil, errors == nil {
                running.program.wait()
                return status
            }
            var files = [
                pollfd(
                    fd: status == nil ? running.program.reports.number : -1,
                    events: Int16(POLLIN), revents: 0),
                pollfd(
                    fd: output == nil ? -1 : running.output.number, events: Int16(POLLIN),
                    revents: 0),
                pollfd(
                    fd: errors == nil ? -1 : running.errors.number, events: Int16(POLLIN),
                    revents: 0),
            ]
            let rest = ContinuousClock.now.duration(to: running.end)
            guard rest > .zero else {
                if status == nil {
                    if let group { kill(-group, SIGTERM) }
                    left.append(running.program)
                    throw failure(
                        .scriptTimedOut,
                        "Script at specified location: \(script.location) failed to complete in "
                            + "\(running.seconds) seconds")
                }
                running.program.wait()
                // The API has no name for it.
                throw failure(
                    .unknownError,
                    "Script at specified location: \(script.location) failed to close "
                        + (output == nil ? "STDERR" : "STDOUT"))
            }
            let milliseconds = min(rest / .milliseconds(1) + 1, 60_000)
            guard poll(&files, 3, Int32(milliseconds)) > 0 else { continue }
            if files[1].revents != 0 { read(running.output, &output) }
            if files[2].revents != 0 { read(running.errors, &errors) }
            if files[0].revents != 0 {
                switch running.program.nextReport() {
                case .started(let process): group = process
                case .notStarted(let code):
                    running.program.wait()
                    throw systemFailure(code, Command(path).words.first ?? path)
                case let report?: status = report
                case nil:
                    running.program.wait()
                    throw systemFailure(ECHILD, path)
                }
            }
        }
    }

    /// Reads what there is; nil afterwards where that was all.
    private func read(_ file: Descriptor, _ lines: inout OutputLines?) {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let count = Glibc.read(file.number, &chunk, chunk.count)
        if count < 0, errno == EINTR { return }
        guard count > 0 else {
            lines?.finish(log)
            lines = nil
            return
        }
        lines?.add(chunk[..<count], to: log)
    }
}
