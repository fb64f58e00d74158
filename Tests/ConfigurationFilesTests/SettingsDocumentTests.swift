import ConfigurationFiles
import SlipwayCore
import Testing

@Suite("A settings document")
struct SettingsDocumentTests {
    static var document: SettingsDocument {
        get throws {
            let full = try ApplicationSettings(fields: [
                .applicationRoot: "/", .region: "us-east-1", .bucket: "acme-revisions",
                .keyPattern: "apps/{BRANCH} \"quoted\": # not a comment {SHORT_COMMIT}",
            ])
            let region = try ApplicationSettings(fields: [.region: "eu-west-1"])
            return SettingsDocument(projects: [
                .init(name: try ProjectName("acme/empty")),
                .init(
                    name: try ProjectName("acme/shop"),
                    applications: [
                        (try ApplicationName("my-app"), full), (try ApplicationName("123"), region),
                        (try ApplicationName("true"), ApplicationSettings()),
                        (try ApplicationName("=,@-"), region),
                    ]),
            ])
        }
    }

    static func written(_ document: SettingsDocument, _ format: SettingsDocumentWriter.Format)
        -> String
    {
        var writer = SettingsDocumentWriter(format)
        return writer.opening + document.projects.map { writer.project($0) }.joined()
            + writer.closing
    }

    @Test(arguments: SettingsDocumentWriter.Format.allCases)
    func `is read as it was written`(format: SettingsDocumentWriter.Format) throws {
        let text = Self.written(try Self.document, format)
        #expect(try SettingsDocumentReader.read(text, file: "x") == Self.document)
        let empty = Self.written(SettingsDocument(), format)
        #expect(try SettingsDocumentReader.read(empty, file: "x") == SettingsDocument())
    }

    @Test func `is read in the shape that people write`() throws {
        let text = """
            # Settings of ours
            projects:
              acme/shop:
                aws:
                  services:
                    codedeploy:
                      my-app: {application_root: '/', region: us-east-1}
                      other:
              acme/other: ~
            """
        let document = try SettingsDocumentReader.read(text, file: "settings.yml")
        #expect(document.projects.map(\.name.rawValue) == ["acme/shop", "acme/other"])
        #expect(document.projects[0].applications.map(\.name.rawValue) == ["my-app", "other"])
    }

    @Test func `has every mistake reported at once, in order, with its place`() {
        let text = """
            projects:
              acme/shop:
                aws:
                  servces:
              acme shop: {}
              acme/two:
                aws:
                  services:
                    codedeploy:
                      my-app:
                        region: us-east
                        application_root: app
                        revision_location:
                          revision_type: GitHub
                          s3_location:
                            bucket: acme-revisions
                      other: 7
            """
        let error = #expect(throws: DocumentError.self) {
            try SettingsDocumentReader.read(text, file: "settings.yml")
        }
        #expect(
            error?.problems.map { "\($0.place ?? "") \($0.code)" } == [
                "settings.yml:4:7 unknown-key",
                "settings.yml:5:3 invalid-project",
                "settings.yml:11:13 half-a-location",
                "settings.yml:11:21 invalid-region",
                "settings.yml:12:31 root-without-slash",
                "settings.yml:14:30 revision-type",
                "settings.yml:17:18 wrong-type",
            ])
    }

    @Test func `with AWS keys in it is refused without a word of them`() {
        let text = """
            projects:
              acme/shop:
                aws:
                  keypair: {access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: wJalrXUtnFEMI}
            """
        let error = #expect(throws: DocumentError.self) {
            try SettingsDocumentReader.read(text, file: "x")
        }
        #expect(error?.problems.map(\.code) == ["secret-in-document"])
        #expect("\(error?.problems ?? [])".contains("wJalr") == false)
    }

    @Test(arguments: [
        ("", "empty-file"), ("projects: {", "yaml-syntax"), ("a: b: c", "yaml-syntax"),
        ("projects:\n\tx: 1", "yaml-syntax"), ("[]", "wrong-type"), ("settings: {}", "unknown-key"),
        ("projects: {a/b: {}, a/b: {}}", "duplicate-key"),
        ("projects: &all {a/b: {}}", "yaml-anchor"),
        ("a: &x [1]\nb: [*x, *x]", "yaml-anchor"),
        ("projects: \u{0}", "yaml-syntax"),
        (String(repeating: "[", count: 10_000), "nested-too-deep"),
        (String(repeating: "- ", count: 10_000), "nested-too-deep"),
        ("a: 1\n---\nb: 2", "yaml-syntax"),
    ])
    func `that is none is refused, whatever it is`(text: String, code: String) {
        let error = #expect(throws: DocumentError.self) {
            try SettingsDocumentReader.read(text, file: "x")
        }
        #expect(error?.problems.first?.code == code)
    }
}
