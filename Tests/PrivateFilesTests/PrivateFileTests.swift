import Glibc
import PrivateFiles
import SlipwayCore
import TestSupport
import Testing

/// The umask belongs to the whole process, so these tests take turns.
@Suite("A private file", .serialized)
struct PrivateFileTests {
    let folder = TemporaryFolder()

    @Test(arguments: [0o000, 0o022, 0o077, 0o777] as [mode_t])
    func `has mode 0600 and its folders 0700 whatever the umask`(mask: mode_t) throws {
        let old = umask(mask)
        defer { umask(old) }
        try PrivateFolder.create(folder("one/two"))
        try "text".utf8.withContiguousStorageIfAvailable {
            try PrivateFile.create(at: folder("one/two/file"), contents: UnsafeRawBufferPointer($0))
        }
        let temporary = try PrivateFile.createTemporary(beside: folder("one/two/other"))
        try PrivateFile.moveIntoPlace(temporary.path, at: folder("one/two/other"))
        #expect(folder.mode("one") == 0o700)
        #expect(folder.mode("one/two") == 0o700)
        #expect(folder.mode("one/two/file") == 0o600)
        #expect(folder.mode("one/two/other") == 0o600)
        #expect(contents(of: folder("one/two/file")) == Array("text".utf8))
    }

    @Test func `does not replace what is there, and leaves nothing beside it`() throws {
        folder.write("file", "mine")
        #expect(throws: PrivateFileError.exists(path: folder("file"))) {
            try [UInt8](repeating: 1, count: 9).withUnsafeBytes {
                try PrivateFile.create(at: folder("file"), contents: $0)
            }
        }
        let temporary = try PrivateFile.createTemporary(beside: folder("file"))
        #expect(throws: PrivateFileError.exists(path: folder("file"))) {
            try PrivateFile.moveIntoFreePlace(temporary.path, at: folder("file"))
        }
        temporary.remove()
        #expect(folder.names == ["file"])
        #expect(contents(of: folder("file")) == Array("mine".utf8))
    }

    @Test(arguments: [0o644, 0o640, 0o604, 0o602, 0o700] as [mode_t])
    func `is refused with wider permissions, and the chmod that mends it`(mode: mode_t) throws {
        let path = folder.write("data base.db", "x", mode: mode)
        let error = #expect(throws: PrivateFileError.self) { try PrivateFile.check(path) }
        let problem = try #require(error?.problems.first)
        #expect(problem.fix == "chmod 0600 '\(path)'")
        _ = try Program("/bin/sh").run(["-c", problem.fix ?? ""])
        #expect(throws: Never.self) { try PrivateFile.check(path) }
    }

    @Test(arguments: [0o600, 0o400, 0o200] as [mode_t])
    func `may have tighter permissions, or not be there`(mode: mode_t) {
        folder.write("file", "x", mode: mode)
        #expect(throws: Never.self) { try PrivateFile.check(folder("file")) }
        #expect(throws: Never.self) { try PrivateFile.check(folder("missing")) }
    }

    @Test func `is not read past its limit`() {
        let path = folder.write("file", String(repeating: "x", count: 129))
        #expect(throws: PrivateFileError.tooLarge(path: path, byteLimit: 128)) {
            try PrivateFile.read(path, byteLimit: 128, trust: .keyFile)
        }
    }
}

@Suite("A folder")
struct PrivateFolderTests {
    let folder = TemporaryFolder()

    @Test(arguments: [
        (0o700, false), (0o755, false), (0o775, true), (0o757, true), (0o1777, false),
    ])
    func `that others can write and is not sticky is refused`(mode: Int, isRefused: Bool) {
        chmod(folder.path, mode_t(mode))
        var refusal: PrivateFileError?
        do {
            try PrivateFolder.checkNotWritableByOthers(folder.path)
        } catch {
            refusal = error
        }
        let expected = PrivateFileError.folderWritableByOthers(
            path: folder.path, mode: UInt32(mode))
        #expect(refusal == (isRefused ? expected : nil))
    }

    @Test func `is not made where a file stands in the way`() {
        folder.write("file", "")
        #expect(throws: PrivateFileError.notAFolder(path: folder("file/below"))) {
            try PrivateFolder.create(folder("file/below"))
        }
    }

    @Test func `lets one process in at a time`() async throws {
        let path = folder.path
        let counts = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try PrivateFolder.withExclusiveLock(on: path) {
                        // Two at once would both find the file missing and both make it.
                        let before = access(path + "/inside", F_OK) == 0 ? 1 : 0
                        let file = open(path + "/inside", O_CREAT | O_RDWR, 0o600)
                        sched_yield()
                        unlink(path + "/inside")
                        close(file)
                        return [before]
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(counts == Array(repeating: 0, count: 8))
        #expect(folder.names.isEmpty)
    }

    @Test func `on this machine is on a local file system`() {
        #expect(FileSystemKind(at: folder.path).networkName == nil)
        #expect(FileSystemKind(at: "/proc").networkName == nil)
    }
}
