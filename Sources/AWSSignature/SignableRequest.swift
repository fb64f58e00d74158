/// One header field. Names compare without regard to case; a session token and a signature do not
/// print.
package struct HeaderField: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension HeaderField {
    package var description: String { "\(name): \(shownValue)" }
    package var customMirror: Mirror { Mirror(self, children: ["\(name)": shownValue]) }

    private var shownValue: String {
        let isSecret = ["authorization", "x-amz-security-token"].contains(ASCII.lowered(name))
        return isSecret ? "[redacted]" : value
    }
}

extension [HeaderField] {
    /// The value of the first field of the name, whatever its case.
    package subscript(name: String) -> String? {
        first { $0.isNamed(name) }?.value
    }
}

extension HeaderField {
    /// Whether it has the name, whatever its case.
    package func isNamed(_ other: String) -> Bool {
        name.utf8.elementsEqual(other.utf8) { ASCII.lowered($0) == ASCII.lowered($1) }
    }
}

enum ASCII {
    static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    static func lowered(_ text: String) -> String {
        String(decoding: text.utf8.map(lowered), as: UTF8.self)
    }
}

/// One name and value of a query, decoded. A session token and a signature do not print.
package struct QueryItem: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package var name: String
    /// Nil where there was no `=`; it is signed as an empty value.
    package var value: String?

    package init(_ name: String, _ value: String? = nil) {
        self.name = name
        self.value = value
    }
}

extension QueryItem {
    package var description: String { "\(name)=\(shownValue)" }
    package var customMirror: Mirror { Mirror(self, children: ["\(name)": shownValue]) }

    private var shownValue: String {
        let isSecret = name == "X-Amz-Security-Token" || name == "X-Amz-Signature"
        return isSecret ? "[redacted]" : value ?? ""
    }
}

/// The path of a request as it goes over the wire: percent-encoded, beginning with `/`.
package struct RequestPath: Hashable, Sendable, CustomStringConvertible {
    /// What stands in the request line.
    package let encoded: String
    /// What it means.
    package let decoded: String

    /// Encodes each byte outside `A-Za-z0-9-._~/` once, and changes nothing else: `//`, `.` and
    /// `..` are parts of an S3 key. A missing `/` in front is added.
    package init(decoded path: String) {
        decoded = path.utf8.first == UInt8(ascii: "/") ? path : "/" + path
        encoded = PercentEncoding.encode(decoded, keepingSlashes: true)
    }

    /// Takes a path from a request line. Nil where it has a broken escape, is not UTF-8, or does
    /// not begin with `/`.
    package init?(encoded path: String) {
        guard path.utf8.first == UInt8(ascii: "/"), let decoded = PercentEncoding.decode(path)
        else { return nil }
        encoded = path
        self.decoded = decoded
    }

    package static let root = RequestPath(decoded: "/")

    package var description: String { encoded }
}

/// What a request says of its body's hash.
///
/// Header: `x-amz-content-sha256`.
package struct PayloadHash: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    /// The SHA-256 of the whole body.
    package init(_ digest: ContentDigest) { rawValue = digest.hexadecimal }

    /// The hash of no bytes at all.
    package static let empty = PayloadHash(.sha256([]))
    /// The body is not signed: S3, and over TLS only.
    package static let unsigned = PayloadHash(rawValue: "UNSIGNED-PAYLOAD")
    /// Chunks, each signed: see ``ChunkSigner``.
    package static let streaming = PayloadHash(rawValue: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    /// Signed chunks and a signed trailer.
    package static let streamingTrailer =
        PayloadHash(rawValue: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
    /// Chunks without signatures, and a trailer with a checksum.
    package static let streamingUnsignedTrailer =
        PayloadHash(rawValue: "STREAMING-UNSIGNED-PAYLOAD-TRAILER")

    /// Whether the body is cut into `aws-chunked` pieces.
    package var isStreaming: Bool { rawValue.hasPrefix("STREAMING-") }
}

/// What of a request is signed.
package struct SignableRequest: Equatable, Sendable {
    package var method: String
    package var path: RequestPath
    package var query: [QueryItem]
    /// `Host` among them.
    package var headers: [HeaderField]
    package var payload: PayloadHash

    package init(
        method: String, path: RequestPath, query: [QueryItem] = [], headers: [HeaderField],
        payload: PayloadHash
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.payload = payload
    }

    /// Takes a request from the wire. Nil where its path or query has a broken escape or is not
    /// UTF-8.
    package init?(
        method: String, target: String, headers: [HeaderField], payload: PayloadHash
    ) {
        let parts = target.split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = RequestPath(encoded: String(parts[0])),
            let query = Self.query(parts.count > 1 ? String(parts[1]) : "")
        else { return nil }
        self.init(
            method: method, path: path, query: query, headers: headers, payload: payload)
    }

    /// What stands in the request line: the path, and the query where there is one.
    package var target: String {
        guard !query.isEmpty else { return path.encoded }
        let items = query.map { item in
            let name = PercentEncoding.encode(item.name)
            return item.value.map { "\(name)=\(PercentEncoding.encode($0))" } ?? name
        }
        return "\(path.encoded)?\(items.joined(separator: "&"))"
    }

    /// The names and values of an encoded query, in their order; empty pieces are left out. Nil
    /// where one has a broken escape or is not UTF-8.
    package static func query(_ text: String) -> [QueryItem]? {
        var items: [QueryItem] = []
        for piece in text.split(separator: "&") {
            let parts = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0]) else { return nil }
            guard parts.count > 1 else {
                items.append(QueryItem(name))
                continue
            }
            guard let value = PercentEncoding.decode(parts[1]) else { return nil }
            items.append(QueryItem(name, value))
        }
        return items
    }
}
