/// Reads the small documents that clients of S3 send. What XML allows beyond elements, text,
/// comments, CDATA and character references is refused: a document type above all.
struct XMLReader {
    private var rest: ArraySlice<UInt8>
    private var elementCount = 0

    /// Ten thousand parts of an upload, each with a handful of children, fit well.
    private static let elementLimit = 200_000
    private static let depthLimit = 16

    /// The document's element; nil for bytes that are no such document.
    static func read(_ bytes: [UInt8]) -> XMLElement? {
        // Also what is outside of text must be UTF-8.
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var reader = XMLReader(
            rest: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...])
        guard reader.skipProlog(), let element = reader.element(depth: 1) else { return nil }
        return reader.skipProlog() && reader.rest.isEmpty ? element : nil
    }

    private init(rest: ArraySlice<UInt8>) { self.rest = rest }

    private mutating func skipProlog() -> Bool {
        while true {
            skipBlanks()
            if take("<?") {
                guard skip(past: "?>") else { return false }
            } else if take("<!--") {
                guard skip(past: "-->") else { return false }
            } else {
                return true
            }
        }
    }

    private mutating func element(depth: Int) -> XMLElement? {
        elementCount += 1
        guard depth <= Self.depthLimit, elementCount <= Self.elementLimit, take("<"),
            let name = name(), let isEmpty = skipAttributes()
        else { return nil }
        // Some clients put a prefix before every name.
        var element = XMLElement(String(name.split(separator: ":").last ?? ""))
        if isEmpty { return element }
        var text: [UInt8] = []
        while let byte = rest.first {
            if byte == UInt8(ascii: "&") {
                guard let scalar = reference() else { return nil }
                text += String(scalar).utf8
            } else if byte != UInt8(ascii: "<") {
                text.append(byte)
                rest.removeFirst()
            } else if take("</") {
                guard self.name() == name else { return nil }
                skipBlanks()
                guard take(">") else { return nil }
                if element.children.isEmpty {
                    element.text = String(decoding: text, as: UTF8.self)
                }
                return element
            } else if take("<!--") {
                guard skip(past: "-->") else { return nil }
            } else if take("<![CDATA[") {
                guard let end = firstRange(of: "]]>") else { return nil }
                text += rest[..<end.lowerBound]
                rest = rest[end.upperBound...]
            } else {
                guard let child = self.element(depth: depth + 1) else { return nil }
                element.children.append(child)
            }
        }
        return nil
    }

    private mutating func name() -> String? {
        let name = rest.prefix { byte in
            !Self.isBlank(byte) && !"/>=<&\"'!?".utf8.contains(byte)
        }
        rest = rest[name.endIndex...]
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    /// Whether the element is empty; nil for what is no tag.
    private mutating func skipAttributes() -> Bool? {
        while true {
            skipBlanks()
            if take("/>") { return true }
            if take(">") { return false }
            guard name() != nil else { return nil }
            skipBlanks()
            guard take("=") else { return nil }
            skipBlanks()
            guard let quote = rest.popFirst(), "\"'".utf8.contains(quote),
                let end = rest.firstIndex(of: quote)
            else { return nil }
            rest = rest[(end + 1)...]
        }
    }

    private mutating func reference() -> Unicode.Scalar? {
        guard let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let name = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
        rest = rest[(end + 1)...]
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.hasPrefix("#") else { return nil }
            let digits = name.dropFirst()
            let value =
                digits.hasPrefix("x")
                ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits, radix: 10)
            return value.flatMap(Unicode.Scalar.init)
        }
    }

    private mutating func take(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { prefix in
            guard rest.starts(with: prefix) else { return false }
            rest = rest.dropFirst(prefix.count)
            return true
        }
    }

    private mutating func skip(past text: String) -> Bool {
        guard let range = firstRange(of: text) else { return false }
        rest = rest[range.upperBound...]
        return true
    }

    private func firstRange(of text: String) -> Range<Int>? {
        rest.firstRange(of: Array(text.utf8))
    }

    private mutating func skipBlanks() { rest = rest.drop(while: Self.isBlank) }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
