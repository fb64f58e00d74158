import SlipwayCore
import Testing

@Suite("Application settings")
struct SettingsTests {
    @Test func `name every flaw at once`() {
        let error = #expect(throws: SettingsError.self) {
            try ApplicationSettings(fields: [
                .applicationRoot: "app", .region: "us-esat-1x", .bucket: "Bucket",
                .keyPattern: "apps/{SHORTCOMMIT}",
            ])
        }
        #expect(
            error?.problems.map(\.code) == [
                "root-without-slash", "invalid-region", "invalid-bucket", "unknown-variable",
            ])
        #expect(error?.problems.allSatisfy { $0.fix != nil } == true)
    }

    @Test func `have a bucket and a key pattern, or neither`() {
        for (field, text) in [(ApplicationSettings.Field.bucket, "bucket"), (.keyPattern, "key")] {
            let error = #expect(throws: SettingsError.self) {
                try ApplicationSettings(fields: [field: text])
            }
            #expect(error?.problems.map(\.code) == ["half-a-location"])
        }
    }

    @Test func `are patched field by field`() throws {
        var patch = SettingsPatch()
        patch.set(.region, to: "us-east-1")
        let first = try patch.applied(to: ApplicationSettings())
        var second = SettingsPatch()
        second.set(.bucket, to: "bucket")
        second.set(.keyPattern, to: "key")
        second.unset(.region)
        let result = try second.applied(to: first)
        #expect(result[.region] == nil)
        #expect(result[.bucket] == "bucket")
        #expect(first[.region] == "us-east-1")
    }

    @Test(arguments: ["us-east-1", "us-gov-west-1", "ap-southeast-7", "eusc-de-east-1"])
    func `take any region of the right shape`(text: String) {
        #expect(throws: Never.self) { try Region(text) }
    }

    @Test(arguments: [
        ("us-east", "us-east-1"), ("US-EAST-1", "us-east-1"), ("us_east_1", "us-east-1"),
        ("us-east-1a", "us-east-1"), ("", nil), ("Frankfurt", nil),
    ])
    func `suggest the region that was meant`(text: String, nearest: String?) {
        let error = #expect(throws: RegionError.self) { try Region(text) }
        #expect(error?.nearest == nearest)
    }

    @Test(arguments: ["/", "/app", "/app/", "/./app//web", "/..app"])
    func `take a root that stays in the repository`(text: String) throws {
        #expect(try ApplicationRoot(text).rawValue == text)
    }

    @Test(arguments: ["", "app", "/..", "/app/../..", "/a\nb", "../app"])
    func `refuse a root that does not`(text: String) {
        #expect(throws: ApplicationRootError.self) { try ApplicationRoot(text) }
    }

    @Test(arguments: ["abc", "my.bucket-1", "1a2", String(repeating: "x", count: 63)])
    func `take a bucket that S3 takes`(text: String) {
        #expect(throws: Never.self) { try BucketName(text) }
    }

    @Test(arguments: [
        "ab", "My-bucket", "a_b", "-ab", "ab-", "a..b", "192.168.0.1", "s3://bucket", "a/b",
        String(repeating: "x", count: 64), "",
    ])
    func `refuse a bucket that S3 refuses`(text: String) {
        #expect(throws: BucketNameError.self) { try BucketName(text) }
    }

    @Test func `parse a key pattern into its parts once`() throws {
        let pattern = try KeyPattern("apps/{BRANCH}-{SHORT_COMMIT}}")
        #expect(
            pattern.segments == [
                .literal("apps/"), .variable(.branch), .literal("-"), .variable(.shortCommit),
                .literal("}"),
            ])
        #expect(pattern.isUniquePerBuild)
        #expect(try !KeyPattern("{BRANCH}/latest").isUniquePerBuild)
        #expect(try !KeyPattern("latest.zip").isUniquePerBuild)
    }

    @Test(arguments: [
        "", "{COMMIT", "{commit}", "{}", "{ COMMIT }", "{{COMMIT}}", "a\u{0}b", "a\u{202E}b",
        String(repeating: "x", count: 1025),
    ])
    func `refuse a key pattern that gives no key`(text: String) {
        #expect(throws: KeyPatternError.self) { try KeyPattern(text) }
    }
}

@Suite("AWS keys")
struct AWSKeysTests {
    @Test(arguments: ["AKIAIOSFODNN7EXAMPLE", String(repeating: "A", count: 128)])
    func `have an id of capital letters and digits`(text: String) {
        #expect(throws: Never.self) { try AccessKeyID(text) }
    }

    @Test(arguments: ["", "SECRET/x", "akiaiosfodnn7example", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEX"])
    func `never repeat what was given as an id, which may be the secret`(text: String) {
        let error = #expect(throws: AWSKeyError.self) { try AccessKeyID(text) }
        guard !text.isEmpty else { return }
        #expect(error?.problems.contains { "\($0)".contains(text) } == false)
    }

    @Test func `take a secret of any bytes but NUL`() {
        #expect(throws: Never.self) { try SecretAccessKey(SecretBytes(copying: 1...255)) }
        for bytes in [[], [1, 0, 2], Array(repeating: 1, count: 4097)] as [[UInt8]] {
            #expect(throws: AWSKeyError.self) { try SecretAccessKey(SecretBytes(copying: bytes)) }
        }
    }
}
