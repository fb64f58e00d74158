/// An element of an answer in XML: its name without a prefix, its text, its elements.
struct XMLElement: Equatable {
    let name: String
    /// The text directly in it, entities resolved.
    var text = ""
    var elements: [XMLElement] = []

    /// The first element of the name.
    subscript(name: String) -> XMLElement? { elements.first { $0.name == name } }

    /// The elements of the name, in their order.
    func all(_ name: String) -> [XMLElement] { elements.filter { $0.name == name } }
}

extension XMLElement {
    /// Reads a whole document. Nil where it is not one: open or crossed elements, unknown entities,
    /// a document type, anything behind the end; or where it nests deeper than 32.
    ///
    /// Foundation's reader would cost every command 8 ms of start-up.
    static func parse(_ bytes: some Sequence<UInt8>) -> XMLElement? {
        guard let text = String(validating: Array(bytes), as: UTF8.self) else { return nil }
        var reader = XMLReader(text)
        return reader.document()
    }
}

private struct XMLReader {
    private var rest: Substring.UTF8View
    private static let depthLimit = 32

    init(_ text: String) { rest = Substring(text).utf8 }

    mutating func document() -> XMLElement? {
        if rest.starts(with: "\u{FEFF}".utf8) { rest = rest.dropFirst(3) }
        guard skipMisc(), let root = element(depth: 1), skipMisc(), rest.isEmpty else { return nil }
        return root
    }

    /// Skips blanks, comments and processing instructions. False where one of them has no end.
    private mutating func skipMisc() -> Bool {
        while true {
            rest = rest.drop(while: Self.isBlank)
            if take("<?") {
                guard taken(upTo: "?>") != nil else { return false }
            } else if take("<!--") {
                guard taken(upTo: "-->") != nil else { return false }
            } else {
                return true
            }
        }
    }

    private mutating func element(depth: Int) -> XMLElement? {
        guard depth <= Self.depthLimit, take("<"), let name = takenName(),
            let isEmpty = skipAttributes()
        else { return nil }
        var element = XMLElement(name: Self.localName(name))
        guard !isEmpty else { return element }
        while true {
            if take("</") {
                guard takenName() == name else { return nil }
                rest = rest.drop(while: Self.isBlank)
                return take(">") ? element : nil
            } else if take("<!--") {
                guard taken(upTo: "-->") != nil else { return nil }
            } else if take("<![CDATA[") {
                guard let text = taken(upTo: "]]>") else { return nil }
                element.text += String(Substring(text))
            } else if take("<?") {
                guard taken(upTo: "?>") != nil else { return nil }
            } else if rest.first == UInt8(ascii: "<") {
                guard let child = self.element(depth: depth + 1) else { return nil }
                element.elements.append(child)
            } else {
                let text = rest.prefix { $0 != UInt8(ascii: "<") }
                guard !text.isEmpty, let resolved = Self.resolved(Substring(text)) else {
                    return nil
                }
                element.text += resolved
                rest = rest[text.endIndex...]
            }
        }
    }

    /// Whether the element is empty, `<a/>`; nil where its attributes are no attributes.
    private mutating func skipAttributes() -> Bool? {
        while true {
            rest = rest.drop(while: Self.isBlank)
            if take("/>") { return true }
            if take(">") { return false }
            guard takenName() != nil else { return nil }
            rest = rest.drop(while: Self.isBlank)
            guard take("=") else { return nil }
            rest = rest.drop(while: Self.isBlank)
            guard let quote = rest.popFirst(),
                quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
                let end = rest.firstIndex(of: quote)
            else { return nil }
            rest = rest[end...].dropFirst()
        }
    }

    private mutating func takenName() -> String? {
        let name = rest.prefix { byte in
            !Self.isBlank(byte) && !"<>/=\"'&".utf8.contains(byte)
        }
        guard !name.isEmpty else { return nil }
        rest = rest[name.endIndex...]
        return String(Substring(name))
    }

    private mutating func take(_ text: StaticString) -> Bool {
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard rest.starts(with: wanted) else { return false }
        rest = rest.dropFirst(wanted.count)
        return true
    }

    /// What stands before the mark, which is skipped.
    private mutating func taken(upTo mark: StaticString) -> Substring.UTF8View? {
        var tail = rest
        while !tail.isEmpty {
            let start = tail.startIndex
            var reader = self
            reader.rest = tail
            if reader.take(mark) {
                defer { rest = reader.rest }
                return rest[..<start]
            }
            tail = tail.dropFirst()
        }
        return nil
    }

    private static func localName(_ name: String) -> String {
        name.split(separator: ":").last.map(String.init) ?? name
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static func resolved(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return String(text) }
        var result = ""
        var rest = text
        while let ampersand = rest.firstIndex(of: "&") {
            result += rest[..<ampersand]
            rest = rest[ampersand...].dropFirst()
            guard let end = rest.firstIndex(of: ";"), let scalar = scalar(rest[..<end])
            else { return nil }
            result.unicodeScalars.append(scalar)
            rest = rest[end...].dropFirst()
        }
        return result + rest
    }

    private static func scalar(_ entity: Substring) -> Unicode.Scalar? {
        switch entity {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default: break
        }
        guard entity.hasPrefix("#") else { return nil }
        let digits = entity.dropFirst()
        let value = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return value.flatMap(Unicode.Scalar.init)
    }
}

extension String {
    /// The text with what XML would take for itself, and what it cannot hold, written as entities.
    var xmlEscaped: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\r": result += "&#13;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
