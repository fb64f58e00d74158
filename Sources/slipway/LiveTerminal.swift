import CSystem
import Glibc
import ProcessGuard
import SlipwayCommands
import SlipwayCore

extension Terminal {
    /// The controlling terminal, `/dev/tty`.
    static func live(_ inheritance: ProcessGuard.Inheritance) -> Terminal {
        Terminal(
            isInput: isatty(STDIN_FILENO) == 1,
            isPresent: {
                let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
                guard terminal >= 0 else { return false }
                close(terminal)
                return true
            },
            askHidden: { prompt in
                try withTerminal(inheritance) { terminal in
                    guard csystem_hide_input(terminal) == 0 else {
                        throw problem("hide what is typed on")
                    }
                    defer {
                        csystem_show_input()
                        put("\n", on: terminal)
                    }
                    put(prompt, on: terminal)
                    return try line(from: terminal)
                }
            },
            ask: { prompt in
                try withTerminal(inheritance) { terminal in
                    put(prompt, on: terminal)
                    return try line(from: terminal).map { secret in
                        secret.withUnsafeExposedBytes { String(decoding: $0, as: UTF8.self) }
                    }
                }
            }
        )
    }

    private static func withTerminal<Result>(
        _ inheritance: ProcessGuard.Inheritance, _ body: (Int32) throws -> Result
    ) throws -> Result {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { throw problem("open") }
        defer { close(terminal) }
        // In the background the system stops who asks, until the user brings it to the front: with
        // a signal, which threads of the Swift runtime block.
        return try inheritance.withOriginalSignalMask { try body(terminal) }
    }

    private static func problem(_ operation: String) -> Problem {
        Problem(
            code: "no-terminal",
            "cannot \(operation) the terminal: \(String(cString: strerror(errno)))",
            fix: "run it on a terminal, or give the answer by a flag or on standard input")
    }

    private static func put(_ text: String, on terminal: Int32) {
        let bytes = Array((text == "\n" ? text : UntrustedText(text).escaped).utf8)
        _ = write(terminal, bytes, bytes.count)
    }

    /// One line without its line break; nil where the input ends before it.
    private static func line(from terminal: Int32) throws -> SecretBytes? {
        var byte: UInt8 = 0
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8192)
        defer {
            bytes.withUnsafeMutableBytes { buffer in
                for index in buffer.indices { buffer[index] = 0 }
            }
        }
        while bytes.count < 8192 {
            let count = read(terminal, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw problem("read from") }
            // Ctrl-D, also behind half a line: no answer.
            if count == 0 { return nil }
            if byte == UInt8(ascii: "\n") { break }
            bytes.append(byte)
        }
        return SecretBytes(copying: bytes)
    }
}
