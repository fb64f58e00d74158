/// An element of an XML document, as the bodies of S3 and STS have them: no attribute matters but
/// the namespace.
struct XMLElement: Equatable, Sendable {
    let name: String
    var text: String
    var children: [XMLElement]
    /// Written as `xmlns`; never read.
    var namespace: String?

    init(_ name: String, _ text: String = "", namespace: String? = nil) {
        self.name = name
        self.text = text
        children = []
        self.namespace = namespace
    }

    init(_ name: String, namespace: String? = nil, _ children: [XMLElement?]) {
        self.name = name
        text = ""
        self.children = children.compactMap(\.self)
        self.namespace = namespace
    }

    /// The first child of the name.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The document: declaration and element, without blanks between tags.
    var document: [UInt8] {
        var bytes = Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8)
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        bytes += "<\(name)".utf8
        if let namespace { bytes += " xmlns=\"\(namespace)\"".utf8 }
        guard !text.isEmpty || !children.isEmpty else {
            bytes += "/>".utf8
            return
        }
        bytes.append(UInt8(ascii: ">"))
        for scalar in text.unicodeScalars { Self.write(scalar, to: &bytes) }
        for child in children { child.write(to: &bytes) }
        bytes += "</\(name)>".utf8
    }

    /// A control character is no part of XML 1.0, but S3 writes one as a reference all the same:
    /// keys may have it.
    private static func write(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        switch scalar {
        case "&": bytes += "&amp;".utf8
        case "<": bytes += "&lt;".utf8
        case ">": bytes += "&gt;".utf8
        case "\"": bytes += "&quot;".utf8
        case "\t", "\n": bytes.append(UInt8(scalar.value))
        case _ where scalar.value < 0x20 || scalar.value == 0x7F:
            bytes += "&#x\(String(scalar.value, radix: 16));".utf8
        default: bytes += String(scalar).utf8
        }
    }
}
