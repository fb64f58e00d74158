import ConfigurationFiles
import FoundationEssentials
import SlipwayCore
import Testing

/// The examples of the document that slipway implements, each in a file of `Reference`.
@Suite("The reference document's example")
struct ReferenceDocumentTests {
    /// Project-wide settings as its step 3 has them.
    private static let settings: [ApplicationSettings.Field: String] = [
        .applicationRoot: "/", .region: "us-east-1", .bucket: "my-bucket",
        .keyPattern: "my-app-{BRANCH}-{SHORT_COMMIT}",
    ]

    private static func plan(
        _ example: String, branch: String, withSettings: Bool
    ) throws -> DeploymentPlan {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Reference/\(example).yml"))
        let file = try data.withUnsafeBytes { try CircleFileReader.read($0, file: "circle.yml") }
        #expect(file.problems == [])
        let commit = try #require(CommitID("4f0c6b1d8e9a7352460bcdef1122334455667788"))
        let build = Build(
            branch: Sourced(branch, from: .git), commit: Sourced(commit, from: .git),
            number: Sourced(try #require(BuildNumber("128")), from: .flag))
        let application = try ApplicationName("my-app")
        return try SlipwayCore.plan(
            build: build,
            settings: withSettings ? [application: try ApplicationSettings(fields: settings)] : [:],
            sections: file.sections)
    }

    /// A deployment as a reader of the document would note it down.
    private static func lines(_ plan: DeploymentPlan) throws -> [String] {
        let deployment = try #require(plan.deployments.first)
        #expect(plan.deployments.count == 1)
        #expect(plan.warnings == [])
        let configuration = deployment.deploymentConfiguration
        return [
            "\(plan.section?.value ?? "-"): \(deployment.application.value)",
            "group \(deployment.deploymentGroup.value), \(deployment.deploymentGroup.origin)",
            "config \(configuration.value?.rawValue ?? "the group's"), \(configuration.origin)",
            "root \(deployment.applicationRoot.value), \(deployment.applicationRoot.origin)",
            "region \(deployment.region.value), \(deployment.region.origin)",
            "bucket \(deployment.bucket.value), \(deployment.bucket.origin)",
            "key \(deployment.key), \(deployment.keyPattern.origin)",
        ]
    }

    private static func missing(_ example: String, branch: String) -> [String]? {
        let error = #expect(throws: PlanError.self) {
            try plan(example, branch: branch, withSettings: false)
        }
        return error?.problems.map(\.message)
    }

    @Test func `of one section takes the rest from the project settings`() throws {
        #expect(
            try Self.lines(
                Self.plan("1-one-section", branch: "development", withSettings: true)) == [
                    "staging: my-app",
                    "group staging-instance-group, circle.yml:6",
                    "config the group's, default",
                    "root /, project settings",
                    "region us-east-1, project settings",
                    "bucket my-bucket, project settings",
                    "key my-app-development-4f0c6b1, project settings",
                ])
        let master = try Self.plan("1-one-section", branch: "master", withSettings: true)
        #expect(master.idleReason == .noMatch)
    }

    @Test func `of one section lacks the rest without project settings`() {
        #expect(
            Self.missing("1-one-section", branch: "development") == [
                "my-app has no application_root, region, bucket and key_pattern"
            ])
    }

    @Test(arguments: [
        ("development", "staging", "staging-instance-group, circle.yml:6"),
        ("master", "production", "production-instance-group, circle.yml:11"),
    ])
    func `of two sections deploys one application to two groups`(
        branch: String, section: String, group: String
    ) throws {
        let lines = try Self.lines(
            Self.plan("2-two-sections", branch: branch, withSettings: true))
        #expect(lines[0] == "\(section): my-app")
        #expect(lines[1] == "group \(group)")
        #expect(lines[6] == "key my-app-\(branch)-4f0c6b1, project settings")
        #expect(
            Self.missing("2-two-sections", branch: branch) == [
                "my-app has no application_root, region, bucket and key_pattern"
            ])
    }

    @Test func `of another location takes bucket and key from the section`() throws {
        #expect(
            try Self.lines(
                Self.plan("3-another-location", branch: "master", withSettings: true)) == [
                    "production: my-app",
                    "group production-instances, circle.yml:6",
                    "config the group's, default",
                    "root /, project settings",
                    "region us-east-1, project settings",
                    "bucket production-bucket, circle.yml:10",
                    "key apps/my-app-master-4f0c6b1-128, circle.yml:11",
                ])
        #expect(
            Self.missing("3-another-location", branch: "master") == [
                "my-app has no application_root and region"
            ])
    }

    @Test(arguments: [true, false])
    func `of everything needs no project settings, and wins over them`(
        withSettings: Bool
    ) throws {
        #expect(
            try Self.lines(
                Self.plan("4-everything", branch: "development", withSettings: withSettings)) == [
                    "staging: my-app",
                    "group staging-instances, circle.yml:13",
                    "config CodeDeployDefault.AllAtOnce, circle.yml:14",
                    "root /, circle.yml:6",
                    "region us-east-1, circle.yml:12",
                    "bucket staging-bucket, circle.yml:10",
                    "key apps/my-app-4f0c6b1-128, circle.yml:11",
                ])
    }
}
