import CZlib

/// Makes one stream of deflated data (RFC 1951) of several.
///
/// A stream's last block has a bit that says so, at a place that only who decodes the stream can
/// tell: zlib does, and tells at each block. With that bit cleared and the stream filled up to a
/// whole byte, another stream can follow. The decoding also proves that the stream is one.
final class DeflateJoint {
    private static let storedByteLimit = 0xFFFF

    /// What ``open(_:count:)`` may add to a stream.
    static let growth = 5

    // zlib remembers where its stream is: it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private let room: UnsafeMutableRawBufferPointer

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        room = .allocate(byteCount: 64 << 10, alignment: 64)
        let code = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { fatalError("out of memory: zlib says \(code)") }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        room.deallocate()
    }

    /// Lets another stream follow the one in the first bytes of the buffer, which has room for
    /// ``growth`` more. Returns how many bytes the stream now has.
    func open(_ buffer: UnsafeMutableRawBufferPointer, count: Int) -> Int {
        let (lastBlock, end) = boundaries(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        buffer[lastBlock / 8] &= ~(1 << UInt8(lastBlock % 8))
        // An empty stored block: three zero bits, zeros up to the byte, then its two lengths. The
        // bits behind the stream's end are zero.
        var count = count
        let mark: [UInt8] = (8 - end % 8) % 8 >= 3 ? [0, 0, 0xFF, 0xFF] : [0, 0, 0, 0xFF, 0xFF]
        for byte in mark {
            buffer[count] = byte
            count += 1
        }
        return count
    }

    /// Where the stream's last block begins and where it ends, counted in bits.
    private func boundaries(_ bytes: UnsafeRawBufferPointer) -> (lastBlock: Int, end: Int) {
        guard inflateReset(stream) == Z_OK else { fatalError("zlib cannot begin again") }
        // zlib does not write to what it reads.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.baseAddress!.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(bytes.count)
        var start = 0
        while true {
            stream.pointee.next_out = room.baseAddress!.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(room.count)
            let code = inflate(stream, Z_BLOCK)
            let state = Int(stream.pointee.data_type)
            let place = Int(stream.pointee.total_in) * 8 - state & 7
            // Bit 7: at the end of a block. Bit 6: of the last one.
            switch (code, state & 128 != 0, state & 64 != 0) {
            case (Z_OK, true, true): return (start, place)
            case (Z_OK, true, false): start = place
            case (Z_OK, false, _): break
            default: fatalError("libdeflate made no stream: zlib says \(code)")
            }
        }
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
