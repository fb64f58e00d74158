import FoundationEssentials
import SlipwayCore
import Testing

@testable import SlipwayCommands

@Suite struct EarlierRevisionTests {
    private static func deployment(after previous: String?) throws -> DeploymentInfo {
        func revision(_ key: String) throws -> Revision {
            .s3(S3Location(bucket: try BucketName("revisions"), key: try S3Key(key)))
        }
        return DeploymentInfo(
            id: try #require(DeploymentID("d-75I7MBT7C")), status: .failed,
            revision: try revision("broken.zip"), previousRevision: try previous.map(revision))
    }

    @Test func `a rollback deploys what the group had before`() throws {
        let info = try Self.deployment(after: "good.zip")
        let location = try info.earlierRevision(in: try Region("us-east-1")) {
            Issue.record("the history is not needed")
            return []
        }
        #expect(location.key.rawValue == "good.zip")
    }

    private static func location(_ version: String, _ eTag: String?) throws -> S3Location {
        S3Location(
            bucket: try BucketName("revisions"), key: try S3Key("app.zip"),
            version: ObjectVersion(version), eTag: eTag.flatMap(ETag.init))
    }

    /// Before it, the history has a deployment of `older`, which succeeded.
    private static func rollback(
        of revision: S3Location, after previous: S3Location, older: S3Location
    ) throws -> S3Location {
        var info = try deployment(after: nil)
        info.revision = .s3(revision)
        info.previousRevision = .s3(previous)
        info.application = try ApplicationName("shop")
        info.deploymentGroup = try DeploymentGroup("web")
        let attempt = DeploymentAttempt(
            project: try ProjectName("acme/shop"), application: try ApplicationName("shop"),
            deploymentGroup: try DeploymentGroup("web"), region: try Region("us-east-1"))
        func record(_ number: Int64, _ id: String, _ revision: S3Location) -> DeploymentRecord {
            DeploymentRecord(
                id: .init(number), attempt: attempt, deployment: DeploymentID(id),
                revision: revision, outcome: .succeeded, rollback: nil,
                startedAt: Timestamp(Date(timeIntervalSince1970: 0)), startedBy: "test",
                requestedAt: nil, endedAt: nil, isRunning: false)
        }
        return try info.earlierRevision(in: try Region("us-east-1")) {
            [
                record(3, info.id.rawValue, revision), record(2, "d-SAME", previous),
                record(1, "d-OLDER", older),
            ]
        }
    }

    @Test func `another version of the same content is no way back`() throws {
        let older = try Self.location("v1", "aaa")
        let back = try Self.rollback(
            of: try Self.location("v3", "bbb"), after: try Self.location("v2", "bbb"),
            older: older)
        #expect(back == older)
    }

    @Test func `another version of other content is a way back, and so is one without an eTag`()
        throws
    {
        for eTag in ["bbb", nil] {
            let previous = try Self.location("v2", eTag)
            let back = try Self.rollback(
                of: try Self.location("v3", "ccc"), after: previous,
                older: try Self.location("v1", "aaa"))
            #expect(back == previous)
        }
    }

    @Test func `the same version is the same, whether or not its eTag is said`() throws {
        let older = try Self.location("v1", "aaa")
        let back = try Self.rollback(
            of: try Self.location("v2", "bbb"), after: try Self.location("v2", nil), older: older)
        #expect(back == older)
    }

    @Test(arguments: ["broken.zip", nil])
    func `a rollback never deploys the same revision once more`(previous: String?) throws {
        let info = try Self.deployment(after: previous)
        let region = try Region("us-east-1")
        #expect(throws: Problem.self) { try info.earlierRevision(in: region) { [] } }
    }
}
