import AWSSignature

/// What a request says of its body, in its headers.
struct PayloadClaim: Sendable {
    let hash: PayloadHash
    let byteCount: Int
    let md5: [UInt8]?
    /// In a header, base64.
    let checksum: (algorithm: ChecksumAlgorithm, value: String)?
    /// To come in the trailer.
    let trailingChecksum: ChecksumAlgorithm?

    /// 5 GiB: S3's own limit of one request.
    static let byteLimit = 5 << 30

    var announcedChecksum: ChecksumAlgorithm? { checksum?.algorithm ?? trailingChecksum }
    var hasTrailer: Bool { hash.rawValue.hasSuffix("-TRAILER") }

    /// Reads the claim. `MissingContentLength`, `InvalidDigest`, `EntityTooLarge`, `InvalidRequest`.
    init(_ request: IncomingRequest, hash: PayloadHash) throws(Refusal) {
        self.hash = hash
        let headers = request.headers
        md5 = try Self.md5(headers)
        checksum = try Self.checksum(headers)
        trailingChecksum = try Self.trailingChecksum(headers)
        byteCount = try Self.byteCount(
            headers, isStreaming: hash.isStreaming, isNeeded: request.method == "PUT")
        guard byteCount <= Self.byteLimit else { throw Self.tooLarge(byteCount) }
    }

    static func tooLarge(_ count: Int) -> Refusal {
        Refusal(
            "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
            ["ProposedSize": String(count), "MaxSizeAllowed": String(byteLimit)])
    }

    private static func byteCount(
        _ headers: [HeaderField], isStreaming: Bool, isNeeded: Bool
    ) throws(Refusal) -> Int {
        let name = isStreaming ? "x-amz-decoded-content-length" : "content-length"
        guard let text = headers[name] else {
            if !isNeeded, headers["transfer-encoding"] == nil { return 0 }
            throw Refusal(
                "MissingContentLength", "You must provide the Content-Length HTTP header.",
                status: 411)
        }
        guard let count = Int(text), count >= 0 else {
            throw Refusal("InvalidArgument", "\(name) must be a number, not negative.")
        }
        return count
    }

    private static func md5(_ headers: [HeaderField]) throws(Refusal) -> [UInt8]? {
        guard let text = headers["content-md5"] else { return nil }
        guard let bytes = Base64.decode(text), bytes.count == 16 else {
            throw Refusal(
                "InvalidDigest", "The Content-MD5 you specified was invalid.",
                ["Content-MD5": text])
        }
        return bytes
    }

    private static func checksum(
        _ headers: [HeaderField]
    ) throws(Refusal) -> (algorithm: ChecksumAlgorithm, value: String)? {
        let fields = headers.filter { field in
            let name = field.name.lowercased()
            return name.hasPrefix("x-amz-checksum-")
                && name != "x-amz-checksum-type" && name != "x-amz-checksum-algorithm"
                && name != "x-amz-checksum-mode"
        }
        guard let field = fields.first else { return nil }
        guard fields.count == 1 else {
            throw Refusal(
                "InvalidRequest",
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                    + "allowed.")
        }
        let algorithm = try algorithm(named: field.name)
        let text = field.value.split(separator: "-").first.map(String.init) ?? ""
        guard Base64.decode(text)?.count == algorithm.byteCount else {
            throw Refusal(
                "InvalidRequest", "Value for \(algorithm.headerName) header is invalid.")
        }
        return (algorithm, field.value)
    }

    private static func algorithm(named header: String) throws(Refusal) -> ChecksumAlgorithm {
        let name = header.lowercased()
        guard let found = ChecksumAlgorithm.allCases.first(where: { $0.headerName == name }) else {
            throw Refusal(
                "InvalidRequest", "The sandbox does not support the checksum of \(header).")
        }
        return found
    }

    private static func trailingChecksum(
        _ headers: [HeaderField]
    ) throws(Refusal) -> ChecksumAlgorithm? {
        guard let name = headers["x-amz-trailer"], name.lowercased().hasPrefix("x-amz-checksum-")
        else { return nil }
        return try algorithm(named: name)
    }

    /// Measures what came against what was said.
    func check(_ digests: IncomingFile.Digests, trailer: [HeaderField]) throws(Refusal) {
        guard digests.byteCount == byteCount else {
            throw Refusal(
                "IncompleteBody",
                "You did not provide the number of bytes specified by the Content-Length HTTP "
                    + "header")
        }
        if hash.isSHA256, let computed = digests.sha256?.hexadecimal, computed != hash.rawValue {
            throw Refusal(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                [
                    "ClientComputedContentSHA256": hash.rawValue,
                    "S3ComputedContentSHA256": computed,
                ])
        }
        if let md5, md5 != digests.md5.bytes {
            throw Refusal(
                "BadDigest", "The Content-MD5 you specified did not match what we received.",
                [
                    "ExpectedDigest": Base64.encode(md5),
                    "CalculatedDigest": digests.md5.base64,
                ])
        }
        var claimed = checksum
        if let algorithm = trailingChecksum {
            guard let value = trailer[algorithm.headerName] else {
                throw Refusal(
                    "MalformedTrailerError",
                    "The request contained trailing data that was not well-formed or did not "
                        + "conform to our published schema.")
            }
            claimed = (algorithm, value)
        }
        if let claimed, let bytes = digests.checksums[claimed.algorithm],
            Base64.encode(bytes) != claimed.value
        {
            throw .badChecksum(claimed.algorithm)
        }
    }
}

extension PayloadHash {
    /// Whether it is the digest of the body itself.
    var isSHA256: Bool { rawValue.utf8.count == 64 }
}

extension PayloadClaim {
    /// Of a request that has no body.
    static let none = PayloadClaim()

    private init() {
        hash = .unsigned
        byteCount = 0
        md5 = nil
        checksum = nil
        trailingChecksum = nil
    }
}
