import ConfigurationFiles
import SlipwayCore
import Testing

/// What the screens show for `circle.yml`, read back by the reader of `circle.yml`.
@Suite("circle.yml example")
struct ExampleTests {
    private static let values: [ApplicationSettings.Field: String] = [
        .applicationRoot: "/app", .region: "eu-west-1", .bucket: "acme-revisions",
        .keyPattern: "apps/{SHORT_COMMIT}-{BUILD_NUM}",
    ]

    @Test(arguments: ["my-app", "yes", "1e3", "a+b,c=d@e", "-x", "null"])
    func `makes a plan with whatever the settings hold`(application: String) throws {
        for present in 0..<16 {
            var stored: [ApplicationSettings.Field: String] = [:]
            for (bit, field) in ApplicationSettings.Field.allCases.enumerated()
            where present & (1 << bit) != 0 { stored[field] = Self.values[field] }
            let example = CircleExample(application: application, stored: stored)
            // Half a location is none.
            if stored[.bucket] == nil || stored[.keyPattern] == nil {
                (stored[.bucket], stored[.keyPattern]) = (nil, nil)
            }
            let file = try CircleFileReader.read(example.text, file: "circle.yml")
            #expect(file.problems == [], "\(example.text)")
            let name = try ApplicationName(application)
            let planned = try plan(
                build: Build(
                    branch: Sourced("master", from: .git), commit: Build.example.commit,
                    number: Build.example.number),
                settings: [name: ApplicationSettings(fields: stored)], sections: file.sections)
            #expect(planned.deployments.map(\.application.value) == [name])
        }
    }

    @Test func `is shorter with every default`() {
        var stored: [ApplicationSettings.Field: String] = [:]
        var last = CircleExample(application: "my-app", stored: stored).text.count
        for fields: [ApplicationSettings.Field] in [
            [.region], [.applicationRoot], [.bucket, .keyPattern],
        ] {
            for field in fields { stored[field] = Self.values[field] }
            let now = CircleExample(application: "my-app", stored: stored).text.count
            #expect(now < last)
            last = now
        }
        #expect(
            CircleExample(application: "my-app", stored: Self.values).text == """
                deployment:
                  staging:
                    branch: master
                    codedeploy:
                      my-app:
                        deployment_group: my-deployment-group

                """)
    }

    @Test(arguments: [
        ("", nil, []), ("a/{BRANCH}", "a/feature/login", ["key-not-unique"]),
        ("a/{SHORT_COMMIT}", "a/0a1b2c3", []), ("{COMIT}", nil, ["unknown-variable"]),
        ("a/{BUILD_NUM}.tar.gz", "a/128.tar.gz", ["not-a-tarball"]),
        ("/a-{COMMIT}", "/a-0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", ["odd-key"]),
        ("a/../{COMMIT}", nil, ["key-parent-segment"]), ("{", nil, ["unclosed-brace"]),
    ])
    func `the preview has the key and the plan's own warnings`(
        pattern: String, key: String?, codes: [String]
    ) {
        let preview = KeyPreview(application: "my-app", fields: [.keyPattern: pattern])
        #expect(preview.key?.rawValue == key)
        #expect(preview.problems.map(\.code) == codes)
    }

    @Test func `the preview warns of a bucket that is named for another region`() {
        let fields: [ApplicationSettings.Field: String] = [
            .keyPattern: "{COMMIT}", .region: "us-east-1", .bucket: "revisions-eu-west-1",
        ]
        #expect(
            KeyPreview(application: "my-app", fields: fields).problems.map(\.code)
                == ["region-unlike-bucket"])
        let without = fields.filter { $0.key != .region }
        #expect(KeyPreview(application: "my-app", fields: without).problems == [])
    }
}
