import ConfigurationFiles
import SlipwayCore
import Testing

@Suite struct SandboxFileTests {
    private func read(_ text: String) throws -> SandboxSetup {
        try SandboxFileReader.read(Array(text.utf8), file: "sandbox.yml")
    }

    @Test func `everything can be said`() throws {
        let setup = try read(
            """
            region: eu-west-1
            buckets:
              - plain
              - name: versions
                versioned: true
                region: us-east-1
            applications:
              my-app:
                staging: 3
                production: {instances: 2, deployment_config: CodeDeployDefault.OneAtATime}
                empty:
              idle:
            faults:
              - s3 latency=200ms
            """)
        #expect(setup.region == (try Region("eu-west-1")))
        #expect(
            setup.buckets == [
                .init(name: try BucketName("plain")),
                .init(
                    name: try BucketName("versions"), isVersioned: true,
                    region: try Region("us-east-1")),
            ])
        let app = try ApplicationName("my-app")
        #expect(setup.applications == [app, try ApplicationName("idle")])
        #expect(
            setup.groups == [
                .init(application: app, name: try DeploymentGroup("staging"), instances: 3),
                .init(
                    application: app, name: try DeploymentGroup("production"), instances: 2,
                    configuration: try DeploymentConfiguration("CodeDeployDefault.OneAtATime")),
                .init(application: app, name: try DeploymentGroup("empty"), instances: 1),
            ])
        #expect(setup.faults == ["s3 latency=200ms"])
    }

    @Test func `all that is wrong is said at once, with its place`() throws {
        let text = """
            regions: x
            buckets:
              - a..b
              - versioned: maybe
              - name: ok-bucket
                version: true
            applications:
              my-app:
                staging: many
                "bad name": 1
            faults: none
            """
        do {
            _ = try read(text)
            Issue.record("it was taken")
        } catch let error as DocumentError {
            #expect(
                error.problems.map { "\($0.line ?? 0):\($0.column ?? 0) \($0.code)" } == [
                    "1:1 unknown-key", "3:5 invalid-bucket", "4:5 missing-key",
                    "6:5 unknown-key", "9:14 sandbox-instances", "10:5 invalid-deployment-group",
                    "11:9 wrong-type",
                ])
            #expect(error.problems[0].fix == "did you mean region?")
        }
    }

    @Test(arguments: [
        ("bucket", false, nil), ("bucket,versioned", true, nil),
        ("bucket,region=eu-west-1,versioned", true, "eu-west-1"),
    ])
    func `a bucket can be written on one line`(
        text: String, isVersioned: Bool, region: String?
    ) throws {
        let bucket = try SandboxSetup.Bucket(text)
        #expect(bucket.name.rawValue == "bucket")
        #expect(bucket.isVersioned == isVersioned)
        #expect(bucket.region?.rawValue == region)
    }

    @Test(arguments: ["my-app", "my-app/", "my-app/a/b", "my-app/a:b", "my-app/a:1:2", "a/b:1001"])
    func `a group that is none is refused`(text: String) {
        #expect(throws: (any Error).self) { try SandboxSetup.Group(text, instances: 1) }
    }

    @Test func `a group takes its number of instances, or the one that is usual`() throws {
        #expect(try SandboxSetup.Group("app/group:0", instances: 2).instances == 0)
        #expect(try SandboxSetup.Group("app/group", instances: 2).instances == 2)
    }
}
