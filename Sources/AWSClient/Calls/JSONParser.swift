extension JSONAnswer {
    /// Nil where the bytes are no JSON (RFC 8259) or nest deeper than any answer does.
    ///
    /// A watch of a thousand targets reads a megabyte of it each turn, and `JSONDecoder`, which
    /// finds a value's kind by trying one after the other, made most of what that cost.
    static func parse(_ bytes: [UInt8]) -> JSONAnswer? {
        var parser = JSONParser(bytes)
        return try? parser.document()
    }
}

/// Reads one JSON text from its first byte to its last.
private struct JSONParser {
    /// That it is none. Where does not matter: nobody can mend an answer.
    struct Flaw: Error {}

    private static let depthLimit = 128

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(Flaw) -> JSONAnswer {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw Flaw() }
        return value
    }

    private mutating func value(depth: Int) throws(Flaw) -> JSONAnswer {
        guard depth < Self.depthLimit else { throw Flaw() }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object(try members(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try elements(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try take("true")
            return .boolean(true)
        case UInt8(ascii: "f"):
            try take("false")
            return .boolean(false)
        case UInt8(ascii: "n"):
            try take("null")
            return .null
        default: return .number(try number())
        }
    }

    private mutating func members(depth: Int) throws(Flaw) -> [JSONAnswer.Member] {
        var members: [JSONAnswer.Member] = []
        position += 1
        skipSpace()
        if takes(UInt8(ascii: "}")) { return members }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw Flaw() }
            let name = try string()
            skipSpace()
            guard takes(UInt8(ascii: ":")) else { throw Flaw() }
            members.append(JSONAnswer.Member(name: name, value: try value(depth: depth)))
            skipSpace()
        } while takes(UInt8(ascii: ","))
        guard takes(UInt8(ascii: "}")) else { throw Flaw() }
        return members
    }

    private mutating func elements(depth: Int) throws(Flaw) -> [JSONAnswer] {
        var elements: [JSONAnswer] = []
        position += 1
        skipSpace()
        if takes(UInt8(ascii: "]")) { return elements }
        repeat {
            elements.append(try value(depth: depth))
            skipSpace()
        } while takes(UInt8(ascii: ","))
        guard takes(UInt8(ascii: "]")) else { throw Flaw() }
        return elements
    }

    // MARK: Strings

    private mutating func string() throws(Flaw) -> String {
        position += 1
        let start = position
        while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\")
        {
            position += 1
        }
        if takes(UInt8(ascii: "\"")) { return try text(bytes[start..<position - 1]) }
        return try stringWithEscapes(after: bytes[start..<position])
    }

    private mutating func stringWithEscapes(after begun: ArraySlice<UInt8>) throws(Flaw) -> String {
        var text = Array(begun)
        while let byte = next, byte >= 0x20 {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try self.text(text[...])
            case UInt8(ascii: "\\"): text += String(try escaped()).utf8
            default: text.append(byte)
            }
        }
        throw Flaw()
    }

    private mutating func escaped() throws(Flaw) -> Unicode.Scalar {
        guard let letter = next else { throw Flaw() }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try codePoint()
        default: throw Flaw()
        }
    }

    /// What one `\uXXXX` stands for, or two that are a surrogate pair.
    private mutating func codePoint() throws(Flaw) -> Unicode.Scalar {
        let unit = try codeUnit()
        guard UTF16.isLeadSurrogate(unit) else {
            guard let scalar = Unicode.Scalar(unit) else { throw Flaw() }
            return scalar
        }
        try take("\\u")
        let second = try codeUnit()
        guard UTF16.isTrailSurrogate(second) else { throw Flaw() }
        let value = 0x10000 + UInt32(unit - 0xD800) << 10 + UInt32(second - 0xDC00)
        guard let scalar = Unicode.Scalar(value) else { throw Flaw() }
        return scalar
    }

    private mutating func codeUnit() throws(Flaw) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw Flaw()
            }
            position += 1
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(Flaw) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Flaw() }
        return text
    }

    // MARK: Numbers and what all share

    private mutating func number() throws(Flaw) -> Double {
        let start = position
        _ = takes(UInt8(ascii: "-"))
        if !takes(UInt8(ascii: "0")) { try takeDigits() }
        if takes(UInt8(ascii: ".")) { try takeDigits() }
        if takes(UInt8(ascii: "e")) || takes(UInt8(ascii: "E")) {
            _ = takes(UInt8(ascii: "+")) || takes(UInt8(ascii: "-"))
            try takeDigits()
        }
        guard let number = Double(try text(bytes[start..<position])), number.isFinite else {
            throw Flaw()
        }
        return number
    }

    private mutating func takeDigits() throws(Flaw) {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        guard position > start else { throw Flaw() }
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func takes(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func take(_ word: StaticString) throws(Flaw) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard takes(word.utf8Start[offset]) else { throw Flaw() }
        }
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }
}
