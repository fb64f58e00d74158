import AWSSignature
import FoundationEssentials
import SlipwayCore
import Testing

@testable import AWSClient

@Suite("A request that fails")
struct RetryTests {
    private func put(_ aws: FakeAWS, policy: RetryPolicy = RetryPolicy()) async throws
        -> StoredObject
    {
        try await S3Client(try aws.caller(policy: policy), region: try Region("us-east-1"))
            .putObject(
                ObjectContent([1, 2, 3]), bucket: try BucketName("bucket"), key: try S3Key("key"))
    }

    private func create(_ aws: FakeAWS) async throws -> DeploymentID {
        try await CodeDeployAPI(try aws.caller(), region: try Region("us-east-1"))
            .createDeployment(
                DeploymentRequest(
                    application: try ApplicationName("shop"),
                    deploymentGroup: try DeploymentGroup("web"),
                    revision: S3Location(
                        bucket: try BucketName("bucket"), key: try S3Key("key"))))
    }

    @Test(arguments: [
        FakeAWS.Step.s3(500, "InternalError"), .s3(503, "SlowDown"), .s3(400, "RequestTimeout"),
        .xml(502, "<html>Bad Gateway"), .xml(504, ""), .xml(429, ""),
        .lost(.broken, arrived: true), .lost(.stalled, arrived: true),
        .lost(.refused, arrived: false), .lost(.unknownHost, arrived: false),
        .xml(200, "<html>hello"),
    ])
    func `for a moment is sent again`(step: FakeAWS.Step) async throws {
        let aws = FakeAWS([step, step, .stored])
        #expect(try await put(aws).eTag.rawValue == "e1")
        #expect(aws.requests.count == 3)
        #expect(aws.sleeps == [.milliseconds(125), .milliseconds(250)])
    }

    @Test(arguments: [
        FakeAWS.Step.s3(403, "AccessDenied"), .s3(404, "NoSuchBucket"), .s3(400, "InvalidRequest"),
        .s3(403, "InvalidAccessKeyId"), .lost(.certificate, arrived: false),
        .lost(.certificateFile, arrived: false),
    ])
    func `for good is not sent again`(step: FakeAWS.Step) async throws {
        let aws = FakeAWS([step, .stored])
        await #expect(throws: AWSError.self) { try await put(aws) }
        #expect(aws.requests.count == 1 && aws.sleeps.isEmpty)
    }

    @Test func `again and again ends within the limits`() async throws {
        let aws = FakeAWS([.s3(503, "SlowDown")], random: 0.999)
        let error = await #expect(throws: AWSError.self) { try await put(aws) }
        #expect(error?.attempts == 8 && aws.requests.count == 8)
        #expect(error?.meaning == .throttled)

        let slow = FakeAWS([.lost(.stalled, arrived: true)], random: 0.999)
        let policy = RetryPolicy(
            attemptLimit: 1000, sureAttempts: 1, baseDelay: .seconds(8), timeLimit: .seconds(60))
        await #expect(throws: AWSError.self) { try await put(slow, policy: policy) }
        #expect(slow.sleeps.reduce(.zero, +) <= .seconds(60))
        #expect(slow.requests.count < 8)
    }

    @Test func `after a long time is sent three times all the same`() async throws {
        let aws = FakeAWS([.lost(.broken, arrived: true)], latency: .seconds(100))
        await #expect(throws: AWSError.self) { try await put(aws) }
        #expect(aws.requests.count == 3)
    }

    @Test func `in a crowd of failures spends no more than the budget`() async throws {
        let aws = FakeAWS([.s3(503, "SlowDown")])
        let s3 = S3Client(try aws.caller(), region: try Region("us-east-1"))
        let bucket = try BucketName("bucket")
        for _ in 0..<40 {
            await #expect(throws: AWSError.self) { try await s3.headBucket(bucket) }
        }
        // 100 retries, and the first attempt of each call.
        #expect(aws.requests.count == 140)
    }

    @Test func `waits as long as the server asks for, within the limit`() async throws {
        let aws = FakeAWS([.xml(503, "", ["Retry-After": "7"]), .stored])
        _ = try await put(aws)
        let endless = FakeAWS([.xml(503, "", ["Retry-After": "900000000000"]), .stored])
        _ = try await put(endless)
        #expect(aws.sleeps == [.seconds(7)] && endless.sleeps == [.seconds(20)])
    }

