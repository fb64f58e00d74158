internal import Crypto
internal import FoundationEssentials

/// The digest of some bytes.
package struct ContentDigest: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// Lower-case digits: the form of `x-amz-content-sha256`.
    package var hexadecimal: String { Hexadecimal.encode(bytes) }

    /// The form of `Content-MD5` and `x-amz-checksum-sha256`.
    package var base64: String { Data(bytes).base64EncodedString() }

    /// The SHA-256 of bytes that are all at hand.
    package static func sha256(_ content: some Sequence<UInt8>) -> ContentDigest {
        digest(of: content, by: .sha256)
    }

    /// The MD5 of bytes that are all at hand. For S3's `Content-MD5` and eTags, never for secrecy.
    package static func md5(_ content: some Sequence<UInt8>) -> ContentDigest {
        digest(of: content, by: .md5)
    }

    private static func digest(
        of content: some Sequence<UInt8>, by algorithm: ContentDigester.Algorithm
    ) -> ContentDigest {
        var digester = ContentDigester(algorithm)
        if content.withContiguousStorageIfAvailable({ digester.update(UnsafeRawBufferPointer($0)) })
            == nil
        {
            Array(content).withUnsafeBytes { digester.update($0) }
        }
        return digester.finish()
    }
}

/// Digests bytes that come piece by piece.
package struct ContentDigester: Sendable {
    package enum Algorithm: Sendable {
        case sha256, md5
    }

    private enum State: Sendable {
        case sha256(SHA256)
        case md5(Insecure.MD5)
    }

    private var state: State

    package init(_ algorithm: Algorithm) {
        state =
            switch algorithm {
            case .sha256: .sha256(SHA256())
            case .md5: .md5(Insecure.MD5())
            }
    }

    /// Takes the next bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .sha256(var hash):
            hash.update(bufferPointer: bytes)
            state = .sha256(hash)
        case .md5(var hash):
            hash.update(bufferPointer: bytes)
            state = .md5(hash)
        }
    }

    /// The digest of everything taken so far.
    package func finish() -> ContentDigest {
        switch state {
        case .sha256(let hash): ContentDigest(bytes: Array(hash.finalize()))
        case .md5(let hash): ContentDigest(bytes: Array(hash.finalize()))
        }
    }
}
