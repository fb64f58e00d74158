internal import Crypto
internal import FoundationEssentials
package import SlipwayCore

/// AWS keys to sign with. Prints the access key id and nothing else.
package struct SigningKeys: Equatable, Sendable, CustomStringConvertible {
    package let accessKeyID: String
    package let secretAccessKey: SecretAccessKey
    package let sessionToken: SessionToken?

    package init(
        accessKeyID: String, secretAccessKey: SecretAccessKey, sessionToken: SessionToken? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    package init(_ keys: AWSKeyPair) {
        self.init(
            accessKeyID: keys.accessKeyID.rawValue, secretAccessKey: keys.secretAccessKey,
            sessionToken: keys.sessionToken)
    }

    package var description: String { accessKeyID }

    /// The token as a header carries it. Loud on purpose: it is a secret.
    var exposedSessionToken: String? {
        sessionToken.map { token in
            token.bytes.withUnsafeExposedBytes { String(decoding: $0, as: UTF8.self) }
        }
    }
}

/// The key that one secret gives for one scope: valid for a day, a region and a service.
package struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let key: SymmetricKey

    package init(_ secret: SecretAccessKey, scope: CredentialScope) {
        let prefix = Array("AWS4".utf8)
        let start = SecretBytes(count: prefix.count + secret.bytes.count) { buffer in
            buffer.copyBytes(from: prefix)
            secret.bytes.withUnsafeExposedBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: buffer[prefix.count...])
                    .copyMemory(from: bytes)
            }
        }
        var key = start.withUnsafeExposedBytes { SymmetricKey(data: $0) }
        for part in [scope.day, scope.region, scope.service, CredentialScope.terminator] {
            key = SymmetricKey(data: Self.code(of: part, by: key))
        }
        self.key = key
    }

    /// The signature of a string to sign: 64 lower-case hexadecimal digits.
    package func signature(of stringToSign: String) -> String {
        Hexadecimal.encode(Self.code(of: stringToSign, by: key))
    }

    package var description: String { "[redacted]" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    private static func code(of text: String, by key: SymmetricKey) -> HMAC<SHA256>.MAC {
        var code = HMAC<SHA256>(key: key)
        code.update(data: Array(text.utf8))
        return code.finalize()
    }
}
