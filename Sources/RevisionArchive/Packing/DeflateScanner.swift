/// Finds the last block of deflated data (RFC 1951) without making what the data stands for.
///
/// It reads every code from front to back, but only to know where the next one begins. zlib can
/// tell the same, and takes more than twice as long, since it inflates.
package struct DeflateScanner {
    /// Where the last block begins and where it ends, in bits from the first.
    package struct LastBlock: Equatable {
        package let start: Int
        package let end: Int

        package init(start: Int, end: Int) {
            self.start = start
            self.end = end
        }
    }

    private var literals = CodeTable()
    private var distances = CodeTable()
    private var lengths = CodeTable()

    package init() {}

    /// Nil where the bytes are not one whole stream and nothing else.
    package mutating func lastBlock(of stream: UnsafeRawBufferPointer) -> LastBlock? {
        var bits = BitReader(stream)
        while true {
            let start = bits.place
            let isLast = bits.take(1) == 1
            let isBlock =
                switch bits.take(2) {
                case 0: bits.skipStored()
                case 1: useFixedCodes() && skipCodes(&bits)
                case 2: readCodes(&bits) && skipCodes(&bits)
                default: false
                }
            guard isBlock, !bits.isBeyondEnd else { return nil }
            guard isLast else { continue }
            return bits.place > (stream.count - 1) * 8
                ? LastBlock(start: start, end: bits.place) : nil
        }
    }

    /// Reads the codes up to the one that ends the block.
    private func skipCodes(_ bits: inout BitReader) -> Bool {
        literals.withCodes { literals in
            distances.withCodes { distances in
                // A copy of its own stays in registers.
                var reader = bits
                defer { bits = reader }
                while !reader.isBeyondEnd {
                    // 56 bits at least. A literal takes 15 at most, a length 20, a distance 28.
                    reader.refill()
                    var code = literals[reader.next]
                    reader.skip(code.bitCount)
                    if code.kind == .single {
                        code = literals[reader.next]
                        reader.skip(code.bitCount)
                        if code.kind == .single { continue }
                        reader.refill()
                    }
                    guard code.kind == .length else { return code.kind == .end }
                    let distance = distances[reader.next]
                    guard distance.kind == .single else { return false }
                    reader.skip(distance.bitCount)
                }
                return false
            }
        }
    }

    private mutating func useFixedCodes() -> Bool {
        let bitCounts =
            [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112)
            + [UInt8](repeating: 7, count: 24) + [UInt8](repeating: 8, count: 8)
        return literals.fill(bitCounts[...], Code.literalOrLength)
            && distances.fill([UInt8](repeating: 5, count: 32)[...], Code.distance)
    }

    /// Reads what a block with codes of its own begins with.
    private mutating func readCodes(_ bits: inout BitReader) -> Bool {
        let literalCount = bits.take(5) + 257
        let distanceCount = bits.take(5) + 1
        let lengthCount = bits.take(4) + 4
        var bitCounts = [UInt8](repeating: 0, count: Self.lengthOrder.count)
        for symbol in Self.lengthOrder.prefix(lengthCount) {
            bitCounts[symbol] = UInt8(bits.take(3))
        }
        guard lengths.fill(bitCounts[...], Code.ofLength) else { return false }
        bitCounts.removeAll()
        while bitCounts.count < literalCount + distanceCount, !bits.isBeyondEnd {
            bits.refill()
            let code = lengths.withCodes { $0[bits.next] }
            guard code != .none else { return false }
            bits.skip(code.lengthBitCount)
            switch code.length {
            case 16:
                guard let last = bitCounts.last else { return false }
                bitCounts += repeatElement(last, count: 3 + bits.take(2))
            case 17: bitCounts += repeatElement(0, count: 3 + bits.take(3))
            case 18: bitCounts += repeatElement(0, count: 11 + bits.take(7))
            case let bitCount: bitCounts.append(bitCount)
            }
        }
        return bitCounts.count == literalCount + distanceCount
            && literals.fill(bitCounts[..<literalCount], Code.literalOrLength)
            && distances.fill(bitCounts[literalCount...], Code.distance)
    }

    /// The order in which a block has the lengths of the codes that lengths are written in.
    private static let lengthOrder = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ]
}

/// What a code says about where the next one begins.
private struct Code: Equatable {
    struct Kind: Equatable {
        let bits: UInt8

        /// A literal or a distance: nothing belongs to it.
        static let single = Kind(bits: 0)
        /// A length, which a distance follows.
        static let length = Kind(bits: 1 << 5)
        static let end = Kind(bits: 2 << 5)
        static let none = Kind(bits: 7 << 5)
    }

    private let byte: UInt8

    private init(byte: UInt8) { self.byte = byte }
    private init(_ kind: Kind, _ bitCount: Int) { byte = kind.bits | UInt8(bitCount) }

    /// No code.
    static let none = Code(byte: 0xFF)

