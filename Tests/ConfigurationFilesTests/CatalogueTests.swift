import ConfigurationFiles
import SlipwayCore
import TestSupport
import Testing

/// Broken files and exactly what is said of each, in one file that reads as a catalogue.
@Suite("The catalogue of broken circle.yml files")
struct CatalogueTests {
    @Test func `says of each file what it always said`() {
        let text =
            BrokenFile.all.enumerated().map { index, broken in
                "\(index + 1). \(broken.title)\n\n\(Self.listing(broken.text))\n\n\(Self.verdict(broken))"
            }.joined(separator: "\n\n") + "\n"
        expectSnapshot(text, named: "circle-yml-catalogue")
    }

    @Test(arguments: BrokenFile.all)
    func `has a place, a mend and a code for every mistake`(broken: BrokenFile) {
        let problems = Self.problems(broken)
        #expect(problems.contains { $0.severity == .error })
        for problem in problems {
            #expect(problem.file == "circle.yml")
            #expect(problem.fix != nil)
            #expect(problem.code.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" })
            #expect(!problem.message.hasSuffix("."))
        }
        let lines = problems.compactMap(\.line)
        #expect(lines == lines.sorted())
    }

    /// Everything that is said of a file when its branch is built, without project settings but
    /// those of the application `stored`.
    private static func problems(_ broken: BrokenFile) -> [Problem] {
        var found: [Problem] = []
        do {
            let file = try CircleFileReader.read(broken.text, file: "circle.yml")
            found = file.problems
            let settings = try ApplicationSettings(fields: [
                .applicationRoot: "/", .region: "us-east-1", .bucket: "stored-bucket",
                .keyPattern: "{SHORT_COMMIT}",
            ])
            let stored = [try ApplicationName("stored"): settings]
            let commit = try #require(CommitID(String(repeating: "a", count: 40)))
            let build = Build(
                branch: Sourced(broken.branch, from: .git), commit: Sourced(commit, from: .git))
            found += try plan(build: build, settings: stored, sections: file.sections).warnings
        } catch {
            found += (error as? any ProblemReporting)?.problems ?? []
        }
        return found.inFileOrder
    }

    private static func verdict(_ broken: BrokenFile) -> String {
        problems(broken).map { problem in
            let lines = [
                "\(problem.severity.rawValue): \(problem.place ?? "-"): \(problem.message)",
                problem.why.map { "  why: \($0)" }, problem.fix.map { "  fix: \($0)" },
                "  [\(problem.code)]",
            ]
            return lines.compactMap(\.self).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// The file with line numbers, cut where it is long.
    private static func listing(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let shown = lines.prefix(24).enumerated().map { index, line in
            let number = String(index + 1)
            let padding = String(repeating: " ", count: max(0, 4 - number.count))
            let escaped = UntrustedText(String(line)).escaped
            let cut = escaped.count > 90 ? escaped.prefix(90) + "..." : escaped[...]
            return "\(padding)\(number) | \(cut)"
        }
        return (shown + (lines.count > 24 ? ["     | ..."] : [])).joined(separator: "\n")
    }
}
