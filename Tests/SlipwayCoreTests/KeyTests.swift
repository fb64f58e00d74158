import SlipwayCore
import Testing

@Suite("A key")
struct KeyTests {
    static func build(
        branch: String? = "feature/x", tag: String? = nil, hasCommit: Bool = true,
        number: String? = "42"
    ) throws -> Build {
        let commit = try #require(CommitID("0123456789abcdef0123456789abcdef01234567"))
        return Build(
            branch: branch.map { Sourced($0, from: .git) },
            tag: tag.map { Sourced($0, from: .flag) },
            commit: hasCommit ? Sourced(commit, from: .git) : nil,
            number: number.flatMap { BuildNumber($0) }.map { Sourced($0, from: .flag) })
    }

    @Test(arguments: [
        ("fixed", "fixed"), ("a/{BRANCH}/b", "a/feature/x/b"), ("{SHORT_COMMIT}", "0123456"),
        ("{COMMIT}.zip", "0123456789abcdef0123456789abcdef01234567.zip"),
        ("apps/my-app-master-{SHORT_COMMIT}-{BUILD_NUM}", "apps/my-app-master-0123456-42"),
        ("}{BUILD_NUM}}{BUILD_NUM}", "}42}42"),
    ])
    func `is the pattern with the build's values`(pattern: String, key: String) throws {
        #expect(try KeyPattern(pattern).key(for: Self.build()).rawValue == key)
    }

    @Test func `lacks everything at once that the build has not`() throws {
        let pattern = try KeyPattern("{BRANCH}/{COMMIT}/{BUILD_NUM}/{BRANCH}")
        let bare = try Self.build(branch: nil, hasCommit: false, number: nil)
        let error = #expect(throws: S3KeyError.self) { try pattern.key(for: bare) }
        #expect(error?.problems.map(\.code) == ["no-branch", "no-commit", "no-build-number"])
        let tagged = try Self.build(branch: nil, tag: "v1")
        let other = #expect(throws: S3KeyError.self) { try pattern.key(for: tagged) }
        #expect(other?.problems.map(\.code) == ["branch-on-tag-build"])
    }

    @Test(arguments: [
        ("{BRANCH}", String(repeating: "x", count: 1025), "key-too-long"),
        ("{BRANCH}", String(repeating: "é", count: 513), "key-too-long"),
        ("a/{BRANCH}", "../b", "key-parent-segment"), ("../{BUILD_NUM}", "b", "key-parent-segment"),
        ("{BRANCH}", "a\u{7}", "control-character"),
    ])
    func `is refused where S3 or a reader would trip`(
        pattern: String, branch: String, code: String
    ) throws {
        let build = try Self.build(branch: branch)
        let error = #expect(throws: S3KeyError.self) { try KeyPattern(pattern).key(for: build) }
        #expect(error?.problems.map(\.code) == [code])
    }

    @Test func `may have S3's 1,024 bytes`() throws {
        let build = try Self.build(branch: String(repeating: "é", count: 512))
        #expect(try KeyPattern("{BRANCH}").key(for: build).byteCount == 1024)
    }
}

@Suite("An option of a deployment")
struct DeploymentOptionTests {
    @Test(
        arguments: [
            ("90", 90), ("45s", 45), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("1h1m1s", 3661),
            ("168h", 604_800),
            ("0", nil), ("", nil), ("169h", nil), ("1m1h", nil), ("1h30", nil), ("-1", nil),
            ("1d", nil), ("1.5h", nil), ("99999999999", nil), ("1s1s", nil),
        ] as [(String, Int?)])
    func `reads a time limit`(text: String, seconds: Int?) {
        #expect(WatchTimeout(text)?.seconds == seconds)
    }

    @Test func `cuts a description on a whole character`() {
        let text = String(repeating: "x", count: 255) + "👨‍👩‍👧"
        let description = DeploymentDescription(text)
        #expect(description.rawValue.utf8.count == 255)
        #expect(description.isCut)
        #expect(!DeploymentDescription(String(repeating: "é", count: 256)).isCut)
    }

    @Test(
        arguments: [
            ("CodeDeployDefault.AllAtOnce", nil), ("mine", nil),
            ("AllAtOnce", "CodeDeployDefault.AllAtOnce"),
            ("CodeDeployDefault.HalfAtTime", "CodeDeployDefault.HalfAtATime"),
            ("codedeploydefault.oneatatime", "CodeDeployDefault.OneAtATime"),
        ] as [(String, String?)])
    func `knows the standard configurations`(name: String, meant: String?) throws {
        #expect(try DeploymentConfiguration(name).likelyMeant == meant)
    }
}
