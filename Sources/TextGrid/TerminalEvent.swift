import Glibc

/// What a terminal tells.
package enum TerminalEvent: Equatable, Sendable {
    case key(Key)
    /// What was pasted, in one piece: no line break in it is an Enter.
    case paste(PastedText)
    case resize(width: Int, height: Int)
    /// Another thread asked for attention.
    case woken
    /// The time that was given passed.
    case timeout
    /// The terminal is gone.
    case end
}

/// A text that was pasted, perhaps a secret: its memory is overwritten when the last owner lets go,
/// and no description shows it.
package final class PastedText: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// Never written after `init` and freed in `deinit`, so any thread may read it.
    private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

    /// Copies the bytes, which should be UTF-8; the caller's copy is the caller's to forget.
    package init(copying bytes: some Collection<UInt8>) {
        storage = .allocate(byteCount: bytes.count, alignment: 16)
        storage.copyBytes(from: bytes)
    }

    deinit {
        if let base = storage.baseAddress { explicit_bzero(base, storage.count) }
        storage.deallocate()
    }

    /// Lends the bytes. They must not outlive the call.
    package func withUnsafeExposedBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try body(UnsafeRawBufferPointer(storage))
    }

    /// The text; what is not UTF-8 in it is replaced.
    package var exposedText: String { String(decoding: storage, as: UTF8.self) }

    package static func == (lhs: PastedText, rhs: PastedText) -> Bool {
        lhs.storage.elementsEqual(rhs.storage)
    }

    package var description: String { "[pasted]" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
