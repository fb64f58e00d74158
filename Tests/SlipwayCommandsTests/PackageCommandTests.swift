import SlipwayCommands
import TestSupport
import Testing

@Suite("slipway package")
struct PackageCommandTests {
    private static let circle = """
        deployment:
          production:
            branch: master
            codedeploy:
              my-app:
                deployment_group: instances
                application_root: /
                region: us-east-1
                revision_location:
                  s3_location: {bucket: revisions, key_pattern: "apps/{SHORT_COMMIT}"}
              worker:
                deployment_group: workers
                application_root: /worker
                region: us-east-1
                revision_location:
                  s3_location: {bucket: revisions, key_pattern: "worker/{SHORT_COMMIT}"}
        """

    @Test func `tells of each archive as deploy does, and its digest as sha256sum does`() async {
        let (output, errors, status) = await World(circle: Self.circle).run("package")
        #expect(
            errors == """
                  0:00  my-app: / as my-app.zip
                  0:00  packed 2 files, 1.5 KiB, into 700 bytes
                  0:00  worker: /worker as worker.zip
                  0:00  packed 2 files, 1.5 KiB, into 700 bytes

                """)
        #expect(output == "5891b5b5  my-app.zip\n5891b5b5  worker.zip\n")
        #expect(status == 0)
    }

    @Test func `draws a bar on a terminal, and takes it away`() async {
        var world = World(circle: Self.circle)
        world.isTerminal = true
        let errors = await world.run("package", "--application", "my-app").errors
        #expect(errors.contains("\r\u{1B}[Kpacking  \u{2588}"))
        // Nothing is sent, and what comes after the bar begins on an empty line.
        #expect(!errors.contains("sent"))
        #expect(errors.contains("  750 bytes\r\u{1B}[K  0:00  packed 2 files"))
    }

    @Test func `tells of nothing beside its document`() async {
        var world = World(circle: Self.circle)
        world.isTerminal = true
        let (output, errors, status) = await world.run("package", "--json")
        #expect(output.hasPrefix("{"))
        #expect(errors.isEmpty)
        #expect(status == 0)
    }

    @Test func `leaves standard output to an archive that goes there`() async {
        let (output, errors, _) = await World(circle: Self.circle)
            .run("package", "--application", "worker", "-o", "-")
        #expect(output.isEmpty)
        #expect(errors.hasSuffix("5891b5b5  -\n"))
    }
}
