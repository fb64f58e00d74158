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
    /// Seals a new random audit key into the store, for the ring's active generation.
    static func addKey(_ db: Database, ring: KeyRing) throws -> AuditKey {
        let version = Int(ring.active.rawValue)
        let secret = AuditKey.randomSecret()
        try db.execute(
            sql: "INSERT INTO audit_key (version, sealed_key, generation) VALUES (?, ?, ?)",
            arguments: [
                version, sealed(secret, at: keyPlace(ring.store, version), ring: ring), version,
            ])
        return AuditKey(version: version, secret: secret)!  // A random secret has its 32 bytes.
    }

    static func keyPlace(_ store: StoreID, _ version: Int) -> SecretPlace {
        SecretPlace(
            store: store, table: "audit_key", owner: String(version), column: "sealed_key",
            version: version)
    }

    /// The audit key of the active generation. Without it nothing can be logged.
    static func newestKey(_ db: Database, ring: KeyRing) throws -> AuditKey {
        let version = Int(ring.active.rawValue)
        guard let key = try allKeys(db, ring: ring)[version] else {
            throw StoreError.sealBroken("audit key \(version)")
        }
        return key
    }

    static func allKeys(_ db: Database, ring: KeyRing) throws -> [Int: AuditKey] {
        let rows = try Row.fetchAll(db, sql: "SELECT version, sealed_key FROM audit_key")
        return try rows.reduce(into: [:]) { keys, row in
            let version: Int = try row.get("version")
            let secret = try openSealed(
                row.get("sealed_key"), at: keyPlace(ring.store, version), ring: ring)
            guard let key = AuditKey(version: version, secret: secret) else {
                throw StoreError.sealBroken("audit key \(version)")
            }
            keys[version] = key
        }
    }

    /// The end of the log: what the next row's tag builds on.
    struct Head {
        fileprivate let sequence: Int
        fileprivate let tag: [UInt8]
    }

    /// Writes the head of an empty log.
    static func begin(_ db: Database, key: AuditKey) throws -> Head {
        try db.execute(
            sql: """
                INSERT INTO audit_head (singleton, sequence, tag, key_version, head_tag)
                VALUES (1, 0, x'', ?, ?)
                """, arguments: [key.version, Data(key.headTag(sequence: 0, tag: []))])
        return Head(sequence: 0, tag: [])
    }

    /// The head, after it was found to be signed and to name the last row: signing another row
    /// behind a log that was cut off would make the cut whole.
    static func head(_ db: Database, key: AuditKey) throws -> Head {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM audit_head") else {
            throw StoreError.sealBroken("the audit log's head")
        }
        let head = Head(sequence: try row.get("sequence"), tag: [UInt8](try row.get("tag") as Data))
        let last = try Row.fetchOne(
            db, sql: "SELECT sequence, tag, key_version FROM audit ORDER BY sequence DESC LIMIT 1")
        guard try row.get("key_version") == key.version,
            key.headTag(sequence: head.sequence, tag: head.tag)
                == [UInt8](try row.get("head_tag") as Data),
            let last, try last.get("sequence") == head.sequence,
            try last.get("key_version") == key.version,
            [UInt8](try last.get("tag") as Data) == head.tag
        else { throw StoreError.sealBroken("the audit log's head") }
        return head
    }

    /// Appends a row and moves the head.
    static func append(
        _ draft: AuditDraft, _ db: Database, after head: Head, key: AuditKey, author: Author,
        at moment: Timestamp
    ) throws {
        let entry = AuditEntry(
            sequence: head.sequence + 1, at: moment, author: author,
            project: draft.project?.rawValue, action: draft.action, subject: draft.subject,
            old: draft.old?.compact, new: draft.new?.compact)
        let tag = key.tag(after: head.tag, fields: fields(entry, keyVersion: key.version))
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
        var version = 1
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM audit ORDER BY sequence")
        while let row = try rows.next() {
            let entry = try entry(row)
            guard entry.sequence == count + 1 else { return .missing(sequence: count + 1) }
            let rowVersion: Int = try row.get("key_version")
            let tag = [UInt8](try row.get("tag") as Data)
            // Keys never go back: who knows an old one cannot write a later row.
            guard rowVersion >= version, let key = keys[rowVersion],
                key.tag(after: previous, fields: fields(entry, keyVersion: rowVersion)) == tag
            else { return .changed(sequence: entry.sequence) }
            (previous, count, version) = (tag, entry.sequence, rowVersion)
        }
        guard let head = try Row.fetchOne(db, sql: "SELECT * FROM audit_head") else {
            return .missing(sequence: count + 1)
        }
        let sequence: Int = try head.get("sequence")
        let tag = [UInt8](try head.get("tag") as Data)
        let newest = Int(ring.active.rawValue)
        guard try head.get("key_version") == newest, let key = keys[newest],
            key.headTag(sequence: sequence, tag: tag) == [UInt8](try head.get("head_tag") as Data)
        else { return .changed(sequence: sequence) }
        guard sequence == count else { return .missing(sequence: min(sequence, count) + 1) }
        guard tag == previous, version == newest else { return .changed(sequence: sequence) }
        return .intact(count: count, head: hexadecimal(tag))
    }

    static func entry(_ row: Row) throws -> AuditEntry {
        AuditEntry(
            sequence: try row.get("sequence"), at: Timestamp(stored: try row.get("at")),
            author: Author(user: try row.get("actor"), host: try row.get("host")),
            project: try row.get("project"),
            action: try row.get("action"), subject: try row.get("subject"), old: try row.get("old"),
            new: try row.get("new"))
    }

    /// What the tag of a row covers, in the order that FORMAT.md gives.
    private static func fields(_ entry: AuditEntry, keyVersion: Int) -> [String] {
        [
            String(entry.sequence), entry.at.rawValue, entry.author.user, entry.author.host,
            optional(entry.project), entry.action, optional(entry.subject), optional(entry.old),
            optional(entry.new), String(keyVersion),
        ]
    }

    /// No text is not the empty text.
    private static func optional(_ text: String?) -> String { text.map { "+" + $0 } ?? "-" }
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
            let condition = project == nil ? "" : "WHERE project = :project"
            let rows = try Row.fetchCursor(
                db, sql: "SELECT * FROM audit \(condition) ORDER BY sequence DESC LIMIT :limit",
                arguments: project.map { ["project": $0.rawValue, "limit": limit ?? -1] }
                    ?? ["limit": limit ?? -1])
            while let row = try rows.next() { try body(AuditLog.entry(row)) }
        }
    }
}
