import Crypto
import CryptoExtras
import FoundationEssentials
package import SlipwayCore

/// A key that opens a store: 32 bytes from a key file, an environment variable, a systemd
/// credential, or a passphrase through scrypt.
///
/// From the 32 bytes come an id, an X25519 key pair, a pre-shared key and a check key, each by HKDF
/// under a label of its own. The store key is wrapped for the public half (HPKE, RFC 9180, PSK
/// mode), so that a rotation can wrap the next store key for every unlocker without having any of
/// their secrets, while nobody who lacks the pre-shared key can make an unlocker accept another
/// store key.
package struct UnlockKey: Sendable, CustomStringConvertible {
    /// How the unlocker's row is found: never by trying.
    package let id: UnlockerID
    private let privateKey: Curve25519.KeyAgreement.PrivateKey
    private let presharedKey: SymmetricKey
    private let checkKey: SymmetricKey

    package static let byteCount = 32

    /// The unlock key of 32 secret bytes; nil for any other count.
    package init?(_ secret: SecretBytes) {
        guard secret.count == Self.byteCount else { return nil }
        self.init(secret.withUnsafeExposedBytes { SymmetricKey(data: $0) })
    }

    /// The unlock key of a passphrase. Takes the time and memory that the cost says.
    package init(passphrase: SecretBytes, cost: ScryptCost, salt: [UInt8]) {
        // The cost is within limits by its type, and every passphrase and salt is valid.
        self.init(
            passphrase.withUnsafeExposedBytes { bytes in
                try! KDF.Scrypt.deriveKey(
                    from: bytes, salt: salt, outputByteCount: Self.byteCount,
                    rounds: cost.rounds, blockSize: ScryptCost.blockSize,
                    parallelism: ScryptCost.parallelism)
            })
    }

    private init(_ secret: SymmetricKey) {
        func derived(_ label: String) -> SymmetricKey {
            derivedKey(from: secret, salt: [], "slipway/1 unlocker \(label)")
        }
        id = UnlockerID(derived("id").withUnsafeBytes { hexadecimal($0.prefix(8)) })
        presharedKey = derived("preshared key")
        checkKey = derived("check")
        // Every 32 bytes are a valid X25519 private key.
        privateKey = derived("x25519").withUnsafeBytes {
            try! Curve25519.KeyAgreement.PrivateKey(rawRepresentation: $0)
        }
    }

    package var publicHalf: UnlockerPublicHalf {
        UnlockerPublicHalf(
            id: id, publicKey: Array(privateKey.publicKey.rawRepresentation),
            presharedKey: presharedKey.withUnsafeBytes { SecretBytes(copying: $0) })
    }

    /// What the unlocker's row says, so that a wrong key is told from a damaged row.
    package func checkValue(store: StoreID) -> [UInt8] {
        let message = lengthPrefixed([
            "slipway/1 unlocker", store.rawValue, id.rawValue,
            hexadecimal(privateKey.publicKey.rawRepresentation),
        ])
        return Array(HMAC<SHA256>.authenticationCode(for: message, using: checkKey))
    }

    /// Opens the store key that was wrapped for this unlocker.
    ///
    /// Throws ``SealError/doesNotOpen`` for a wrapped key that was changed or is not for this
    /// unlocker, store and generation.
    package func unwrap(_ wrapped: WrappedStoreKey, store: StoreID) throws(SealError) -> StoreKey {
        do {
            var recipient = try HPKE.Recipient(
                privateKey: privateKey, ciphersuite: WrappedStoreKey.ciphersuite,
                info: WrappedStoreKey.info(store: store, unlocker: id),
                encapsulatedKey: .init(wrapped.encapsulatedKey),
                presharedKey: presharedKey, presharedKeyIdentifier: .init(id.rawValue.utf8))
            var bytes = try recipient.open(
                wrapped.ciphertext, authenticating: wrapped.associatedData)
            defer { bytes.resetBytes(in: 0..<bytes.count) }
            return StoreKey(key: SymmetricKey(data: bytes))
        } catch {
            throw .doesNotOpen
        }
    }

    package var description: String { "[redacted]" }
}

