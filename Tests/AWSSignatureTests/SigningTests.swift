import AWSSignature
import FoundationEssentials
import SlipwayCore
import Testing

/// The worked examples of S3's own documentation, whose keys and times these are.
@Suite("A signature for S3")
struct SigningTests {
    static let secret = secretKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    static let keys = SigningKeys(accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: secret)
    static let signer = Signer(keys: keys, region: "us-east-1", service: "s3")
    static let scope = CredentialScope(day: "20130524", region: "us-east-1", service: "s3")

    static func time() throws -> SigningTime { try #require(SigningTime("20130524T000000Z")) }

    static func request(
        _ method: String = "GET", _ path: String = "/test.txt", query: [QueryItem] = [],
        headers: [HeaderField] = [], host: String = "examplebucket.s3.amazonaws.com",
        payload: PayloadHash = .empty
    ) -> SignableRequest {
        SignableRequest(
            method: method, path: RequestPath(decoded: path), query: query,
            headers: [HeaderField("Host", host)] + headers, payload: payload)
    }

    @Test func `agrees with the documentation on a GET with a range`() throws {
        let request = Self.request(headers: [HeaderField("Range", "bytes=0-9")])
        let signature = Self.signer.sign(request, at: try Self.time()).signature
        #expect(signature == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test func `agrees with the documentation on a PUT`() throws {
        let request = Self.request(
            "PUT", "/test$file.text",
            headers: [
                HeaderField("Date", "Fri, 24 May 2013 00:00:00 GMT"),
                HeaderField("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ], payload: PayloadHash(.sha256("Welcome to Amazon S3.".utf8)))
        let signature = Self.signer.sign(request, at: try Self.time()).signature
        #expect(signature == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test func `agrees with the documentation on a query without a value`() throws {
        let request = Self.request("GET", "/", query: [QueryItem("lifecycle")])
        let signature = Self.signer.sign(request, at: try Self.time()).signature
        #expect(signature == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
    }

    @Test func `agrees with the documentation on a presigned GET`() throws {
        let result = Self.signer.presign(
            Self.request(payload: .unsigned), at: try Self.time(), expiresAfter: 86_400)
        #expect(
            result.signature == "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
    }

    @Test func `agrees with the documentation on a body in signed chunks`() throws {
        let request = Self.request(
            "PUT", "/examplebucket/chunkObject.txt",
            headers: [
                HeaderField("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                HeaderField("Content-Encoding", "aws-chunked"),
                HeaderField("x-amz-decoded-content-length", "66560"),
                HeaderField("Content-Length", "66824"),
            ], host: "s3.amazonaws.com", payload: .streaming)
        let time = try Self.time()
        let seed = Self.signer.sign(request, at: time).signature
        #expect(seed == "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9")
        var chunks = ChunkSigner(
            key: SigningKey(Self.secret, scope: Self.scope), scope: Self.scope, time: time,
            seed: seed)
        let expected = [
            (65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
            (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
            (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
        ]
        for (count, signature) in expected {
            let chunk = [UInt8](repeating: UInt8(ascii: "a"), count: count)
            #expect(chunks.sign(chunk: .sha256(chunk)) == signature)
        }
    }

    @Test func `agrees with the documentation on a signed trailer`() throws {
        let request = Self.request(
            "PUT", "/examplebucket/chunkObject.txt",
            headers: [
                HeaderField("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                HeaderField("Content-Encoding", "aws-chunked"),
                HeaderField("x-amz-decoded-content-length", "66560"),
                HeaderField("x-amz-trailer", "x-amz-checksum-crc32c"),
            ], host: "s3.amazonaws.com", payload: .streamingTrailer)
        let time = try Self.time()
        let seed = Self.signer.sign(request, at: time).signature
        #expect(seed == "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e")
        var chunks = ChunkSigner(
            key: SigningKey(Self.secret, scope: Self.scope), scope: Self.scope, time: time,
            seed: seed)
        for count in [65_536, 1024, 0] {
            let chunk = [UInt8](repeating: UInt8(ascii: "a"), count: count)
            _ = chunks.sign(chunk: .sha256(chunk))
        }
        #expect(
            chunks.previous == "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992")
        let trailer = chunks.sign(trailer: [HeaderField("x-amz-checksum-crc32c", "sOO8/Q==")])
        #expect(trailer == "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435")
    }

    @Test(arguments: [
        ("/a b+c%/d", "/a%20b%2Bc%25/d", "/a%20b%2Bc%25/d", "/a%2520b%252Bc%2525/d"),
        ("/a//b/./../c~", "/a//b/./../c~", "/a//b/./../c~", "/a/c~"),
        ("/é/ü", "/%C3%A9/%C3%BC", "/%C3%A9/%C3%BC", "/%25C3%25A9/%25C3%25BC"),
        ("/a/", "/a/", "/a/", "/a/"),
        ("/..", "/..", "/..", "/"),
    ])
    func `has the path by the rule of the service`(
        path: String, wire: String, s3: String, other: String
    ) {
        let request = Self.request("GET", path)
        #expect(request.target == wire)
        func canonical(_ rule: PathRule) -> Substring? {
            CanonicalRequest(request, pathRule: rule, isSigned: { _ in true }).text
                .split(separator: "\n").dropFirst().first
        }
        #expect(canonical(.s3) == s3[...])
        #expect(canonical(.standard) == other[...])
    }

    @Test func `signs again what was signed before and keeps nothing of it`() throws {
        let time = try Self.time()
        let signed = Self.signer.sign(Self.request(), at: time)
        let presigned = Self.signer.presign(Self.request(), at: time, expiresAfter: 60)
        for before in [signed, presigned] {
            #expect(Self.signer.sign(before.request, at: time) == signed)
            #expect(
                Self.signer.presign(before.request, at: time, expiresAfter: 60) == presigned)
        }
    }

    @Test func `carries the hash of the body where the service asks for it`() throws {
        let time = try Self.time()
        func carried(_ service: String, _ payload: PayloadHash, adds: Bool? = nil) -> [Bool] {
            let signer = Signer(
                keys: Self.keys, region: "us-east-1", service: service, addsPayloadHeader: adds)
            let request = Self.request(payload: payload)
            return [
                signer.sign(request, at: time).request,
                signer.presign(request, at: time, expiresAfter: 60).request,
            ].map { $0.headers["x-amz-content-sha256"] == payload.rawValue }
        }
        #expect(carried("s3", .empty) == [true, true])
        #expect(carried("s3", .unsigned) == [true, false])
        #expect(carried("sts", .empty) == [false, false])
        #expect(carried("sts", .unsigned, adds: true) == [true, true])
        #expect(carried("s3", .empty, adds: false) == [false, false])
    }

    @Test func `shows neither the secret nor the token`() throws {
        let token = try SessionToken(SecretBytes(copying: Array("TOKEN-SECRET".utf8)))
        let keys = SigningKeys(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: Self.secret, sessionToken: token)
        var shown = "\(keys) \(String(reflecting: keys)) "
        dump(Signer(keys: keys, region: "us-east-1", service: "s3"), to: &shown)
        dump(SigningKey(Self.secret, scope: Self.scope), to: &shown)
        #expect(shown.contains("AKIAIOSFODNN7EXAMPLE"))
        #expect(!shown.contains("wJalr") && !shown.contains("TOKEN-SECRET"))
    }
}

@Suite("A time in a signature")
struct SigningTimeTests {
    @Test(arguments: [
        ("19700101T000000Z", 0), ("20000229T235959Z", 951_868_799),
        ("20150830T123600Z", 1_440_938_160), ("20261124T180000Z", 1_795_543_200),
        ("21000301T000000Z", 4_107_542_400), ("99991231T235959Z", 253_402_300_799),
    ])
    func `is read and written`(text: String, seconds: Int) throws {
        let time = try #require(SigningTime(text))
        #expect(time.secondsSince1970 == seconds)
        #expect(SigningTime(time.date).text == text)
    }

    @Test(arguments: [
        "", "20150830", "2015-08-30T12:36:00Z", "20150230T000000Z", "20150830T240000Z",
        "20150830T123660Z", "20151330T123600Z", "2015083oT123600Z", "20150830T123600",
        "+0150830T123600Z",
    ])
    func `is refused where it is none`(text: String) {
        #expect(SigningTime(text) == nil)
    }
}

@Suite("A digest")
struct ContentDigestTests {
    @Test func `is the same piece by piece`() {
        let content = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        for algorithm in [ContentDigester.Algorithm.sha256, .md5] {
            var whole = ContentDigester(algorithm)
            var pieces = ContentDigester(algorithm)
            content.withUnsafeBytes { whole.update($0) }
            for piece in stride(from: 0, to: 1000, by: 7) {
                content[piece..<min(piece + 7, 1000)].withUnsafeBytes { pieces.update($0) }
            }
            #expect(whole.finish() == pieces.finish())
        }
    }

    @Test func `is written as S3 wants it`() {
        #expect(ContentDigest.md5("hello".utf8).base64 == "XUFAKrxLKna5cZ2REBfFkg==")
        #expect(
            ContentDigest.sha256([]).hexadecimal
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}
