import AWSSignature
import FoundationEssentials
import NIOCore

extension WriteCondition {
    /// `If-None-Match: *` and `If-Match`. Throws `NotImplemented` for another `If-None-Match`.
    init(_ request: IncomingRequest) throws(Refusal) {
        if let value = request.headers["if-none-match"] {
            guard value == "*" else {
                throw Refusal(
                    "NotImplemented",
                    "A header you provided implies functionality that is not implemented",
                    status: 501, ["Header": "If-None-Match"])
            }
            mustBeNew = true
        }
        eTag = request.headers["if-match"].map(withoutQuotes)
    }
}

/// An ETag as it is kept.
func withoutQuotes(_ eTag: String) -> String {
    eTag.utf8.count >= 2 && eTag.hasPrefix("\"") && eTag.hasSuffix("\"")
        ? String(eTag.dropFirst().dropLast()) : eTag
}

/// When an object is worth sending. Headers: `If-Match` and its like.
struct ReadCondition: Sendable {
    private let match: [String]?
    private let noneMatch: [String]?
    private let modifiedSince: Date?
    private let unmodifiedSince: Date?

    enum Verdict: Sendable {
        case holds
        case notModified
        /// The header that does not hold.
        case failed(String)
    }

    init(_ request: IncomingRequest, prefix: String = "") throws(Refusal) {
        func eTags(_ name: String) -> [String]? {
            request.headers[prefix + name].map { text in
                text.split(separator: ",").map { withoutQuotes(String($0.drop { $0 == " " })) }
            }
        }
        func date(_ name: String) -> Date? {
            request.headers[prefix + name].flatMap(S3Time.date(http:))
        }
        match = eTags("if-match")
        noneMatch = eTags("if-none-match")
        modifiedSince = date("if-modified-since")
        unmodifiedSince = date("if-unmodified-since")
    }

    /// By HTTP's own order: a matching ETag makes the dates meaningless.
    func judge(_ version: ObjectVersion) -> Verdict {
        let modified = version.modified.rounded(.down)
        if let match {
            guard match.contains(version.eTag) || match == ["*"] else { return .failed("If-Match") }
        } else if let unmodifiedSince, modified > unmodifiedSince.timeIntervalSince1970 {
            return .failed("If-Unmodified-Since")
        }
        if let noneMatch {
            if noneMatch.contains(version.eTag) || noneMatch == ["*"] { return .notModified }
        } else if let modifiedSince, modified <= modifiedSince.timeIntervalSince1970 {
            return .notModified
        }
        return .holds
    }
}

/// Which bytes are asked for. Header: `Range`; query: `partNumber`.
struct ByteRange: Sendable {
    var offset = 0
    var byteCount: Int
    var isPartial = false
    /// Into how many parts the object was cut, where one of them is asked for.
    var partCount: Int?

    /// All bytes where no range, several, or one that cannot be read is given.
    ///
    /// Throws `InvalidRange` for one beyond the end, `InvalidPartNumber` for a part that is not
    /// there.
    init(_ request: IncomingRequest, _ version: ObjectVersion) throws(Refusal) {
        byteCount = version.byteCount
        if let text = request.item("partNumber") {
            try takePart(text, of: version)
        } else if let text = request.headers["range"] {
            try take(text, of: version.byteCount)
        }
    }

    private mutating func takePart(_ text: String, of version: ObjectVersion) throws(Refusal) {
        guard let number = Int(text), Bucket.partNumbers.contains(number) else {
            throw .partNumber
        }
        let sizes =
            version.partByteCounts.isEmpty ? [version.byteCount] : version.partByteCounts
        guard number <= sizes.count else {
            throw Refusal(
                "InvalidPartNumber", "The requested partnumber is not satisfiable", status: 416,
                ["PartNumberRequested": text, "ActualPartCount": String(sizes.count)])
        }
        offset = sizes[..<(number - 1)].reduce(0, +)
        byteCount = sizes[number - 1]
        isPartial = byteCount > 0
        partCount = version.partByteCounts.isEmpty ? nil : sizes.count
    }

