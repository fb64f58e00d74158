/// A cyclic redundancy check whose bits are reflected: CRC-32, CRC-32C and CRC-64/NVME are the same
/// but for polynomial and width. Eight bytes are taken at once.
struct CyclicChecksum: Sendable {
    /// What tells one from another.
    struct Kind: Sendable {
        /// Eight tables of 256.
        fileprivate let tables: [UInt64]
        fileprivate let byteCount: Int

        private init(reflectedPolynomial polynomial: UInt64, byteCount: Int) {
            var tables = [UInt64](repeating: 0, count: 8 * 256)
            for index in 0..<256 {
                var value = UInt64(index)
                for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ polynomial }
                tables[index] = value
            }
            for index in 256..<tables.count {
                let value = tables[index - 256]
                tables[index] = value >> 8 ^ tables[Int(value & 0xFF)]
            }
            self.tables = tables
            self.byteCount = byteCount
        }

        static let crc32 = Kind(reflectedPolynomial: 0xEDB8_8320, byteCount: 4)
        static let crc32c = Kind(reflectedPolynomial: 0x82F6_3B78, byteCount: 4)
        static let crc64NVME = Kind(reflectedPolynomial: 0x9A6C_9329_AC4B_C9B5, byteCount: 8)

        fileprivate var ones: UInt64 { byteCount == 8 ? .max : 0xFFFF_FFFF }
    }

    private let kind: Kind
    private var value: UInt64

    init(_ kind: Kind) {
        self.kind = kind
        value = kind.ones
    }

    /// Takes the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard var pointer = bytes.baseAddress else { return }
        let end = pointer + bytes.count
        var crc = value
        kind.tables.withUnsafeBufferPointer { buffer in
            let table = buffer.baseAddress!  // There are 2,048 entries.
            while end - pointer >= 8 {
                let word = crc ^ pointer.loadUnaligned(as: UInt64.self).littleEndian
                let low =
                    table[0x700 + Int(word & 0xFF)] ^ table[0x600 + Int(word >> 8 & 0xFF)]
                    ^ table[0x500 + Int(word >> 16 & 0xFF)]
                    ^ table[0x400 + Int(word >> 24 & 0xFF)]
                let high =
                    table[0x300 + Int(word >> 32 & 0xFF)] ^ table[0x200 + Int(word >> 40 & 0xFF)]
                    ^ table[0x100 + Int(word >> 48 & 0xFF)] ^ table[Int(word >> 56)]
                crc = low ^ high
                pointer += 8
            }
            while pointer < end {
                crc = crc >> 8 ^ table[Int((crc ^ UInt64(pointer.load(as: UInt8.self))) & 0xFF)]
                pointer += 1
            }
        }
        value = crc
    }

    /// The checksum of everything taken so far, most significant byte first.
    var bytes: [UInt8] {
        let result = value ^ kind.ones
        return (0..<kind.byteCount).reversed().map { UInt8(truncatingIfNeeded: result >> ($0 * 8)) }
    }
}
