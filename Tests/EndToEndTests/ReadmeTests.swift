import FoundationEssentials
import Testing

/// What the README shows is what snapshots hold, so it cannot grow old.
@Suite struct ReadmeTests {
    private static func file(_ path: String) throws -> String {
        let top = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
            .joined(separator: "/")
        return try String(contentsOfFile: "\(top)/\(path)", encoding: .utf8)
    }

    @Test func `its screen is the picture of one failed of nine`() throws {
        let snapshot = try Self.file("Tests/LiveScreensTests/Snapshots/one-failed-of-nine.txt")
        let screen = snapshot.split(separator: "\n", omittingEmptySubsequences: false)
            .dropFirst().prefix { $0.hasPrefix("|") }.map { $0.dropFirst() }
            .joined(separator: "\n")
        #expect(screen.contains("last event"))
        #expect(try Self.file("README.md").contains(screen))
    }

    @Test func `its key table is made of the bindings`() throws {
        let table = try Self.file("Tests/AdminScreensTests/Snapshots/key-table.txt")
        #expect(try Self.file("README.md").contains(table))
    }
}
