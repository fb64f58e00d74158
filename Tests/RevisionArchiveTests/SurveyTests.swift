import Glibc
import RevisionArchive
import SlipwayCore
import TestSupport
import Testing

@Suite("A survey")
struct SurveyTests {
    let tree = Tree()

    @Test func `leaves out git's own at any depth, and what is no file`() throws {
        tree.file("a", "12345")
        tree.file(".git/config")
        tree.file("vendor/module/.git", "gitdir: ../../.git/modules/module")
        tree.file("vendor/module/.gitignore", "123")
        tree.directory("nested/.git/objects")
        mkfifo(tree.folder("pipe"), 0o644)
        let survey = try tree.survey()
        #expect(survey.size == RevisionSize(fileCount: 2, byteCount: 8))
        #expect(survey.warnings == [.specialFile(path: "pipe", kind: "a pipe")])
        let names = try ZipReader(tree.packed()).entries.map(\.name)
        // The folder that held nothing but a repository's data is an empty one.
        #expect(names == ["a", "nested/", "vendor/module/.gitignore"])
    }

    @Test func `finds everything below many folders, and each of it once`() throws {
        var names: Set<String> = []
        for number in 0..<300 {
            let depth = number % 7
            let folder = (0..<depth).map { "\(number % (40 + $0))/" }.joined() + "\(number)"
            for name in ["\(folder)/one", "\(folder)/two/three"] {
                tree.file(name)
                names.insert(name)
            }
            if number % 50 == 0 { mkfifo(tree.folder("\(folder)/pipe"), 0o644) }
        }
        let survey = try tree.survey()
        #expect(survey.size == RevisionSize(fileCount: 600, byteCount: 600))
        let entries = try ZipReader(survey.packed()).entries.map(\.name)
        #expect(Set(entries) == names && entries.count == 600)
        #expect(entries == entries.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        let pipes = survey.warnings.compactMap(\.problem.file)
        #expect(pipes.count == 6 && pipes == pipes.sorted())
    }

