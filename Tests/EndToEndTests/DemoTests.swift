import ExampleRepository
import FoundationEssentials
import TestSupport
import Testing

@Suite("The demo")
struct DemoTests {
    let slipway = Slipway()

    @Test func `shows every command and what came of it`() throws {
        // Both streams into one, as they are on a terminal or in the log of a job.
        let outcome = try Program("/bin/sh").run(
            ["-c", "exec \"$0\" demo 2>&1", Program.built("slipway").path],
            environment: slipway.environment)
        #expect(outcome.status == 0)
        expectSnapshot(steady(outcome.text), named: "demo")
    }

    /// Without the lines of progress, which come as things happen to be seen, and with the same
    /// words for what is random.
    private func steady(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter {
            !$0.contains(#/^  \d:\d\d  |^         /#) && !$0.hasPrefix("Hooks run without")
        }
        return slipway.steady(lines.joined(separator: "\n"))
            .replacing(#/\/tmp\/slipway-demo-\w{6}/#, with: "FOLDER")
            .replacing(#/127\.0\.0\.1:\d+/#, with: "ADDRESS")
            .replacing(#/AKIA\w{16}/#, with: "ACCESS-KEY-ID")
            .replacing(#/d-[A-Z0-9]{9}/#, with: "d-ID")
            .replacing(#/after \d+s/#, with: "after SECONDS")
            .replacing(#/^\d\d-\d\d \d\d:\d\d/#.anchorsMatchLineEndings(), with: "TIME")
            .replacing(#/(failed|succeeded) ( *)\d+s +shop/#) { "\($0.1) \($0.2)SECONDS  shop" }
    }

    @Test func `deploys the repository that lies in the folder`() throws {
        let sources = #filePath.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast(3).joined(separator: "/")
        let folder = sources + "/Sources/ExampleRepository/Repository"
        let files = FileManager.default
        var paths: [String] = []
        for path in try files.subpathsOfDirectory(atPath: folder) {
            var isFolder = false
            guard files.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder),
                !isFolder
            else { continue }
            paths.append(path)
            let file = try #require(ExampleRepository.files.first { $0.path == path })
            #expect(files.contents(atPath: "\(folder)/\(path)") == Data(file.contents))
            #expect(files.isExecutableFile(atPath: "\(folder)/\(path)") == file.isExecutable)
        }
        #expect(paths.sorted() == ExampleRepository.files.map(\.path).sorted())
    }
}
