import FoundationEssentials
import GRDB
import KeyVault
package import SlipwayCore

/// What an audit row will say, before it has its number and its tag.
struct AuditDraft {
    var project: ProjectName?
    let action: String
    var subject: String?
    var old: JSONValue?
    var new: JSONValue?
}

/// The audit log's rows and the chain through them.
enum AuditLog {
    /// Seals a new random audit key into the store.
    static func addKey(_ db: Database, version: Int, ring: KeyRing) throws -> AuditKey {
        let secret = AuditKey.randomSecret()
        let sealed = sealed(secret, at: keyPlace(ring.store, version), ring: ring)
        try db.execute(
            sql: "INSERT INTO audit_key (version, sealed_key, generation) VALUES (?, ?, ?)",
            arguments: [version, sealed, ring.active.rawValue])
        return AuditKey(version: version, secret: secret)!  // A random secret has its 32 bytes.
    }

    static func keyPlace(_ store: StoreID, _ version: Int) -> SecretPlace {
        SecretPlace(
            store: store, table: "audit_key", owner: String(version), column: "sealed_key",
            version: version)
    }

    static func newestKey(_ db: Database, ring: KeyRing) throws -> AuditKey {
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT version, sealed_key FROM audit_key ORDER BY version DESC LIMIT 1")
        else { throw StoreError.sealBroken("audit key") }
        return try key(row, ring: ring)
    }

    static func allKeys(_ db: Database, ring: KeyRing) throws -> [Int: AuditKey] {
        let rows = try Row.fetchAll(db, sql: "SELECT version, sealed_key FROM audit_key")
        let keys = try rows.map { try key($0, ring: ring) }
        return Dictionary(uniqueKeysWithValues: keys.map { ($0.version, $0) })
    }

    private static func key(_ row: Row, ring: KeyRing) throws -> AuditKey {
        let version: Int = row["version"]
        let secret = try openSealed(
            row["sealed_key"], at: keyPlace(ring.store, version), ring: ring)
        guard let key = AuditKey(version: version, secret: secret) else {
            throw StoreError.sealBroken("audit key \(version)")
        }
        return key
    }

    /// Writes the head of an empty log.
    static func begin(_ db: Database, key: AuditKey) throws {
        try db.execute(
            sql: """
                INSERT INTO audit_head (singleton, sequence, tag, key_version, head_tag)
                VALUES (1, 0, x'', ?, ?)
                """, arguments: [key.version, Data(key.headTag(sequence: 0, tag: []))])
    }

    /// Appends a row and moves the head.
    static func append(
        _ draft: AuditDraft, _ db: Database, key: AuditKey, author: Author, at moment: Timestamp
    ) throws {
        guard let head = try Row.fetchOne(db, sql: "SELECT sequence, tag FROM audit_head") else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the audit log has no head")
        }
        let previous: Data = head["tag"]
        let entry = AuditEntry(
            sequence: (head["sequence"] as Int) + 1, at: moment, author: author,
            project: draft.project?.rawValue, action: draft.action, subject: draft.subject,
            old: draft.old?.compact, new: draft.new?.compact)
        let tag = key.tag(after: Array(previous), fields: fields(entry, keyVersion: key.version))
        try db.execute(
            sql: """
                INSERT INTO audit (sequence, at, actor, host, project, action, subject, old, new,
                    key_version, tag)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                entry.sequence, entry.at.rawValue, entry.author.user, entry.author.host,
                entry.project, entry.action, entry.subject, entry.old, entry.new, key.version,
                Data(tag),
            ])
        try db.execute(
            sql: "UPDATE audit_head SET sequence = ?, tag = ?, key_version = ?, head_tag = ?",
            arguments: [
                entry.sequence, Data(tag), key.version,
                Data(key.headTag(sequence: entry.sequence, tag: tag)),
            ])
    }

    /// Walks the whole chain.
    static func verify(_ db: Database, ring: KeyRing) throws -> AuditVerdict {
        let keys = try allKeys(db, ring: ring)
        var previous: [UInt8] = []
        var count = 0
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM audit ORDER BY sequence")
        while let row = try rows.next() {
            let entry = entry(row)
            guard entry.sequence == count + 1 else { return .missing(sequence: count + 1) }
            let version: Int = row["key_version"]
            let tag = Array(row["tag"] as Data)
            guard
                let key = keys[version],
                key.tag(after: previous, fields: fields(entry, keyVersion: version)) == tag
            else { return .changed(sequence: entry.sequence) }
            previous = tag
            count = entry.sequence
        }
        guard let head = try Row.fetchOne(db, sql: "SELECT * FROM audit_head") else {
            return .missing(sequence: count + 1)
        }
        let sequence: Int = head["sequence"]
        let tag = Array(head["tag"] as Data)
        guard let key = keys[head["key_version"] as Int],
            key.headTag(sequence: sequence, tag: tag) == Array(head["head_tag"] as Data)
        else { return .changed(sequence: sequence) }
        guard sequence == count else { return .missing(sequence: min(sequence, count) + 1) }
        guard tag == previous else { return .changed(sequence: sequence) }
        return .intact(count: count, head: hexadecimal(tag))
    }

    static func entry(_ row: Row) -> AuditEntry {
        AuditEntry(
            sequence: row["sequence"], at: Timestamp(stored: row["at"]),
            author: Author(user: row["actor"], host: row["host"]), project: row["project"],
            action: row["action"], subject: row["subject"], old: row["old"], new: row["new"])
    }

    /// What the tag of a row covers, in the order that FORMAT.md gives.
    private static func fields(_ entry: AuditEntry, keyVersion: Int) -> [String] {
        [
            String(entry.sequence), entry.at.rawValue, entry.author.user, entry.author.host,
            entry.project ?? "", entry.action, entry.subject ?? "", entry.old ?? "",
            entry.new ?? "", String(keyVersion),
        ]
    }
}

/// What a walk along the audit chain found.
package enum AuditVerdict: Equatable, Sendable {
    /// Every row is there and unchanged. The head, in hexadecimal, is what to keep elsewhere.
    case intact(count: Int, head: String)
    /// A row is missing, or rows were cut off behind.
    case missing(sequence: Int)
    case changed(sequence: Int)
}

extension ProjectStore {
    /// Checks every row of the audit log. Needs an unlocker: the chain is keyed.
    package func verifyAudit() throws -> AuditVerdict {
        let found = try unlockKey()
        return try read { db in
            try AuditLog.verify(db, ring: OpenedKeys(opening: db, with: found.key).ring)
        }
    }

    /// Hands over the log's rows, newest first, one at a time.
    ///
    /// Only those of one project where one is named, and at most `limit` of them.
    package func forEachAuditEntry(
        project: ProjectName?, limit: Int?, _ body: (AuditEntry) throws -> Void
    ) throws {
        try read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT * FROM audit WHERE ? IS NULL OR project = ?
                    ORDER BY sequence DESC LIMIT ?
                    """, arguments: [project?.rawValue, project?.rawValue, limit ?? -1])
            while let row = try rows.next() { try body(AuditLog.entry(row)) }
        }
    }
}
