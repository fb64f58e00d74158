import Glibc
import RevisionArchive
import SlipwayCore
import Synchronization
import TestSupport
import Testing

@Suite("Packing")
struct PackingTests {
    let tree = Tree()

    /// Something of everything: small and large, compressible and not, both in one.
    private func fill() {
        tree.file("empty", "")
        tree.file("one", "x")
        tree.file("prose", prose(300_000))
        tree.file("noise", noise(300_000), mode: 0o600)
        tree.file("limit", prose(2 << 20, seed: 5))
        tree.file("beyond", prose(2 << 20, seed: 6) + [1])
        tree.file("large", prose(3_500_000, seed: 7), mode: 0o755)
        tree.file("large-noise", noise(2_500_000, seed: 8))
        tree.file("large-mixed", noise(1 << 20, seed: 9) + prose(1 << 20) + noise(70_001, seed: 2))
        tree.file("zeros", [UInt8](repeating: 0, count: 5_000_000))
        tree.directory("hollow")
        tree.link("link", to: "folder/ä ö")
        tree.file("folder/ä ö", "umlauts")
        tree.file("folder-1", "sorts before what is in the folder")
    }

    @Test func `gives back every byte, mode, link and empty folder`() throws {
        fill()
        let entries = try ZipReader(tree.packed()).entries
        #expect(
            entries.map(\.name) == [
                "beyond", "empty", "folder-1", "folder/ä ö", "hollow/", "large", "large-mixed",
                "large-noise", "limit", "link", "noise", "one", "prose", "zeros",
            ])
        for entry in entries where entry.mode & 0o170000 == 0o100000 {
            #expect(entry.contents == contents(of: tree.folder(entry.name)), "\(entry.name)")
            #expect(tree.folder.mode(entry.name) == entry.mode & 0o7777, "\(entry.name)")
        }
        let link = try #require(entries.first { $0.name == "link" })
        #expect(link.mode == 0o120777 && link.contents == Array("folder/ä ö".utf8))
        let hollow = try #require(entries.first { $0.name == "hollow/" })
        #expect(hollow.mode == 0o040755 && hollow.contents == [])
        // Names are marked as UTF-8.
        #expect(entries.allSatisfy { $0.flags & 1 << 11 != 0 })
        // What does not compress is stored.
        let stored = entries.filter { $0.method == 0 }.map(\.name)
        #expect(
            stored == ["empty", "folder-1", "folder/ä ö", "hollow/", "link", "noise", "one"])
        let streamed = entries.filter { $0.flags & 8 != 0 }.map(\.name)
        #expect(streamed == ["beyond", "large", "large-mixed", "large-noise", "zeros"])
    }

    @Test func `does not grow what does not compress`() throws {
        tree.file("noise", noise(5_000_000))
        #expect(try tree.packed().count < 5_000_000 + 1000)
    }

    @Test func `makes the same bytes with one thread and with many, of another copy too`() throws {
        fill()
        let once = try tree.packed(threads: 1)
        for threads in [2, 3, 8] { #expect(try tree.packed(threads: threads) == once) }
        let copy = TemporaryFolder()
        let outcome = try Program("/bin/cp").run(
            ["-R", "--preserve=mode", "--no-dereference", tree.path, copy("copy")])
        try #require(outcome.status == 0)
        let folder = try ApplicationFolder(ApplicationRoot("/copy"), in: copy.path)
        #expect(try folder.survey().packed() == once)
    }

    @Test(arguments: ["truncate", "grow", "touch", "replace", "link", "pipe", "remove", "chmod"])
    func `fails when a file is changed after the tree was listed`(_ change: String) throws {
        let path = tree.file("data/file", prose(100_000))
        let survey = try tree.survey()
        switch change {
        case "truncate": truncate(path, 50_000)
        case "grow": truncate(path, 100_001)
        case "touch": tree.file("data/file", prose(100_000, seed: 2))
        case "replace":
            tree.file("data/new", prose(100_000))
            rename(tree.folder("data/new"), path)
        case "link":
            rename(path, tree.folder("data/elsewhere"))
            symlink("elsewhere", path)
        case "pipe":
            unlink(path)
            mkfifo(path, 0o644)
        case "chmod": chmod(path, 0o600)
        default: unlink(path)
        }
        #expect(throws: PackingError.changed(path: "data/file")) { try survey.packed() }
    }

    @Test func `fails when a folder is replaced by a link to another`() throws {
        tree.file("data/file", "mine")
        let other = Tree()
        other.file("file", "somebody's")
        let survey = try tree.survey()
        rename(tree.folder("data"), tree.folder("moved"))
        symlink(other.path, tree.folder("data"))
        #expect(throws: PackingError.changed(path: "data/file")) { try survey.packed() }
    }

    @Test func `fails when a large file changes while it is read`() throws {
        let path = tree.file("large", noise(24 << 20))
        let survey = try tree.survey()
        var hasChanged = false
        #expect(throws: PackingError.changed(path: "large")) {
            try survey.pack { _ in
                // The first bytes are out; the window is not so large as the file.
                if !hasChanged { truncate(path, 24 << 20 - 1) }
                hasChanged = true
            }
        }
        #expect(hasChanged)
    }

    @Test func `ends at once with what the sink throws`() throws {
        struct Full: Error {}
        tree.file("large", noise(12 << 20))
        var count = 0
        #expect(throws: Full.self) {
            try tree.survey().pack { _ in
                count += 1
                throw Full()
            }
        }
        #expect(count == 1)
    }

    @Test func `tells how far it is`() throws {
        fill()
        let survey = try tree.survey()
        var seen: [PackingProgress] = []
        let packed = try survey.pack(progress: { seen.append($0) }, into: { _ in })
        let last = try #require(seen.last)
        #expect(last.packed == survey.size && last.whole == survey.size)
        #expect(last.archiveByteCount == packed.archiveByteCount)
        #expect(seen.count > survey.size.fileCount)
        for (one, next) in zip(seen, seen.dropFirst()) {
            #expect(one.packed.byteCount <= next.packed.byteCount)
            #expect(one.archiveByteCount <= next.archiveByteCount)
        }
    }

    @Test func `packs more entries than 16 bits count`() throws {
        tree.directory("many")
        for number in 0..<66_000 {
            let file = open(tree.folder("many/\(number)"), O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
            try #require(file >= 0)
            close(file)
        }
        let bytes = try tree.packed()
        let end = Array(bytes.suffix(22))
        // The old record says that the number stands elsewhere; the new one says it.
        #expect(end[8...11].allSatisfy { $0 == 0xFF })
        let record = Array(bytes.suffix(22 + 20 + 56))
        #expect(Array(record[0..<4]) == [0x50, 0x4B, 0x06, 0x06])
        #expect(record[24..<32].enumerated().reduce(0) { $0 | Int($1.1) << (8 * $1.0) } == 66_000)
    }
}

