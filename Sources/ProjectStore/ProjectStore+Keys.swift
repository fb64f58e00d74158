import FoundationEssentials
import GRDB
import KeyVault
package import SlipwayCore

extension ProjectStore {
    /// Saves AWS keys in place of those that a project has, whose secrets are then gone.
    ///
    /// `expected` is the version that the form was opened on, 0 for none; see
    /// ``changeSettings(of:in:expecting:_:)``.
    package func saveKeys(
        _ keys: AWSKeyPair, of project: ProjectName, expecting expected: Int? = nil
    ) throws -> AWSKeysSummary {
        try change { transaction in
            let db = transaction.db
            let id = try db.projectID(project)
            let old = try db.keysSummary(projectID: id)
            if let expected, expected != old?.version ?? 0 {
                throw StoreError.keysConflict(
                    project: project, expected: expected, current: old?.version ?? 0)
            }
            try db.execute(
                sql: "UPDATE project SET keys_version = keys_version + 1 WHERE id = ?",
                arguments: [id])
            let row = KeysRow(
                project: id,
                version: try Int.fetchOne(
                    db, sql: "SELECT keys_version FROM project WHERE id = ?", arguments: [id]) ?? 1)
            let ring = transaction.ring
            try db.execute(sql: "DELETE FROM aws_keys WHERE project_id = ?", arguments: [id])
            try db.execute(
                sql: """
                    INSERT INTO aws_keys (project_id, version, access_key_id, secret_access_key,
                        session_token, generation, saved_at, saved_by)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, row.version, keys.accessKeyID.rawValue,
                    sealed(
                        keys.secretAccessKey.bytes, at: row.place(.secretAccessKey, ring.store),
                        ring: ring),
                    keys.sessionToken.map {
                        sealed($0.bytes, at: row.place(.sessionToken, ring.store), ring: ring)
                    },
                    ring.active.rawValue, transaction.now.rawValue, transaction.author.user,
                ])
            try transaction.audit(
                AuditDraft(
                    project: project, action: "keys-set", subject: keys.accessKeyID.rawValue,
                    old: old.map { .object($0.json) },
                    new: [
                        "access_key_id": .string(keys.accessKeyID.rawValue),
                        "session_token": .boolean(keys.sessionToken != nil),
                    ]))
            return AWSKeysSummary(
                accessKeyID: keys.accessKeyID, hasSessionToken: keys.sessionToken != nil,
                version: row.version, savedAt: transaction.now, savedBy: transaction.author.user)
        }
    }

    /// What can be told of a project's AWS keys without opening them.
    package func keysSummary(of project: ProjectName) throws -> AWSKeysSummary {
        try read { db in
            guard let keys = try db.keysSummary(projectID: db.projectID(project)) else {
                throw StoreError.noKeys(project)
            }
            return keys
        }
    }

    /// Opens a project's AWS keys, and writes into the audit log that they were read and for what.
    package func readKeys(of project: ProjectName, for purpose: String) throws -> AWSKeyPair {
        try change { transaction in
            let db = transaction.db
            let id = try db.projectID(project)
            guard let row = try KeysRow.fetch(db, project: id) else {
                throw StoreError.noKeys(project)
            }
            let keys = try row.open(ring: transaction.ring)
            try transaction.audit(
                AuditDraft(
                    project: project, action: "keys-read", subject: keys.accessKeyID.rawValue,
                    new: .string(purpose)))
            return keys
        }
    }

    /// Removes a project's AWS keys.
    package func removeKeys(of project: ProjectName) throws {
        try change { transaction in
            let db = transaction.db
            let id = try db.projectID(project)
            guard let old = try db.keysSummary(projectID: id) else {
                throw StoreError.noKeys(project)
            }
            try db.execute(sql: "DELETE FROM aws_keys WHERE project_id = ?", arguments: [id])
            try transaction.audit(
                AuditDraft(
                    project: project, action: "keys-remove", subject: old.accessKeyID.rawValue,
                    old: .object(old.json)))
        }
    }
}

extension AWSKeysSummary {
    fileprivate var json: [JSONValue.Member] {
        [
            .init(key: "access_key_id", value: .string(accessKeyID.rawValue)),
            .init(key: "session_token", value: .boolean(hasSessionToken)),
        ]
    }
}

extension Database {
    func keysSummary(projectID: Int64) throws -> AWSKeysSummary? {
        let row = try Row.fetchOne(
            self,
            sql: """
                SELECT access_key_id, session_token IS NOT NULL AS has_token, version, saved_at,
                    saved_by
                FROM aws_keys WHERE project_id = ?
                """, arguments: [projectID])
        return try row.map { row in
            AWSKeysSummary(
                accessKeyID: try stored {
                    try AccessKeyID(row.get("access_key_id"))
                },
                hasSessionToken: try row.get("has_token"), version: try row.get("version"),
                savedAt: Timestamp(stored: try row.get("saved_at")),
                savedBy: try row.get("saved_by"))
        }
    }
}

/// A row of `aws_keys`, its secrets still sealed.
struct KeysRow {
    let project: Int64
    let version: Int
    var generation: UInt32 = 0
    var accessKeyID = ""
    var secretAccessKey = Data()
    var sessionToken: Data?

    enum Column: String {
        case secretAccessKey = "secret_access_key"
        case sessionToken = "session_token"
    }

    func place(_ column: Column, _ store: StoreID) -> SecretPlace {
        SecretPlace(
            store: store, table: "aws_keys", owner: String(project), column: column.rawValue,
            version: version)
    }

    static func fetch(_ db: Database, project: Int64) throws -> KeysRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM aws_keys WHERE project_id = ?", arguments: [project]
        ).map(Self.init)
    }

    /// The next rows whose data keys are not wrapped under this generation.
    static func fetchOlder(
        _ db: Database, than generation: StoreKeyGeneration, limit: Int
    ) throws -> [KeysRow] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM aws_keys WHERE generation < ? ORDER BY generation, project_id LIMIT ?
                """, arguments: [generation.rawValue, limit]
        ).map(Self.init)
    }

    /// Hands over every row, one at a time.
    static func forEach(_ db: Database, _ body: (KeysRow) throws -> Void) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM aws_keys ORDER BY project_id")
        while let row = try rows.next() { try body(KeysRow(row)) }
    }

