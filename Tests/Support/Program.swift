import Glibc

/// A program that tests run: its output goes to files, so that nothing can fill a pipe.
package struct Program: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// A program that was built along with the tests, found beside them.
    package static func built(_ name: String) -> Program {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard readlink("/proc/self/exe", &buffer, buffer.count - 1) > 0 else {
            fatalError("readlink: \(errno)")
        }
        let tests = buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        // `swift test` runs the bundle itself; Swift Testing's helper takes it as an argument.
        let candidates = [tests] + CommandLine.arguments
        for candidate in candidates {
            let folder = candidate.split(separator: "/", omittingEmptySubsequences: false)
                .dropLast().joined(separator: "/")
            let path = folder + "/" + name
            if access(path, X_OK) == 0 { return Program(path) }
        }
        fatalError("\(name) is not beside the tests")
    }

    package struct Outcome: Sendable {
        package let output: [UInt8]
        package let errors: [UInt8]
        /// The exit status; nil where a signal ended it.
        package let status: Int32?
        package let signal: Int32?

        package var text: String { String(decoding: output, as: UTF8.self) }
        package var errorText: String { String(decoding: errors, as: UTF8.self) }

        /// Standard output, standard error and exit status, labelled, for snapshots.
        package var transcript: String {
            var lines: [String] = []
            for (label, text) in [("out", text), ("err", errorText)] {
                for line in text.split(separator: "\n", omittingEmptySubsequences: false)
                where !(line.isEmpty && text.hasSuffix("\n") && line.endIndex == text.endIndex) {
                    if !text.isEmpty { lines.append("\(label)| \(line)") }
                }
            }
            lines.append(status.map { "exit \($0)" } ?? "signal \(signal ?? 0)")
            return lines.joined(separator: "\n") + "\n"
        }
    }

    /// Runs the program to its end, in this process's folder where none is named. Its environment
    /// is exactly the one given.
    package func run(
        _ arguments: [String], in folder: String? = nil, input: some Collection<UInt8> = [],
        environment: [String: String] = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]
    ) throws -> Outcome {
        if let folder {
            // Spawning in another folder is not in every C library: the shell goes there.
            let words = ["-c", "cd -- \"$0\" && exec \"$@\"", folder, path] + arguments
            return try Program("/bin/sh").run(words, input: input, environment: environment)
        }
        let files = try (0..<3).map { _ in try anonymousFile() }
        defer { for file in files { close(file) } }
        let bytes = Array(input)
        guard write(files[0], bytes, bytes.count) == bytes.count, lseek(files[0], 0, SEEK_SET) == 0
        else { throw SystemFailure(code: errno) }
        let child = try spawn(arguments, files, environment)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw SystemFailure(code: errno) }
        }
        let signal = status & 0x7F
        return Outcome(
            output: try wholeFile(files[1]), errors: try wholeFile(files[2]),
            status: signal == 0 ? status >> 8 & 0xFF : nil, signal: signal == 0 ? nil : signal)
    }

    private func spawn(
        _ arguments: [String], _ files: [Int32], _ environment: [String: String]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (index, file) in files.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, file, Int32(index))
        }
        // Threads of the Swift runtime block signals, and CI may ignore some: not so the child.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        var variables: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup("\($0.key)=\($0.value)") }
        words.append(nil)
        variables.append(nil)
        defer { for word in words + variables { free(word) } }
        var child = pid_t()
        let code = posix_spawn(&child, path, &actions, &attributes, words, variables)
        guard code == 0 else { throw SystemFailure(code: code) }
        return child
    }
}

/// A system call that failed in a test's own machinery.
package struct SystemFailure: Error {
    package let code: Int32
}

private func anonymousFile() throws -> Int32 {
    var template = Array("/tmp/slipway-test-io-XXXXXX".utf8CString)
    let file = mkstemp(&template)
    guard file >= 0 else { throw SystemFailure(code: errno) }
    unlink(template)
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    return file
}

private func wholeFile(_ file: Int32) throws -> [UInt8] {
    let size = lseek(file, 0, SEEK_END)
    guard size >= 0, lseek(file, 0, SEEK_SET) == 0 else { throw SystemFailure(code: errno) }
    var bytes = [UInt8](repeating: 0, count: Int(size))
    guard size == 0 || read(file, &bytes, Int(size)) == Int(size) else {
        throw SystemFailure(code: errno)
    }
    return bytes
}
