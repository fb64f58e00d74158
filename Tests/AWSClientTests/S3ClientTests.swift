import AWSSignature
import SlipwayCore
import Testing

@testable import AWSClient

@Suite("The client of S3")
struct S3ClientTests {
    private func client(_ aws: FakeAWS, token: String? = nil) throws -> S3Client {
        S3Client(try aws.caller(token: token), region: try Region("us-east-1"))
    }

    private func upload() throws -> MultipartUpload {
        MultipartUpload(bucket: try BucketName("bucket"), key: try S3Key("a b/c"), id: "u+1/=")
    }

    @Test func `sends an object with everything that S3 checks it by`() async throws {
        let aws = FakeAWS([.stored])
        var options = ObjectOptions()
        options.encryption = .kms
        options.kmsKeyID = KMSKeyID("alias/revisions")
        let stored = try await client(aws, token: "TOKEN").putObject(
            ObjectContent(Array("hello".utf8)), bucket: try BucketName("bucket"),
            key: try S3Key("a b/+%/é//x"), options: options)
        #expect(stored.eTag.rawValue == "e1" && stored.version?.rawValue == "v1")
        let request = aws.requests[0]
        #expect(
            request.url
                == "https://bucket.s3.us-east-1.amazonaws.com/a%20b/%2B%25/%C3%A9//x")
        let headers = request.headers
        #expect(headers["content-type"] == "application/zip")
        #expect(headers["content-md5"] == "XUFAKrxLKna5cZ2REBfFkg==")
        #expect(headers["x-amz-content-sha256"] == ContentDigest.sha256("hello".utf8).hexadecimal)
        #expect(headers["x-amz-server-side-encryption"] == "aws:kms")
        #expect(headers["x-amz-server-side-encryption-aws-kms-key-id"] == "alias/revisions")
        #expect(headers["x-amz-security-token"] == "TOKEN")
        var dumped = "\(request) "
        dump(request, to: &dumped)
        #expect(!dumped.contains("TOKEN") && !dumped.contains("Signature="))
    }

    @Test func `uploads in parts`() async throws {
        let aws = FakeAWS([
            .xml(
                200,
                "<InitiateMultipartUploadResult><UploadId>u+1/=</UploadId>"
                    + "</InitiateMultipartUploadResult>"
            ),
            .xml(200, "", ["ETag": "\"p2\""]), .xml(200, "", ["ETag": "\"p1\""]),
            .xml(
                200,
                " \n <CompleteMultipartUploadResult><ETag>&quot;e-2&quot;</ETag>"
                    + "</CompleteMultipartUploadResult>",
                ["x-amz-version-id": "null"]),
        ])
        let s3 = try client(aws)
        let upload = try await s3.createMultipartUpload(
            bucket: try BucketName("bucket"), key: try S3Key("k"))
        let second = try await s3.uploadPart(2, ObjectContent([2]), of: upload)
        let first = try await s3.uploadPart(1, ObjectContent([1]), of: upload)
        let stored = try await s3.completeMultipartUpload(upload, parts: [second, first])
        #expect(stored == StoredObject(eTag: try #require(ETag("e-2")), version: nil))
        #expect(aws.requests[0].url.hasSuffix("/k?uploads"))
        #expect(aws.requests[1].url.hasSuffix("/k?partNumber=2&uploadId=u%2B1%2F%3D"))
        guard case .bytes(let body) = aws.requests[3].body else { return }
        #expect(
            String(decoding: body, as: UTF8.self).contains(
                "<Part><PartNumber>1</PartNumber><ETag>&quot;p1&quot;</ETag></Part>"
                    + "<Part><PartNumber>2</PartNumber>"))
    }

    @Test func `takes an error for one, though its status is 200`() async throws {
        let aws = FakeAWS([.s3(200, "InvalidPart")])
        let error = await #expect(throws: AWSError.self) {
            try await client(aws).completeMultipartUpload(
                try upload(), parts: [ObjectPart(number: 1, eTag: try #require(ETag("x")))])
        }
        #expect(error?.code == "InvalidPart" && error?.meaning == .refused)
        let transient = FakeAWS([
            .s3(200, "InternalError"),
            .xml(
                200, "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>"
            ),
        ])
        _ = try await client(transient).completeMultipartUpload(
            try upload(), parts: [ObjectPart(number: 1, eTag: try #require(ETag("x")))])
        #expect(transient.requests.count == 2)
    }

    /// MD5 of one part, and the eTag that an object of two such parts has.
    static let part = "5d41402abc4b2a76b9719d911017c592"
    static let whole =
        ContentDigest.md5(
            (Hexadecimal.decode(part) ?? []) + (Hexadecimal.decode(part) ?? [])
        ).hexadecimal + "-2"

    @Test(arguments: [(whole, true), ("another", false)])
    func `finds the object whose completion was answered to nobody`(
        eTag: String, isOurs: Bool
    ) async throws {
        let parts = try [1, 2].map { ObjectPart(number: $0, eTag: try #require(ETag(Self.part))) }
        let aws = FakeAWS([
            .lost(.broken, arrived: true), .s3(404, "NoSuchUpload"),
            .xml(200, "", ["ETag": "\"\(eTag)\"", "x-amz-version-id": "v7"]),
        ])
        let s3 = try client(aws)
        if isOurs {
            let stored = try await s3.completeMultipartUpload(try upload(), parts: parts)
            #expect(stored.eTag.rawValue == eTag && stored.version?.rawValue == "v7")
        } else {
            await #expect(throws: AWSError.self) {
                try await s3.completeMultipartUpload(try upload(), parts: parts)
            }
        }
        #expect(aws.requests.map(\.method) == ["POST", "POST", "HEAD"])
    }

    @Test func `does not look for an object when nothing got lost`() async throws {
        let aws = FakeAWS([.s3(404, "NoSuchUpload")])
        await #expect(throws: AWSError.self) {
            try await client(aws).completeMultipartUpload(try upload(), parts: [])
        }
        #expect(aws.requests.count == 1)
    }

    @Test func `aborts what is gone already`() async throws {
        try await client(FakeAWS([.s3(404, "NoSuchUpload")])).abortMultipartUpload(try upload())
        try await client(FakeAWS([.xml(204, "")])).abortMultipartUpload(try upload())
        await #expect(throws: AWSError.self) {
            try await client(FakeAWS([.s3(403, "AccessDenied")])).abortMultipartUpload(try upload())
        }
    }

    @Test func `lists parts and uploads page by page`() async throws {
        func page(_ number: Int, more: Bool) -> FakeAWS.Step {
            .xml(
                200,
                "<ListPartsResult><IsTruncated>\(more)</IsTruncated>"
                    + "<NextPartNumberMarker>\(number)</NextPartNumberMarker><Part>"
                    + "<PartNumber>\(number)</PartNumber><ETag>\"p\(number)\"</ETag><Size>5</Size></Part></ListPartsResult>"
            )
        }
        let aws = FakeAWS([page(1, more: true), page(2, more: false)])
        #expect(try await client(aws).listParts(try upload()).map(\.number) == [1, 2])
        #expect(aws.requests[1].url.hasSuffix("&part-number-marker=1"))
        // A server whose pages never end is not followed for ever.
        let endless = FakeAWS([page(1, more: true)])
        #expect(try await client(endless).listParts(try upload()).count == 2)
    }

    @Test(arguments: [
        ("<LocationConstraint/>", "us-east-1"),
        ("<LocationConstraint>EU</LocationConstraint>", "eu-west-1"),
        ("<LocationConstraint>ap-south-1</LocationConstraint>", "ap-south-1"),
    ])
    func `knows the old names of regions`(body: String, region: String) async throws {
        let found = try await client(FakeAWS([.xml(200, body)]))
            .bucketLocation(try BucketName("bucket"))
        #expect(found.rawValue == region)
    }

    @Test(arguments: [
        ("<VersioningConfiguration/>", BucketVersioning.never),
        ("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>", .enabled),
        (
            "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
            .suspended
        ),
    ])
    func `knows whether versions are kept`(body: String, versioning: BucketVersioning) async throws
    {
        let found = try await client(FakeAWS([.xml(200, body)]))
            .bucketVersioning(try BucketName("bucket"))
        #expect(found == versioning)
    }
}
