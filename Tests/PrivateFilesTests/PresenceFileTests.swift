import Glibc
import PrivateFiles
import TestSupport
import Testing

@Suite("A presence file")
struct PresenceFileTests {
    let folder = TemporaryFolder()

    private func presence() -> PresenceFile {
        PresenceFile(at: folder("presence"), besides: folder("companion"))
    }

    @Test func `shows what somebody holds, and no neighbour of it`() throws {
        let one = presence()
        try one.hold(7)
        #expect(try one.held(among: [6, 7, 8]) == [7])
        #expect(try presence().held(among: [6, 7, 8]) == [7])
    }

    @Test func `shows nothing once it is let go of`() throws {
        let one = presence()
        try one.hold(7)
        try one.hold(8)
        one.release(7)
        #expect(try presence().held(among: [7, 8]) == [8])
    }

    @Test func `shows a number as long as one of its holders is there`() throws {
        let one = presence()
        try one.hold(7)
        do {
            let other = presence()
            try other.hold(7)
            #expect(try other.held(among: [7]) == [7])
        }
        #expect(try presence().held(among: [7]) == [7])
        one.release(7)
        #expect(try presence().held(among: [7]) == [])
    }

    @Test func `is still held after a look from the same process`() throws {
        let one = presence()
        try one.hold(7)
        _ = try presence().held(among: [7])
        #expect(try presence().held(among: [7]) == [7])
    }

    @Test func `is private, and made by holding only`() throws {
        #expect(try presence().held(among: [1]) == [])
        #expect(folder.names == [])
        try presence().hold(1)
        #expect(folder.mode("presence") == 0o600)
        #expect(contents(of: folder("presence")).isEmpty)
    }

    @Test func `is not made through a link`() throws {
        symlink(folder("elsewhere"), folder("presence"))
        #expect(throws: PrivateFileError.self) { try presence().hold(1) }
        #expect(folder.mode("elsewhere") == nil)
    }

    @Test func `belongs to whom the other file belongs to`() throws {
        guard geteuid() == 0 else { return }
        folder.write("companion", "")
        chown(folder("companion"), 12345, 12345)
        let one = presence()
        try one.hold(1)
        #expect(PrivateFile.identity(of: folder("presence"))?.owner == 12345)
    }
}
