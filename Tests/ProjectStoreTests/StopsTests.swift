import ProjectStore
import SlipwayCore
import TestSupport
import Testing

@Suite("Who stopped a deployment")
struct StopsTests {
    let test: TestStore
    let ada: ProjectStore
    let bob: ProjectStore

    init() throws {
        test = try TestStore()
        ada = try test.open()
        bob = try test.open(author: Author(user: "bob", host: "ci-7"))
        try ada.addProject(.shop)
    }

    private static let id = DeploymentID("d-1")!  // A valid id.

    private func begin(
        _ store: ProjectStore, rollsBack: Bool? = nil
    ) throws -> DeploymentStop.ID {
        try store.beginStop(Self.id, of: .shop, rollsBack: rollsBack).id
    }

    private func who() throws -> String? { try ada.stop(of: Self.id)?.author.user }

    @Test(arguments: [nil, true, false])
    func `is kept with place, time, and what was asked for`(rollsBack: Bool?) throws {
        let begun = try bob.beginStop(Self.id, of: .shop, rollsBack: rollsBack)
        #expect(try ada.stop(of: Self.id) == begun)
        #expect(begun.author == Author(user: "bob", host: "ci-7"))
        #expect(begun.askedAt == Timestamp(TestStore.now))
        #expect(begun.rollsBack == rollsBack)
        #expect(begun.who == "bob on ci-7")
        #expect(try ada.stop(of: DeploymentID("d-2")!) == nil)
    }

    @Test func `is not taken for done before AWS took the order`() throws {
        let id = try begin(ada)
        #expect(try ada.stop(of: Self.id)?.isTaken == false)
        try ada.endStop(id, isTaken: true)
        #expect(try ada.stop(of: Self.id)?.isTaken == true)
    }

    @Test func `is the first whose order AWS took`() throws {
        let first = try begin(ada)
        let second = try begin(bob)
        #expect(try who() == "ada")
        try bob.endStop(second, isTaken: true)
        #expect(try who() == "bob")
        try ada.endStop(first, isTaken: true)
        #expect(try who() == "ada")
    }

    @Test func `is nobody whose order AWS refused`() throws {
        try ada.endStop(begin(ada), isTaken: false)
        #expect(try who() == nil)
        try bob.endStop(begin(bob), isTaken: true)
        #expect(try who() == "bob")
    }

    @Test func `can be read without an unlocker`() throws {
        _ = try begin(bob)
        let reader = try test.open(.read, key: "none")
        #expect(try reader.stop(of: Self.id)?.author.user == "bob")
    }

    @Test func `is in the history of a deployment that was stopped, and of no other`() throws {
        try bob.endStop(begin(bob), isTaken: true)
        let record = try ada.beginDeployment(
            DeploymentAttempt(
                project: .shop, application: .app,
                deploymentGroup: try DeploymentGroup("instances"), region: try Region("us-east-1")))
        try ada.endDeployment(record, .failed, deployment: Self.id, revision: nil)
        #expect(try ada.deployments(of: .shop).map(\.stop) == [nil])
        try ada.endDeployment(record, .stopped, deployment: Self.id, revision: nil)
        #expect(try ada.deployments(of: .shop).map(\.stop?.author.user) == ["bob"])
        #expect(try ada.deployment(Self.id)?.stop == ada.stop(of: Self.id))
    }

    @Test func `is in the audit log, which stays whole`() throws {
        try bob.endStop(begin(bob, rollsBack: true), isTaken: true)
        var rows: [String] = []
        try ada.forEachAuditEntry(project: .shop, limit: 2) {
            rows.append("\($0.author.user) \($0.action) \($0.subject ?? "") \($0.new ?? "")")
        }
        #expect(
            rows == [
                #"bob deploy-stop-answer d-1 {"taken":true}"#,
                #"bob deploy-stop d-1 {"rolls_back":true}"#,
            ])
        guard case .intact = try ada.verifyAudit() else {
            Issue.record("the audit log is broken")
            return
        }
    }

    @Test func `is not kept for a project that the store does not know`() throws {
        #expect(throws: StoreError.self) {
            try ada.beginStop(Self.id, of: .other, rollsBack: nil)
        }
    }

    @Test func `goes with its project`() throws {
        let id = try begin(ada)
        try ada.removeProject(.shop)
        try ada.endStop(id, isTaken: true)
        #expect(try who() == nil)
        #expect(try test.rows("SELECT count(*) FROM deployment_stop") == ["0"])
    }
}
