import AWSClient
import AWSSignature
import FoundationEssentials
import SlipwayCore
import Testing

@Suite("What an answer corrects")
struct CorrectionTests {
    private func client(_ aws: FakeAWS, endpoints: AWSEndpoints = AWSEndpoints()) throws
        -> S3Client
    {
        S3Client(try aws.caller(endpoints: endpoints), region: try Region("us-east-1"))
    }

    private func put(_ s3: S3Client, _ bucket: String = "bucket") async throws {
        _ = try await s3.putObject(
            ObjectContent([1]), bucket: try BucketName(bucket), key: try S3Key("k"))
    }

    private func date(_ request: HTTPRequest) -> String? { request.headers["x-amz-date"] }

    /// It is 18:00:00 UTC on 24 November 2026 by the fake clock.
    @Test(arguments: [
        ("RequestTimeTooSkewed", "Tue, 24 Nov 2026 19:30:00 GMT", "20261124T193000Z", 5400),
        ("SignatureDoesNotMatch", "Tue, 24 Nov 2026 17:00:00 GMT", "20261124T170000Z", -3600),
    ])
    func `the clock, once, and says so`(
        code: String, header: String, corrected: String, offset: Int
    ) async throws {
        let aws = FakeAWS([.s3(403, code, "", ["Date": header]), .stored])
        let s3 = try client(aws)
        try await put(s3)
        try await put(s3)
        #expect(
            aws.requests.map(date) == ["20261124T180000Z", corrected, corrected])
        #expect(aws.notices == [.clockCorrected(bySeconds: offset)])
        #expect(aws.sleeps.isEmpty)
    }

    @Test func `the clock again where somebody sets it, without saying so again`() async throws {
        func tooSkewed(_ time: String) -> FakeAWS.Step {
            .s3(403, "RequestTimeTooSkewed", "", ["Date": "Tue, 24 Nov 2026 \(time) GMT"])
        }
        let aws = FakeAWS([tooSkewed("19:30:00"), .stored, tooSkewed("18:00:00"), .stored])
        let s3 = try client(aws)
        for _ in 0..<3 { try await put(s3) }
        #expect(
            aws.requests.map(date) == [
                "20261124T180000Z", "20261124T193000Z", "20261124T193000Z", "20261124T180000Z",
                "20261124T180000Z",
            ])
        #expect(aws.notices == [.clockCorrected(bySeconds: 5400)])
    }

    @Test func `the clock, but not for ever`() async throws {
        let wrong = FakeAWS.Step.s3(
            403, "RequestTimeTooSkewed", "", ["Date": "Tue, 24 Nov 2026 19:30:00 GMT"])
        let aws = FakeAWS([wrong])
        let error = await #expect(throws: AWSError.self) { try await put(try client(aws)) }
        #expect(aws.requests.count == 2 && error?.meaning == .badKeys)
    }

    @Test func `the time, by any answer of AWS's, and requests not before one is refused`()
        async throws
    {
        let stored = ["ETag": "\"e1\"", "x-amz-request-id": "R1"]
        func now(_ time: String, _ headers: [String: String], latency: Duration = .zero)
            async throws -> Double
        {
            let aws = FakeAWS(
                [.xml(200, "", headers.merging(["Date": time]) { $1 })], latency: latency)
            let caller = try aws.caller()
            let s3 = S3Client(caller, region: try Region("us-east-1"))
            for _ in 0..<2 { try await put(s3) }
            #expect(date(aws.requests[1]).map { $0.hasPrefix("20261124T1800") } == true)
            return caller.now.timeIntervalSince1970 - 1_795_543_200
                - (latency * 2) / .seconds(1)
        }
        #expect(try await (-10...(-9)).contains(now("Tue, 24 Nov 2026 17:59:50 GMT", stored)))
        #expect(try await (10...11).contains(now("Tue, 24 Nov 2026 18:00:10 GMT", stored)))
        #expect(try await now("Tue, 24 Nov 2026 18:00:00 GMT", stored) == 0)
        // Dated at any moment between asking and answering, it fits a clock that is right.
        #expect(
            try await now("Tue, 24 Nov 2026 18:00:30 GMT", stored, latency: .seconds(30)) == 0)
        // A proxy's own answer bears no request id.
        #expect(try await now("Tue, 24 Nov 2026 17:00:00 GMT", ["ETag": "\"e1\""]) == 0)
    }

    @Test func `nothing where the keys are wrong and the clock is right`() async throws {
        let aws = FakeAWS([
            .s3(403, "SignatureDoesNotMatch", "", ["Date": "Tue, 24 Nov 2026 18:00:09 GMT"])
        ])
        await #expect(throws: AWSError.self) { try await put(try client(aws)) }
        #expect(aws.requests.count == 1 && aws.notices.isEmpty)
    }

    @Test(arguments: [
        FakeAWS.Step.s3(301, "PermanentRedirect", "", ["x-amz-bucket-region": "eu-west-1"]),
        .s3(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
        .xml(400, "", ["x-amz-bucket-region": "eu-west-1"]),
        .s3(307, "TemporaryRedirect", "", ["x-amz-bucket-region": "eu-west-1"]),
    ])
    func `the region of a bucket, and remembers it`(step: FakeAWS.Step) async throws {
        let aws = FakeAWS([step, .stored])
        let s3 = try client(aws)
        try await put(s3)
        try await put(s3)
        #expect(
            aws.requests.map(\.url) == [
                "https://bucket.s3.us-east-1.amazonaws.com/k",
                "https://bucket.s3.eu-west-1.amazonaws.com/k",
                "https://bucket.s3.eu-west-1.amazonaws.com/k",
            ])
        #expect(aws.requests[1].headers["authorization"]?.contains("/eu-west-1/s3/") == true)
        #expect(
            aws.notices == [
                .bucketRegion(
                    try BucketName("bucket"), expected: try Region("us-east-1"),
                    found: try Region("eu-west-1"))
            ])
    }

    @Test func `the region of a bucket by asking, where no answer names it`() async throws {
        let aws = FakeAWS([
            .s3(301, "PermanentRedirect"), .xml(403, "", ["x-amz-bucket-region": "eu-west-1"]),
            .stored,
        ])
        try await put(try client(aws))
        #expect(aws.requests.map(\.method) == ["PUT", "HEAD", "PUT"])
        #expect(aws.requests[2].url == "https://bucket.s3.eu-west-1.amazonaws.com/k")
    }

    @Test func `the region once, not in a circle`() async throws {
        let aws = FakeAWS([
            .s3(301, "PermanentRedirect", "", ["x-amz-bucket-region": "eu-west-1"]),
            .s3(301, "PermanentRedirect", "", ["x-amz-bucket-region": "us-east-1"]),
        ])
        await #expect(throws: AWSError.self) { try await put(try client(aws)) }
        #expect(aws.requests.count == 2)
    }

    @Test func `the host of a new bucket, if it is one of AWS's`() async throws {
        let host = "bucket.s3.eu-west-1.amazonaws.com"
        let aws = FakeAWS([
            .s3(307, "TemporaryRedirect", "", ["Location": "https://\(host)/k?x"]), .stored,
        ])
        try await put(try client(aws))
        #expect(aws.requests[1].url == "https://\(host)/k")
        #expect(aws.requests[1].headers["host"] == host)
    }

    @Test(arguments: [
        "https://evil.example/k", "http://bucket.s3.eu-west-1.amazonaws.com/k",
        "https://amazonaws.com.evil.example/", "https://evilamazonaws.com/", "//x", "",
    ])
    func `no host that may be anybody's`(location: String) async throws {
        let aws = FakeAWS([.s3(307, "TemporaryRedirect", "", ["Location": location]), .stored])
        await #expect(throws: AWSError.self) { try await put(try client(aws)) }
        #expect(aws.requests.count == 1)
    }

    @Test func `the region at an endpoint of one's own, which stays`() async throws {
        let endpoint = try #require(Endpoint("http://127.0.0.1:4566/base/"))
        let aws = FakeAWS([.xml(301, "", ["x-amz-bucket-region": "eu-west-1"]), .stored])
        try await put(try client(aws, endpoints: AWSEndpoints(all: endpoint)))
        #expect(
            aws.requests.map(\.url)
                == Array(repeating: "http://127.0.0.1:4566/base/bucket/k", count: 2))
        #expect(aws.requests[1].headers["authorization"]?.contains("/eu-west-1/s3/") == true)
    }
}
