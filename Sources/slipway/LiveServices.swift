import CSystemCalls
import FoundationEssentials
import Glibc
import ProcessGuard
import SlipwayCommands
import SlipwayCore

extension Services {
    /// The real world: this process's environment, terminal, files and clock.
    static func live(inheritance: ProcessGuard.Inheritance) -> Services {
        let environment = processEnvironment()
        var services = Services(
            environment: environment,
            console: Console(isUnicode: isUnicode(environment)) { stream, bytes in
                try writeAll(bytes, to: stream == .output ? STDOUT_FILENO : STDERR_FILENO)
            },
            terminal: .live(inheritance),
            readInput: { try readAll(STDIN_FILENO, name: "standard input", byteLimit: $0) },
            readFile: { path, byteLimit in
                let file = open(path, O_RDONLY | O_CLOEXEC)
                guard file >= 0 else { throw FileProblem.last("open", path) }
                defer { close(file) }
                return try readAll(file, name: path, byteLimit: byteLimit)
            },
            descriptors: DescriptorReader { descriptor, byteLimit in
                // Nobody else, and no program that slipway becomes, is to read it again.
                defer { close(descriptor) }
                return try readAll(
                    descriptor, name: "file descriptor \(descriptor)", byteLimit: byteLimit)
            },
            author: { Author(user: userName(), host: hostName()) },
            homeFolder: {
                if let home = environment["HOME"], home.hasPrefix("/") { return home }
                return getpwuid(geteuid()).map { String(cString: $0.pointee.pw_dir) } ?? "/"
            },
            now: { Date() },
            originRemote: { Git.originRemote() },
            repository: .live,
            execute: { becomeProgram($0, unset: $1, set: $2, inheritance) }
        )
        services.fileTree = { .folder($0) }
        services.screens = .live(isUnicode: services.console.isUnicode, environment)
        services.sandbox = .live(inheritance)
        services.aws = .live(environment)
        services.demo = .live(inheritance)
        services.isFolder = { LiveRevisions.isFolder($0) }
        services.packRevision = { try LiveRevisions.pack($0, $1) }
        services.terminal.isOutput = isatty(STDOUT_FILENO) == 1
        services.terminal.isError = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
        return services
    }
}

private func processEnvironment() -> [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
        // As getenv does: the first of two variables of one name counts.
        let name = variableName(text)
        if variables[name] == nil, let equals = strchr(text, 0x3D) {
            variables[name] = String(cString: equals + 1)
        }
        entry += 1
    }
    return variables
}

/// The name in `NAME=value`: bytes up to the first `=`, whatever characters they make.
func variableName(_ text: UnsafeMutablePointer<CChar>) -> String {
    let length = strchr(text, 0x3D).map { $0 - text } ?? strlen(text)
    return String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
}

/// Whether the locale's characters are UTF-8, by the rules of the C library: the first variable
/// that is set decides.
private func isUnicode(_ environment: [String: String]) -> Bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"]
        .compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    let name = locale.lowercased()
    return name.hasSuffix("utf-8") || name.hasSuffix("utf8")
}

private func userName() -> String {
    getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(geteuid())"
}

private func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    return buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }  // 256 bytes
}

func writeToStandardError(_ text: String) {
    try? Array(text.utf8).withUnsafeBytes { try writeAll($0, to: STDERR_FILENO) }
}

func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest)
        let count = write(file, part.baseAddress, part.count)
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else {
            throw OutputError(
                message: String(cString: strerror(errno)), isReaderGone: errno == EPIPE)
        }
        rest = rest.dropFirst(count)
    }
}

/// Reads to the end, into memory that is overwritten when it is let go.
private func readAll(_ file: Int32, name: String, byteLimit: Int) throws -> SecretBytes {
    var capacity = 4096
    var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
    defer {
        explicit_bzero(buffer.baseAddress!, buffer.count)  // allocate never returns nil here
        buffer.deallocate()
    }
    var count = 0
    while true {
        if count == capacity {
            capacity *= 4
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
            explicit_bzero(buffer.baseAddress!, buffer.count)
            buffer.deallocate()
            buffer = larger
        }
        let got = read(file, buffer.baseAddress! + count, capacity - count)
        if got < 0 && errno == EINTR { continue }
        guard got >= 0 else { throw FileProblem.last("read", name) }
        if got == 0 { break }
        count += got
        guard count <= byteLimit else {
            throw Problem(
                code: "input-too-large", "\(name) has more than \(byteLimit) bytes",
                fix: "check that it is what you mean to give")
        }
    }
    return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
}

private enum FileProblem {
    /// What the system call that just failed said.
    static func last(_ operation: String, _ name: String) -> Problem {
        Problem(
            code: "file-system", "cannot \(operation) \(name): \(String(cString: strerror(errno)))",
            fix: "check the path and your permissions")
    }
}

/// Becomes another program, or says why not. Arguments and variables are handed on byte by byte:
/// they need not be UTF-8.
private func becomeProgram(
    _ command: [String], unset: Set<String>, set: [EnvironmentValue],
    _ inheritance: ProcessGuard.Inheritance
) -> ExecuteError {
    // The command is what stands last on this process's own command line.
    let first = Int(CommandLine.argc) - command.count
    var arguments = (first..<Int(CommandLine.argc)).map { CommandLine.unsafeArgv[$0] }
    arguments.append(nil)

    var variables: [UnsafeMutablePointer<CChar>?] = []
    var entry = environ
    while let text = entry.pointee {
        if !unset.contains(variableName(text)) { variables.append(text) }
        entry += 1
    }
    variables += set.map { variable in
        variable.value.withUnsafeExposedBytes { bytes in
            let name = Array("\(variable.name)=".utf8)
            let text = UnsafeMutableRawBufferPointer.allocate(
                byteCount: name.count + bytes.count + 1, alignment: 1)
            text.copyBytes(from: name + bytes + [0])
            return text.bindMemory(to: CChar.self).baseAddress
        }
    }
    variables.append(nil)
    inheritance.restore()
    csystem_execute(arguments[0], &arguments, &variables)
    let code = errno
    return ExecuteError(
        command: command[0], code: code, message: String(cString: strerror(code)))
}
