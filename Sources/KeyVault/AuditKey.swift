import Crypto
package import SlipwayCore

/// The key that chains the audit log: each row's tag covers the row and the tag before it.
package struct AuditKey: Sendable, CustomStringConvertible {
    /// The generation of the store key that it began with: each generation has its own, so that who
    /// knew an older store key cannot write history.
    package let version: Int
    private let key: SymmetricKey

    /// The key from the secret that holds it; nil where it is not 32 bytes.
    package init?(version: Int, secret: SecretBytes) {
        guard secret.count == SealedRecord.keyByteCount else { return nil }
        self.version = version
        key = secret.withUnsafeExposedBytes { SymmetricKey(data: $0) }
    }

    /// The secret of a new audit key.
    package static func randomSecret() -> SecretBytes { StoreKey.random().secret }

    /// The tag of a row: HMAC-SHA256 over the tag before it and the row's fields, length-prefixed.
    package func tag(after previous: [UInt8], fields: [String]) -> [UInt8] {
        let message = lengthPrefixed(["slipway/1 audit", hexadecimal(previous)] + fields)
        return Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
    }

    /// The tag of the log's end, without which rows could be cut off behind.
    package func headTag(sequence: Int, tag: [UInt8]) -> [UInt8] {
        let message = lengthPrefixed(["slipway/1 audit head", String(sequence), hexadecimal(tag)])
        return Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
    }

    package var description: String { "[redacted]" }
}
