import FoundationEssentials
import GRDB
import KeyVault
import SlipwayCore

/// The one row of `store`, and the rows of `store_key`.
enum StoreRow {
    static func id(_ db: Database) throws -> StoreID {
        guard let id = try String.fetchOne(db, sql: "SELECT id FROM store") else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the store has no id")
        }
        return StoreID(id)
    }

    static func generation(_ db: Database) throws -> StoreKeyGeneration {
        let stored = try UInt32.fetchOne(db, sql: "SELECT generation FROM store")
        guard let generation = stored.flatMap(StoreKeyGeneration.init(stored:)) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the store has no generation")
        }
        return generation
    }

    /// The store keys of a rotation that is under way, newest first, each sealed under the next.
    static func olderKeys(
        _ db: Database, than active: StoreKeyGeneration
    ) throws -> [(StoreKeyGeneration, Data)] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT generation, sealed_key FROM store_key
                WHERE generation < ? AND sealed_key IS NOT NULL ORDER BY generation DESC
                """, arguments: [active.rawValue]
        ).compactMap { row in
            try StoreKeyGeneration(stored: row.get("generation")).map {
                ($0, try row.get("sealed_key"))
            }
        }
    }

    static func olderKeyPlace(_ store: StoreID, _ generation: StoreKeyGeneration) -> SecretPlace {
        SecretPlace(
            store: store, table: "store_key", owner: generation.description, column: "sealed_key",
            version: Int(generation.rawValue))
    }
}

/// A row of `unlocker`.
struct UnlockerRow {
    let unlocker: Unlocker
    let wrappedKey: Data
    let sealedPresharedKey: Data
    let generation: StoreKeyGeneration
    let createdAt: Timestamp
    let createdBy: String

    /// The row of a new unlocker, which wraps the store key that the ring is of.
    init(
        wrapping key: StoreKey, for unlockKey: UnlockKey, kind: Unlocker.Kind, label: String,
        ring: KeyRing, at moment: Timestamp, by user: String
    ) throws {
        let half = unlockKey.publicHalf
        unlocker = Unlocker(
            id: half.id, kind: kind, label: label, publicKey: half.publicKey,
            checkValue: unlockKey.checkValue(store: ring.store))
        wrappedKey = Data(
            try half.wrap(key, generation: ring.active, store: ring.store).bytes)
        sealedPresharedKey = sealed(
            half.secret, at: Self.presharedKeyPlace(ring.store, half.id), ring: ring)
        generation = ring.active
        createdAt = moment
        createdBy = user
    }

    static func presharedKeyPlace(_ store: StoreID, _ id: UnlockerID) -> SecretPlace {
        SecretPlace(
            store: store, table: "unlocker", owner: id.rawValue, column: "sealed_preshared_key",
            version: 1)
    }

    static func fetchAll(_ db: Database) throws -> [UnlockerRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM unlocker ORDER BY created_at, id").map(Self.init)
    }

    static func fetch(_ db: Database, id: UnlockerID) throws -> UnlockerRow? {
        try Row.fetchOne(db, sql: "SELECT * FROM unlocker WHERE id = ?", arguments: [id.rawValue])
            .map(Self.init)
    }

    /// Throws where a rotation could not wrap the next store key for this unlocker.
    func prove(ring: KeyRing) throws {
        _ = try publicHalf(ring: ring)
        guard generation == ring.active else { throw UnlockError.damagedUnlocker(unlocker.id) }
    }

    /// The half that wraps for this unlocker, as it was sealed when the unlocker was added.
    ///
    /// Throws ``UnlockError/damagedUnlocker(_:)`` where it does not open, or the row shows another
    /// public key.
    func publicHalf(ring: KeyRing) throws -> UnlockerPublicHalf {
        let place = Self.presharedKeyPlace(ring.store, unlocker.id)
        guard let secret = try? openSealed(sealedPresharedKey, at: place, ring: ring),
            let half = UnlockerPublicHalf(id: unlocker.id, secret: secret),
            half.publicKey == unlocker.publicKey
        else { throw UnlockError.damagedUnlocker(unlocker.id) }
        return half
    }

    func insert(_ db: Database) throws {
        var logRounds: Int?
        var salt: Data?
        if case .passphrase(let cost, let bytes) = unlocker.kind {
            (logRounds, salt) = (cost.logRounds, Data(bytes))
        }
        try db.execute(
            sql: """
                INSERT INTO unlocker (id, kind, label, public_key, check_value, wrapped_key,
                    sealed_preshared_key, generation, scrypt_log_rounds, scrypt_salt, created_at,
                    created_by)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                unlocker.id.rawValue, unlocker.isPassphrase ? "passphrase" : "key", unlocker.label,
                Data(unlocker.publicKey), Data(unlocker.checkValue), wrappedKey, sealedPresharedKey,
                generation.rawValue, logRounds, salt, createdAt.rawValue, createdBy,
            ])
    }

    private init(_ row: Row) throws {
        var kind = Unlocker.Kind.key
        if let logRounds: Int = try row.get("scrypt_log_rounds"),
            let salt: Data = try row.get("scrypt_salt")
        {
            guard let cost = ScryptCost(logRounds: logRounds) else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "scrypt cost")
            }
            kind = .passphrase(cost: cost, salt: Array(salt))
        }
        guard let generation = StoreKeyGeneration(stored: try row.get("generation")) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "store key generation")
        }
        unlocker = Unlocker(
            id: UnlockerID(try row.get("id")), kind: kind, label: try row.get("label"),
            publicKey: [UInt8](try row.get("public_key") as Data),
            checkValue: [UInt8](try row.get("check_value") as Data))
        wrappedKey = try row.get("wrapped_key")
        sealedPresharedKey = try row.get("sealed_preshared_key")
        self.generation = generation
        createdAt = Timestamp(stored: try row.get("created_at"))
        createdBy = try row.get("created_by")
    }
}