    private mutating func take(_ text: String, of total: Int) throws(Refusal) {
        guard let range = Self.parse(text) else { return }
        let refusal = Refusal(
            "InvalidRange", "The requested range is not satisfiable", status: 416,
            ["RangeRequested": text, "ActualObjectSize": String(total)])
        switch range {
        case (let first?, let last):
            guard first < total else { throw refusal }
            offset = first
            byteCount = min(last ?? (total - 1), total - 1) - first + 1
        case (nil, let count):
            guard let count, count > 0, total > 0 else { throw refusal }
            byteCount = min(count, total)
            offset = total - byteCount
        }
        isPartial = true
    }

    /// First and last byte, or nothing and how many from the end.
    static func parse(_ text: String) -> (Int?, Int?)? {
        guard text.hasPrefix("bytes=") else { return nil }
        let parts = text.dropFirst("bytes=".count)
            .split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let (first, last) = (Int(parts[0]), Int(parts[1]))
        guard first != nil || parts[0].isEmpty, last != nil || parts[1].isEmpty,
            first != nil || last != nil, (first ?? 0) <= (last ?? .max) || first == nil
        else { return nil }
        return (first, last)
    }
}

extension Refusal {
    static let partNumber = Refusal(
        "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive",
        ["ArgumentName": "partNumber"])
}

/// Where a copy comes from. Header: `x-amz-copy-source`.
struct CopySource: Sendable {
    let address: S3Address
    let version: String?

    /// Throws `InvalidArgument` for what names no object.
    init(_ request: IncomingRequest) throws(Refusal) {
        let text = request.headers["x-amz-copy-source"] ?? ""
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        version =
            parts.count > 1
            ? SignableRequest.query(String(parts[1]))?.first { $0.name == "versionId" }?.value
            : nil
        let path = PercentEncoding.decode(parts.first ?? "")?.drop { $0 == "/" } ?? ""
        guard let slash = path.utf8.firstIndex(of: UInt8(ascii: "/")),
            case let key = path[path.utf8.index(after: slash)...], !key.isEmpty
        else {
            throw Refusal(
                "InvalidArgument",
                "Copy Source must mention the source bucket and key: "
                    + "sourcebucket/sourcekey",
                ["ArgumentName": "x-amz-copy-source", "ArgumentValue": text])
        }
        address = S3Address(bucket: String(path[..<slash]), key: ObjectKey(String(key)))
    }

    func find(in store: ObjectStore) throws(Refusal) -> StoredVersion {
        try store.bucket(address.bucket ?? "")
            .find(address.key ?? ObjectKey(""), version: version)
    }

    /// Copies bytes into a file that comes in. Waits for the disk.
    func copy(
        _ found: StoredVersion, range: Range<Int>?, into folder: String,
        algorithm: ChecksumAlgorithm?
    ) throws(Refusal) -> (IncomingFile, IncomingFile.Digests, ObjectChecksum?) {
        guard let data = found.data else { throw .noSuchKey(address.key ?? ObjectKey("")) }
        let file = try IncomingFile(in: folder, checksums: [algorithm].compactMap(\.self))
        let reader = data.reader
        let range = range ?? 0..<found.record.byteCount
        var offset = range.lowerBound
        while offset < range.upperBound {
            let piece = try reader.readNow(
                at: offset, byteCount: min(1 << 20, range.upperBound - offset))
            offset += piece.readableBytes
            try file.append([piece])
        }
        let digests = try file.finish()
        let checksum = algorithm.flatMap { algorithm in
            digests.checksums[algorithm].map {
                ObjectChecksum(
                    algorithm: algorithm, kind: .fullObject, value: Base64.encode($0))
            }
        }
        return (file, digests, checksum)
    }
}
