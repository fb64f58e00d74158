import FoundationEssentials
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

    /// What a reader finds, the newest first.
    private func standings() throws -> [DeploymentStanding] {
        try test.open(.read).deployments(of: .shop).map(\.standing)
    }

    /// Begins an attempt, goes on with it, and ends as a process does that is killed: it lets go of
    /// the store.
    private func abandon(
        _ body: (ProjectStore, DeploymentRecord.ID) throws -> Void = { _, _ in }
    ) throws {
        let killed = try test.open()
        try body(killed, try killed.beginDeployment(attempt()))
    }

    @Test func `says that an attempt is running while somebody is at work on it`() throws {
        let id = try store.beginDeployment(attempt())
        #expect(try standings() == [.running])
        try store.requestDeployment(id, revision: Self.revision)
        try store.nameDeployment(id, Self.id, revision: Self.revision)
        let record = try #require(try test.open(.read).deployment(Self.id))
        #expect(record.standing == .running)
        // Who is at work on it will write down its end.
        #expect(!record.isOpen)
        #expect(record.seconds == nil)
        try store.endDeployment(id, .succeeded, deployment: Self.id, revision: nil)
        #expect(try standings() == [.ended(.succeeded)])
    }

    @Test func `says that nothing was deployed where nothing was asked for`() throws {
        try abandon()
        let record = try #require(try store.deployments(of: .shop).first)
        #expect(record.standing == .ended(.interrupted))
        #expect(!record.isOpen)
    }

    @Test func `does not say of an attempt how it ended that was killed after it asked`() throws {
        try abandon { try $0.requestDeployment($1, revision: Self.revision) }
        try abandon { store, id in
            try store.requestDeployment(id, revision: Self.revision)
            try store.nameDeployment(id, Self.id, revision: Self.revision)
        }
        for record in try store.deployments(of: .shop) {
            #expect(record.standing == .unfinished)
            #expect(record.isOpen)
            #expect(record.revision == Self.revision)
            #expect(record.seconds == nil)
        }
    }

    @Test func `counts an attempt as asked for from the start whose revision is there`() throws {
        do { _ = try test.open().beginDeployment(attempt(), isRequested: true) }
        #expect(try standings() == [.unfinished])
    }

    @Test func `says that nothing was deployed once that was found out`() throws {
        try abandon { try $0.requestDeployment($1, revision: Self.revision) }
        let id = try #require(try store.deployments(of: .shop).first).id
        try store.denyDeployment(id)
        #expect(try standings() == [.ended(.interrupted)])
    }

    @Test func `asks again about an end that may not have been the deployment's own`() throws {
        for outcome in [DeployOutcome.interrupted, .refused] {
            let id = try store.beginDeployment(attempt())
            try store.endDeployment(id, outcome, deployment: nil, revision: nil)
            #expect(try store.deployments(of: .shop).first?.isOpen == false)
            try store.requestDeployment(id, revision: Self.revision)
            #expect(try store.deployments(of: .shop).first?.isOpen == true)
        }
    }

    @Test func `does not take one attempt for another`() throws {
        try abandon()
        _ = try store.beginDeployment(attempt())
        try abandon()
        #expect(try standings() == [.ended(.interrupted), .running, .ended(.interrupted)])
    }

    @Test func `lets go of an attempt that could not be written down`() throws {
        var unknown = try attempt()
        unknown.project = .other
        #expect(throws: StoreError.self) { try store.beginDeployment(unknown) }
        try test.sqlite(
            "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
        #expect(throws: StoreError.self) { try store.beginDeployment(attempt()) }
        try test.sqlite("DROP TRIGGER full")
        try abandon()
        #expect(try standings() == [.ended(.interrupted)])
    }

    @Test func `counts a deployment from when AWS made it, and an attempt from its start`() throws {
        let ends: [(DeployOutcome, Double)] = [(.stopped, 30), (.timedOut, 90)]
        for (outcome, seconds) in ends {
            let id = try store.beginDeployment(attempt())
            try store.requestDeployment(id, revision: Self.revision)
            try store.endDeployment(
                id, outcome, deployment: Self.id, revision: nil,
                createdAt: TestStore.now.addingTimeInterval(60),
                at: TestStore.now.addingTimeInterval(90))
            #expect(try store.deployment(Self.id)?.seconds == seconds)
        }
    }

    @Test func `takes the end from AWS where it tells`() throws {
        let id = try store.beginDeployment(attempt())
        try store.endDeployment(
            id, .failed, deployment: Self.id, revision: nil,
            at: TestStore.now.addingTimeInterval(90))
        #expect(try store.deployment(Self.id)?.seconds == 90)
    }

    @Test func `does not know what became of what a backup holds`() throws {
        try abandon()
        _ = try store.beginDeployment(attempt())
        _ = try store.backUp(to: test.folder("backup.db"))
        let path = test.folder("restored.db")
        _ = try ProjectStore.restore(
            test.folder("backup.db"), to: path, author: TestStore.author, unlock: test.sources(),
            now: { TestStore.now })
        let restored = try test.open(.read, at: path).deployments(of: .shop)
        #expect(restored.map(\.standing) == [.unfinished, .unfinished])
        #expect(try standings() == [.running, .ended(.interrupted)])
    }

    @Test func `does not know what became of what an older program left`() throws {
        try abandon()
        try abandon { try $0.endDeployment($1, .busy, deployment: nil, revision: nil) }
        try test.sqlite(
            """
            ALTER TABLE deployment DROP COLUMN requested_at;
            DELETE FROM grdb_migrations WHERE identifier = '0003_attempts';
            """)
        #expect(try standings() == [.ended(.busy), .unfinished])
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
        try store.requestDeployment(id, revision: Self.revision)
        try store.nameDeployment(id, Self.id, revision: Self.revision)
        try store.endDeployment(id, .succeeded, deployment: Self.id, revision: Self.revision)
        try store.denyDeployment(id)
        var actions: [String] = []
        try store.forEachAuditEntry(project: .shop, limit: 5) { actions.append($0.action) }
        #expect(
            actions
                == ["deploy-none", "deploy-end", "deploy-create", "deploy-request", "deploy-start"])
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
