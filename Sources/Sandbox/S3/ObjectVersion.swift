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
    var dataNames = DataNames()
    var attributes = ObjectAttributes()
    var checksum: ObjectChecksum?
    /// The parts' sizes, where it was uploaded in parts.
    var partByteCounts: [Int] = []

    static let nullID = "null"

    private enum CodingKeys: String, CodingKey {
        case id, isDeleteMarker, modified, eTag, byteCount, attributes, checksum, partByteCounts
        case dataNames = "dataName"
    }

    /// How many bytes are in each of the files. Of several, each has a part.
    var dataByteCounts: [Int] { dataNames.names.count == 1 ? [byteCount] : partByteCounts }
}

/// The names of the files in the bucket's folder of data that are a version's bytes, one after
/// another. None for a delete marker.
///
/// Kept as text where there is one, which is how all versions were kept once, and else as a list.
struct DataNames: Codable, Equatable, Sendable {
    var names: [String] = []

    init(_ names: [String] = []) { self.names = names }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let name = try? container.decode(String.self) {
            names = name.isEmpty ? [] : [name]
        } else {
            names = try container.decode([String].self)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if names.count == 1 {
            try container.encode(names[0])
        } else {
            try container.encode(names)
        }
    }
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

/// A version with its bytes.
struct StoredVersion: Sendable {
    var record: ObjectVersion
    /// Nil for a delete marker.
    var data: ObjectData?
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
