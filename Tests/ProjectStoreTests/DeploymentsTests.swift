import ProjectStore
import SlipwayCore
import TestSupport
import Testing

@Suite("The history of deployments")
struct DeploymentsTests {
    let test: TestStore
    let store: ProjectStore

    init() throws {
        test = try TestStore()
        store = try test.open()
        try store.addProject(.shop)
    }

    // All literals here are valid.
    private static let id = DeploymentID("d-1")!
    private static let revision = S3Location(
        bucket: try! BucketName("revisions"), key: try! S3Key("apps/é 1"),
        version: ObjectVersion("v1"), eTag: ETag("\"abc\""))

    private func attempt() throws -> DeploymentAttempt {
        DeploymentAttempt(
            project: .shop, application: .app, deploymentGroup: try DeploymentGroup("instances"),
            region: try Region("us-east-1"), section: "production", branch: "master",
            commit: CommitID(String(repeating: "a", count: 40)), buildNumber: BuildNumber("42"),
            description: DeploymentDescription("slipway k3f9"))
    }

    @Test func `keeps everything of an attempt`() throws {
        let id = try store.beginDeployment(attempt())
        try store.nameDeployment(id, Self.id, revision: Self.revision)
        try store.endDeployment(
            id, .failed, deployment: Self.id, revision: Self.revision,
            rollback: DeploymentID("d-2"))
        let record = try #require(try store.deployments(of: .shop).first)
        #expect(record.attempt == (try attempt()))
        #expect(record.deployment == Self.id)
        #expect(record.revision == Self.revision)
        #expect(record.outcome == .failed)
        #expect(record.rollback == DeploymentID("d-2"))
        #expect(record.startedBy == "ada")
        #expect(record.endedAt != nil)
        #expect(try store.deployment(Self.id) == record)
    }

    @Test func `does not say of an attempt that was killed how it ended`() throws {
        _ = try store.beginDeployment(attempt())
        let record = try #require(try test.open(.read).deployments(of: .shop).first)
        #expect(record.outcome == nil)
        #expect(record.isOpen)
        #expect(record.seconds == nil)
    }

    @Test func `shows the newest first, up to a limit`() throws {
        for _ in 0..<3 { _ = try store.beginDeployment(attempt()) }
        let all = try store.deployments(of: .shop)
        #expect(all.map(\.id.rawValue) == [3, 2, 1])
        #expect(try store.deployments(of: .shop, limit: 2) == Array(all[..<2]))
    }

    @Test func `lets a later end take the place of an earlier one`() throws {
        let id = try store.beginDeployment(attempt())
        try store.endDeployment(id, .timedOut, deployment: Self.id, revision: nil)
        #expect(try store.deployment(Self.id)?.isOpen == true)
        try store.endDeployment(id, .succeeded, deployment: Self.id, revision: nil)
        #expect(try store.deployment(Self.id)?.outcome == .succeeded)
    }

    @Test func `writes the audit log, which stays whole`() throws {
        let id = try store.beginDeployment(attempt())
        try store.nameDeployment(id, Self.id, revision: Self.revision)
        try store.endDeployment(id, .succeeded, deployment: Self.id, revision: Self.revision)
        var actions: [String] = []
        try store.forEachAuditEntry(project: .shop, limit: 3) { actions.append($0.action) }
        #expect(actions == ["deploy-end", "deploy-create", "deploy-start"])
        guard case .intact = try store.verifyAudit() else {
            Issue.record("the audit log is broken")
            return
        }
    }

    @Test func `is not kept for a project that the store does not know`() throws {
        var attempt = try attempt()
        attempt.project = .other
        #expect(throws: StoreError.self) { try store.beginDeployment(attempt) }
    }

    @Test func `goes with its project`() throws {
        _ = try store.beginDeployment(attempt())
        try store.removeProject(.shop)
        #expect(try test.rows("SELECT count(*) FROM deployment") == ["0"])
    }
}
