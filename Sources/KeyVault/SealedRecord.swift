/// One sealed secret as it lies in the database: see `FORMAT.md` beside this file.
///
/// Parsing is strict: a text of bytes is a record only if writing the record gives the same bytes.
package struct SealedRecord: Equatable, Sendable {
    /// The generation of the store key when the secret was sealed.
    let sealedGeneration: StoreKeyGeneration
    /// The generation of the store key that the data key is wrapped under now.
    package let generation: StoreKeyGeneration
    /// Nonce, ciphertext and tag of the data key.
    let wrappedDataKey: [UInt8]
    /// Nonce of the secret.
    let nonce: [UInt8]
    /// Ciphertext of the padded secret, then its tag.
    let ciphertext: [UInt8]

    static let magic: [UInt8] = Array("SLW1".utf8)
    static let nonceByteCount = 12
    static let tagByteCount = 16
    static let keyByteCount = 32
    static let wrappedByteCount = nonceByteCount + keyByteCount + tagByteCount
    static let paddingByteCount = 64
    private static let headByteCount = 4 + 4 + 4 + wrappedByteCount + nonceByteCount + 4

    /// Parses the bytes of a record.
    ///
    /// Throws ``SealError/doesNotOpen`` for anything that is not exactly one.
    package init(bytes: some Collection<UInt8>) throws(SealError) {
        var reader = ByteReader(Array(bytes))
        guard reader.take(4) == Self.magic,
            let sealedGeneration = reader.takeUInt32().flatMap(StoreKeyGeneration.init(stored:)),
            let generation = reader.takeUInt32().flatMap(StoreKeyGeneration.init(stored:)),
            let wrappedDataKey = reader.take(Self.wrappedByteCount),
            let nonce = reader.take(Self.nonceByteCount),
            let paddedByteCount = reader.takeUInt32(), paddedByteCount > 0,
            paddedByteCount % UInt32(Self.paddingByteCount) == 0,
            let ciphertext = reader.take(Int(paddedByteCount) + Self.tagByteCount),
            reader.isAtEnd
        else { throw .doesNotOpen }
        self.init(
            sealedGeneration: sealedGeneration, generation: generation,
            wrappedDataKey: wrappedDataKey, nonce: nonce, ciphertext: ciphertext)
    }

    init(
        sealedGeneration: StoreKeyGeneration, generation: StoreKeyGeneration,
        wrappedDataKey: [UInt8], nonce: [UInt8], ciphertext: [UInt8]
    ) {
        self.sealedGeneration = sealedGeneration
        self.generation = generation
        self.wrappedDataKey = wrappedDataKey
        self.nonce = nonce
        self.ciphertext = ciphertext
    }

    /// The bytes to store.
    package var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.headByteCount + ciphertext.count)
        bytes.append(bigEndian: sealedGeneration.rawValue)
        bytes.append(bigEndian: generation.rawValue)
        bytes += wrappedDataKey
        bytes += nonce
        bytes.append(bigEndian: UInt32(ciphertext.count - Self.tagByteCount))
        bytes += ciphertext
        return bytes
    }
}

/// The one error of a record that does not open: cut, changed, moved, or sealed under a key that
/// is not at hand. It does not say which, since the cause cannot be told from the bytes.
package enum SealError: Error, Equatable, Sendable {
    case doesNotOpen
}

/// Which store key: 1 for the first, one more with each rotation.
package struct StoreKeyGeneration: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt32

    /// Nil for 0, which no generation has.
    package init?(stored rawValue: UInt32) {
        guard rawValue > 0 else { return nil }
        self.rawValue = rawValue
    }

    private init(_ rawValue: UInt32) { self.rawValue = rawValue }

    package static let first = Self(1)

    package var next: Self { Self(rawValue + 1) }

    package var description: String { String(rawValue) }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// Where a secret lies: what its record is bound to and cannot be moved from.
package struct SecretPlace: Hashable, Sendable {
    package let store: StoreID
    package let table: String
    /// The row's owner: the id of the project, of the unlocker, or the row's own.
    package let owner: String
    package let column: String
    /// The version of the row; a later version never has an earlier one's number.
    package let version: Int

    package init(store: StoreID, table: String, owner: String, column: String, version: Int) {
        self.store = store
        self.table = table
        self.owner = owner
        self.column = column
        self.version = version
    }

    /// The length-prefixed list that both encryptions of a record authenticate.
    func associatedData(
        _ label: String, _ generations: StoreKeyGeneration...
    ) -> [UInt8] {
        lengthPrefixed(
            [label, store.rawValue, table, owner, column, String(version)]
                + generations.map(\.description))
    }
}

/// The id of a store: a UUID in lower case.
package struct StoreID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(_ rawValue: String) { self.rawValue = rawValue }

    package var description: String { rawValue }
}
