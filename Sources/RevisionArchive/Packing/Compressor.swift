import CDeflate

/// Compresses files and blocks of files: one for each thread.
///
/// libdeflate compresses twice as fast as zlib and smaller, but only what is whole in memory. A
/// large file is therefore cut into blocks, always at the same places, whose streams
/// ``DeflateJoint`` joins to one.
final class Compressor {
    /// What is not larger is read whole.
    static let wholeByteLimit = 2 << 20
    /// Of what is larger: 512 KiB cost a thousandth in size, more gains nothing that counts.
    static let blockByteCount = 1 << 20

    private static let smallByteLimit = 16 << 10
    /// What shrinks to less repeats much.
    private static let repetitiveShare = 0.15
    /// At this level an archive is as large as zlib's at its usual one, or smaller.
    private let usual = Deflater(level: 6)
    /// For what is no text, which comes out smaller than zlib's at this level already.
    private let quick = Deflater(level: 5)
    /// For small files and what repeats much, which may else come out larger; hardly slower there.
    private let thorough = Deflater(level: 7)
    private let sampler = Deflater(level: 1)
    private var joint = DeflateJoint()
    /// Where what is small is made, to be copied when its size is known. What is large is made in
    /// room of its own: of that, the system gives memory only to what is written.
    private let output: UnsafeMutableRawBufferPointer
    /// Where files are read into.
    let input: UnsafeMutableRawBufferPointer

    init() {
        input = .allocate(byteCount: Self.wholeByteLimit, alignment: 64)
        output = .allocate(byteCount: 128 << 10, alignment: 64)
    }

    deinit {
        input.deallocate()
        output.deallocate()
    }

    /// Packs a whole file, stored where it does not compress.
    func pack(_ bytes: UnsafeRawBufferPointer) -> PackedPiece {
        let room = room(bytes.count)
        // Room for less than the file: what does not shrink fails, and is stored.
        if let count = deflate(bytes, into: room, byteLimit: bytes.count - 1) {
            return piece(of: bytes, in: room, count: count, method: .deflated)
        }
        room.copyMemory(from: bytes)
        return piece(of: bytes, in: room, count: bytes.count, method: .stored)
    }

    /// Packs a block of a large file as a part of its one stream of deflated data. One that does
    /// not compress is stored within the stream.
    func packBlock(_ bytes: UnsafeRawBufferPointer, isLast: Bool) -> PackedPiece {
        let room = room(DeflateJoint.storedByteCount(of: bytes.count))
        let byteLimit = bytes.count - 1 - DeflateJoint.growth
        let count =
            if let count = deflate(bytes, into: room, byteLimit: byteLimit) {
                isLast ? count : joint.open(room, count: count)
            } else {
                DeflateJoint.store(bytes, isLast: isLast, in: room)
            }
        return piece(of: bytes, in: room, count: count, method: .deflated)
    }

    private func room(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        byteCount <= output.count ? output : .allocate(byteCount: byteCount, alignment: 16)
    }

    /// A piece of the first bytes of such room.
    private func piece(
        of bytes: UnsafeRawBufferPointer, in room: UnsafeMutableRawBufferPointer, count: Int,
        method: ZipFormat.Method
    ) -> PackedPiece {
        var room = room
        if room.baseAddress == output.baseAddress {
            room = .allocate(byteCount: count, alignment: 16)
            room.copyMemory(from: UnsafeRawBufferPointer(rebasing: output[..<count]))
        }
        return PackedPiece(
            owning: UnsafeRawBufferPointer(rebasing: room[..<count]), method: method,
            checksum: Self.checksum(bytes), rawByteCount: bytes.count)
    }

    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        libdeflate_crc32(0, bytes.baseAddress, bytes.count)
    }

    /// Returns how many bytes it made; nil where that takes more than the limit.
    private func deflate(
        _ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer, byteLimit: Int
    ) -> Int? {
        guard byteLimit > 0, seemsCompressible(bytes) else { return nil }
        func deflate(_ deflater: Deflater) -> Int {
            deflater.deflate(bytes, into: room, byteLimit: byteLimit)
        }
        let isSmall = bytes.count <= Self.smallByteLimit
        var count = deflate(isSmall ? thorough : Self.isText(bytes) ? usual : quick)
        let repetitiveLimit = Int(Double(bytes.count) * Self.repetitiveShare)
        if !isSmall, 1..<repetitiveLimit ~= count { count = deflate(thorough) }
        return count == 0 ? nil : count
    }

    /// Judges by zeros in some places: machine code, tables and images are full of them.
    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let samples = samples(of: bytes, byteCount: 1 << 10)
        let zeroCount = samples.joined().reduce(0) { $1 == 0 ? $0 + 1 : $0 }
        return zeroCount * 50 < samples.reduce(0) { $0 + $1.count }
    }

    /// Tries some of it quickly, since what is compressed already takes the longest to refuse.
    private func seemsCompressible(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > 128 << 10 else { return true }
        return Self.samples(of: bytes, byteCount: 16 << 10).contains { sample in
            // Less than half a hundredth saved is nothing saved.
            sampler.deflate(
                sample, into: output, byteLimit: sample.count - sample.count / 200) > 0
        }
    }

    /// Pieces from its beginning to its end, of which each has so many bytes, and it has more.
    private static func samples(
        of bytes: UnsafeRawBufferPointer, byteCount: Int
    ) -> [UnsafeRawBufferPointer] {
        let count = 4
        let stride = (bytes.count - byteCount) / (count - 1)
        return (0..<count).map { index in
            UnsafeRawBufferPointer(rebasing: bytes[index * stride..<index * stride + byteCount])
        }
    }
}

/// libdeflate at one level, by one thread at a time.
private final class Deflater {
    private let compressor: OpaquePointer

    init(level: Int32) {
        guard let compressor = libdeflate_alloc_compressor(level) else {
            fatalError("out of memory")
        }
        self.compressor = compressor
    }

    deinit { libdeflate_free_compressor(compressor) }

    /// Returns how many bytes it made; 0 where that takes more than the limit.
    func deflate(
        _ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer, byteLimit: Int
    ) -> Int {
        libdeflate_deflate_compress(
            compressor, bytes.baseAddress, bytes.count, room.baseAddress, byteLimit)
    }
}
