import AWSSignature
import FoundationEssentials
import SlipwayCore
import Testing

/// A case of AWS's signing test suite: a raw request, and what its signature must be.
struct PublishedCase: Decodable, CustomTestStringConvertible {
    let name: String
    let request: String
    var token: String?
    var normalize: Bool?
    var signBody: Bool?
    var omitSessionToken: Bool?
    var headerSignature: String?
    var querySignature: String?

    enum CodingKeys: String, CodingKey {
        case name, request, token, normalize
        case signBody = "sign_body"
        case omitSessionToken = "omit_session_token"
        case headerSignature = "header_signature"
        case querySignature = "query_signature"
    }

    var testDescription: String { name }

    static let all: [PublishedCase] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Vectors/published.jsonl")
        guard let contents = try? Data(contentsOf: file) else { return [] }
        return contents.split(separator: UInt8(ascii: "\n")).compactMap {
            try? JSONDecoder().decode(PublishedCase.self, from: Data($0))
        }
    }()

    /// The request as it stands in the suite: an unencoded path, an encoded query, header fields
    /// without a space, some folded over several lines.
    var signable: SignableRequest? {
        let parts = request.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
        var lines = parts[0].split(separator: "\n").map(String.init)
        let requestLine = lines.removeFirst().dropLast(" HTTP/1.1".count)
        guard let space = requestLine.firstIndex(of: " ") else { return nil }
        let target = requestLine[requestLine.index(after: space)...]
            .split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var headers: [HeaderField] = []
        for line in lines {
            if line.hasPrefix(" ") {
                headers[headers.count - 1].value += "\n" + line
            } else {
                let field = line.split(separator: ":", maxSplits: 1)
                headers.append(HeaderField(String(field[0]), String(field[1])))
            }
        }
        guard let query = SignableRequest.query(target.count > 1 ? String(target[1]) : "")
        else { return nil }
        let body = parts.count > 1 ? String(parts[1]) : ""
        return SignableRequest(
            method: String(requestLine[..<space]), path: RequestPath(decoded: String(target[0])),
            query: query, headers: headers, payload: PayloadHash(.sha256(body.utf8)))
    }

    var rule: PathRule { PathRule(encodesTwice: false, normalizes: normalize ?? true) }

    static let secret = secretKey("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

    var signer: Signer? {
        let token = token.flatMap { try? SessionToken(SecretBytes(copying: Array($0.utf8))) }
        let keys = SigningKeys(
            accessKeyID: "AKIDEXAMPLE", secretAccessKey: Self.secret, sessionToken: token)
        var signer = Signer(
            keys: keys, region: "us-east-1", service: "service", pathRule: rule,
            addsPayloadHeader: signBody ?? false)
        signer.signsSessionToken = !(omitSessionToken ?? false)
        return signer
    }
}

func secretKey(_ text: String) -> SecretAccessKey {
    // The text is a literal of a test: neither empty nor long nor with a NUL.
    try! SecretAccessKey(SecretBytes(copying: Array(text.utf8)))
}

@Suite("AWS's signing test suite")
struct PublishedVectorsTests {
    static let time = SigningTime("20150830T123600Z")

    @Test func `is all there`() {
        #expect(PublishedCase.all.count == 24)
        #expect(PublishedCase.all.count { $0.headerSignature != nil } == 24)
        #expect(PublishedCase.all.count { $0.querySignature != nil } == 6)
    }

    @Test(arguments: PublishedCase.all)
    func `is signed in the header`(published: PublishedCase) throws {
        guard let expected = published.headerSignature else { return }
        let time = try #require(Self.time)
        let result = try #require(published.signer).sign(
            try #require(published.signable), at: time)
        #expect(result.signature == expected, "\(result.canonicalRequest.text)")
        try expectVerifies(result, published)
    }

    @Test(arguments: PublishedCase.all)
    func `is signed in the query`(published: PublishedCase) throws {
        guard let expected = published.querySignature else { return }
        let time = try #require(Self.time)
        let result = try #require(published.signer).presign(
            try #require(published.signable), at: time, expiresAfter: 3600)
        #expect(result.signature == expected, "\(result.canonicalRequest.text)")
        try expectVerifies(result, published)
    }

    /// What was signed must be found right by the other side, from what goes over the wire.
    private func expectVerifies(_ result: Signer.Result, _ published: PublishedCase) throws {
        let sent = result.request
        let received = try #require(
            SignableRequest(
                method: sent.method, target: sent.target, headers: sent.headers,
                payload: sent.payload))
        let claim = try #require(try SignatureClaim.read(from: received))
        guard published.omitSessionToken != true else { return }
        #expect(
            claim.isValid(
                for: received, secret: PublishedCase.secret, pathRule: published.rule))
        var changed = received
        changed.method = "PATCH"
        #expect(
            !claim.isValid(for: changed, secret: PublishedCase.secret, pathRule: published.rule))
    }
}
