import Glibc
import Synchronization

/// The machine that an instance's hooks see, as namespaces that bubblewrap makes.
///
/// It is there while a hook or a program that a hook started runs, and is entered by every hook: what
/// one starts, the next can see and stop. When this object goes, or this process dies, all of it is
/// killed.
///
/// To its programs the instance's root is `/`, with this machine's programs and a few of its settings
/// read-only in it, and they are root. What must lie in the root to be mounted upon is removed again
/// when the enclosure ends.
final class Enclosure: Sendable {
    private struct Running {
        /// The first process in there, by this machine's number.
        let first: pid_t
        let namespaces: [Descriptor]
        /// What keeps it open until it is closed.
        let control: Descriptor
        /// Reads an end when all is over.
        let end: Descriptor
    }

    private let folder: AgentFolder
    private let network: Bool
    private let running = Mutex<Running?>(nil)

    init(folder: AgentFolder, network: Bool) {
        self.folder = folder
        self.network = network
    }

    /// The namespaces to enter, a user namespace first; makes them where there are none.
    func enter() throws -> [Descriptor] {
        try running.withLock { running in
            if let now = running, !Self.hasEnded(now) { return now.namespaces }
            running = nil
            let started = try start()
            running = started
            return started.namespaces
        }
    }

    /// Ends it unless a program that a hook started goes on in there.
    func leave() {
        running.withLock { running in
            guard let now = running else { return }
            let children = wholeFile("/proc/\(now.first)/task/\(now.first)/children") ?? []
            // One holds it open.
            guard children.split(separator: UInt8(ascii: " ")).count <= 1 else { return }
            now.control.closeNow()
            Self.waitForEnd(now.end)
            running = nil
        }
    }

    /// Waits until nothing runs in there any more and the root is as it was.
    private static func waitForEnd(_ end: Descriptor) {
        var byte: UInt8 = 0
        while read(end.number, &byte, 1) < 0, errno == EINTR {}
    }

    private static func hasEnded(_ running: Running) -> Bool {
        var ready = pollfd(fd: running.end.number, events: Int16(POLLIN), revents: 0)
        return poll(&ready, 1, 0) != 0
    }

    // MARK: - Starting

    private func start() throws -> Running {
        guard let path = Tool.path("bwrap") else {
            throw AgentError.confinement(.notInstalled)
        }
        var isOwnUser = geteuid() != 0
        while true {
            do { return try start(path, asOwnUser: isOwnUser) } catch AgentError.confinement(
                .refused(let words))
            {
                // In a container, root may be root of its own user namespace alone.
                guard !isOwnUser else { throw AgentError.confinement(.refused(words)) }
                isOwnUser = true
            }
        }
    }

    private func start(_ path: String, asOwnUser isOwnUser: Bool) throws -> Running {
        let view = try MachineView.prepare(folder, network: network)
        var words = [
            "bwrap", "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-ipc",
            "--unshare-uts", "--info-fd", "1",
        ]
        if isOwnUser { words += ["--unshare-user", "--uid", "0", "--gid", "0"] }
        if !network { words.append("--unshare-net") }
        words += view.words + ["--", "/bin/sh", "-c", "echo ready >&2; exec cat >&2"]

        let control = try Pipe()
        let info = try Pipe()
        let errors = try Pipe()
        let end = try Pipe()
        let files = [control.reader, info.writer, errors.writer]
        let keptEnd = end.writer
        let frozen = words
        let folder = folder
        // The thread that starts it must outlive it.
        startThread {
            if let program = try? StartedProgram.start(
                frozen, path: path, environment: Tool.environment, files: files.map(\.number))
            {
                for file in files { file.closeNow() }
                program.wait()
            }
            for file in files { file.closeNow() }
            view.remove(from: folder)
            keptEnd.closeNow()
        }
        let said = Self.words(from: errors.reader)
        guard said.last == "ready" else {
            control.writer.closeNow()
            Self.waitForEnd(end.reader)
            throw AgentError.confinement(.refused(said.joined(separator: " ")))
        }
        let document = try info.reader.contents(limit: 64 << 10)
        guard let first = Self.childProcess(String(decoding: document, as: UTF8.self)) else {
            throw AgentError.confinement(.refused("no process"))
        }
        return Running(
            first: first, namespaces: try Self.namespaces(of: first), control: control.writer,
            end: end.reader)
    }

    /// What bubblewrap or the one that holds it open says, to its end or to "ready".
    private static func words(from file: Descriptor) -> [String] {
        var text: [UInt8] = []
        var byte: UInt8 = 0
        while text.count < 4096 {
            let count = read(file.number, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { break }
            text.append(byte)
            if text.suffix(6) == Array("ready\n".utf8) { break }
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The number behind `"child-pid":`.
    private static func childProcess(_ document: String) -> pid_t? {
        let key = "\"child-pid\":"
        guard let start = document.ranges(of: key).first?.upperBound else { return nil }
        return pid_t(document[start...].drop { $0 == " " }.prefix { $0.isNumber })
    }

    /// Those that this process is not in itself.
    private static func namespaces(of process: pid_t) throws -> [Descriptor] {
        var found: [Descriptor] = []
        for name in ["user", "mnt", "pid", "net", "ipc", "uts"] {
            let number = open("/proc/\(process)/ns/\(name)", O_RDONLY | O_CLOEXEC)
            guard number >= 0 else {
                throw AgentError.confinement(.refused("\(name): \(systemText(errno))"))
            }
            let namespace = Descriptor(number)
            var theirs = stat()
            var ours = stat()
            fstat(number, &theirs)
            if stat("/proc/self/ns/\(name)", &ours) == 0, ours.st_ino == theirs.st_ino,
                ours.st_dev == theirs.st_dev
            {
                continue
            }
            found.append(namespace)
        }
        return found
    }
}
