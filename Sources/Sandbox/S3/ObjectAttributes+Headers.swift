import AWSSignature

extension ObjectAttributes {
    /// What describes the bytes; comes back with them.
    static let contentHeaders = [
        "cache-control", "content-disposition", "content-encoding", "content-language",
        "content-type", "expires",
    ]

    static let encryptionHeaders = [
        "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-bucket-key-enabled",
    ]

    /// The most bytes of names and values of `x-amz-meta-…` together.
    private static let metadataByteLimit = 2048

    /// Reads them from a request that stores an object.
    ///
    /// Throws `MetadataTooLarge`, `InvalidArgument`, `InvalidTag`, `AccessControlListNotSupported`,
    /// and `NotImplemented` for what would change the object in a way that the sandbox cannot.
    init(_ request: IncomingRequest) throws(Refusal) {
        self.init()
        var metadataByteCount = 0
        for header in request.headers {
            let name = header.name.lowercased()
            if name.hasPrefix("x-amz-meta-") {
                let count = name.utf8.count - "x-amz-meta-".utf8.count
                metadataByteCount += count + header.value.utf8.count
                headers[name] = headers[name].map { "\($0),\(header.value)" } ?? header.value
            } else if Self.contentHeaders.contains(name) {
                headers[name] = header.value
            }
        }
        guard metadataByteCount <= Self.metadataByteLimit else {
            throw Refusal(
                "MetadataTooLarge",
                "Your metadata headers exceed the maximum allowed metadata size",
                [
                    "Size": String(metadataByteCount),
                    "MaxSizeAllowed": String(Self.metadataByteLimit),
                ])
        }
        if headers["content-type"] == nil { headers["content-type"] = "binary/octet-stream" }
        removeFraming()
        try readEncryption(request)
        try checkUnsupported(request)
        tags = try Self.tags(request)
    }

    /// `aws-chunked` belongs to the request, not to the object.
    private mutating func removeFraming() {
        guard let encoding = headers["content-encoding"] else { return }
        let kept = encoding.split(separator: ",")
            .map { String($0.drop { $0 == " " }) }
            .filter { $0 != "aws-chunked" }
        headers["content-encoding"] = kept.isEmpty ? nil : kept.joined(separator: ",")
    }

    private mutating func readEncryption(_ request: IncomingRequest) throws(Refusal) {
        for name in Self.encryptionHeaders { headers[name] = request.headers[name] }
        let method = headers[Self.encryptionHeaders[0]]
        if let method, !["AES256", "aws:kms", "aws:kms:dsse"].contains(method) {
            throw Refusal(
                "InvalidEncryptionAlgorithmError",
                "The encryption request you specified is not valid. The valid value is AES256.")
        }
        if headers[Self.encryptionHeaders[1]] != nil, method?.hasPrefix("aws:kms") != true {
            throw Refusal(
                "InvalidArgument",
                "Server Side Encryption with AWS KMS managed key requires HTTP header "
                    + "x-amz-server-side-encryption : aws:kms")
        }
        // Every object is encrypted since 2023.
        if method == nil { headers[Self.encryptionHeaders[0]] = "AES256" }
    }

    private func checkUnsupported(_ request: IncomingRequest) throws(Refusal) {
        // Buckets of today own what is in them: lists of access rights are off.
        if let list = request.headers["x-amz-acl"],
            !["private", "bucket-owner-full-control"].contains(list)
        {
            throw Refusal("AccessControlListNotSupported", "The bucket does not allow ACLs")
        }
        for header in request.headers {
            let name = header.name.lowercased()
            if name.hasPrefix("x-amz-grant-") {
                throw Refusal("AccessControlListNotSupported", "The bucket does not allow ACLs")
            }
            if name.hasPrefix("x-amz-object-lock-")
                || name.hasPrefix("x-amz-server-side-encryption-customer-")
            {
                throw Refusal(
                    "NotImplemented", "\(name) is not supported by the sandbox.", status: 501,
                    ["Header": name])
            }
        }
    }

    private static func tags(_ request: IncomingRequest) throws(Refusal) -> [Tag] {
        guard let text = request.headers["x-amz-tagging"], !text.isEmpty else { return [] }
        guard let items = SignableRequest.query(text.replacing("+", with: "%20")),
            items.count <= 10, Set(items.map(\.name)).count == items.count
        else {
            throw Refusal(
                "InvalidArgument",
                "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
                    + "parameters without tag name duplicates.")
        }
        return items.map { Tag(key: $0.name, value: $0.value ?? "") }
    }
}
