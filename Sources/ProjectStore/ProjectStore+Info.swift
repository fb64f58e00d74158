import GRDB
import KeyVault
package import SlipwayCore

/// What can be told of a store without an unlocker.
package struct StoreInfo: Equatable, Sendable {
    package let id: String
    package let createdAt: Timestamp
    /// Migrations applied, in order.
    package let schema: [String]
    /// The generations of the store key, oldest first: more than one while a rotation is under way.
    package let generations: [Generation]
    package let unlockerCount: Int
    package let projectCount: Int
    package let auditCount: Int

    /// A generation of the store key and how many rows of AWS keys it protects.
    package struct Generation: Equatable, Sendable {
        package let number: Int
        package let createdAt: Timestamp
        package let keysCount: Int
    }
}

extension ProjectStore {
    package func info() throws -> StoreInfo {
        try read { db in
            func count(_ table: String) throws -> Int {
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
            }
            let created = try String.fetchOne(db, sql: "SELECT created_at FROM store") ?? ""
            let generations = try Row.fetchAll(
                db,
                sql: """
                    SELECT generation, created_at, (
                        SELECT count(*) FROM aws_keys k WHERE k.generation = g.generation
                    ) AS keys_count
                    FROM store_key g ORDER BY generation
                    """
            ).map {
                StoreInfo.Generation(
                    number: try $0.get("generation"),
                    createdAt: Timestamp(stored: try $0.get("created_at")),
                    keysCount: try $0.get("keys_count"))
            }
            return StoreInfo(
                id: try StoreRow.id(db).rawValue, createdAt: Timestamp(stored: created),
                schema: try Connection.appliedMigrations(db), generations: generations,
                unlockerCount: try count("unlocker"), projectCount: try count("project"),
                auditCount: try count("audit"))
        }
    }

    /// SQLite's check of the whole file: nil where it finds nothing.
    package func integrityComplaint() throws -> String? {
        try read { db in
            let complaint = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)")
            return complaint == "ok" ? nil : complaint ?? "no answer"
        }
    }

    /// Begins a change and takes it back: throws where the store cannot be written now.
    package func checkWritable() throws {
        try Connection.mapped(path) {
            try queue.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    // Taking the lock is not yet writing: a page must be dirtied for that.
                    try db.execute(sql: "UPDATE store SET created_at = created_at")
                    return .rollback
                }
            }
        }
    }
}
