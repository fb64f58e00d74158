import Glibc
import SlipwayCore

/// A text of bytes that grows and may hold secrets: whatever memory it leaves is overwritten.
final class SecretText {
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 16)
    private var count = 0

    deinit { Self.forget(buffer) }

    func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    func append(_ secret: SecretBytes) { secret.withUnsafeExposedBytes { append($0) } }

    func append(_ byte: UInt8) { withUnsafeBytes(of: byte) { append($0) } }

    /// Lends the text. It must not outlive the call.
    func withUnsafeExposedBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    private func append(_ bytes: UnsafeRawBufferPointer) {
        if count + bytes.count > buffer.count { grow(toHold: count + bytes.count) }
        UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    private func grow(toHold size: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size * 2, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        Self.forget(buffer)
        buffer = larger
    }

    private static func forget(_ buffer: UnsafeMutableRawBufferPointer) {
        if let base = buffer.baseAddress { explicit_bzero(base, buffer.count) }
        buffer.deallocate()
    }
}
