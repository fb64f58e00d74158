package import SlipwayCore

/// What a request says of its own signature, for the side that checks it.
package struct SignatureClaim: Equatable, Sendable {
    package enum Place: Sendable {
        /// In `Authorization`.
        case header
        /// In the query: a presigned request.
        case query
    }

    package let place: Place
    package let accessKeyID: String
    package let scope: CredentialScope
    package let time: SigningTime
    /// Lower-case names, in their order.
    package let signedHeaders: [String]
    package let signature: String
    /// How long a presigned request can be sent. Nil in a header.
    package let expiresAfterSeconds: Int?
    package let sessionToken: String?

    /// Reads the claim of a request. Nil where it has none: it is anonymous.
    ///
    /// Throws ``SignatureClaimError`` for a claim that is not whole.
    package static func read(
        from request: SignableRequest
    ) throws(SignatureClaimError) -> SignatureClaim? {
        let items = request.query.filter { $0.name.hasPrefix("X-Amz-") }
        if let authorization = request.headers["authorization"] {
            guard !items.contains(where: { $0.name == "X-Amz-Signature" }) else {
                throw .twoPlaces
            }
            return try SignatureClaim(authorization: authorization, headers: request.headers)
        }
        guard
            items.contains(where: { $0.name == "X-Amz-Signature" || $0.name == "X-Amz-Credential" })
        else { return nil }
        return try SignatureClaim(query: items)
    }

    private init(
        authorization: String, headers: [HeaderField]
    ) throws(SignatureClaimError) {
        let words = authorization.split(separator: " ", maxSplits: 1)
        guard let algorithm = words.first else { throw .malformed(.authorization) }
        guard algorithm == Signer.algorithm else {
            throw .algorithm(UntrustedText(String(algorithm)))
        }
        var fields: [Substring: Substring] = [:]
        for piece in (words.count > 1 ? words[1] : "").split(separator: ",") {
            let parts = piece.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, fields.updateValue(parts[1], forKey: parts[0]) == nil
            else { throw .malformed(.authorization) }
        }
        guard let credential = fields["Credential"] else { throw .missing(.credential) }
        guard let names = fields["SignedHeaders"] else { throw .missing(.signedHeaders) }
        guard let signature = fields["Signature"] else { throw .missing(.signature) }
        guard let date = headers["x-amz-date"] else { throw .missing(.date) }
        try self.init(
            place: .header, credential: credential, names: names, signature: signature,
            date: date, expires: nil, token: headers["x-amz-security-token"])
    }

    private init(query items: [QueryItem]) throws(SignatureClaimError) {
        func value(
            _ name: String, _ field: SignatureClaimError.Field
        ) throws(SignatureClaimError) -> String {
            guard let item = items.first(where: { $0.name == name }) else { throw .missing(field) }
            return item.value ?? ""
        }
        let algorithm = try value("X-Amz-Algorithm", .algorithm)
        guard algorithm == Signer.algorithm else { throw .algorithm(UntrustedText(algorithm)) }
        let expires = try value("X-Amz-Expires", .expires)
        guard let seconds = Int(expires), (0...Self.longestSeconds).contains(seconds) else {
            throw .malformed(.expires)
        }
        try self.init(
            place: .query, credential: try value("X-Amz-Credential", .credential)[...],
            names: try value("X-Amz-SignedHeaders", .signedHeaders)[...],
            signature: try value("X-Amz-Signature", .signature)[...],
            date: try value("X-Amz-Date", .date), expires: seconds,
            token: items.first { $0.name == "X-Amz-Security-Token" }?.value)
    }

    /// Seven days.
    private static let longestSeconds = 604_800

    private init(
        place: Place, credential: Substring, names: Substring, signature: Substring,
        date: String, expires: Int?, token: String?
    ) throws(SignatureClaimError) {
        let parts = credential.split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let scope = CredentialScope(parts[1]) else {
            throw .malformed(.credential)
        }
        guard let time = SigningTime(date) else { throw .malformed(.date) }
        guard time.day == scope.day else { throw .dayOfAnotherScope }
        let signedHeaders = names.split(separator: ";").map(String.init)
        guard signedHeaders.contains("host") else { throw .missing(.hostHeader) }
        self.place = place
        accessKeyID = String(parts[0])
        self.scope = scope
        self.time = time
        self.signedHeaders = signedHeaders
        self.signature = String(signature)
        expiresAfterSeconds = expires
        sessionToken = token
    }

    /// The canonical request that the claim covers: the headers it names, and the query without the
    /// signature itself. The path's rule is the one of the service if none is given.
    package func canonicalRequest(
        of request: SignableRequest, pathRule: PathRule? = nil
    ) -> CanonicalRequest {
        var request = request
        if place == .query { request.query.removeAll { $0.name == "X-Amz-Signature" } }
        let names = Set(signedHeaders)
        return CanonicalRequest(
            request, pathRule: pathRule ?? .rule(forService: scope.service),
            isSigned: names.contains)
    }

    /// Whether the signature is the one that the secret gives for the request. Takes the same time
    /// wherever they differ.
    package func isValid(
        for request: SignableRequest, secret: SecretAccessKey, pathRule: PathRule? = nil
    ) -> Bool {
        let canonical = canonicalRequest(of: request, pathRule: pathRule)
        let text = scope.stringToSign(canonical, at: time)
        let expected = Array(SigningKey(secret, scope: scope).signature(of: text).utf8)
        let given = Array(signature.utf8)
        guard given.count == expected.count else { return false }
        return zip(given, expected).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Headers of the request that begin with `x-amz-` and that the claim leaves out. AWS refuses a
    /// request that has one.
    package func unsignedAmazonHeaders(of request: SignableRequest) -> [String] {
        let names = Set(signedHeaders)
        return request.headers.map { ASCII.lowered($0.name) }
            .filter { $0.hasPrefix("x-amz-") && !names.contains($0) }
    }
}

/// Why a request's claim of its own signature cannot be read.
package enum SignatureClaimError: Error, Equatable, Sendable {
    package enum Field: String, Sendable {
        case authorization = "Authorization"
        case algorithm = "X-Amz-Algorithm"
        case credential = "Credential"
        case date = "X-Amz-Date"
        case expires = "X-Amz-Expires"
        case hostHeader = "host"
        case signature = "Signature"
        case signedHeaders = "SignedHeaders"
    }

    case algorithm(UntrustedText)
    case missing(Field)
    case malformed(Field)
    /// The day in the scope is not the day of `X-Amz-Date`.
    case dayOfAnotherScope
    /// A signature in the header and another in the query.
    case twoPlaces
}
