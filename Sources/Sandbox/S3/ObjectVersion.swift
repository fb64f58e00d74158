import FoundationEssentials

/// One version of an object, as it is kept.
struct ObjectVersion: Codable, Equatable, Sendable {
    /// `null` for what was stored while the bucket was not versioned.
    var id: String
    var isDeleteMarker = false
    /// Seconds since 1970.
    var modified: Double
    /// Without quotes.
    var eTag = ""
    var byteCount = 0
    /// The file's name in the bucket's folder of data; empty for a delete marker.
    var dataName = ""
    var attributes = ObjectAttributes()
    var checksum: ObjectChecksum?
    /// The parts' sizes, where it was uploaded in parts.
    var partByteCounts: [Int] = []

    static let nullID = "null"
}

/// What a client says of an object beside its bytes.
struct ObjectAttributes: Codable, Equatable, Sendable {
    /// Names in lower case: `content-type` and its like, `x-amz-meta-…`, and what encrypts it.
    var headers: [String: String] = [:]
    /// As `x-amz-tagging` has them.
    var tags: [Tag] = []

    struct Tag: Codable, Equatable, Sendable {
        let key: String
        let value: String
    }

    /// Under KMS an ETag says nothing about the bytes.
    var isEncryptedByKMS: Bool {
        headers["x-amz-server-side-encryption"]?.hasPrefix("aws:kms") == true
    }
}

/// All versions of one key, newest first: the content of one file.
struct KeyRecord: Codable {
    let key: ObjectKey
    var versions: [ObjectVersion]
}

/// A version with its file.
struct StoredVersion: Sendable {
    var record: ObjectVersion
    /// Nil for a delete marker.
    var file: DataFile?
}

/// A part of an upload.
struct StoredPart: Sendable {
    var record: PartRecord
    let file: DataFile
}

struct PartRecord: Codable, Sendable {
    let number: Int
    let eTag: String
    let byteCount: Int
    let modified: Double
    let dataName: String
    let checksum: ObjectChecksum?
}

/// A multipart upload that is under way, as it is kept.
struct UploadRecord: Codable, Sendable {
    let id: String
    let key: ObjectKey
    let initiated: Double
    let attributes: ObjectAttributes
    let algorithm: ChecksumAlgorithm?
    let checksumKind: ObjectChecksum.Kind?
}

struct Upload: Sendable {
    let record: UploadRecord
    var parts: [Int: StoredPart] = [:]

    var sortedParts: [StoredPart] {
        parts.values.sorted { $0.record.number < $1.record.number }
    }
}

struct BucketRecord: Codable, Sendable {
    enum Versioning: String, Codable, Sendable {
        case enabled = "Enabled"
        case suspended = "Suspended"
    }

    let name: String
    let region: String
    /// Seconds since 1970.
    let created: Double
    /// Nil in a bucket that never was versioned.
    var versioning: Versioning?
}
