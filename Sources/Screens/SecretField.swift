package import SlipwayCore
package import TextGrid

/// A secret that is typed without being shown: a dot for each character. Whatever memory it leaves
/// behind with a keystroke is overwritten.
package struct SecretField: Equatable, Sendable {
    package private(set) var secret = SecretBytes(copying: [])
    package private(set) var note: String?

    package static let byteLimit = 4096

    package init() {}

    package var isEmpty: Bool { secret.count == 0 }

    /// Takes a key or a paste. Returns false for what means nothing to it.
    package mutating func handle(_ input: Input) -> Bool {
        switch input {
        case .key(let key): return handle(key)
        case .paste(let text):
            paste(text)
            return true
        case .resize, .tick: return false
        }
    }

    /// Puts a whole secret in the place of what is there.
    package mutating func set(_ secret: SecretBytes) {
        self.secret = secret
        note = nil
    }

    private mutating func handle(_ key: Key) -> Bool {
        note = nil
        switch key {
        case .character(let character): append(Array(character.utf8))
        case .backspace, .control("h"): removeLast()
        case .control("u"), .control("w"): secret = SecretBytes(copying: [])
        default: return false
        }
        return true
    }

    private mutating func append(_ bytes: some Collection<UInt8>) {
        guard secret.count + bytes.count <= Self.byteLimit else {
            note = "a secret has at most \(Self.byteLimit) bytes"
            return
        }
        let old = secret
        secret = SecretBytes(count: old.count + bytes.count) { target in
            old.withUnsafeExposedBytes { target.copyMemory(from: $0) }
            for (index, byte) in bytes.enumerated() { target[old.count + index] = byte }
        }
    }

    /// Takes the last character away, all of its bytes.
    private mutating func removeLast() {
        secret = secret.withUnsafeExposedBytes { bytes in
            var end = bytes.count
            while end > 0 {
                end -= 1
                if bytes[end] & 0xC0 != 0x80 { break }
            }
            return SecretBytes(copying: bytes[..<end])
        }
    }

    /// What is around a pasted secret goes; one with control characters within is refused.
    private mutating func paste(_ text: PastedText) {
        text.withUnsafeExposedBytes { bytes in
            let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
            let start = bytes.firstIndex { !isSpace($0) } ?? bytes.endIndex
            let end = bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start
            let inner = bytes[start..<end]
            if inner.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                note = "the paste has a line break or control character in it: not taken"
                return
            }
            append(inner)
            if inner.count < bytes.count, note == nil {
                note = "the white space around what was pasted was left out"
            }
        }
    }

    package func draw(
        in grid: inout CellGrid, row: Int, column: Int, width: Int, role: Role, hasCursor: Bool
    ) {
        grid.clear(Rect(row: row, column: column, width: width, height: 1), role: role)
        guard width > 0 else { return }
        let count = secret.withUnsafeExposedBytes { bytes in
            bytes.count { $0 & 0xC0 != 0x80 }
        }
        let dots = min(count, width - 1)
        grid.put(
            String(repeating: "•", count: dots), row: row, column: column, role: role, limit: width)
        if hasCursor { grid.cursor = CellGrid.Position(row: row, column: column + dots) }
    }
}