/// The half of an unlocker that wraps store keys for it. The pre-shared key is a secret: it lies
/// in the store sealed under the store key.
package struct UnlockerPublicHalf: Sendable {
    package let id: UnlockerID
    package let publicKey: [UInt8]
    package let presharedKey: SecretBytes

    package init(id: UnlockerID, publicKey: [UInt8], presharedKey: SecretBytes) {
        self.id = id
        self.publicKey = publicKey
        self.presharedKey = presharedKey
    }

    /// The half from the secret that a store keeps of it; nil where it is not of its length.
    package init?(id: UnlockerID, secret: SecretBytes) {
        guard secret.count == 64 else { return nil }
        self.id = id
        presharedKey = secret.withUnsafeExposedBytes { SecretBytes(copying: $0.prefix(32)) }
        publicKey = secret.withUnsafeExposedBytes { Array($0.suffix(32)) }
    }

    /// What a store seals of it: the pre-shared key and the public key. The public key is no secret,
    /// but only sealed is it proof against who would have a rotation wrap for another.
    package var secret: SecretBytes {
        SecretBytes(count: presharedKey.count + publicKey.count) { bytes in
            presharedKey.withUnsafeExposedBytes { bytes.copyMemory(from: $0) }
            UnsafeMutableRawBufferPointer(rebasing: bytes[presharedKey.count...])
                .copyBytes(from: publicKey)
        }
    }

    /// Wraps a store key for this unlocker.
    ///
    /// Throws ``SealError/doesNotOpen`` for a public key that is none.
    package func wrap(
        _ key: StoreKey, generation: StoreKeyGeneration, store: StoreID
    ) throws(SealError) -> WrappedStoreKey {
        do {
            var sender = try HPKE.Sender(
                recipientKey: Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey),
                ciphersuite: WrappedStoreKey.ciphersuite,
                info: WrappedStoreKey.info(store: store, unlocker: id),
                presharedKey: presharedKey.withUnsafeExposedBytes { SymmetricKey(data: $0) },
                presharedKeyIdentifier: .init(id.rawValue.utf8))
            let data = WrappedStoreKey.associatedData(generation: generation)
            let ciphertext = try key.key.withUnsafeBytes {
                try sender.seal($0, authenticating: data)
            }
            return WrappedStoreKey(
                generation: generation, encapsulatedKey: Array(sender.encapsulatedKey),
                ciphertext: Array(ciphertext))
        } catch {
            throw .doesNotOpen
        }
    }
}

/// A store key as one unlocker's row holds it: see `FORMAT.md` beside this file.
package struct WrappedStoreKey: Equatable, Sendable {
    package let generation: StoreKeyGeneration
    let encapsulatedKey: [UInt8]
    let ciphertext: [UInt8]

    static let magic: [UInt8] = Array("SLK1".utf8)
    static let ciphersuite = HPKE.Ciphersuite(
        kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_256)

    init(generation: StoreKeyGeneration, encapsulatedKey: [UInt8], ciphertext: [UInt8]) {
        self.generation = generation
        self.encapsulatedKey = encapsulatedKey
        self.ciphertext = ciphertext
    }

    /// Parses the 88 bytes of a wrapped store key; throws ``SealError/doesNotOpen`` for any others.
    package init(bytes: some Collection<UInt8>) throws(SealError) {
        var reader = ByteReader(Array(bytes))
        guard reader.take(4) == Self.magic,
            let generation = reader.takeUInt32().flatMap(StoreKeyGeneration.init(stored:)),
            let encapsulatedKey = reader.take(32),
            let ciphertext = reader.take(SealedRecord.keyByteCount + SealedRecord.tagByteCount),
            reader.isAtEnd
        else { throw .doesNotOpen }
        self.init(
            generation: generation, encapsulatedKey: encapsulatedKey, ciphertext: ciphertext)
    }

    package var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.append(bigEndian: generation.rawValue)
        return bytes + encapsulatedKey + ciphertext
    }

    var associatedData: [UInt8] { Self.associatedData(generation: generation) }

    static func associatedData(generation: StoreKeyGeneration) -> [UInt8] {
        lengthPrefixed(["slipway/1 store key generation", generation.description])
    }

    static func info(store: StoreID, unlocker: UnlockerID) -> Data {
        Data(lengthPrefixed(["slipway/1 store key", store.rawValue, unlocker.rawValue]))
    }
}

/// The id of an unlocker: 16 hexadecimal digits that come from its key.
package struct UnlockerID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(_ rawValue: String) { self.rawValue = rawValue }

    package var description: String { rawValue }
}

/// How much work a passphrase is: scrypt with block size 8 and parallelism 1.
package struct ScryptCost: Equatable, Sendable {
    /// The binary logarithm of the number of rounds.
    package let logRounds: Int

    /// Nil outside 10 to 20: less protects nothing, more (1 GiB) is an attack by a forged store.
    package init?(logRounds: Int) {
        guard (10...20).contains(logRounds) else { return nil }
        self.logRounds = logRounds
    }

    private init(_ logRounds: Int) { self.logRounds = logRounds }

    /// 2^17 rounds: 128 MiB and about half a second.
    package static let standard = Self(17)

    var rounds: Int { 1 << logRounds }
    static let blockSize = 8
    static let parallelism = 1
    package static let saltByteCount = 16
}

/// The bytes as lower-case hexadecimal digits.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
