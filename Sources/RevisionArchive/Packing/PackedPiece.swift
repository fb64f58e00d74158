/// Bytes for the archive, handed from the thread that made them to the one that writes them.
final class PackedPiece: @unchecked Sendable {
    // Nothing changes after the initialiser: the bytes are the object's own, and only read.
    let bytes: UnsafeRawBufferPointer
    let method: ZipFormat.Method
    /// CRC-32 of what was packed.
    let checksum: UInt32
    /// How many bytes were packed.
    let rawByteCount: Int

    /// Takes over the bytes, which were allocated, and frees them.
    init(
        owning bytes: UnsafeRawBufferPointer, method: ZipFormat.Method, checksum: UInt32,
        rawByteCount: Int
    ) {
        self.bytes = bytes
        self.method = method
        self.checksum = checksum
        self.rawByteCount = rawByteCount
    }

    deinit { bytes.deallocate() }
}
