import FoundationEssentials
import Glibc
import RevisionArchive
import SlipwayCore
import Testing

@Suite("An application folder")
struct ApplicationFolderTests {
    /// A repository in a folder of its own, removed when the body is done.
    private func withRepository(_ body: (String) throws -> Void) throws {
        let path =
            FileManager.default.temporaryDirectory.path
            + "/slipway-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func write(_ text: String, to path: String) throws {
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(
            atPath: "/" + folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    private func flaw(_ root: String, in repository: String) -> ApplicationFolderError? {
        #expect(throws: ApplicationFolderError.self) {
            try ApplicationFolder(ApplicationRoot(root), in: repository).size()
        }
    }

    @Test func `holds every file but git's own`() throws {
        try withRepository { repository in
            try write("12345", to: repository + "/a")
            try write("123", to: repository + "/web/.hidden/ä b")
            try write("ignored", to: repository + "/.git/config")
            try write("gitdir: x", to: repository + "/web/module/.git")
            try FileManager.default.createDirectory(
                atPath: repository + "/empty", withIntermediateDirectories: true)
            symlink("else", repository + "/web/link")
            mkfifo(repository + "/web/pipe", 0o600)
            let whole = try ApplicationFolder(ApplicationRoot("/"), in: repository).size()
            #expect(whole == RevisionSize(fileCount: 3, byteCount: 5 + 3 + 4))
            let web = try ApplicationFolder(ApplicationRoot("/web/"), in: repository).size()
            #expect(web == RevisionSize(fileCount: 2, byteCount: 3 + 4))
        }
    }

    @Test func `lies inside the repository, wherever links lead`() throws {
        try withRepository { repository in
            try write("x", to: repository + "/inner/app/file")
            symlink("inner/app", repository + "/within")
            symlink("/etc", repository + "/outside")
            symlink("../..", repository + "/inner/above")
            symlink(repository, repository + "/top")
            let size = try ApplicationFolder(ApplicationRoot("/within"), in: repository).size()
            #expect(size.fileCount == 1)
            let top = try ApplicationFolder(ApplicationRoot("/top"), in: repository)
            #expect(try top.path == ApplicationFolder(ApplicationRoot("/"), in: repository).path)
            for root in ["/outside", "/inner/above"] {
                #expect(
                    flaw(root, in: repository)?.problems.first?.code == "root-leaves-repository")
            }
            // Whoever's name begins like the repository's is not inside it.
            try write("x", to: repository + "-other/file")
            defer { try? FileManager.default.removeItem(atPath: repository + "-other") }
            symlink(repository + "-other", repository + "/sibling")
            #expect(
                flaw("/sibling", in: repository)?.problems.first?.code == "root-leaves-repository")
        }
    }

    @Test func `is there, and is a folder`() throws {
        try withRepository { repository in
            try write("x", to: repository + "/file")
            #expect(flaw("/nothing", in: repository)?.problems.first?.code == "root-missing")
            #expect(flaw("/file/below", in: repository)?.problems.first?.code == "root-missing")
            #expect(flaw("/file", in: repository)?.problems.first?.code == "root-not-a-folder")
        }
    }
}
