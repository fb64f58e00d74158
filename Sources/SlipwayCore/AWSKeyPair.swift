/// The id of an AWS access key. No secret: AWS prints it in its own logs.
///
/// 16 to 128 characters, each `A`–`Z` or `0`–`9`.
package struct AccessKeyID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Throws ``AWSKeyError`` where it cannot be an access key id. The error keeps no part of the
    /// text, which may be a secret given in the wrong place.
    package init(_ text: String) throws(AWSKeyError) {
        guard (16...128).contains(text.utf8.count) else {
            throw .accessKeyIDLength(text.utf8.count)
        }
        for scalar in text.unicodeScalars
        where !("A"..."Z").contains(scalar) && !("0"..."9").contains(scalar) {
            throw .accessKeyIDCharacters
        }
        rawValue = text
    }

    package var description: String { rawValue }

    /// Whether it is the id of temporary keys, which need a session token.
    package var isTemporary: Bool { rawValue.hasPrefix("ASIA") }
}

/// A secret access key.
package struct SecretAccessKey: Equatable, Sendable, CustomStringConvertible,
    CustomDebugStringConvertible
{
    package let bytes: SecretBytes

    /// Throws ``AWSKeyError`` for an empty key, one over 4,096 bytes, or one with a NUL, which no
    /// environment can carry.
    package init(_ bytes: SecretBytes) throws(AWSKeyError) {
        try checkSecret(bytes, named: .secretAccessKey)
        self.bytes = bytes
    }

    package var description: String { "[redacted]" }
    package var debugDescription: String { "[redacted]" }

    /// How many characters AWS's own secret access keys have.
    package static let usualByteCount = 40
}

/// The token that goes with temporary AWS keys.
package struct SessionToken: Equatable, Sendable, CustomStringConvertible,
    CustomDebugStringConvertible
{
    package let bytes: SecretBytes

    /// Throws ``AWSKeyError`` as ``SecretAccessKey`` does.
    package init(_ bytes: SecretBytes) throws(AWSKeyError) {
        try checkSecret(bytes, named: .sessionToken)
        self.bytes = bytes
    }

    package var description: String { "[redacted]" }
    package var debugDescription: String { "[redacted]" }
}

/// A project's AWS keys.
package struct AWSKeyPair: Equatable, Sendable {
    package var accessKeyID: AccessKeyID
    package var secretAccessKey: SecretAccessKey
    package var sessionToken: SessionToken?

    package init(
        accessKeyID: AccessKeyID, secretAccessKey: SecretAccessKey, sessionToken: SessionToken?
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }
}

/// Why AWS keys cannot be kept. Never carries any part of what was given.
package enum AWSKeyError: Error, Equatable, Sendable {
    package enum Part: String, Sendable {
        case secretAccessKey = "secret access key"
        case sessionToken = "session token"
    }

    case accessKeyIDLength(Int)
    case accessKeyIDCharacters
    case empty(Part)
    case tooLong(Part, byteLimit: Int)
    case containsNUL(Part)
}

/// The most bytes of a secret that a store keeps.
private let secretByteLimit = 4096

private func checkSecret(
    _ bytes: SecretBytes, named part: AWSKeyError.Part
) throws(AWSKeyError) {
    guard bytes.count > 0 else { throw .empty(part) }
    guard bytes.count <= secretByteLimit else { throw .tooLong(part, byteLimit: secretByteLimit) }
    let hasNUL = bytes.withUnsafeExposedBytes { $0.contains(0) }
    guard !hasNUL else { throw .containsNUL(part) }
}
