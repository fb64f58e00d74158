import AWSSignature
import FoundationEssentials
import SlipwayCore
import Testing

@testable import AWSClient

@Suite("The client of CodeDeploy")
struct CodeDeployTests {
    private func client(_ aws: FakeAWS) throws -> CodeDeployAPI {
        CodeDeployAPI(try aws.caller(), region: try Region("us-east-1"))
    }

    private func id() throws -> DeploymentID { try #require(DeploymentID("d-1")) }

    private func body(_ request: HTTPRequest) -> String {
        guard case .bytes(let bytes) = request.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `asks for a deployment with what is set and nothing else`() async throws {
        let aws = FakeAWS([.json(200, #"{"deploymentId":"d-75I7MBT7C"}"#)])
        var request = DeploymentRequest(
            application: try ApplicationName("shop"), deploymentGroup: try DeploymentGroup("web"),
            revision: S3Location(
                bucket: try BucketName("bucket"), key: try S3Key("k"), version: ObjectVersion("v1"),
                eTag: ETag("\"e1\"")))
        #expect(try await client(aws).createDeployment(request).rawValue == "d-75I7MBT7C")
        #expect(
            body(aws.requests[0])
                == #"{"applicationName":"shop","deploymentGroupName":"web","revision":"#
                + #"{"revisionType":"S3","s3Location":{"bucket":"bucket","key":"k","#
                + #""bundleType":"zip","version":"v1","eTag":"e1"}}}"#)
        let headers = aws.requests[0].headers
        #expect(headers["x-amz-target"] == "CodeDeploy_20141006.CreateDeployment")
        #expect(headers["content-type"] == "application/x-amz-json-1.1")

        request.autoRollback = []
        request.fileExistsBehavior = .overwrite
        request.ignoreApplicationStopFailures = false
        _ = try await client(aws).createDeployment(request)
        let second = body(aws.requests[1])
        #expect(second.contains(#""autoRollbackConfiguration":{"enabled":false}"#))
        #expect(second.contains(#""ignoreApplicationStopFailures":false"#))
    }

    @Test func `reads a deployment, with whatever AWS adds`() async throws {
        let aws = FakeAWS([
            .json(
                200,
                #"""
                {"deploymentInfo": {"deploymentId": "d-1", "status": "Exploding", "applicationName":
                "shop", "deploymentGroupName": "web", "creator": "codeDeployRollback", "createTime":
                1795543200.25, "completeTime": "2026-11-24T19:00:00.5+01:00", "deploymentOverview":
                {"Pending": 1, "InProgress": 2, "Failed": 3, "New": 9}, "errorInformation": {"code":
                "HEALTH_CONSTRAINTS", "message": "a\u001b[1m"}, "rollbackInfo":
                {"rollbackTriggeringDeploymentId": "d-0"}, "revision": {"revisionType": "GitHub"},
                "autoRollbackConfiguration": {"enabled": true, "events": ["DEPLOYMENT_FAILURE",
                "NEW"]}, "new": [1, {"x": null}]}}
                """#)
        ])
        let info = try await client(aws).getDeployment(try id())
        #expect(info.status == .other("Exploding") && !info.status.isFinal)
        #expect(info.createdAt?.timeIntervalSince1970 == 1_795_543_200.25)
        #expect(info.completedAt?.timeIntervalSince1970 == 1_795_543_200.5)
        #expect(info.overview == DeploymentOverview(pending: 1, inProgress: 2, failed: 3))
        #expect(info.errorInformation?.code == .healthConstraints)
        #expect(info.errorInformation?.message?.escaped == "a\\e[1m")
        #expect(info.rollback?.triggeringID?.rawValue == "d-0" && info.creator == .rollback)
        #expect(info.revision == .other(UntrustedText("GitHub")))
        #expect(info.autoRollback == [.failure])
    }

    @Test(arguments: ["", "[]", "{}", "{", "<html>", #"{"deploymentInfo":{}}"#, "null"])
    func `takes nothing else for a deployment`(answer: String) async throws {
        let aws = FakeAWS([.json(200, answer)])
        let error = await #expect(throws: AWSError.self) {
            try await client(aws).getDeployment(try id())
        }
        #expect(error?.cause == .garbled(status: 200) && error?.meaning == .answerLost)
    }

    @Test func `lists targets page by page and asks for 25 at once`() async throws {
        let names = (1...30).map { "i-\($0)" }
        func ids(_ range: ArraySlice<String>) -> String {
            "[" + range.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        }
        let aws = FakeAWS([
            .json(200, #"{"targetIds":\#(ids(names[..<20])),"nextToken":"t"}"#),
            .json(200, #"{"targetIds":\#(ids(names[20...]))}"#),
            .json(
                200,
                #"""
                {"deploymentTargets": [{"deploymentTargetType": "InstanceTarget", "instanceTarget":
                {"targetId": "i-1", "status": "Failed", "lastUpdatedAt": 1, "lifecycleEvents":
                [{"lifecycleEventName": "Install", "status": "Failed", "startTime": 1,
                "endTime": 3.5,
                "diagnostics": {"errorCode": "ScriptFailed", "scriptName": "s.sh", "logTail":
                "boo"}}]}}, {"deploymentTargetType": "NewTarget", "newTarget": {"targetId": "n"}},
                {"deploymentTargetType": "Odd"}]}
                """#),
            .json(200, #"{"deploymentTargets": []}"#),
        ])
        let api = try client(aws)
        let targets = try await api.listDeploymentTargets(try id())
        #expect(targets.map(\.rawValue) == names)
        let found = try await api.batchGetDeploymentTargets(targets, of: try id())
        #expect(found.map(\.id.rawValue) == ["i-1", "n"])
        #expect(found[0].failure?.seconds == 2.5)
        #expect(found[0].failure?.diagnostics?.errorCode == .scriptFailed)
        #expect(body(aws.requests[1]).contains(#""nextToken":"t""#))
        #expect(body(aws.requests[2]).contains(#""i-25"]"#))
        #expect(body(aws.requests[3]).contains(#"["i-26","#))
    }

    @Test func `lists the targets of some statuses only`() async throws {
        let aws = FakeAWS([.json(200, #"{"targetIds":["i-1"]}"#)])
        let found = try await client(aws).listDeploymentTargets(
            try id(), statuses: [.failed, .inProgress])
        #expect(found == [TargetID("i-1")])
        #expect(
            body(aws.requests[0]).contains(
                #""targetFilters":{"TargetStatus":["Failed","InProgress"]}"#))
    }

    @Test func `asks no more often than its own policy allows`() async throws {
        let aws = FakeAWS([.codeDeploy("ThrottlingException")])
        let api = CodeDeployAPI(
            try aws.caller(), region: try Region("us-east-1"),
            policy: RetryPolicy(attemptLimit: 2))
        await #expect(throws: AWSError.self) { try await api.getDeployment(id()) }
        #expect(aws.requests.count == 2)
    }

    @Test func `lists the deployments since a moment, whatever pages they come in`() async throws {
        let aws = FakeAWS([
            .json(200, #"{"deployments":["d-3","d-2"],"nextToken":"t"}"#),
            .json(200, #"{"deployments":["d-1","not an id"]}"#),
        ])
        let found = try await client(aws).deployments(
            application: try ApplicationName("shop"), group: try DeploymentGroup("web"),
            createdSince: Date(timeIntervalSince1970: 1_795_543_200.75))
        #expect(found.map(\.rawValue) == ["d-3", "d-2", "d-1"])
        #expect(
            body(aws.requests[0])
                == #"{"applicationName":"shop","deploymentGroupName":"web","#
                + #""createTimeRange":{"start":1795543200}}"#)
        #expect(body(aws.requests[1]).contains(#""nextToken":"t""#))
    }

    @Test func `registers a revision, which is answered with nothing`() async throws {
        let aws = FakeAWS([.json(200, "")])
        try await client(aws).registerApplicationRevision(
            S3Location(bucket: try BucketName("bucket"), key: try S3Key("k")),
            application: try ApplicationName("shop"),
            description: DeploymentDescription("a \"b\"\u{202E}"))
        #expect(body(aws.requests[0]).contains(#""description":"a \"b\"\u202e""#))
    }

    @Test(arguments: [
        ("2026-11-24T18:00:00Z", 1_795_543_200.0), ("2026-11-24T18:00:00", 1_795_543_200.0),
        ("2026-11-24 18:00:00.123456+00:00", 1_795_543_200.123456),
        ("2026-11-24T13:00:00-0500", 1_795_543_200.0), ("1795543200.5", 1_795_543_200.5),
    ])
    func `reads times as numbers and as text`(text: String, seconds: Double) throws {
        let date = try #require(JSONAnswer.string(text).date)
        #expect(abs(date.timeIntervalSince1970 - seconds) < 1e-5)
    }

    @Test(arguments: [
        "", "yesterday", "2026-11-24", "2026-02-30T00:00:00Z", "24/11/2026 18:00:00.00",
    ])
    func `takes no other text for a time`(text: String) {
        #expect(JSONAnswer.string(text).date == nil)
    }
}
