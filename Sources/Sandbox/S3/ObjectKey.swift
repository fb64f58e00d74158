/// The key of an object: any text of 1 to 1,024 bytes. Two keys are one only if their bytes are;
/// Swift's own comparison takes `é` and `e` with an accent behind it for the same.
struct ObjectKey: Hashable, Comparable, Sendable, Codable {
    let text: String

    init(_ text: String) { self.text = text }

    init(from decoder: any Decoder) throws { text = try String(from: decoder) }

    func encode(to encoder: any Encoder) throws { try text.encode(to: encoder) }

    func hasPrefix(_ prefix: String) -> Bool { text.utf8.starts(with: prefix.utf8) }

    static func == (lhs: Self, rhs: Self) -> Bool { lhs.text.utf8.elementsEqual(rhs.text.utf8) }

    /// As S3 lists them: by their bytes.
    static func < (lhs: Self, rhs: Self) -> Bool {
        lhs.text.utf8.lexicographicallyPrecedes(rhs.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