@Suite("Parts")
struct PartTests {
    let tree = Tree()

    private func parts(_ byteCount: Int) async throws -> [RevisionParts.Part] {
        let stream = RevisionParts(packing: try tree.survey(), partByteCount: byteCount)
        var parts: [RevisionParts.Part] = []
        while let part = try await stream.next() { parts.append(part) }
        #expect(try await stream.next()?.number == nil)
        return parts
    }

    @Test func `make up the archive, all of one size but the last`() async throws {
        tree.file("a", noise(1_000_000))
        tree.file("b", prose(3_000_000))
        let whole = try tree.packed()
        for byteCount in [1 << 16, 1 << 20, whole.count - 1, whole.count, whole.count + 1] {
            let parts = try await parts(byteCount)
            #expect(parts.flatMap(\.bytes) == whole)
            #expect(parts.dropLast().allSatisfy { $0.bytes.count == byteCount && !$0.isLast })
            #expect(parts.map(\.number) == Array(1...parts.count))
            let last = try #require(parts.last)
            #expect(!last.bytes.isEmpty && last.archive?.archiveByteCount == whole.count)
        }
        // A small archive is one part, that knows it.
        #expect(try await parts(1 << 30).count == 1)
    }

    @Test func `are made no faster than they are asked for`() async throws {
        tree.file("noise", noise(40 << 20))
        let made = Mutex(0)
        let stream = RevisionParts(packing: try tree.survey(), partByteCount: 1 << 20) { progress in
            made.withLock { $0 = progress.archiveByteCount }
        }
        for number in 1...20 {
            let part = try #require(try await stream.next())
            #expect(part.number == number)
            // The part itself, and one that is filled.
            #expect(made.withLock(\.self) <= (number + 1) << 20)
        }
    }

    @Test func `fail again and again, and at once`() async throws {
        let path = tree.file("file", prose(5_000_000))
        let survey = try tree.survey()
        truncate(path, 10)
        let stream = RevisionParts(packing: survey, partByteCount: 1 << 20)
        for _ in 0..<3 {
            await #expect(throws: PackingError.changed(path: "file")) { try await stream.next() }
        }
    }

    @Test func `end with the task that asks`() async throws {
        tree.file("noise", noise(40 << 20))
        let stream = RevisionParts(packing: try tree.survey(), partByteCount: 1 << 20)
        let task = Task {
            while try await stream.next() != nil { await Task.yield() }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await #expect(throws: CancellationError.self) { try await stream.next() }
    }

    @Test func `end when nobody wants them any more`() async throws {
        tree.file("noise", noise(40 << 20))
        weak var reached: RevisionParts?
        do {
            let stream = RevisionParts(packing: try tree.survey(), partByteCount: 1 << 20)
            reached = stream
            _ = try await stream.next()
        }
        #expect(reached == nil)
    }
}
