import GRDB
package import KeyVault
package import SlipwayCore

extension ProjectStore {
    /// The store's unlockers, oldest first.
    package func unlockers() throws -> [UnlockerSummary] {
        try read { db in
            try UnlockerRow.fetchAll(db).map {
                UnlockerSummary(
                    unlocker: $0.unlocker, createdAt: $0.createdAt, createdBy: $0.createdBy)
            }
        }
    }

    /// Lets one more key open the store. Touches one row.
    package func addUnlocker(
        _ key: UnlockKey, kind: Unlocker.Kind, label: String
    ) throws -> UnlockerID {
        try change { transaction in
            guard try UnlockerRow.fetch(transaction.db, id: key.id) == nil else {
                throw StoreError.unlockerExists(key.id)
            }
            try UnlockerRow(
                wrapping: transaction.keys.storeKey, for: key, kind: kind, label: label,
                ring: transaction.ring, at: transaction.now, by: transaction.author.user
            ).insert(transaction.db)
            try transaction.audit(
                AuditDraft(
                    action: "unlocker-add", subject: key.id.rawValue, new: .string(label)))
            return key.id
        }
    }

    /// Takes an unlocker away; the last one stays. Touches one row.
    ///
    /// Who had its key may have kept the store key: ``rotate(batchSize:afterBatch:)`` ends that.
    package func removeUnlocker(_ id: UnlockerID) throws {
        try change { transaction in
            let db = transaction.db
            guard let row = try UnlockerRow.fetch(db, id: id) else {
                throw StoreError.unknownUnlocker(id.rawValue)
            }
            guard try UnlockerRow.fetchAll(db).count > 1 else { throw StoreError.lastUnlocker(id) }
            try db.execute(sql: "DELETE FROM unlocker WHERE id = ?", arguments: [id.rawValue])
            try transaction.audit(
                AuditDraft(
                    action: "unlocker-remove", subject: id.rawValue,
                    old: .string(row.unlocker.label)))
        }
    }
}

/// An unlocker as lists show it.
package struct UnlockerSummary: Equatable, Sendable {
    package let unlocker: Unlocker
    package let createdAt: Timestamp
    package let createdBy: String
}
