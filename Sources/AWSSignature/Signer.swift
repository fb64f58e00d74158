/// Signs requests with AWS Signature Version 4.
package struct Signer: Sendable {
    package let keys: SigningKeys
    package let region: String
    /// As credential scopes name it: `s3`, `codedeploy`, `sts`.
    package let service: String
    package var pathRule: PathRule
    /// Whether the session token is covered by the signature. A few services add it afterwards.
    package var signsSessionToken = true
    /// Whether the hash of the body goes into a header of its own. S3 insists.
    package var addsPayloadHeader: Bool

    package init(
        keys: SigningKeys, region: String, service: String, pathRule: PathRule? = nil,
        addsPayloadHeader: Bool? = nil
    ) {
        self.keys = keys
        self.region = region
        self.service = service
        self.pathRule = pathRule ?? .rule(forService: service)
        self.addsPayloadHeader = addsPayloadHeader ?? (service == "s3")
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
    /// `Authorization`.
    package func sign(_ request: SignableRequest, at time: SigningTime) -> Result {
        var request = request
        request.headers.removeAll { Self.replaced.contains(ASCII.lowered($0.name)) }
        request.headers.append(HeaderField("X-Amz-Date", time.text))
        if addsPayloadHeader {
            request.headers.append(
                HeaderField("x-amz-content-sha256", request.payload.rawValue))
        }
        let token = keys.exposedSessionToken.map { HeaderField("X-Amz-Security-Token", $0) }
        if let token, signsSessionToken { request.headers.append(token) }
        let scope = scope(at: time)
        let canonical = CanonicalRequest(request, pathRule: pathRule) {
            !Self.unsignedHeaders.contains($0)
        }
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
    /// `seconds`, at most seven days. A hash in a header of its own must then be sent by whoever
    /// does, so S3's habit is to go without it and leave the body unsigned.
    package func presign(
        _ request: SignableRequest, at time: SigningTime, expiresAfter seconds: Int,
        addingPayloadHeader addsHeader: Bool = false
    ) -> Result {
        var request = request
        request.headers.removeAll { Self.replaced.contains(ASCII.lowered($0.name)) }
        if addsHeader {
            request.headers.append(
                HeaderField("x-amz-content-sha256", request.payload.rawValue))
        }
        let scope = scope(at: time)
        let isSigned: (String) -> Bool = { !Self.unsignedHeaders.contains($0) }
        let names = CanonicalRequest(request, pathRule: pathRule, isSigned: isSigned)
            .signedHeaders
        request.query += [
            QueryItem("X-Amz-Algorithm", Self.algorithm),
            QueryItem("X-Amz-Credential", "\(keys.accessKeyID)/\(scope)"),
            QueryItem("X-Amz-Date", time.text),
            QueryItem("X-Amz-Expires", String(seconds)),
            QueryItem("X-Amz-SignedHeaders", names),
        ]
        let token = keys.exposedSessionToken.map { QueryItem("X-Amz-Security-Token", $0) }
        if let token, signsSessionToken { request.query.append(token) }
        let canonical = CanonicalRequest(request, pathRule: pathRule, isSigned: isSigned)
        let (text, signature) = signature(of: canonical, scope: scope, at: time)
        if let token, !signsSessionToken { request.query.append(token) }
        request.query.append(QueryItem("X-Amz-Signature", signature))
        return Result(
            request: request, canonicalRequest: canonical, stringToSign: text,
            signature: signature)
    }

    /// What signing itself sets: a request signed before keeps nothing of it.
    private static let replaced: Set<String> = [
        "authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256",
    ]

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
