import SlipwayCore
import Testing

@Suite("A section's pattern")
struct ReferencePatternTests {
    @Test(arguments: [
        ("master", "master", true), ("master", "Master", false), ("master", "master2", false),
        ("feature/x", "feature/x", true), ("1111.1", "1111.1", true),
        ("/feature-.*/", "feature-x", true), ("/feature-.*/", "my-feature-x", false),
        ("/feature/", "feature-x", false), ("/v[0-9]+(\\.[0-9]+)*/", "v1.2.3", true),
        ("/v[0-9]+(\\.[0-9]+)*/", "v1.2-rc", false), ("/.*?/", "any/thing", true),
        ("/^(?!master$).*$/", "develop", true), ("/^(?!master$).*$/", "master", false),
        ("/^((?!master).)*$/", "my-master", false), ("/master|channel\\/[\\w-]+/", "master", true),
        ("/master|channel\\/[\\w-]+/", "channel/a-b", true), ("/a|ab/", "ab", true),
        ("/master|channel\\/[\\w-]+/", "channel/a/b", false), ("/(?i)MASTER/", "master", true),
        ("/é+/", "éé", true), ("/./", "e\u{301}", false), ("/[a-z&&[^m]]+/", "am", false),
    ])
    func `matches a whole name, capitals and all`(
        text: String, reference: String, matches: Bool
    ) throws {
        var budget = ReferencePattern.stepLimit
        let isMatch = try ReferencePattern(text).matches(reference, budget: &budget)
        #expect(isMatch == matches)
    }

    @Test(arguments: ["", "//", "/", "/release-", "release-/", "/(/", "/[/", "/*/"])
    func `is refused where it is none`(text: String) {
        #expect(throws: ReferencePatternError.self) { try ReferencePattern(text) }
    }
}

/// Sections as they stand in a file, one to a line.
private func section(
    _ name: String, line: Int, branch: [String] = [], tag: [String] = [], owner: String? = nil,
    isOurs: Bool = true
) throws -> DeploymentSection {
    let place = SourcePlace(file: "circle.yml", line: line, column: 3)
    return DeploymentSection(
        name: Placed(name, at: place),
        branches: try branch.map { Placed(try ReferencePattern($0), at: place) },
        tags: try tag.map { Placed(try ReferencePattern($0), at: place) },
        owner: owner.map { Placed($0, at: place) }, applications: isOurs ? [] : nil)
}

@Suite("The choice of a section")
struct SectionChoiceTests {
    private static func sections() throws -> [DeploymentSection] {
        [
            try section("docs", line: 2, branch: ["master"], isOurs: false),
            try section("forked", line: 4, branch: ["master"], owner: "Acme"),
            try section("production", line: 6, branch: ["master", "/release-.*/"]),
            try section("all", line: 8, branch: ["/.*/"]),
            try section("tagged", line: 10, tag: ["/v.*/"]),
            try section("late", line: 12, branch: ["master"], tag: ["v1"]),
        ]
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var branch: String?
        var tag: String?
        var owner: String?
        let taken: String?
        var skipped: [String] = []
        var overtaken: [String] = []
        var testDescription: String { "\(branch ?? tag ?? "nothing") of \(owner ?? "nobody")" }
    }

    @Test(arguments: [
        Row(
            branch: "master", owner: "acme", taken: "forked",
            skipped: ["production", "all", "late"], overtaken: ["docs"]),
        Row(
            branch: "master", owner: "mallory", taken: "production", skipped: ["all", "late"],
            overtaken: ["docs"]),
        Row(branch: "master", taken: "production", skipped: ["all", "late"], overtaken: ["docs"]),
        Row(branch: "release-1", owner: "acme", taken: "production", skipped: ["all"]),
        Row(branch: "develop", taken: "all"), Row(branch: "v1", taken: "all"),
        Row(tag: "v1", taken: "tagged", skipped: ["late"]), Row(tag: "v2", taken: "tagged"),
        Row(tag: "master", taken: nil), Row(taken: nil),
    ])
    func `is the first of ours in the file that matches`(row: Row) throws {
        let build = Build(
            branch: row.branch.map { Sourced($0, from: .git) },
            tag: row.tag.map { Sourced($0, from: .flag) })
        let choice = try SectionChoice(for: build, owner: row.owner, among: try Self.sections())
        #expect(choice.taken?.name.value == row.taken)
        #expect(choice.skipped.map(\.name.value) == row.skipped)
        #expect(choice.overtaken.map(\.name.value) == row.overtaken)
    }

    @Test func `cannot be made where a pattern takes too long, which is said with its place`()
        throws
    {
        let slow = "/(?=(.{0,60}){0,40}x).*/"
        let build = Build(branch: Sourced(String(repeating: "a", count: 1000), from: .git))
        let sections = [
            try section("a", line: 2, branch: [slow]), try section("b", line: 4, branch: ["b"]),
            try section("c", line: 6, branch: [slow], isOurs: false),
        ]
        let error = #expect(throws: SlowPattern.self) {
            try SectionChoice(for: build, owner: nil, among: sections)
        }
        #expect(error?.problems.map(\.line) == [2])
        #expect(error?.problems.first?.message.contains(slow) == true)
        let failed = #expect(throws: PlanError.self) {
            try plan(build: build, settings: [:], sections: sections)
        }
        #expect(failed?.problems.map(\.code) == ["slow-expression"])
    }

    @Test func `by name takes a section of ours, whatever was built`() throws {
        let sections = try Self.sections()
        #expect(SectionChoice(named: "late", among: sections)?.taken?.name.value == "late")
        #expect(SectionChoice(named: "docs", among: sections) == nil)
        #expect(SectionChoice(named: "nothing", among: sections) == nil)
    }
}
