import Glibc
import ProcessGuard
import SlipwayCommands
import SlipwayCore

/// A program that runs beside this one, in the same folder and with the same three streams.
struct ChildProgram {
    private let process: pid_t

    /// Starts it with what the process began with of signal mask and core limit, with those of its
    /// variables whose names are to be inherited, and with others.
    ///
    /// Throws ``ExecuteError``.
    init(
        _ command: [String], inheriting isInherited: (_ name: String) -> Bool,
        set: [EnvironmentValue], _ inheritance: ProcessGuard.Inheritance
    ) throws {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        var variables: [UnsafeMutablePointer<CChar>?] = []
        var entry = environ
        while let text = entry.pointee {
            if isInherited(variableName(text)) { variables.append(strdup(text)) }
            entry += 1
        }
        for variable in set {
            let value = variable.value.withUnsafeExposedBytes {
                String(decoding: $0, as: UTF8.self)
            }
            variables.append(strdup("\(variable.name)=\(value)"))
        }
        words.append(nil)
        variables.append(nil)
        defer { for text in words + variables { free(text) } }
        var child = pid_t()
        let code = inheritance.withOriginalCoreLimit { mask in
            var mask = mask
            posix_spawnattr_setsigmask(&attributes, &mask)
            return posix_spawnp(&child, command[0], nil, &attributes, words, variables)
        }
        guard code == 0 else {
            throw ExecuteError(
                command: command[0], code: code, message: String(cString: strerror(code)))
        }
        process = child
    }

    func send(_ signal: Int32) { kill(process, signal) }

    /// The exit status as a shell gives it; nil while it runs.
    func status() -> Int32? {
        var status: Int32 = 0
        guard waitpid(process, &status, WNOHANG) == process else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }
}

/// Signals that are waited for, and do nothing else: neither to this thread nor to those that it
/// starts from now on.
struct WaitedSignals {
    private var set = sigset_t()

    init(_ numbers: [Int32] = [SIGINT, SIGTERM, SIGHUP, SIGCHLD]) {
        sigemptyset(&set)
        for number in numbers {
            // Who has this process ignore that its terminal is gone, as nohup does, wants it to go on.
            if number == SIGHUP && Self.isIgnored(number) { continue }
            sigaddset(&set, number)
        }
        // What cannot be written is an error like others, behind which there is something to do.
        var blocked = set
        sigaddset(&blocked, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &blocked, nil)
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        sigaction(number, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Waits for one.
    func next() -> Int32 {
        var set = set
        var number: Int32 = 0
        while sigwait(&set, &number) != 0 {}
        return number
    }

    /// The next one that comes in time; nil where none does.
    private func next(within limit: Duration) -> Int32? {
        var set = set
        let end = ContinuousClock.now + limit
        while true {
            let rest = max(.zero, ContinuousClock.now.duration(to: end)).components
            var time = timespec(
                tv_sec: Int(rest.seconds), tv_nsec: Int(rest.attoseconds / 1_000_000_000))
            let number = sigtimedwait(&set, nil, &time)
            if number > 0 { return number }
            if errno != EINTR { return nil }
        }
    }

    func waitForTheEnd() {
        while next() == SIGCHLD {}
    }

    /// The exit status of a child, as a shell gives it.
    func waitForTheEnd(of child: ChildProgram) -> Int32 {
        while true {
            switch next() {
            case SIGCHLD:
                if let status = child.status() { return status }
            // The terminal sends it to both: the child says what comes of it.
            case SIGINT: break
            case let number: child.send(number)
            }
        }
    }

    /// Whether this process was asked to end; forgets it.
    func haveAskedForTheEnd() -> Bool {
        while let number = next(within: .zero) {
            if number != SIGCHLD { return true }
        }
        return false
    }

    /// The exit status of a child; nil where this process was asked to end, and then the child
    /// has ended too: killed, where asking did not help within five seconds or was repeated.
    func waitForTheEnd(orEnding child: ChildProgram) -> Int32? {
        while true {
            let number = next()
            if let status = child.status() { return number == SIGCHLD ? status : nil }
            if number != SIGCHLD { break }
        }
        child.send(SIGTERM)
        let patience = ContinuousClock.now + .seconds(5)
        while child.status() == nil {
            let rest = ContinuousClock.now.duration(to: patience)
            guard rest > .zero, next(within: rest) == SIGCHLD else {
                child.send(SIGKILL)
                while child.status() == nil { _ = next() }
                return nil
            }
        }
        return nil
    }
}
