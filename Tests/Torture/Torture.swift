import FoundationEssentials
import Glibc
import KeyVault
import ProjectStore
import SlipwayCore

/// Does to a store what the world does: kills, crowds, and interrupted rotations.
///
///     store-torture kill FOLDER ROUNDS           kills a writer at random moments
///     store-torture rotate FOLDER SECRETS POINTS kills rotations at every batch and at random
///     store-torture crowd FOLDER SECONDS READERS WRITERS
///
/// Prints what it did and `ok`, or what was lost, with status 1. Its own children are
/// `write`, `rotate-once`, `read-for` and `write-for`.
@main
enum Torture {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let store = TortureStore(folder: arguments.count > 1 ? arguments[1] : ".")
        func number(_ index: Int) -> Int {
            guard index < arguments.count, let number = Int(arguments[index]) else { exit(64) }
            return number
        }
        switch arguments.first {
        case "kill": try KillRounds(store: store).run(rounds: number(2))
        case "rotate": try RotationRounds(store: store).run(secrets: number(2), points: number(3))
        case "crowd":
            try Crowd(store: store).run(
                seconds: number(2), readers: number(3), writers: number(4))
        case "write": try Writer(store: store).writeForEver(seed: number(2))
        case "rotate-once":
            try RotationRounds(store: store).rotateOnce(batch: number(2), dieAfter: number(3))
        case "read-for": try Crowd(store: store).read(seconds: number(2), seed: number(3))
        case "write-for": try Crowd(store: store).write(seconds: number(2), seed: number(3))
        default: exit(64)
        }
    }
}

/// The store in a folder, opened anew each time as a command does.
struct TortureStore {
    let folder: String

    var path: String { folder + "/slipway.db" }

    func sources(key: String = "unlock.key") -> UnlockSources {
        UnlockSources(environment: [:], defaultKeyFile: folder + "/" + key)
    }

    static let author = Author(user: "torture", host: "localhost")

    func create() throws {
        _ = try ProjectStore.create(
            at: path, author: Self.author, unlock: sources(), now: { Date() })
    }

    func open(_ access: ProjectStore.Access, key: String = "unlock.key") throws -> ProjectStore {
        try ProjectStore(
            opening: path, for: access, author: Self.author, unlock: sources(key: key),
            now: { Date() })
    }
}

/// Prints what went wrong and ends the program.
func fail(_ message: String) -> Never {
    print("FAILED: \(message)")
    exit(1)
}

/// A child that is this same program, and what it prints.
struct Child {
    let process: pid_t
    private let output: Int32

    init(_ arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { fail("pipe: \(errno)") }
        // The next child must not keep this one's pipe open.
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        var words: [UnsafeMutablePointer<CChar>?] =
            (["store-torture"] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var child = pid_t()
        guard posix_spawn(&child, "/proc/self/exe", &actions, nil, words, environ) == 0 else {
            fail("posix_spawn")
        }
        close(ends[1])
        process = child
        output = ends[0]
    }

    /// Reads until the child has printed something.
    func waitForOutput() -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = read(output, &chunk, chunk.count)
        return Array(chunk[..<max(0, count)])
    }

    func kill() { Glibc.kill(process, SIGKILL) }

    /// Everything else that it printed, and its end: the signal, or 0 and the exit status.
    func finish() -> (output: [UInt8], signal: Int32, status: Int32) {
        var bytes: [UInt8] = []
        while true {
            let more = waitForOutput()
            if more.isEmpty { break }
            bytes += more
        }
        close(output)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return (bytes, status & 0x7F, status >> 8 & 0xFF)
    }
}
