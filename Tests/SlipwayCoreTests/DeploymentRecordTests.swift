import FoundationEssentials
import SlipwayCore
import Testing

@Suite struct DeploymentRecordTests {
    private static let start = Date(timeIntervalSinceReferenceDate: 800_000_000)

    /// Began at 0; what CodeDeploy was asked at and the end in seconds after that.
    private static func record(requested: Double?, ended: Double?) throws -> DeploymentRecord {
        func time(_ seconds: Double) -> Timestamp { Timestamp(start.addingTimeInterval(seconds)) }
        return DeploymentRecord(
            id: .init(1),
            attempt: DeploymentAttempt(
                project: try ProjectName("acme/shop"), application: try ApplicationName("shop"),
                deploymentGroup: try DeploymentGroup("production"),
                region: try Region("us-east-1")),
            deployment: nil, revision: nil, outcome: nil, rollback: nil, startedAt: time(0),
            startedBy: "alice", requestedAt: requested.map(time), endedAt: ended.map(time),
            isRunning: false)
    }

    @Test func `packing and sending are no part of how long deploying took`() throws {
        let record = try Self.record(requested: 1_800, ended: 1_920)
        #expect(record.deployingSeconds == 120)
        #expect(record.seconds == 1_920)
        #expect(try Self.record(requested: nil, ended: 60).deployingSeconds == nil)
        #expect(try Self.record(requested: 60, ended: nil).deployingSeconds == nil)
    }
}
