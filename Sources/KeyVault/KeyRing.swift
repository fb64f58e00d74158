import Crypto
import FoundationEssentials
package import SlipwayCore

/// A store key: 256 random bits that protect one store's secrets.
package struct StoreKey: Sendable, CustomStringConvertible {
    let key: SymmetricKey

    /// Makes a new one from the system's random source.
    package static func random() -> Self { Self(key: SymmetricKey(size: .bits256)) }

    /// The key from a secret that held one.
    package init?(_ secret: SecretBytes) {
        guard secret.count == SealedRecord.keyByteCount else { return nil }
        key = secret.withUnsafeExposedBytes { SymmetricKey(data: $0) }
    }

    init(key: SymmetricKey) { self.key = key }

    /// The key as a secret, to seal it under the next one.
    package var secret: SecretBytes { key.withUnsafeBytes { SecretBytes(copying: $0) } }

    package var description: String { "[redacted]" }
}

/// The opened keys of a store: seals, opens and re-wraps its secrets.
///
/// Several generations are on the ring only while a rotation is under way.
package struct KeyRing: Sendable, CustomStringConvertible {
    package let store: StoreID
    /// The generation that new secrets are sealed under: the newest.
    package let active: StoreKeyGeneration
    private var wrapKeys: [StoreKeyGeneration: SymmetricKey]

    package init(store: StoreID, generation: StoreKeyGeneration, key: StoreKey) {
        self.store = store
        active = generation
        wrapKeys = [generation: Self.wrapKey(from: key, store: store)]
    }

    /// Adds an older generation, so that what is still wrapped under it opens.
    package mutating func add(_ generation: StoreKeyGeneration, key: StoreKey) {
        wrapKeys[generation] = Self.wrapKey(from: key, store: store)
    }

    package var generations: [StoreKeyGeneration] { wrapKeys.keys.sorted() }

    /// Seals a secret for one place, under a data key of its own.
    package func seal(_ secret: SecretBytes, at place: SecretPlace) -> SealedRecord {
        let dataKey = SymmetricKey(size: .bits256)
        let padded = Self.padded(secret)
        // The inputs are of fixed and valid sizes, so that sealing cannot fail.
        let box = padded.withUnsafeExposedBytes {
            try! AES.GCM.seal(
                $0, using: dataKey, authenticating: place.associatedData(Self.sealLabel, active))
        }
        return SealedRecord(
            sealedGeneration: active, generation: active,
            wrappedDataKey: wrap(dataKey, at: place, sealed: active),
            nonce: Array(box.nonce), ciphertext: Array(box.ciphertext) + Array(box.tag))
    }

    /// Opens a secret at its place.
    ///
    /// Throws ``SealError/doesNotOpen`` whatever the reason.
    package func open(_ record: SealedRecord, at place: SecretPlace) throws(SealError)
        -> SecretBytes
    {
        let dataKey = try dataKey(of: record, at: place)
        let data = place.associatedData(Self.sealLabel, record.sealedGeneration)
        do {
            let box = try AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: record.nonce),
                ciphertext: record.ciphertext.dropLast(SealedRecord.tagByteCount),
                tag: record.ciphertext.suffix(SealedRecord.tagByteCount))
            var padded = try AES.GCM.open(box, using: dataKey, authenticating: data)
            defer { padded.resetBytes(in: 0..<padded.count) }
            guard let secret = Self.unpadded(padded) else { throw SealError.doesNotOpen }
            return secret
        } catch {
            throw .doesNotOpen
        }
    }

    /// The same secret with its data key wrapped under the active generation: the ciphertext stays.
    package func rewrap(_ record: SealedRecord, at place: SecretPlace) throws(SealError)
        -> SealedRecord
    {
        let dataKey = try dataKey(of: record, at: place)
        return SealedRecord(
            sealedGeneration: record.sealedGeneration, generation: active,
            wrappedDataKey: wrap(dataKey, at: place, sealed: record.sealedGeneration),
            nonce: record.nonce, ciphertext: record.ciphertext)
    }

    package var description: String { "[redacted]" }

    private static let sealLabel = "slipway/1 secret"
    private static let wrapLabel = "slipway/1 data key"

    private static func wrapKey(from key: StoreKey, store: StoreID) -> SymmetricKey {
        derivedKey(from: key.key, salt: Array(store.rawValue.utf8), "slipway/1 wrap key")
    }

    private func wrap(
        _ dataKey: SymmetricKey, at place: SecretPlace, sealed: StoreKeyGeneration
    ) -> [UInt8] {
        // The active generation is on the ring from init on, and the inputs are of valid sizes.
        let box = dataKey.withUnsafeBytes {
            try! AES.GCM.seal(
                $0, using: wrapKeys[active]!,
                authenticating: place.associatedData(Self.wrapLabel, sealed, active))
        }
        return Array(box.nonce) + Array(box.ciphertext) + Array(box.tag)
    }

    private func dataKey(
        of record: SealedRecord, at place: SecretPlace
    ) throws(SealError) -> SymmetricKey {
        guard let wrapKey = wrapKeys[record.generation] else { throw .doesNotOpen }
        do {
            let box = try AES.GCM.SealedBox(combined: record.wrappedDataKey)
            let data = place.associatedData(
                Self.wrapLabel, record.sealedGeneration, record.generation)
            var bytes = try AES.GCM.open(box, using: wrapKey, authenticating: data)
            defer { bytes.resetBytes(in: 0..<bytes.count) }
            return SymmetricKey(data: bytes)
        } catch {
            throw .doesNotOpen
        }
    }

    /// Length, secret, zeros up to the next 64 bytes: the record tells little about the length.
    private static func padded(_ secret: SecretBytes) -> SecretBytes {
        let step = SealedRecord.paddingByteCount
        let count = (4 + secret.count + step - 1) / step * step
        return SecretBytes(count: count) { padded in
            padded.storeBytes(of: UInt32(secret.count).bigEndian, as: UInt32.self)
            secret.withUnsafeExposedBytes {
                UnsafeMutableRawBufferPointer(rebasing: padded[4...]).copyMemory(from: $0)
            }
        }
    }

    private static func unpadded(_ padded: some Collection<UInt8>) -> SecretBytes? {
        let length = padded.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard padded.count >= 4 + length, padded.count - 4 - length < SealedRecord.paddingByteCount,
            padded.dropFirst(4 + length).allSatisfy({ $0 == 0 })
        else { return nil }
        return SecretBytes(copying: padded.dropFirst(4).prefix(length))
    }
}

/// HKDF with SHA-256 to 32 bytes; the label is the info.
func derivedKey(from key: SymmetricKey, salt: [UInt8], _ label: String) -> SymmetricKey {
    HKDF<SHA256>.deriveKey(
        inputKeyMaterial: key, salt: salt, info: Array(label.utf8),
        outputByteCount: SealedRecord.keyByteCount)
}
