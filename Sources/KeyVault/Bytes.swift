/// Reads fixed lengths from the front of some bytes; nil where there are not enough left.
struct ByteReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count >= 0, bytes.count - position >= count else { return nil }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    mutating func takeUInt32() -> UInt32? {
        take(4)?.reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: UInt32) {
        append(contentsOf: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) })
    }
}

/// Each text as UTF-8 behind its length in bytes (32 bits, big-endian): no two lists give the same
/// bytes, however the texts are cut.
package func lengthPrefixed(_ texts: [String]) -> [UInt8] {
    var bytes: [UInt8] = []
    for text in texts {
        bytes.append(bigEndian: UInt32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }
    return bytes
}
