/// How a service wants the path of a request signed.
package struct PathRule: Hashable, Sendable {
    /// Whether what stands in the request line is percent-encoded once more.
    package var encodesTwice: Bool
    /// Whether `.`, `..` and repeated slashes are resolved first.
    package var normalizes: Bool

    package init(encodesTwice: Bool, normalizes: Bool) {
        self.encodesTwice = encodesTwice
        self.normalizes = normalizes
    }

    /// S3: encoded once, nothing resolved.
    package static let s3 = PathRule(encodesTwice: false, normalizes: false)
    /// Every other service.
    package static let standard = PathRule(encodesTwice: true, normalizes: true)

    /// The rule of a service by the name it has in a credential scope.
    package static func rule(forService name: String) -> PathRule {
        name == "s3" ? .s3 : .standard
    }

    func canonicalPath(_ path: RequestPath) -> String {
        var text =
            encodesTwice
            ? path.encoded : PercentEncoding.encode(path.decoded, keepingSlashes: true)
        if normalizes { text = Self.normalized(text) }
        return encodesTwice ? PercentEncoding.encode(text, keepingSlashes: true) : text
    }

    private static func normalized(_ path: String) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment != ".." {
                segments.append(segment)
            } else {
                _ = segments.popLast()
            }
        }
        let isFolder = path.utf8.last == UInt8(ascii: "/") && !segments.isEmpty
        return "/" + segments.joined(separator: "/") + (isFolder ? "/" : "")
    }
}

/// A request in the one form that both sides hash.
package struct CanonicalRequest: Equatable, Sendable {
    /// Six parts: method, path, query, headers (each with a line break), their names, hash of the
    /// body.
    package let text: String
    /// `host;x-amz-date`.
    package let signedHeaders: String

    /// Takes the headers that `isSigned` accepts by their lower-case names.
    ///
    /// Values are trimmed and their inner blanks and line breaks become one space; several fields
    /// of one name are joined by commas in their order.
    package init(
        _ request: SignableRequest, pathRule: PathRule, isSigned: (String) -> Bool
    ) {
        var values: [String: [String]] = [:]
        for header in request.headers {
            let name = ASCII.lowered(header.name)
            guard isSigned(name) else { continue }
            values[name, default: []].append(Self.folded(header.value))
        }
        let headers = values.sorted { $0.key < $1.key }
        signedHeaders = headers.map(\.key).joined(separator: ";")
        let query =
            request.query
            .map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value ?? "")) }
            .sorted { $0 < $1 }
            .map { "\($0)=\($1)" }
        text = [
            request.method,
            pathRule.canonicalPath(request.path),
            query.joined(separator: "&"),
            headers.map { "\($0.key):\($0.value.joined(separator: ","))\n" }.joined(),
            signedHeaders,
            request.payload.rawValue,
        ].joined(separator: "\n")
    }

    /// The hash that goes into the string to sign.
    package var digest: ContentDigest { .sha256(text.utf8) }

    private static func folded(_ value: String) -> String {
        value.utf8
            .split { $0 == 0x20 || (0x09...0x0D).contains($0) }
            .compactMap { String($0) }
            .joined(separator: " ")
    }
}

/// What a signature is good for: `20150830/us-east-1/s3/aws4_request`.
package struct CredentialScope: Hashable, Sendable, CustomStringConvertible {
    /// `20150830`.
    package let day: String
    package let region: String
    package let service: String

    package init(day: String, region: String, service: String) {
        self.day = day
        self.region = region
        self.service = service
    }

    /// Nil where the text has not four parts, of which the last is `aws4_request`.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[3] == Self.terminator else { return nil }
        self.init(day: String(parts[0]), region: String(parts[1]), service: String(parts[2]))
    }

    package var description: String { "\(day)/\(region)/\(service)/\(Self.terminator)" }

    static let terminator = "aws4_request"

    /// The string to sign for a canonical request.
    package func stringToSign(_ request: CanonicalRequest, at time: SigningTime) -> String {
        "\(Signer.algorithm)\n\(time)\n\(self)\n\(request.digest.hexadecimal)"
    }
}
