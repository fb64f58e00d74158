import SlipwayCore
import TestSupport
import Testing

@testable import InstanceAgent

@Suite struct ScriptLogTests {
    private let folder = TemporaryFolder()

    private func tail(_ lines: [String]) throws -> String? {
        let log = try ScriptLog(path: folder("logs/scripts.log"))
        for line in lines { log.append(line) }
        return log.tail
    }

    @Test func `the tail is the last whole lines, together under 2,048 characters`() throws {
        let line = String(repeating: "x", count: 99) + "\n"
        let lines = (1...30).map { _ in line }
        #expect(try tail(lines) == String(repeating: line, count: 20))
        // 20 lines of 100 and one of 47 make 2,047, with one character more 2,048.
        let fitting = String(repeating: "y", count: 46) + "\n"
        #expect(try tail([fitting] + lines.prefix(20))?.count == 2047)
        #expect(try tail(["y" + fitting] + lines.prefix(20))?.count == 2000)
    }

    @Test func `a last line of 2,048 characters empties the tail`() throws {
        let long = String(repeating: "x", count: 2047) + "\n"
        #expect(try tail(["before\n", long]) == "")
        #expect(try tail(["before\n", String(long.dropFirst())])?.count == 2047)
    }

    @Test func `a long line cuts everything up to it`() throws {
        let long = String(repeating: "x", count: 5000) + "\n"
        #expect(try tail(["before\n", long, "after\n"]) == "after\n")
    }

    @Test func `characters count, not bytes`() throws {
        #expect(try tail([String(repeating: "ü", count: 2000) + "\n"])?.count == 2001)
    }

    @Test func `what is not UTF-8 has no tail`() throws {
        let log = try ScriptLog(path: folder("logs/scripts.log"))
        log.append([0x5B, 0xFF, 0x0A])
        #expect(log.tail == nil)
    }

    @Test func `an output is cut into lines, and a very long one is not kept`() throws {
        let log = try ScriptLog(path: folder("logs/scripts.log"))
        var lines = OutputLines(prefix: "[stdout]")
        lines.add(Array("a\nb".utf8)[...], to: log)
        lines.add(Array("c\nrest".utf8)[...], to: log)
        lines.finish(log)
        #expect(log.tail == "[stdout]a\n[stdout]bc\n[stdout]rest")
        for _ in 0..<40 {
            lines.add([UInt8](repeating: 0x78, count: 10_000)[...], to: log)
        }
        lines.add(Array("\nlast\n".utf8)[...], to: log)
        #expect(log.tail == "[stdout]last\n")
        let written = contents(of: folder("logs/scripts.log"))
        #expect(written.count { $0 == 0x78 } == 400_000)
    }
}

@Suite struct CommandTests {
    @Test(arguments: [
        ("/a/b.sh", ["/a/b.sh"], false),
        ("/a/my script.sh", ["/a/my", "script.sh"], false),
        ("su deploy -c /a/b.sh", ["su", "deploy", "-c", "/a/b.sh"], false),
        ("/a/b.sh;true", ["sh", "-c", "/a/b.sh;true"], true),
        ("/a=b/c", ["/a=b/c"], false), ("a=b c", ["sh", "-c", "a=b c"], true),
    ])
    func `a command line goes through a shell only where it must`(
        line: String, words: [String], usesShell: Bool
    ) {
        let command = Command(line)
        #expect(command.words == words)
        #expect(command.usesShell == usesShell)
    }
}

@Suite struct PathsTests {
    @Test(arguments: [
        ("/a//b/", "/a/b"), ("a/./b", "/a/b"), ("/a/../../b", "/b"), ("", "/"), ("//", "/"),
    ])
    func `a path is expanded as Ruby does it`(path: String, expanded: String) {
        #expect(Paths.expanded(path) == expanded)
    }

    @Test(arguments: [
        ("/a/b/", "/a", "b"), ("/a", "/", "a"), ("a", ".", "a"), ("/a//b", "/a", "b"),
    ])
    func `a path has a folder and a name`(path: String, folder: String, name: String) {
        #expect(Paths.folder(of: path) == folder)
        #expect(Paths.name(of: path) == name)
    }
}

@Suite struct AccessControlListTests {
    private func list(_ entries: [String], mode: UInt32) throws -> String {
        AccessControlList(
            try entries.map { try AccessControlEntry($0, agent: .v18) }, mode: mode
        ).description
    }

    @Test func `base entries are the mode's, and the mask is the group's bits`() throws {
        #expect(
            try list(["user:deploy:rwx"], mode: 0o100640)
                == "user:deploy:rwx,user::rw-,group::r--,other::---,mask::r--")
        #expect(try list([], mode: 0o100755) == "user::rwx,group::r-x,other::r-x")
        #expect(
            try list(["u:deploy:rw", "m:rwx"], mode: 0o600)
                == "user:deploy:rw-,mask::rwx,user::rw-,group::---,other::---")
    }

    @Test func `a default entry brings the defaults that are missing`() throws {
        #expect(
            try list(["d:u:deploy:rwx"], mode: 0o40750)
                == "default:user:deploy:rwx,user::rwx,group::r-x,other::---,"
                + "default:user::rwx,default:group::r-x,default:other::---,default:mask::r-x")
    }
}
