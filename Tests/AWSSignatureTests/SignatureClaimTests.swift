import AWSSignature
import SlipwayCore
import Testing

@Suite("A claim of a signature")
struct SignatureClaimTests {
    static let scope = "20130524/us-east-1/s3/aws4_request"

    private func claim(
        authorization: String, date: String? = "20130524T000000Z"
    ) throws -> SignatureClaim? {
        var headers = [HeaderField("authorization", authorization)]
        if let date { headers.append(HeaderField("X-AMZ-DATE", date)) }
        return try SignatureClaim.read(from: SigningTests.request(headers: headers))
    }

    @Test func `is read with and without spaces behind the commas`() throws {
        for comma in [", ", ","] {
            let read = try claim(
                authorization: [
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\(Self.scope)",
                    "SignedHeaders=host;x-amz-date", "Signature=00ff",
                ].joined(separator: comma))
            let claim = try #require(read)
            #expect(claim.accessKeyID == "AKIDEXAMPLE")
            #expect(claim.scope == SigningTests.scope)
            #expect(claim.signedHeaders == ["host", "x-amz-date"])
            #expect(claim.signature == "00ff")
            #expect(claim.place == .header)
            #expect(claim.expiresAfterSeconds == nil)
        }
    }

    @Test func `is absent from an anonymous request`() throws {
        #expect(try SignatureClaim.read(from: SigningTests.request()) == nil)
    }

    @Test(arguments: [
        ("Basic abc", SignatureClaimError.algorithm(UntrustedText("Basic"))),
        ("AWS4-HMAC-SHA256", .missing(.credential)),
        ("AWS4-HMAC-SHA256 Credential=A/\(scope)", .missing(.signedHeaders)),
        ("AWS4-HMAC-SHA256 Credential=A/\(scope),SignedHeaders=host", .missing(.signature)),
        ("AWS4-HMAC-SHA256 Credential=A,SignedHeaders=host,Signature=0", .malformed(.credential)),
        (
            "AWS4-HMAC-SHA256 Credential=A/20130525/us-east-1/s3/aws4_request,"
                + "SignedHeaders=host,Signature=0", .dayOfAnotherScope
        ),
        (
            "AWS4-HMAC-SHA256 Credential=A/\(scope),SignedHeaders=x-amz-date,Signature=0",
            .missing(.hostHeader)
        ),
        ("AWS4-HMAC-SHA256 Credential", .malformed(.authorization)),
    ])
    func `that is not whole is refused`(text: String, error: SignatureClaimError) {
        #expect(throws: error) { try claim(authorization: text) }
    }

    @Test func `needs a date that is one`() {
        let text = "AWS4-HMAC-SHA256 Credential=A/\(Self.scope),SignedHeaders=host,Signature=0"
        #expect(throws: SignatureClaimError.missing(.date)) {
            try claim(authorization: text, date: nil)
        }
        #expect(throws: SignatureClaimError.malformed(.date)) {
            try claim(authorization: text, date: "yesterday")
        }
    }

    @Test func `in a query is read with its term`() throws {
        let signed = SigningTests.signer.presign(
            SigningTests.request(payload: .unsigned), at: try SigningTests.time(),
            expiresAfter: 60
        ).request
        let claim = try #require(try SignatureClaim.read(from: signed))
        #expect(claim.place == .query && claim.expiresAfterSeconds == 60)
        #expect(claim.isValid(for: signed, secret: SigningTests.secret))
        #expect(!claim.isValid(for: signed, secret: secretKey("another")))
    }

    @Test(arguments: ["604801", "-1", "soon"])
    func `in a query lasts seven days at most`(term: String) throws {
        var signed = SigningTests.signer.presign(
            SigningTests.request(), at: try SigningTests.time(), expiresAfter: 60
        ).request
        let index = try #require(signed.query.firstIndex { $0.name == "X-Amz-Expires" })
        signed.query[index].value = term
        #expect(throws: SignatureClaimError.malformed(.expires)) {
            try SignatureClaim.read(from: signed)
        }
    }

    @Test func `is void when anything that it covers changes`() throws {
        let request = SigningTests.request(
            "PUT", "/a//b", query: [QueryItem("partNumber", "1")],
            headers: [HeaderField("x-amz-meta-x", "1")])
        let signed = SigningTests.signer.sign(request, at: try SigningTests.time()).request
        let claim = try #require(try SignatureClaim.read(from: signed))
        #expect(claim.isValid(for: signed, secret: SigningTests.secret))
        let changes: [(inout SignableRequest) -> Void] = [
            { $0.method = "GET" },
            { $0.path = RequestPath(decoded: "/a/b") },
            { $0.query[0].value = "2" },
            { $0.query.append(QueryItem("uploadId", "1")) },
            { request in request.headers[1].value = "2" },
            { $0.payload = .unsigned },
            { $0.headers.append(HeaderField("X-Amz-Meta-X", "1")) },
        ]
        for change in changes {
            var other = signed
            change(&other)
            #expect(!claim.isValid(for: other, secret: SigningTests.secret))
        }
    }

    @Test func `names the amazon headers that it leaves out`() throws {
        var signed = SigningTests.signer.sign(
            SigningTests.request(), at: try SigningTests.time()
        ).request
        let claim = try #require(try SignatureClaim.read(from: signed))
        #expect(claim.unsignedAmazonHeaders(of: signed).isEmpty)
        signed.headers.append(HeaderField("X-Amz-Acl", "public-read"))
        #expect(claim.unsignedAmazonHeaders(of: signed) == ["x-amz-acl"])
    }

    @Test(arguments: ["/a%", "/a%4", "/a%zz", "/%ff", "a", "/?%ff=1"])
    func `cannot be made on a target that cannot be read`(target: String) {
        let request = SignableRequest(
            method: "GET", target: target, headers: [], payload: .empty)
        #expect(request == nil)
    }
}
