/// A text in which `*` stands for any number of characters and `?` for one.
struct Wildcard: Equatable, Sendable {
    private enum Piece: Equatable, Sendable {
        case byte(UInt8)
        case one, any
    }

    private let pieces: [Piece]
    private let ignoresCase: Bool

    /// `${*}`, `${?}` and `${$}` stand for the characters themselves; what other variables stand for
    /// is put in by `variable`, which says nil to one that it does not know.
    ///
    /// Throws ``UnknownVariable``.
    init(
        _ text: String, ignoresCase: Bool = false, hasVariables: Bool = true,
        variable: (String) -> String? = { _ in nil }
    ) throws(UnknownVariable) {
        self.ignoresCase = ignoresCase
        var pieces: [Piece] = []
        var rest = text[...]
        while let character = rest.unicodeScalars.first {
            if hasVariables, rest.hasPrefix("${"), let end = rest.firstIndex(of: "}") {
                let name = String(rest[rest.index(rest.startIndex, offsetBy: 2)..<end])
                rest = rest[rest.index(after: end)...]
                let value: String
                if ["*", "?", "$"].contains(name) {
                    value = name
                } else if let known = variable(name) {
                    value = known
                } else {
                    throw UnknownVariable(name: name)
                }
                pieces += value.utf8.map { .byte(Self.folded($0, ignoresCase)) }
                continue
            }
            switch character {
            case "*": if pieces.last != .any { pieces.append(.any) }
            case "?": pieces.append(.one)
            default:
                pieces += String(character).utf8.map { .byte(Self.folded($0, ignoresCase)) }
            }
            rest.unicodeScalars.removeFirst()
        }
        self.pieces = pieces
    }

    struct UnknownVariable: Error, Equatable {
        let name: String
    }

    /// Whether the whole text is of the pattern. Takes time in proportion to both lengths, whatever
    /// they hold.
    func matches(_ text: String) -> Bool {
        let bytes = text.utf8.map { Self.folded($0, ignoresCase) }
        var (index, piece) = (0, 0)
        // Where to go on when the last * must take one more.
        var retry: (index: Int, piece: Int)?
        while index < bytes.count {
            if piece < pieces.count, pieces[piece] == .any {
                retry = (index, piece + 1)
                piece += 1
            } else if piece < pieces.count, pieces[piece] == .byte(bytes[index]) {
                (index, piece) = (index + 1, piece + 1)
            } else if piece < pieces.count, pieces[piece] == .one {
                // A character is as many bytes as it has in UTF-8.
                index += 1
                while index < bytes.count, bytes[index] & 0xC0 == 0x80 { index += 1 }
                piece += 1
            } else if let last = retry {
                retry = (last.index + 1, last.piece)
                (index, piece) = (last.index + 1, last.piece)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .any }
    }

    private static func folded(_ byte: UInt8, _ ignoresCase: Bool) -> UInt8 {
        ignoresCase && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
