import ConfigurationFiles
import SlipwayCore
import Testing

/// What a hostile or broken text is refused for.
@Suite("Untrusted YAML")
struct YAMLLimitTests {
    static let good = """
        deployment:
          production:
            branch: master
            codedeploy:
              my-app:
                deployment_group: instances

        """

    private static func code(_ text: String) -> String? {
        do {
            let file = try CircleFileReader.read(text, file: "circle.yml")
            return file.problems.first?.code
        } catch {
            return error.problems.first?.code
        }
    }

    @Test func `of more than 1 MiB is refused, of 1 MiB is read`() {
        let room = (1 << 20) - Self.good.utf8.count
        let full = Self.good + "#" + String(repeating: "x", count: room - 1)
        #expect(full.utf8.count == 1 << 20)
        #expect(Self.code(full) == nil)
        #expect(Self.code(full + "x") == "file-too-large")
    }

    @Test(arguments: ["[", "{a: ", "- ", "? "])
    func `is nested 64 levels deep and no deeper`(opening: String) {
        #expect(Self.code(String(repeating: opening, count: 10_000)) == "nested-too-deep")
        // 62 lists in a list of the file's mapping are 64 levels.
        let fits = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
        #expect(Self.code("a: \(fits)\n" + Self.good) == nil)
        #expect(Self.code("a: [\(fits)]\n" + Self.good) == "nested-too-deep")
    }

    @Test func `has aliases, as long as they do not multiply`() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(Self.code(bomb + Self.good) == "alias-bomb")
        // As deep as an alias can make it.
        let chain = (1...70).map { "b\($0): &b\($0) [*b\($0 - 1)]\n" }.joined()
        #expect(Self.code("b0: &b0 x\n" + chain + Self.good) == "nested-too-deep")
        #expect(Self.code("a: &a [*a]\n" + Self.good) == "unknown-alias")
        #expect(Self.code("a: *a\n" + Self.good) == "unknown-alias")
    }

    @Test func `has a bounded number of values`() {
        let keys = (0..<100_000).map { "k\($0):\n" }.joined()
        #expect(Self.code(keys + Self.good) == "too-many-values")
        let few = (0..<4_900).map { "k\($0):\n" }.joined()
        #expect(Self.code(few + Self.good) == nil)
    }

    @Test func `with a byte order mark or CRLF is read as without`() throws {
        let plain = try CircleFileReader.read(Self.good, file: "circle.yml")
        let marked = try CircleFileReader.read("\u{FEFF}" + Self.good, file: "circle.yml")
        let windows = Self.good.split(separator: "\n").joined(separator: "\r\n")
        #expect(plain == marked)
        #expect(try CircleFileReader.read(windows, file: "circle.yml") == plain)
        #expect(plain.sections.count == 1)
    }

    @Test(arguments: [
        ("a: b\u{0}c", "yaml-syntax", 1, 5), ("x: 1\né: \u{7}", "yaml-syntax", 2, 4),
        ("a:\n\tb: c", "yaml-syntax", 2, 1), ("--- a\n--- b", "yaml-syntax", 2, 1),
        ("a: 'b", "yaml-syntax", 1, 6),
    ])
    func `has the place of what cannot be read`(text: String, code: String, line: Int, column: Int)
    {
        let error = #expect(throws: DocumentError.self) {
            try CircleFileReader.read(text, file: "circle.yml")
        }
        let problem = error?.problems.first
        #expect(problem?.code == code)
        #expect(problem?.line == line)
        #expect(problem?.column == column)
    }

    @Test func `that is not UTF-8 is refused with its line`() {
        func problem(_ bytes: [UInt8]) -> Problem? {
            let error = #expect(throws: DocumentError.self) {
                try bytes.withUnsafeBytes { try CircleFileReader.read($0, file: "circle.yml") }
            }
            return error?.problems.first
        }
        let latin = Array("a: b\nc: caf".utf8) + [0xE9, 0x0A]
        #expect(problem(latin)?.code == "not-utf-8")
        #expect(problem(latin)?.line == 2)
        #expect(problem([0xFF, 0xFE, 0x61, 0x00])?.message == "the file is UTF-16")
    }

    @Test func `elsewhere in the file is nobody's business`() throws {
        let text = """
            machine: &m {node: {version: 1}}
            test: {override: [*m, x]}
            test: twice
            general: {branches: {only: [master]}}

            """
        #expect(try CircleFileReader.read(text + Self.good, file: "circle.yml").problems == [])
    }
}
