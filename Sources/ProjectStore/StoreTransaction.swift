import FoundationEssentials
import GRDB
import KeyVault
import SlipwayCore

/// A change under way: the database inside one transaction, the opened keys, and who acts.
struct StoreTransaction {
    let db: Database
    let keys: OpenedKeys
    let author: Author
    let now: Timestamp

    var ring: KeyRing { keys.ring }

    /// Writes an audit row, under the store's newest audit key.
    func audit(_ draft: AuditDraft) throws {
        let key = keys.auditKey
        try AuditLog.append(
            draft, db, after: AuditLog.head(db, key: key), key: key, author: author, at: now)
    }
}

/// The keys of a store, opened by one unlocker within one snapshot.
struct OpenedKeys {
    var ring: KeyRing
    /// The store key of the active generation, to seal it when the next one is made.
    let storeKey: StoreKey
    /// The newest audit key.
    let auditKey: AuditKey

    init(opening db: Database, with unlockKey: UnlockKey) throws {
        let store = try StoreRow.id(db)
        guard let row = try UnlockerRow.fetch(db, id: unlockKey.id) else {
            throw StoreError.unknownUnlocker(unlockKey.id.rawValue)
        }
        do {
            let wrapped = try WrappedStoreKey(bytes: row.wrappedKey)
            let active = try StoreRow.generation(db)
            guard wrapped.generation == active, row.generation == active else {
                throw SealError.doesNotOpen
            }
            storeKey = try unlockKey.unwrap(wrapped, store: store)
            ring = KeyRing(store: store, generation: wrapped.generation, key: storeKey)
        } catch SealError.doesNotOpen {
            throw UnlockError.damagedUnlocker(unlockKey.id)
        }
        for (generation, sealed) in try StoreRow.olderKeys(db, than: ring.active) {
            let place = StoreRow.olderKeyPlace(store, generation)
            guard let older = StoreKey(try openSealed(sealed, at: place, ring: ring)) else {
                throw StoreError.sealBroken("store key \(generation)")
            }
            ring.add(generation, key: older)
        }
        auditKey = try AuditLog.newestKey(db, ring: ring)
    }
}

/// Opens a sealed column.
///
/// Throws ``StoreError/sealBroken(_:)``, which names the place and no more.
///
/// The generation is the row's own, by which a rotation finds what it has yet to wrap.
func openSealed(
    _ bytes: Data, at place: SecretPlace, ring: KeyRing, generation: UInt32? = nil
) throws -> SecretBytes {
    do {
        let record = try SealedRecord(bytes: bytes)
        guard generation == nil || generation == record.generation.rawValue else {
            throw SealError.doesNotOpen
        }
        return try ring.open(record, at: place)
    } catch SealError.doesNotOpen {
        throw StoreError.sealBroken("\(place.column) of \(place.table) \(place.owner)")
    }
}

/// Wraps the data key of a sealed column under the ring's active generation.
func rewrapSealed(_ bytes: Data, at place: SecretPlace, ring: KeyRing) throws -> Data {
    do {
        return Data(try ring.rewrap(SealedRecord(bytes: bytes), at: place).bytes)
    } catch SealError.doesNotOpen {
        throw StoreError.sealBroken("\(place.column) of \(place.table) \(place.owner)")
    }
}

/// Seals a secret for a column.
func sealed(_ secret: SecretBytes, at place: SecretPlace, ring: KeyRing) -> Data {
    Data(ring.seal(secret, at: place).bytes)
}
