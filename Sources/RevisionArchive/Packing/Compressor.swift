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

    /// The level at which an archive is as large as zlib's at its usual one, or smaller. Only small
    /// files and what repeats much may come out larger: the thorough level is for those, and hardly
    /// slower there.
    private static let level: Int32 = 6
    private static let thoroughLevel: Int32 = 7
    private static let smallByteLimit = 16 << 10
    /// What shrinks to less repeats much.
    private static let repetitiveShare = 0.15
    private let compressor: OpaquePointer
    private let thoroughCompressor: OpaquePointer
    private let sampler: OpaquePointer
    private let joint: DeflateJoint
    private let output: UnsafeMutableRawBufferPointer
    /// Where files are read into.
    let input: UnsafeMutableRawBufferPointer

    init() {
        guard let compressor = libdeflate_alloc_compressor(Self.level),
            let thoroughCompressor = libdeflate_alloc_compressor(Self.thoroughLevel),
            let sampler = libdeflate_alloc_compressor(1)
        else { fatalError("out of memory") }
        self.compressor = compressor
        self.thoroughCompressor = thoroughCompressor
        self.sampler = sampler
        joint = DeflateJoint()
        input = .allocate(byteCount: Self.wholeByteLimit, alignment: 64)
        output = .allocate(byteCount: Self.wholeByteLimit, alignment: 64)
    }

    deinit {
        libdeflate_free_compressor(compressor)
        libdeflate_free_compressor(thoroughCompressor)
        libdeflate_free_compressor(sampler)
        input.deallocate()
        output.deallocate()
    }

    /// Packs a whole file, stored where it does not compress.
    func pack(_ bytes: UnsafeRawBufferPointer) -> PackedPiece {
        let checksum = Self.checksum(bytes)
        // Room for less than the file: what does not shrink fails, and is stored.
        if let packed = deflated(bytes, byteLimit: bytes.count - 1) {
            return PackedPiece(
                packed, method: .deflated, checksum: checksum, rawByteCount: bytes.count)
        }
        return PackedPiece(bytes, method: .stored, checksum: checksum, rawByteCount: bytes.count)
    }

    /// Packs a block of a large file as a part of its one stream of deflated data. One that does
    /// not compress is stored within the stream.
    func packBlock(_ bytes: UnsafeRawBufferPointer, isLast: Bool) -> PackedPiece {
        let count =
            if let packed = deflated(bytes, byteLimit: bytes.count - 1 - DeflateJoint.growth) {
                isLast ? packed.count : joint.open(output, count: packed.count)
            } else {
                DeflateJoint.store(bytes, isLast: isLast, in: output)
            }
        return PackedPiece(
            UnsafeRawBufferPointer(rebasing: output[..<count]), method: .deflated,
            checksum: Self.checksum(bytes), rawByteCount: bytes.count)
    }

    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        libdeflate_crc32(0, bytes.baseAddress, bytes.count)
    }

    /// The bytes deflated in `output`; nil where that takes more than the limit.
    private func deflated(
        _ bytes: UnsafeRawBufferPointer, byteLimit: Int
    ) -> UnsafeRawBufferPointer? {
        guard byteLimit > 0, seemsCompressible(bytes) else { return nil }
        func deflate(_ compressor: OpaquePointer) -> Int {
            libdeflate_deflate_compress(
                compressor, bytes.baseAddress, bytes.count, output.baseAddress, byteLimit)
        }
        let isSmall = bytes.count <= Self.smallByteLimit
        var count = deflate(isSmall ? thoroughCompressor : compressor)
        let repetitiveLimit = Int(Double(bytes.count) * Self.repetitiveShare)
        if !isSmall, 1..<repetitiveLimit ~= count { count = deflate(thoroughCompressor) }
        return count == 0 ? nil : UnsafeRawBufferPointer(rebasing: output[..<count])
    }

    /// Tries some of it quickly, since what is compressed already takes the longest to refuse.
    private func seemsCompressible(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let sampleCount = 4
        let sampleByteCount = 16 << 10
        guard bytes.count > 2 * sampleCount * sampleByteCount else { return true }
        let stride = (bytes.count - sampleByteCount) / (sampleCount - 1)
        for index in 0..<sampleCount {
            let start = index * stride
            let sample = UnsafeRawBufferPointer(rebasing: bytes[start..<start + sampleByteCount])
            // Less than half a hundredth saved is nothing saved.
            let count = libdeflate_deflate_compress(
                sampler, sample.baseAddress, sample.count, output.baseAddress,
                sampleByteCount - sampleByteCount / 200)
            if count > 0 { return true }
        }
        return false
    }
}
