import CDeflate
import CZlib
import RevisionArchive
import Testing

@Suite("Deflated streams")
struct DeflateScannerTests {
    private static let inputs: [[UInt8]] = [
        [], [7], prose(300), prose(90_000), noise(70_000), [UInt8](repeating: 0, count: 300_000),
        prose(30_000) + noise(30_000) + [UInt8](repeating: 1, count: 30_000),
        // All lengths and distances, near and far.
        (1...60).flatMap { (count: Int) -> [UInt8] in
            noise(count, seed: 1) + noise(900 * count, seed: UInt64(count))
        },
    ]

    @Test(arguments: inputs.indices)
    func `finds the last block where zlib does`(_ index: Int) throws {
        let input = Self.inputs[index]
        var scanner = DeflateScanner()
        for stream in Self.streams(of: input) {
            let found = stream.withUnsafeBytes { scanner.lastBlock(of: $0) }
            #expect(found == Self.lastBlock(of: stream))
        }
    }

    @Test func `refuses what is cut off or goes on`() throws {
        var scanner = DeflateScanner()
        for stream in Self.streams(of: prose(20_000) + noise(3000)) {
            for count in [0, 1, stream.count / 3, stream.count / 2, stream.count - 1] {
                #expect(stream.prefix(count).withUnsafeBytes { scanner.lastBlock(of: $0) } == nil)
            }
            #expect((stream + [0]).withUnsafeBytes { scanner.lastBlock(of: $0) } == nil)
        }
    }

    @Test func `ends with any bytes at all`() {
        var scanner = DeflateScanner()
        for seed in 1...300 {
            for bytes in [noise(200, seed: UInt64(seed)), Self.broken(seed)] {
                guard let found = bytes.withUnsafeBytes({ scanner.lastBlock(of: $0) })
                else { continue }
                #expect(found.start < found.end && found.end <= bytes.count * 8)
            }
        }
    }

    /// A stream with one bit turned.
    private static func broken(_ seed: Int) -> [UInt8] {
        var stream = zlibStream(prose(600, seed: UInt64(seed)), level: 6, Z_DEFAULT_STRATEGY)
        let bit = seed * 7919 % (stream.count * 8)
        stream[bit / 8] ^= 1 << UInt8(bit % 8)
        return stream
    }

    /// By two libraries, at levels of every kind: blocks that are stored, with fixed codes and with their own.
    private static func streams(of input: [UInt8]) -> [[UInt8]] {
        let strategies = [Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED]
        return [0, 1, 5, 6, 7, 9, 12].map { libdeflateStream(input, level: $0) }
            + [0, 1, 6].flatMap { level in
                strategies.map { zlibStream(input, level: level, $0) }
            }
    }

    private static func libdeflateStream(_ input: [UInt8], level: Int32) -> [UInt8] {
        let compressor = libdeflate_alloc_compressor(level)
        defer { libdeflate_free_compressor(compressor) }
        let limit = libdeflate_deflate_compress_bound(compressor, input.count)
        return [UInt8](unsafeUninitializedCapacity: limit) { output, count in
            count = libdeflate_deflate_compress(
                compressor, input, input.count, output.baseAddress, limit)
        }
    }

    private static func zlibStream(
        _ input: [UInt8], level: Int32, _ strategy: Int32
    ) -> [UInt8] {
        var input = input
        return withStream { stream in
            deflateInit2_(
                stream, level, Z_DEFLATED, -15, 8, strategy, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size))
            defer { deflateEnd(stream) }
            let limit = Int(deflateBound(stream, UInt(input.count)))
            return input.withUnsafeMutableBufferPointer { input in
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = UInt32(input.count)
                return [UInt8](unsafeUninitializedCapacity: limit) { output, count in
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = UInt32(limit)
                    deflate(stream, Z_FINISH)
                    count = Int(stream.pointee.total_out)
                }
            }
        }
    }

    /// As zlib tells it, which stops at each block when asked to.
    private static func lastBlock(of bytes: [UInt8]) -> DeflateScanner.LastBlock? {
        var bytes = bytes
        var room = [UInt8](repeating: 0, count: 64 << 10)
        return withStream { stream in
            inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            defer { inflateEnd(stream) }
            return bytes.withUnsafeMutableBufferPointer { bytes in
                stream.pointee.next_in = bytes.baseAddress
                stream.pointee.avail_in = UInt32(bytes.count)
                return room.withUnsafeMutableBufferPointer { room in
                    var start = 0
                    while true {
                        stream.pointee.next_out = room.baseAddress
                        stream.pointee.avail_out = UInt32(room.count)
                        guard inflate(stream, Z_BLOCK) == Z_OK else { return nil }
                        let state = Int(stream.pointee.data_type)
                        let place = Int(stream.pointee.total_in) * 8 - state & 7
                        // Bit 7: at the end of a block. Bit 6: of the last one.
                        guard state & 128 != 0 else { continue }
                        if state & 64 != 0 { return .init(start: start, end: place) }
                        start = place
                    }
                }
            }
        }
    }

    /// zlib remembers where its stream is: it must not move.
    private static func withStream<Result>(
        _ body: (UnsafeMutablePointer<z_stream>) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: z_stream.self, capacity: 1) { stream in
            stream.initialize(repeating: z_stream())
            return body(stream.baseAddress!)
        }
    }
}
