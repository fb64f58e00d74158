import AWSSignature
import FoundationEssentials

/// The checksums that S3 takes beside MD5. Header: `x-amz-checksum-…`.
enum ChecksumAlgorithm: String, Codable, CaseIterable, Sendable {
    case crc32 = "CRC32"
    case crc32c = "CRC32C"
    case crc64NVME = "CRC64NVME"
    case sha1 = "SHA1"
    case sha256 = "SHA256"

    /// `x-amz-checksum-crc32`.
    var headerName: String { "x-amz-checksum-\(rawValue.lowercased())" }

    /// `ChecksumCRC32`.
    var elementName: String { "Checksum\(rawValue)" }

    var byteCount: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64NVME: 8
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// What a multipart upload's checksum is where the client does not say.
    var usualKind: ObjectChecksum.Kind { self == .crc64NVME ? .fullObject : .composite }

    func allows(_ kind: ObjectChecksum.Kind) -> Bool {
        switch self {
        case .crc32, .crc32c: true
        case .crc64NVME: kind == .fullObject
        case .sha1, .sha256: kind == .composite
        }
    }
}

/// The checksum that is kept with an object. Header: `x-amz-checksum-type`.
struct ObjectChecksum: Codable, Equatable, Sendable {
    enum Kind: String, Codable, Sendable {
        case composite = "COMPOSITE"
        case fullObject = "FULL_OBJECT"
    }

    let algorithm: ChecksumAlgorithm
    let kind: Kind
    /// Base64; of a composite one with `-` and the number of parts behind it.
    let value: String
}

/// Takes the checksum of bytes that come piece by piece.
struct ChecksumDigester: Sendable {
    private enum State: Sendable {
        case cyclic(CyclicChecksum)
        case digest(ContentDigester)
    }

    private var state: State

    init(_ algorithm: ChecksumAlgorithm) {
        state =
            switch algorithm {
            case .crc32: .cyclic(CyclicChecksum(.crc32))
            case .crc32c: .cyclic(CyclicChecksum(.crc32c))
            case .crc64NVME: .cyclic(CyclicChecksum(.crc64NVME))
            case .sha1: .digest(ContentDigester(.sha1))
            case .sha256: .digest(ContentDigester(.sha256))
            }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .cyclic(var checksum):
            checksum.update(bytes)
            state = .cyclic(checksum)
        case .digest(var digester):
            digester.update(bytes)
            state = .digest(digester)
        }
    }

    func finish() -> [UInt8] {
        switch state {
        case .cyclic(let checksum): checksum.bytes
        case .digest(let digester): digester.finish().bytes
        }
    }

    /// The checksum of bytes that are all at hand.
    static func checksum(_ bytes: [UInt8], _ algorithm: ChecksumAlgorithm) -> [UInt8] {
        var digester = ChecksumDigester(algorithm)
        bytes.withUnsafeBytes { digester.update($0) }
        return digester.finish()
    }
}

enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    static func decode(_ text: String) -> [UInt8]? { Data(base64Encoded: text).map(Array.init) }
}
