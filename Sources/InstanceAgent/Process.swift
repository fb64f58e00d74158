import CSystemCalls
import Glibc

/// A program that was started: a leader of its own session, reported on by a process in between.
struct StartedProgram {
    /// The process in between, which is to be waited for.
    let between: pid_t
    /// Where reports are read.
    let reports: Descriptor

    enum Report: Equatable {
        /// The leader of the program's process group.
        case started(pid_t)
        case notStarted(Int32)
        case exited(Int32)
        case killed(signal: Int32)
    }

    /// Starts a program. It is killed when the calling thread ends.
    static func start(
        _ words: [String], path: String, environment: [String: String], files: [Int32],
        folder: String? = nil, namespaces: [Int32] = []
    ) throws -> StartedProgram {
        var ends: [Int32] = [0, 0]
        guard csystem_pipe(&ends) == 0 else { throw AgentError.lastSystemCall("pipe", path) }
        let reports = Descriptor(ends[0])
        let report = Descriptor(ends[1])
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        var variables: [UnsafeMutablePointer<CChar>?] =
            environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") }
        arguments.append(nil)
        variables.append(nil)
        let pathCopy = strdup(path)
        let folderCopy = folder.map { strdup($0) } ?? nil
        defer { for text in arguments + variables + [pathCopy, folderCopy] { free(text) } }
        let between = arguments.withUnsafeBufferPointer { arguments in
            variables.withUnsafeBufferPointer { variables in
                namespaces.withUnsafeBufferPointer { namespaces in
                    var program = csystem_program(
                        path: pathCopy, arguments: arguments.baseAddress,
                        environment: variables.baseAddress, folder: folderCopy,
                        files: (files[0], files[1], files[2]), report: report.number,
                        namespaces: namespaces.baseAddress,
                        namespace_count: Int32(namespaces.count))
                    return csystem_start(&program)
                }
            }
        }
        guard between >= 0 else { throw AgentError.lastSystemCall("fork", path) }
        return StartedProgram(between: between, reports: reports)
    }

    /// The next report, for which it waits; nil after the last.
    func nextReport() -> Report? {
        var record = csystem_report()
        while true {
            let count = read(reports.number, &record, MemoryLayout<csystem_report>.size)
            if count < 0, errno == EINTR { continue }
            guard count == MemoryLayout<csystem_report>.size else { return nil }
            break
        }
        switch record.kind {
        case Int32(csystem_started): return .started(record.value)
        case Int32(csystem_not_started): return .notStarted(record.value)
        default:
            let signal = record.value & 0x7F
            return signal == 0
                ? .exited(record.value >> 8 & 0xFF) : .killed(signal: signal)
        }
    }

    /// Waits until the program, and with it the process in between, has ended.
    func wait() {
        var status: Int32 = 0
        while waitpid(between, &status, 0) < 0, errno == EINTR {}
    }
}

/// A program of this machine that the agent itself uses.
enum Tool {
    static let searchPath = [
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ]
    static let environment = ["PATH": searchPath.joined(separator: ":"), "LANG": "C.UTF-8"]

    /// Where a program is; nil where it is not installed.
    static func path(_ name: String) -> String? {
        searchPath.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// Runs a program to its end and answers its exit status, 128 and more for a signal. Throws
    /// where it is not installed. Its output is lost unless it is given a file.
    static func run(
        _ words: [String], input: Int32? = nil, output: Int32? = nil, folder: String? = nil
    ) throws -> Int32 {
        guard let path = path(words[0]) else { throw AgentError.archiveToolMissing(words[0]) }
        let null = Descriptor(open("/dev/null", O_RDWR | O_CLOEXEC))
        let program = try StartedProgram.start(
            words, path: path, environment: environment,
            files: [input ?? null.number, output ?? null.number, null.number], folder: folder)
        defer { program.wait() }
        while let report = program.nextReport() {
            switch report {
            case .started: continue
            case .notStarted: return 127
            case .exited(let status): return status
            case .killed(let signal): return 128 + signal
            }
        }
        return 127
    }
}

/// Runs work that blocks on a thread of its own, which stays until `body` returns: the answer may
/// be given before that.
func onThread<Value: Sendable>(
    _ body: @escaping @Sendable (_ answer: (Value) -> Void) -> Void
) async -> Value {
    await withCheckedContinuation { continuation in
        startThread { body { continuation.resume(returning: $0) } }
    }
}

/// Starts a thread that nobody waits for.
func startThread(_ body: @escaping @Sendable () -> Void) {
    let work = Unmanaged.passRetained(ThreadWork(body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 1 << 20)
    var thread = pthread_t()
    let code = pthread_create(
        &thread, &attributes,
        { pointer in
            let work = Unmanaged<ThreadWork>.fromOpaque(pointer!).takeRetainedValue()
            work.body()
            return nil
        }, work.toOpaque())
    pthread_attr_destroy(&attributes)
    // Without a thread the caller's own does the work.
    if code != 0 { work.takeRetainedValue().body() }
}

private final class ThreadWork: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
