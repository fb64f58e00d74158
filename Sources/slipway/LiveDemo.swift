import FoundationEssentials
import Glibc
import ProcessGuard
import SlipwayCommands
import SlipwayCore

extension DemoServices {
    /// Real files and programs.
    static func live(_ inheritance: ProcessGuard.Inheritance) -> DemoServices {
        DemoServices(
            makeFolder: {
                // Before there is anything to remove, and before there is another thread.
                _ = WaitedSignals()
                let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
                var template = Array(
                    "\(parent.hasPrefix("/") ? parent : "/tmp")/slipway-demo-XXXXXX".utf8CString)
                guard mkdtemp(&template) != nil else { throw failure("make a folder") }
                let made = template.dropLast().map { UInt8(bitPattern: $0) }
                let path = String(decoding: made, as: UTF8.self)
                // What is shown of it and what git says of it is to be the same.
                guard let real = realpath(path, nil) else { throw failure("find \(path)") }
                defer { free(real) }
                return String(cString: real)
            },
            program: {
                guard let path = realpath("/proc/self/exe", nil) else {
                    throw failure("find this program")
                }
                defer { free(path) }
                return String(cString: path)
            },
            write: { path, contents, mode in
                try makeFolder(around: path)
                let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
                guard file >= 0 else { throw failure("make \(path)") }
                defer { close(file) }
                // Whatever the umask is.
                guard fchmod(file, mode) == 0 else { throw failure("make \(path)") }
                try contents.withUnsafeBytes { try writeAll($0, to: file) }
            },
            link: { path, target in
                try makeFolder(around: path)
                guard symlink(target, path) == 0 else { throw failure("make \(path)") }
            },
            run: { line, folder, variables in
                let signals = WaitedSignals()
                if signals.haveAskedForTheEnd() { return nil }
                let names = Set(variables.map(\.name))
                // The shell becomes the program, so that a signal to it is one to the program.
                let child = try ChildProgram(
                    ["/bin/sh", "-c", "cd \"$0\" && exec \(line)", folder],
                    inheriting: { isInherited($0) && !names.contains($0) }, set: variables,
                    inheritance)
                return signals.waitForTheEnd(orEnding: child)
            },
            remove: { path in
                for _ in 0..<removalAttempts {
                    if (try? FileManager.default.removeItem(atPath: path)) != nil { return }
                    openFolders(below: path)
                    usleep(removalPause)
                }
                try FileManager.default.removeItem(atPath: path)
            })
    }

    /// What a command left running when it was ended, such as a part of git, may still write for a
    /// moment.
    private static let removalAttempts = 20
    private static let removalPause: UInt32 = 50_000

    /// Lets their owner into folders that a deployment or whoever was ended half way left closed:
    /// only root can remove what is in them without.
    private static func openFolders(below path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return }
        chmod(path, 0o700)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            openFolders(below: "\(path)/\(name)")
        }
    }

    /// What says how this machine runs programs and shows text, and nothing of AWS, git, CI or
    /// slipway.
    private static func isInherited(_ name: String) -> Bool {
        [
            "PATH", "LD_LIBRARY_PATH", "TMPDIR", "TZ", "LANG", "LANGUAGE", "TERM", "TERMINFO",
            "TERMINFO_DIRS", "COLORTERM", "NO_COLOR", "COLUMNS", "LINES", "ESCDELAY",
        ].contains(name) || name.hasPrefix("LC_")
    }

    private static func makeFolder(around path: String) throws {
        guard let slash = path.lastIndex(of: "/") else { return }
        try FileManager.default.createDirectory(
            atPath: String(path[..<slash]), withIntermediateDirectories: true)
    }

    private static func failure(_ operation: String) -> Problem {
        Problem(
            code: "file-system", "cannot \(operation): \(String(cString: strerror(errno)))",
            fix: "name another place for temporary files with TMPDIR")
    }
}