    /// Opens the secrets. Throws ``StoreError/sealBroken(_:)``.
    func open(ring: KeyRing) throws -> AWSKeyPair {
        let secret = try openSealed(
            secretAccessKey, at: place(.secretAccessKey, ring.store), ring: ring,
            generation: generation)
        let token = try sessionToken.map {
            try openSealed(
                $0, at: place(.sessionToken, ring.store), ring: ring, generation: generation)
        }
        return try stored {
            AWSKeyPair(
                accessKeyID: try AccessKeyID(accessKeyID),
                secretAccessKey: try SecretAccessKey(secret),
                sessionToken: try token.map { (bytes) throws(AWSKeyError) in
                    try SessionToken(bytes)
                })
        }
    }

    /// Wraps the data keys of the secrets under the ring's active generation.
    func rewrap(_ db: Database, ring: KeyRing) throws {
        try db.execute(
            sql: """
                UPDATE aws_keys SET secret_access_key = ?, session_token = ?, generation = ?
                WHERE project_id = ? AND version = ?
                """,
            arguments: [
                try rewrapSealed(
                    secretAccessKey, at: place(.secretAccessKey, ring.store), ring: ring),
                try sessionToken.map {
                    try rewrapSealed(
                        $0, at: place(.sessionToken, ring.store), ring: ring)
                },
                ring.active.rawValue, project, version,
            ])
    }

    init(project: Int64, version: Int) {
        self.project = project
        self.version = version
    }

    private init(_ row: Row) throws {
        try self.init(project: row.get("project_id"), version: row.get("version"))
        generation = try row.get("generation")
        accessKeyID = try row.get("access_key_id")
        secretAccessKey = try row.get("secret_access_key")
        sessionToken = try row.get("session_token")
    }
}
