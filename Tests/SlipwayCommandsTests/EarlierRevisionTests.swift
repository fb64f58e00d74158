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

    @Test(arguments: ["broken.zip", nil])
    func `a rollback never deploys the same revision once more`(previous: String?) throws {
        let info = try Self.deployment(after: previous)
        let region = try Region("us-east-1")
        #expect(throws: Problem.self) { try info.earlierRevision(in: region) { [] } }
    }
}
