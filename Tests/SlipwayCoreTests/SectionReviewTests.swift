import SlipwayCore
import Testing

@Suite("The review of sections that a build does not take")
struct SectionReviewTests {
    private static func place(_ line: Int) -> SourcePlace {
        SourcePlace(file: "circle.yml", line: line, column: 3)
    }

    /// A section of one application, which deploys to a group.
    private static func section(
        branch: String? = nil, tag: String? = nil, root: String? = "/",
        region: String? = "us-east-1",
        pattern: String = "{COMMIT}", line: Int = 2
    ) throws -> DeploymentSection {
        var application = ApplicationSection(
            application: Placed(try ApplicationName("my-app"), at: place(line)))
        application.deploymentGroup = .value(Placed(try DeploymentGroup("g"), at: place(line)))
        if let root {
            application.applicationRoot = .value(
                Placed(try ApplicationRoot(root), at: place(line)))
        }
        if let region {
            application.region = .value(Placed(try Region(region), at: place(line)))
        }
        let location = S3LocationSection(
            bucket: Placed(try BucketName("revisions"), at: place(line)),
            keyPattern: Placed(try KeyPattern(pattern), at: place(line)))
        application.revisionLocation = .value(Placed(location, at: place(line)))
        func references(_ text: String?) throws -> [Placed<ReferencePattern>] {
            try text.map { [Placed(try ReferencePattern($0), at: place(line))] } ?? []
        }
        return DeploymentSection(
            name: Placed("section-\(line)", at: place(line)), branches: try references(branch),
            tags: try references(tag), applications: [application])
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var branch: String?
        var tag: String?
        let pattern: String
        let codes: [String]
        var testDescription: String { "\(pattern) for \(branch ?? "-") and \(tag ?? "-")" }
    }

    @Test(arguments: [
        Row(branch: "master", pattern: "{BRANCH}/{COMMIT}/{BUILD_NUM}", codes: []),
        Row(branch: "/.*/", pattern: "{BRANCH}/{COMMIT}", codes: []),
        Row(tag: "v1", pattern: "{BRANCH}/{COMMIT}", codes: ["branch-on-tag-build"]),
        Row(tag: "v1", pattern: "{COMMIT}", codes: []),
        Row(
            branch: "master", tag: "/v.*/", pattern: "{BRANCH}/{COMMIT}",
            codes: ["branch-on-tag-build"]),
        // Said of both builds, and told once.
        Row(branch: "master", tag: "v1", pattern: "fixed", codes: ["key-not-unique"]),
        Row(branch: "b&c", pattern: "{BRANCH}/{COMMIT}", codes: ["odd-branch"]),
        Row(branch: "master", pattern: "../{COMMIT}", codes: ["key-parent-segment"]),
    ])
    func `tries a branch and a tag of their own`(row: Row) throws {
        let section = try Self.section(branch: row.branch, tag: row.tag, pattern: row.pattern)
        let review = SectionReview(of: [section], settings: [:])
        #expect(review.problems.map(\.code) == row.codes)
    }

    @Test func `misses settings only where they were read`() throws {
        let section = try Self.section(branch: "master", root: nil, region: nil)
        let known = SectionReview(of: [section], settings: [:])
        #expect(known.problems.map(\.message) == ["my-app has no application_root and region"])
        let unknown = SectionReview(of: [section], settings: nil)
        #expect(unknown.problems == [])
        #expect(unknown.lacksRoot)
        let settings = try ApplicationSettings(fields: [
            .applicationRoot: "/app", .region: "us-east-1",
        ])
        let filled = SectionReview(
            of: [section], settings: [try ApplicationName("my-app"): settings])
        #expect(filled.problems == [])
        #expect(filled.roots.map(\.value.rawValue) == ["/app"])
        #expect(!filled.lacksRoot)
    }

    @Test func `names each place in the repository once`() throws {
        let sections = try ["/app", "/app/", "/./app", "/", "/other"].enumerated().map {
            try Self.section(branch: "b", root: $0.element, line: $0.offset + 2)
        }
        let review = SectionReview(of: sections, settings: [:])
        #expect(review.roots.map(\.value.rawValue) == ["/app", "/", "/other"])
    }
}
