/// Makes one stream of deflated data (RFC 1951) of several.
///
/// A stream's last block has a bit that says so, at a place that only who reads the whole stream
/// can tell. With that bit cleared and the stream filled up to a whole byte, another stream can
/// follow. The reading also proves that the stream is one.
struct DeflateJoint {
    private static let storedByteLimit = 0xFFFF

    /// What ``open(_:count:)`` may add to a stream.
    static let growth = 5

    private var scanner = DeflateScanner()

    /// Lets another stream follow the one in the first bytes of the buffer, which has room for
    /// ``growth`` more. Returns how many bytes the stream now has.
    mutating func open(_ buffer: UnsafeMutableRawBufferPointer, count: Int) -> Int {
        let stream = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        guard let last = scanner.lastBlock(of: stream) else {
            fatalError("libdeflate made no stream")
        }
        buffer[last.start / 8] &= ~(1 << UInt8(last.start % 8))
        // An empty stored block: three zero bits, zeros up to the byte, then its two lengths. The
        // bits behind the stream's end are zero.
        var count = count
        let mark: [UInt8] =
            (8 - last.end % 8) % 8 >= 3 ? [0, 0, 0xFF, 0xFF] : [0, 0, 0, 0xFF, 0xFF]
        for byte in mark {
            buffer[count] = byte
            count += 1
        }
        return count
    }

    /// How many bytes ``store(_:isLast:in:)`` makes of so many.
    static func storedByteCount(of byteCount: Int) -> Int {
        byteCount + 5 * max(1, (byteCount + storedByteLimit - 1) / storedByteLimit)
    }

    /// Writes bytes as stored blocks, which begin and end at whole bytes, into a buffer that has
    /// room for them. Returns how many bytes that are.
    static func store(
        _ bytes: UnsafeRawBufferPointer, isLast: Bool, in buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        var count = 0
        var rest = bytes[...]
        repeat {
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(storedByteLimit))
            rest = rest.dropFirst(part.count)
            buffer[count] = isLast && rest.isEmpty ? 1 : 0
            buffer.storeBytes(
                of: UInt16(part.count).littleEndian, toByteOffset: count + 1, as: UInt16.self)
            buffer.storeBytes(
                of: ~UInt16(part.count).littleEndian, toByteOffset: count + 3, as: UInt16.self)
            UnsafeMutableRawBufferPointer(rebasing: buffer[(count + 5)...]).copyMemory(from: part)
            count += 5 + part.count
        } while !rest.isEmpty
        return count
    }
}