    @Test func `waits from nothing up to twice as long each time`() {
        let policy = RetryPolicy(baseDelay: .seconds(1), delayLimit: .seconds(10))
        func delay(_ attempts: Int, _ random: Double) -> Duration {
            policy.delay(afterAttempts: attempts, random: random)
        }
        #expect(delay(1, 0) == .zero && delay(9, 0) == .zero)
        #expect([1, 2, 3, 4].map { delay($0, 0.5) } == [0.5, 1, 2, 4].map { .seconds($0) })
        #expect(delay(5, 1) == .seconds(10) && delay(1000, 1) == .seconds(10))
    }

    @Test(arguments: [
        FakeAWS.Step.lost(.broken, arrived: true), .lost(.stalled, arrived: true),
        .codeDeploy("InternalFailure", status: 500), .xml(503, ""), .json(200, "{}"),
    ])
    func `may have made a deployment, and is not sent again`(step: FakeAWS.Step) async throws {
        let aws = FakeAWS([step, .json(200, #"{"deploymentId":"d-2"}"#)])
        let error = await #expect(throws: AWSError.self) { try await create(aws) }
        #expect(error?.meaning == .answerLost)
        #expect(aws.requests.count == 1)
        #expect(aws.requests[0].isRepeatable == false)
    }

    @Test(arguments: [
        FakeAWS.Step.lost(.refused, arrived: false), .codeDeploy("ThrottlingException"),
        .codeDeploy("Throttling", status: 503),
    ])
    func `has made no deployment, and is sent again`(step: FakeAWS.Step) async throws {
        let aws = FakeAWS([step, .json(200, #"{"deploymentId":"d-2"}"#)])
        #expect(try await create(aws).rawValue == "d-2")
        #expect(aws.requests.count == 2)
    }

    @Test(arguments: [403, 404, 407])
    func `and is answered with a proxy's page says nothing of the keys`(status: Int) async throws {
        let page = FakeAWS.Step.xml(status, "<html><title>Blocked</title>")
        let aws = FakeAWS([page, .json(200, #"{"deploymentInfo":{"status":"InProgress"}}"#)])
        let api = CodeDeployAPI(try aws.caller(), region: try Region("us-east-1"))
        let id = try #require(DeploymentID("d-1"))
        #expect(try await api.getDeployment(id).status == .inProgress)
        let error = await #expect(throws: AWSError.self) { try await create(FakeAWS([page])) }
        #expect(error?.meaning == .answerLost)
        #expect(error?.problems.map(\.code) == ["aws-answer"])
    }

    @Test func `stops when its task is cancelled`() async throws {
        let aws = FakeAWS([.s3(503, "SlowDown")])
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await put(aws)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(aws.requests.isEmpty)
    }

    @Test(arguments: [
        (
            "DeploymentLimitExceededException",
            "The Deployment Group 'web' already has an active Deployment 'd-75I7MBT7C'",
            AWSFailureMeaning.groupBusy(DeploymentID("d-75I7MBT7C"))
        ),
        (
            "DeploymentLimitExceededException",
            "The Deployment Group 'd-prod' already has an active Deployment 'd-75I7MBT7C'",
            .groupBusy(DeploymentID("d-75I7MBT7C"))
        ),
        ("DeploymentLimitExceededException", "too many", .groupBusy(nil)),
        ("DeploymentAlreadyCompletedException", "", .alreadyCompleted),
        ("DeploymentNotStartedException", "", .notStarted),
        ("AccessDeniedException", "", .denied), ("UnrecognizedClientException", "", .badKeys),
        ("ApplicationDoesNotExistException", "", .missing),
        ("DescriptionTooLongException", "", .refused),
    ])
    func `means what its code says`(code: String, message: String, meaning: AWSFailureMeaning)
        async throws
    {
        let aws = FakeAWS([.codeDeploy(code, message)])
        let error = await #expect(throws: AWSError.self) { try await create(aws) }
        #expect(error?.meaning == meaning)
        if case .groupBusy = meaning {
            #expect(error?.exitStatus == .groupBusy)
        } else {
            #expect(error?.exitStatus == .aws)
        }
    }
}
