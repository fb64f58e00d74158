import FoundationEssentials
import GRDB
import KeyVault
import SlipwayCore

extension ProjectStore {
    /// Makes the next generation of the store key and wraps every data key under it, some rows a
    /// transaction; then forgets the older generation.
    ///
    /// Every transaction leaves a store in which all secrets open with every unlocker, so it can be
    /// killed anywhere. Where a rotation was not finished, this one finishes it and starts no other.
    /// `afterBatch` is told after each transaction; what it throws ends the rotation there.
    package func rotate(
        batchSize: Int = 500, afterBatch: (RotationProgress) throws -> Void = { _ in }
    ) throws -> RotationProgress {
        var progress = try change { try $0.beginRotation() }
        try afterBatch(progress)
        while true {
            let count = try change { try $0.rotateBatch(batchSize) }
            if count == 0 { break }
            progress.rewrappedCount += count
            try afterBatch(progress)
        }
        try change { try $0.endRotation(progress) }
        return progress
    }
}

/// How far a rotation is.
package struct RotationProgress: Equatable, Sendable {
    /// The new generation of the store key.
    package let generation: Int
    /// Whether an earlier rotation that was not finished is being finished.
    package let isResumed: Bool
    /// Rows of AWS keys whose data keys were wrapped anew by this rotation.
    package var rewrappedCount = 0
}

extension StoreTransaction {
    fileprivate func beginRotation() throws -> RotationProgress {
        let old = ring.active
        guard ring.generations.count == 1 else {
            return RotationProgress(generation: Int(old.rawValue), isResumed: true)
        }
        let new = old.next
        let newKey = StoreKey.random()
        var newRing = KeyRing(store: ring.store, generation: new, key: newKey)
        newRing.add(old, key: keys.storeKey)

        try db.execute(
            sql: "INSERT INTO store_key (generation, created_at) VALUES (?, ?)",
            arguments: [new.rawValue, now.rawValue])
        try db.execute(
            sql: "UPDATE store_key SET sealed_key = ? WHERE generation = ?",
            arguments: [
                sealed(
                    keys.storeKey.secret, at: StoreRow.olderKeyPlace(ring.store, old),
                    ring: newRing),
                old.rawValue,
            ])
        try db.execute(sql: "UPDATE store SET generation = ?", arguments: [new.rawValue])
        for row in try UnlockerRow.fetchAll(db) {
            try row.rewrap(db, newKey: newKey, ring: newRing)
        }
        try rewrapAuditKeys(newRing)
        // A new audit key, so that who knows the old store key cannot write history either. The
        // head is checked under the old one: from here on only the new one signs.
        let head = try AuditLog.head(db, key: keys.auditKey)
        let auditKey = try AuditLog.addKey(db, ring: newRing)
        try AuditLog.append(
            AuditDraft(
                action: "store-rotate", subject: "begin", old: .integer(Int(old.rawValue)),
                new: .integer(Int(new.rawValue))),
            db, after: head, key: auditKey, author: author, at: now)
        return RotationProgress(generation: Int(new.rawValue), isResumed: false)
    }

    private func rewrapAuditKeys(_ newRing: KeyRing) throws {
        let rows = try Row.fetchAll(db, sql: "SELECT version, sealed_key FROM audit_key")
        for row in rows {
            let version: Int = try row.get("version")
            let sealed = try rewrapSealed(
                try row.get("sealed_key"), at: AuditLog.keyPlace(newRing.store, version),
                ring: newRing)
            try db.execute(
                sql: "UPDATE audit_key SET sealed_key = ?, generation = ? WHERE version = ?",
                arguments: [sealed, newRing.active.rawValue, version])
        }
    }

    fileprivate func rotateBatch(_ size: Int) throws -> Int {
        let rows = try KeysRow.fetchOlder(db, than: ring.active, limit: size)
        guard !rows.isEmpty else { return 0 }
        for row in rows { try row.rewrap(db, ring: ring) }
        try audit(
            AuditDraft(
                action: "store-rotate", subject: "rewrap", new: .integer(rows.count)))
        return rows.count
    }

    /// Forgets the older generations. The foreign keys refuse it while anything needs one. Another
    /// process may have ended this rotation already, and even begun the next.
    fileprivate func endRotation(_ progress: RotationProgress) throws {
        guard ring.generations.count > 1, Int(ring.active.rawValue) == progress.generation else {
            return
        }
        try db.execute(
            sql: "DELETE FROM store_key WHERE generation < ?", arguments: [ring.active.rawValue])
        try audit(
            AuditDraft(
                action: "store-rotate", subject: "end", new: .integer(Int(ring.active.rawValue))))
    }
}

extension UnlockerRow {
    /// Wraps the next store key for this unlocker, which needs nothing of the unlocker's secret.
    fileprivate func rewrap(_ db: Database, newKey: StoreKey, ring: KeyRing) throws {
        let half = try publicHalf(ring: ring)
        guard let wrapped = try? half.wrap(newKey, generation: ring.active, store: ring.store)
        else { throw UnlockError.damagedUnlocker(unlocker.id) }
        try db.execute(
            sql: """
                UPDATE unlocker SET wrapped_key = ?, sealed_preshared_key = ?, generation = ?
                WHERE id = ?
                """,
            arguments: [
                Data(wrapped.bytes),
                sealed(
                    half.secret, at: Self.presharedKeyPlace(ring.store, unlocker.id), ring: ring),
                ring.active.rawValue, unlocker.id.rawValue,
            ])
    }
}
