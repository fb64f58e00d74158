/// Signs requests with AWS Signature Version 4.
package struct Signer: Sendable {
    package let keys: SigningKeys
    package let region: String
    /// As credential scopes name it: `s3`, `codedeploy`, `sts`.
    package let service: String
    package var pathRule: PathRule
    /// Whether the session token is covered by the signature. A few services add it afterwards.
    package var signsSessionToken = true
    /// Whether the hash of the body goes into a header of its own, `x-amz-content-sha256`. Nil: as
    /// the service wants it. S3 insists, but of a presigned request only where its body is signed;
    /// no other service asks for it.
    package var addsPayloadHeader: Bool?

    package init(
        keys: SigningKeys, region: String, service: String, pathRule: PathRule? = nil,
        addsPayloadHeader: Bool? = nil
    ) {
        self.keys = keys
        self.region = region
        self.service = service
        self.pathRule = pathRule ?? .rule(forService: service)
        self.addsPayloadHeader = addsPayloadHeader
    }

    package static let algorithm = "AWS4-HMAC-SHA256"

    /// What signing gave.
    package struct Result: Equatable, Sendable {
        /// The request with what was added: headers, or query items. It carries the session token.
        package let request: SignableRequest
        package let canonicalRequest: CanonicalRequest
        package let stringToSign: String
        package let signature: String
    }

    /// Headers that proxies and HTTP libraries change, which are therefore never signed.
    static let unsignedHeaders: Set<String> = [
        "authorization", "connection", "expect", "keep-alive", "proxy-authenticate",
        "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
        "x-amzn-trace-id",
    ]

    /// Adds `X-Amz-Date`, `X-Amz-Security-Token`, `x-amz-content-sha256` where they belong, and
    /// `Authorization`. A request signed before keeps nothing of it.
    package func sign(_ request: SignableRequest, at time: SigningTime) -> Result {
        var request = Self.unsigned(request)
        request.headers.append(HeaderField("X-Amz-Date", time.text))
        if addsPayloadHeader ?? (service == "s3") { request.headers.append(request.payloadHeader) }
        let token = keys.exposedSessionToken.map { HeaderField(Self.tokenName, $0) }
        if let token, signsSessionToken { request.headers.append(token) }
        let scope = scope(at: time)
        let canonical = canonicalRequest(of: request)
        let (text, signature) = signature(of: canonical, scope: scope, at: time)
        if let token, !signsSessionToken { request.headers.append(token) }
        request.headers.append(
            HeaderField(
                "Authorization",
                "\(Self.algorithm) Credential=\(keys.accessKeyID)/\(scope), "
                    + "SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)"))
        return Result(
            request: request, canonicalRequest: canonical, stringToSign: text,
            signature: signature)
    }

    /// Puts the signature into the query, so that whoever has the address can send the request for
    /// `seconds`, at most seven days. Headers that are signed, the payload's among them, must be
    /// sent too, so S3's habit is to leave the body unsigned. A request signed before keeps nothing
    /// of it.
    package func presign(
        _ request: SignableRequest, at time: SigningTime, expiresAfter seconds: Int
    ) -> Result {
        var request = Self.unsigned(request)
        if addsPayloadHeader ?? (service == "s3" && request.payload != .unsigned) {
            request.headers.append(request.payloadHeader)
        }
        let scope = scope(at: time)
        request.query += [
            QueryItem("X-Amz-Algorithm", Self.algorithm),
            QueryItem("X-Amz-Credential", "\(keys.accessKeyID)/\(scope)"),
            QueryItem("X-Amz-Date", time.text),
            QueryItem("X-Amz-Expires", String(seconds)),
            QueryItem("X-Amz-SignedHeaders", canonicalRequest(of: request).signedHeaders),
        ]
        let token = keys.exposedSessionToken.map { QueryItem(Self.tokenName, $0) }
        if let token, signsSessionToken { request.query.append(token) }
        let canonical = canonicalRequest(of: request)
        let (text, signature) = signature(of: canonical, scope: scope, at: time)
        if let token, !signsSessionToken { request.query.append(token) }
        request.query.append(QueryItem("X-Amz-Signature", signature))
        return Result(
            request: request, canonicalRequest: canonical, stringToSign: text,
            signature: signature)
    }

    private static let tokenName = "X-Amz-Security-Token"

    /// What signing itself sets in the headers, in lower case.
    private static let replacedHeaders: Set<String> = [
        "authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256",
    ]
    /// What signing itself sets in the query.
    private static let replacedItems: Set<String> = [
        "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
        "X-Amz-SignedHeaders", tokenName, "X-Amz-Signature",
    ]

    private static func unsigned(_ request: SignableRequest) -> SignableRequest {
        var request = request
        request.headers.removeAll { replacedHeaders.contains(ASCII.lowered($0.name)) }
        request.query.removeAll { replacedItems.contains($0.name) }
        return request
    }

    private func canonicalRequest(of request: SignableRequest) -> CanonicalRequest {
        CanonicalRequest(request, pathRule: pathRule) { !Self.unsignedHeaders.contains($0) }
    }

    private func scope(at time: SigningTime) -> CredentialScope {
        CredentialScope(day: time.day, region: region, service: service)
    }

    private func signature(
        of request: CanonicalRequest, scope: CredentialScope, at time: SigningTime
    ) -> (stringToSign: String, signature: String) {
        let text = scope.stringToSign(request, at: time)
        return (text, SigningKey(keys.secretAccessKey, scope: scope).signature(of: text))
    }
}

extension SignableRequest {
    fileprivate var payloadHeader: HeaderField {
        HeaderField("x-amz-content-sha256", payload.rawValue)
    }
}

/// Signs the pieces of an `aws-chunked` body, each together with the one before.
///
/// AWS: `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`.
package struct ChunkSigner: Sendable {
    private let key: SigningKey
    private let scope: CredentialScope
    private let time: SigningTime
    /// The signature of the request's headers, then of the last piece.
    package private(set) var previous: String

    package init(
        key: SigningKey, scope: CredentialScope, time: SigningTime, seed: String
    ) {
        self.key = key
        self.scope = scope
        self.time = time
        previous = seed
    }

    /// The signature of the next piece, by the SHA-256 of its bytes; the last piece is empty.
    package mutating func sign(chunk digest: ContentDigest) -> String {
        sign(
            "AWS4-HMAC-SHA256-PAYLOAD", "\(PayloadHash.empty.rawValue)\n\(digest.hexadecimal)")
    }

    /// The signature of the trailer: each field as `name:value` and a line feed, names in lower
    /// case and sorted.
    ///
    /// Header: `x-amz-trailer-signature`.
    package mutating func sign(trailer fields: [HeaderField]) -> String {
        let text =
            fields
            .map { (ASCII.lowered($0.name), $0.value) }
            .sorted { $0 < $1 }
            .map { "\($0):\($1)\n" }.joined()
        return sign(
            "AWS4-HMAC-SHA256-TRAILER", ContentDigest.sha256(text.utf8).hexadecimal)
    }

    private mutating func sign(_ algorithm: String, _ rest: String) -> String {
        previous = key.signature(of: "\(algorithm)\n\(time)\n\(scope)\n\(previous)\n\(rest)")
        return previous
    }
}