    var kind: Kind { Kind(bits: byte & 0xE0) }
    /// With the bits that say which of several lengths or distances it is.
    var bitCount: Int { Int(byte & 0x1F) }

    static func literalOrLength(_ symbol: Int, _ bitCount: Int) -> Code {
        switch symbol {
        case ..<256: Code(.single, bitCount)
        case 256: Code(.end, bitCount)
        case ..<265, 285: Code(.length, bitCount)
        case ..<285: Code(.length, bitCount + (symbol - 261) / 4)
        default: .none
        }
    }

    static func distance(_ symbol: Int, _ bitCount: Int) -> Code {
        symbol < 30 ? Code(.single, bitCount + max(0, symbol / 2 - 1)) : .none
    }

    static func ofLength(_ symbol: Int, _ bitCount: Int) -> Code {
        Code(byte: UInt8(symbol << 3 | bitCount))
    }

    var length: UInt8 { byte >> 3 }
    var lengthBitCount: Int { Int(byte & 7) }
}

/// The code that each sequence of bits begins with.
private struct CodeTable {
    private static let bitCountLimit = 15
    private var codes = [Code](repeating: .none, count: 1 << bitCountLimit)
    private var mask: UInt64 = 0

    struct Codes {
        let codes: UnsafePointer<Code>
        let mask: UInt64

        subscript(_ bits: UInt64) -> Code { codes[Int(truncatingIfNeeded: bits & mask)] }
    }

    func withCodes<Result>(_ body: (Codes) -> Result) -> Result {
        codes.withUnsafeBufferPointer { body(Codes(codes: $0.baseAddress!, mask: mask)) }
    }

    /// Gives each symbol a code of so many bits; none to one of none. False where there are too
    /// many of them.
    mutating func fill(
        _ bitCounts: ArraySlice<UInt8>, _ code: (_ symbol: Int, _ bitCount: Int) -> Code
    ) -> Bool {
        // How many codes there are of each length, and then the next one of each.
        var next = [Int](repeating: 0, count: Self.bitCountLimit + 1)
        for bitCount in bitCounts { next[Int(bitCount)] += 1 }
        let longest = next.lastIndex { $0 > 0 } ?? 0
        var free = 0
        next[0] = 0
        for bitCount in 1...Self.bitCountLimit {
            let count = next[bitCount]
            free <<= 1
            next[bitCount] = free
            free += count
            guard free <= 1 << bitCount else { return false }
        }
        mask = 1 << UInt64(longest) - 1
        return codes.withUnsafeMutableBufferPointer { codes in
            let codes = UnsafeMutableBufferPointer(rebasing: codes[...Int(mask)])
            codes.update(repeating: .none)
            for (symbol, count) in bitCounts.enumerated() where count > 0 {
                let bitCount = Int(count)
                let code = code(symbol, bitCount)
                // Codes are written from their first bit on, all else from its last.
                var index = Self.reversed(next[bitCount], bitCount)
                next[bitCount] += 1
                while index < codes.count {
                    codes[index] = code
                    index += 1 << bitCount
                }
            }
            return true
        }
    }

    private static func reversed(_ code: Int, _ bitCount: Int) -> Int {
        var (rest, result) = (code, 0)
        for _ in 0..<bitCount {
            result = result << 1 | rest & 1
            rest >>= 1
        }
        return result
    }
}

/// Reads a stream from its first bit on. Behind its end there are zeros.
private struct BitReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    /// The bits that come next, the first one the lowest.
    private(set) var next: UInt64 = 0
    private var count = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var place: Int { offset * 8 - count }
    var isBeyondEnd: Bool { place > bytes.count * 8 }

    /// Makes sure that there are 56 bits.
    @inline(__always)
    mutating func refill() {
        if offset + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            next |= word.littleEndian &<< UInt64(count)
            offset &+= (63 &- count) &>> 3
            count |= 56
        } else {
            while count < 56 {
                if offset < bytes.count { next |= UInt64(bytes[offset]) &<< UInt64(count) }
                offset += 1
                count += 8
            }
        }
    }

    @inline(__always)
    mutating func skip(_ bitCount: Int) {
        next &>>= UInt64(bitCount)
        count &-= bitCount
    }

    mutating func take(_ bitCount: Int) -> Int {
        refill()
        defer { skip(bitCount) }
        return Int(next & (1 << UInt64(bitCount) - 1))
    }

    /// Passes over a block of bytes as they are.
    mutating func skipStored() -> Bool {
        let start = (place + 7) / 8
        guard start + 4 <= bytes.count else { return false }
        let length = UInt16(bytes[start]) | UInt16(bytes[start + 1]) << 8
        let check = UInt16(bytes[start + 2]) | UInt16(bytes[start + 3]) << 8
        (offset, next, count) = (start + 4 + Int(length), 0, 0)
        return length == ~check
    }
}
