import AWSSignature

/// ListObjects, ListObjectsV2 and ListObjectVersions: from a query to XML.
struct ListingAnswer {
    private let request: IncomingRequest
    private let bucket: Bucket
    private let account: SandboxAccount
    private let encodes: Bool
    private var query = ListingQuery()

    /// Throws `InvalidArgument` for a query that makes no sense.
    init(
        _ request: IncomingRequest, _ bucket: Bucket, _ account: SandboxAccount
    ) throws(Refusal) {
        self.request = request
        self.bucket = bucket
        self.account = account
        switch request.item("encoding-type") {
        case nil, "": encodes = false
        case "url": encodes = true
        case let other?:
            throw Self.invalid(
                "encoding-type", other, "Invalid Encoding Method specified in Request")
        }
        query.prefix = request.item("prefix") ?? ""
        query.delimiter = request.item("delimiter") ?? ""
        query.limit = try Self.limit(request, "max-keys")
    }

    /// At most a thousand, and a thousand where nothing is said.
    static func limit(_ request: IncomingRequest, _ name: String) throws(Refusal) -> Int {
        guard let text = request.item(name), !text.isEmpty else { return 1000 }
        guard let limit = Int(text), limit >= 0, limit <= Int32.max else {
            throw invalid(name, text, "Provided \(name) not an integer or within integer range")
        }
        return min(limit, 1000)
    }

    private static func invalid(_ name: String, _ value: String, _ message: String) -> Refusal {
        Refusal(
            "InvalidArgument", message, ["ArgumentName": name, "ArgumentValue": value])
    }

    func answer(_ operation: S3Operation) throws(Refusal) -> Answer {
        switch operation {
        case .listObjectsV2: try second()
        case .listObjectVersions: try versions()
        default: try first()
        }
    }

    private func first() throws(Refusal) -> Answer {
        var query = query
        let marker = request.item("marker") ?? ""
        if !marker.isEmpty { query.after = marker }
        let listing = try bucket.list(query)
        return document(
            "ListBucketResult", listing,
            [
                XMLElement("Marker", shown(marker)),
                query.delimiter.isEmpty ? nil : next("NextMarker", listing),
            ], entries: listing.entries.map { contents($0, showsOwner: true) })
    }

    private func second() throws(Refusal) -> Answer {
        var query = query
        let token = request.item("continuation-token")
        let start = request.item("start-after")
        if let token {
            guard let bytes = Base64.decode(token),
                let after = String(validating: bytes, as: UTF8.self), !after.isEmpty
            else {
                throw Self.invalid(
                    "continuation-token", token, "The continuation token provided is incorrect")
            }
            query.after = after
        } else if let start, !start.isEmpty {
            query.after = start
        }
        let listing = try bucket.list(query)
        let count = listing.entries.count + listing.commonPrefixes.count
        let showsOwner = request.item("fetch-owner") == "true"
        return document(
            "ListBucketResult", listing,
            [
                token.map { XMLElement("ContinuationToken", $0) },
                start.map { XMLElement("StartAfter", shown($0)) },
                listing.last.map {
                    XMLElement("NextContinuationToken", Base64.encode(Array($0.key.utf8)))
                },
                XMLElement("KeyCount", String(count)),
            ], entries: listing.entries.map { contents($0, showsOwner: showsOwner) })
    }

    private func versions() throws(Refusal) -> Answer {
        var query = query
        let keyMarker = request.item("key-marker") ?? ""
        let idMarker = request.item("version-id-marker") ?? ""
        if !keyMarker.isEmpty { query.after = keyMarker }
        if !idMarker.isEmpty { query.afterVersion = idMarker }
        let listing = try bucket.listVersions(query)
        return document(
            "ListVersionsResult", listing,
            [
                XMLElement("KeyMarker", shown(keyMarker)), XMLElement("VersionIdMarker", idMarker),
                next("NextKeyMarker", listing),
                listing.last?.versionID.map { XMLElement("NextVersionIdMarker", $0) },
            ],
            entries: listing.entries.map { entry in
                let name = entry.version.isDeleteMarker ? "DeleteMarker" : "Version"
                let head = [
                    XMLElement("Key", shown(entry.key.text)),
                    XMLElement("VersionId", entry.version.id),
                    XMLElement("IsLatest", entry.isLatest ? "true" : "false"),
                    XMLElement("LastModified", S3Time.iso(entry.version.modified)),
                    S3Service.owner(account),
                ]
                return XMLElement(
                    name, entry.version.isDeleteMarker ? head : head + bytes(entry.version))
            })
    }

    private func next(_ name: String, _ listing: Listing) -> XMLElement? {
        listing.last.map { XMLElement(name, shown($0.key)) }
    }

    private func document(
        _ name: String, _ listing: Listing, _ head: [XMLElement?], entries: [XMLElement]
    ) -> Answer {
        let common = [
            XMLElement("Name", bucket.name), XMLElement("Prefix", shown(query.prefix)),
            query.delimiter.isEmpty ? nil : XMLElement("Delimiter", shown(query.delimiter)),
            XMLElement("MaxKeys", String(query.limit)),
            encodes ? XMLElement("EncodingType", "url") : nil,
            XMLElement("IsTruncated", listing.last == nil ? "false" : "true"),
        ]
        let prefixes = listing.commonPrefixes.map {
            XMLElement("CommonPrefixes", [XMLElement("Prefix", shown($0))])
        }
        return Answer(
            xml: XMLElement(
                name, namespace: S3Service.namespace, common + head + entries + prefixes))
    }

    private func contents(_ entry: Listing.Entry, showsOwner: Bool) -> XMLElement {
        XMLElement(
            "Contents",
            [
                XMLElement("Key", shown(entry.key.text)),
                XMLElement("LastModified", S3Time.iso(entry.version.modified)),
            ] + bytes(entry.version) + [showsOwner ? S3Service.owner(account) : nil])
    }

    private func bytes(_ version: ObjectVersion) -> [XMLElement?] {
        [
            XMLElement("ETag", "\"\(version.eTag)\""),
            version.checksum.map { XMLElement("ChecksumAlgorithm", $0.algorithm.rawValue) },
            version.checksum.map { XMLElement("ChecksumType", $0.kind.rawValue) },
            XMLElement("Size", String(version.byteCount)),
            XMLElement("StorageClass", "STANDARD"),
        ]
    }

    private func shown(_ text: String) -> String {
        encodes ? PercentEncoding.encode(text, keepingSlashes: true) : text
    }
}