    @Test func `refuses a folder that cannot be listed to its end`() throws {
        let ended = try EndedProcess()
        #expect {
            try ApplicationFolder(ApplicationRoot("/"), in: "/proc/\(ended.id)/net").survey()
        } throws: { error in
            (error as? RevisionSurveyError)?.flaws
                == [.unreadable(path: ".", message: String(cString: strerror(EINVAL)))]
        }
    }

    @Test(arguments: [
        ("in", "file"), ("in", "folder"), ("folder/in", "../file"), ("folder/in", "./inner/.././x"),
        ("in", "nothing/there"), ("a/b/in", "../../folder/x"), ("in", "over/x"),
        ("in", "folder/../file"), ("in", "nothing/../file"), ("in", "file/"), ("in", ".git/config"),
    ])
    func `takes links that stay inside`(_ name: String, _ target: String) {
        tree.file("file")
        tree.file("folder/x")
        tree.link("over", to: "folder")
        tree.link(name, to: target)
        let errors = tree.flaws().filter { !$0.isWarning }
        #expect(errors == [])
    }

    @Test(arguments: [
        ("out", ".."), ("out", "../x"), ("folder/out", "../../x"), ("out", "folder/../../x"),
        // The parent of what a link leads to is not the link's own.
        ("out", "deep/../.."), ("out", "nothing/../../x"), ("folder/out", "inner/../../../file"),
    ])
    func `refuses links that leave the root`(_ name: String, _ target: String) {
        tree.file("file")
        tree.file("folder/x")
        tree.link("deep", to: "folder/sub")
        tree.directory("folder/sub")
        // Through a link: up from the root's folder is out.
        tree.link("top", to: "folder")
        tree.link(name, to: target)
        let errors = tree.flaws().filter { !$0.isWarning }
        if target == "deep/../.." {
            #expect(errors == [.linkCycle(path: name, target: target)])
        } else {
            #expect(errors == [.linkLeavesRoot(path: name, target: target)])
        }
    }

    @Test func `refuses absolute links, also those into the root, once each`() {
        tree.file("file")
        tree.link("absolute", to: "/etc/passwd")
        tree.link("back", to: tree.folder("file"))
        tree.link("through", to: "absolute/x")
        #expect(
            tree.flaws() == [
                .linkAbsolute(path: "absolute", target: "/etc/passwd"),
                .linkAbsolute(path: "back", target: tree.folder("file")),
            ])
    }

    @Test(arguments: [
        ["p": "p"], ["p": "q", "q": "p"], ["p": "q", "q": "r", "r": "p/x"], ["d/up": ".."],
        ["d/self": "."], ["d/e/top": "../.."], ["d/x": "../e", "e/y": "../d"],
        ["a/to-b": "../b/inner", "b/inner/to-c": "../../c", "c/to-a": "../a"],
    ])
    func `refuses links that lead in a circle`(_ links: [String: String]) {
        tree.file("d/file")
        tree.file("d/e/file")
        tree.file("e/file")
        tree.file("b/inner/file")
        for (name, target) in links { tree.link(name, to: target) }
        let errors = tree.flaws().filter { !$0.isWarning }
        #expect(!errors.isEmpty)
        for error in errors {
            guard case .linkCycle(let path, let target) = error else {
                Issue.record("\(error)")
                continue
            }
            #expect(links[path] == target)
        }
    }

    @Test func `takes links between folders that come to an end`() {
        // As package managers lay out what depends on each other in a circle.
        tree.file("store/a/lib/index", "a")
        tree.file("store/b/lib/index", "b")
        tree.link("store/a/needs/b", to: "../../b/lib")
        tree.link("store/b/needs/a", to: "../../a/lib")
        tree.link("a", to: "store/a/lib")
        #expect(tree.flaws() == [.linksToFolders(path: "a", count: 3)])
        // A chain of 40 links is followed, one more is not.
        tree.file("end")
        for number in 1...40 {
            tree.link("chain-\(number)", to: number == 1 ? "end" : "chain-\(number - 1)")
        }
        #expect(tree.flaws() == [.linksToFolders(path: "a", count: 3)])
        tree.link("chain-41", to: "chain-40")
        #expect(
            tree.flaws().filter { !$0.isWarning } == [
                .linkCycle(path: "chain-41", target: "chain-40")
            ])
    }

    @Test func `refuses names that would arrive as others, all at once`() throws {
        tree.file("fine")
        tree.file("caf\u{E9}")
        tree.file("cafe\u{301}")
        tree.file("folder/line\nbreak")
        tree.file("README")
        tree.file("readme")
        let raw: [CChar] = Array((tree.path + "/latin-").utf8CString.dropLast()) + [-0x17, 0]
        let made = open(raw, O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
        try #require(made >= 0)
        close(made)
        let linkName: [CChar] = Array((tree.path + "/odd-link").utf8CString)
        symlink([-0x17, 0], linkName)
        let flaws = tree.flaws()
        #expect(flaws.contains(.nameNotUTF8(path: "latin-\\xE9")))
        #expect(flaws.contains(.nameControlCharacter(path: "folder/line\nbreak")))
        #expect(flaws.contains(.linkNotUTF8(path: "odd-link")))
        #expect(
            flaws.contains { flaw in
                if case .nameClash(let one, let other) = flaw {
                    return Set([Array(one.utf8), Array(other.utf8)])
                        == Set([Array("caf\u{E9}".utf8), Array("cafe\u{301}".utf8)])
                }
                return false
            })
        let byCase = flaws.filter { $0.problem.code == "names-differ-by-case" }
        #expect(byCase.count == 1 && byCase.allSatisfy(\.isWarning))
        #expect(flaws.count == 5)
        // An instance with Windows would have one of the two.
        #expect(tree.flaws(.caseInsensitive).filter { $0.problem.code == "name-clash" }.count == 2)
        for flaw in flaws {
            let problem = flaw.problem
            let texts = [problem.message, problem.why ?? "", problem.fix ?? ""]
            #expect(texts.allSatisfy { UntrustedText($0).escaped == $0 })
        }
    }

    @Test func `refuses paths that do not fit, and goes no deeper`() throws {
        let part = String(repeating: "n", count: 250)
        let root = open(tree.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        var folder = root
        for _ in 0..<20 {
            try #require(mkdirat(folder, part, 0o755) == 0)
            let next = openat(folder, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            close(folder)
            folder = next
        }
        close(folder)
        let flaws = tree.flaws()
        #expect(flaws.count == 1)
        guard case .nameTooLong(_, let byteCount, let byteLimit) = flaws.first else {
            Issue.record("\(flaws)")
            return
        }
        #expect(byteCount > byteLimit && byteCount <= byteLimit + 251)
    }

    @Test func `warns of permissions that get lost, and keeps the others`() throws {
        tree.file("tool", mode: 0o4755)
        tree.file("secret", mode: 0o640)
        tree.file("script", mode: 0o751)
        tree.file("drop/x")
        tree.directory("drop", mode: 0o1777)
        tree.file("usual/x")
        #expect(tree.flaws() == [.specialPermissions(path: "tool")])
        let modes = try ZipReader(tree.packed()).entries.map {
            "\($0.name) \(String($0.mode, radix: 8))"
        }
        #expect(
            modes == [
                "drop/ 40777", "drop/x 100644", "script 100751", "secret 100640", "tool 100755",
                "usual/x 100644",
            ])
    }

    @Test func `leaves out the file that it is written to`() throws {
        tree.file("a")
        let output = tree.file("old.zip", "PK")
        #expect(try tree.survey().size.fileCount == 2)
        #expect(try tree.survey(leavingOut: output).size.fileCount == 1)
        #expect(try tree.survey(leavingOut: tree.folder("new.zip")).size.fileCount == 2)
    }
}

/// A process that has ended and was not waited for. Its folder `net` can be opened, and to list it
/// fails: it has no network any more.
private final class EndedProcess {
    let id: pid_t

    init() throws {
        var process = pid_t()
        var arguments = [strdup("true"), nil]
        defer { free(arguments[0]) }
        try #require(posix_spawn(&process, "/bin/true", nil, nil, &arguments, nil) == 0)
        id = process
        var end = siginfo_t()
        try #require(waitid(P_PID, id_t(process), &end, WEXITED | WNOWAIT) == 0)
    }

    deinit { waitpid(id, nil, 0) }
}
