import Glibc
import ProcessGuard
import SlipwayCore

/// Dies in the way that it is told, after it took hold of a secret: `crash-probe WAY SECRET-FILE`.
///
/// `unguarded` before the way leaves the guard out, to show what would be printed without it.
@main
enum CrashProbe {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "unguarded" {
            arguments.removeFirst()
        } else {
            _ = try ProcessGuard.engage()
        }
        guard arguments.count == 2 else { exit(64) }
        let secret = read(arguments[1])
        secret.withUnsafeExposedBytes { die(arguments[0], holding: $0) }
    }

    private static func read(_ path: String) -> SecretBytes {
        let file = open(path, O_RDONLY)
        return SecretBytes(count: 40) { _ = Glibc.read(file, $0.baseAddress, $0.count) }
    }

    /// The pointer to the secret is in a register when it happens, which is what a reporter prints
    /// the memory of.
    @inline(never)
    private static func die(_ way: String, holding secret: UnsafeRawBufferPointer) {
        switch way {
        case "trap":
            precondition(secret[0] == 0, "the probe was told to trap")
        case "segv":
            UnsafeMutablePointer<UInt8>(bitPattern: 8)?.pointee = secret[0]
        case "quit":
            kill(getpid(), SIGQUIT)
        case "abort":
            abort()
        case "overflow":
            print(recurse(secret, depth: 0))
        case "fatal":
            fatalError("the probe was told to end")
        default:
            exit(64)
        }
    }

    @inline(never)
    private static func recurse(_ secret: UnsafeRawBufferPointer, depth: Int) -> Int {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { buffer in
            buffer[depth % 4096] = secret[depth % secret.count]
            return recurse(secret, depth: depth + 1) + Int(buffer[0])
        }
    }
}
