import GRDB
package import SlipwayCore

extension ProjectStore {
    /// Adds a project without settings or keys.
    package func addProject(_ name: ProjectName) throws {
        _ = try change { try $0.addProject(name) }
    }

    /// Gives a project another name. Its settings, keys and history stay with it.
    package func renameProject(_ name: ProjectName, to newName: ProjectName) throws {
        try change { transaction in
            let id = try transaction.db.projectID(name)
            guard try transaction.db.findProject(newName) == nil else {
                throw StoreError.projectExists(newName)
            }
            try transaction.db.execute(
                sql: "UPDATE project SET name = ? WHERE id = ?",
                arguments: [newName.rawValue, id])
            try transaction.audit(
                AuditDraft(
                    project: newName, action: "project-rename", old: .string(name.rawValue),
                    new: .string(newName.rawValue)))
        }
    }

    /// Removes a project with its keys, its settings and their history. The audit log keeps what
    /// was done to it.
    package func removeProject(_ name: ProjectName) throws {
        try change { transaction in
            let id = try transaction.db.projectID(name)
            let applications = try String.fetchAll(
                transaction.db,
                sql: "SELECT name FROM current_settings WHERE project_id = ? ORDER BY name",
                arguments: [id])
            let keys = try transaction.db.keysSummary(projectID: id)
            try transaction.db.execute(sql: "DELETE FROM project WHERE id = ?", arguments: [id])
            try transaction.audit(
                AuditDraft(
                    project: name, action: "project-remove",
                    old: [
                        "applications": .array(applications.map(JSONValue.string)),
                        "access_key_id": JSONValue(keys?.accessKeyID.rawValue),
                    ]))
        }
    }

    /// Hands over every project, by name, one at a time: any number fits in memory.
    package func forEachProject(_ body: (ProjectSummary) throws -> Void) throws {
        try read { db in
            let rows = try Row.fetchCursor(db, sql: Self.summarySQL + " ORDER BY p.name")
            while let row = try rows.next() { try body(ProjectSummary(row)) }
        }
    }

    package func project(_ name: ProjectName) throws -> ProjectSummary {
        try read { db in
            _ = try db.projectID(name)
            let row = try Row.fetchOne(
                db, sql: Self.summarySQL + " WHERE p.name = ?", arguments: [name.rawValue])
            guard let row else { throw StoreError.unknownProject(name, nearest: nil) }
            return try ProjectSummary(row)
        }
    }

    private static let summarySQL = """
        SELECT p.name, p.created_at, p.created_by, k.access_key_id, (
            SELECT count(*) FROM current_settings s WHERE s.project_id = p.id
        ) AS application_count
        FROM project p LEFT JOIN aws_keys k ON k.project_id = p.id
        """
}

extension ProjectSummary {
    fileprivate init(_ row: Row) throws {
        let keyID: String? = try row.get("access_key_id")
        self.init(
            name: try stored { try ProjectName(row.get("name")) },
            createdAt: Timestamp(stored: try row.get("created_at")),
            createdBy: try row.get("created_by"),
            applicationCount: try row.get("application_count"),
            accessKeyID: try keyID.map { text in
                try stored { try AccessKeyID(text) }
            })
    }
}

extension StoreTransaction {
    /// Adds a project and writes its audit row.
    func addProject(_ name: ProjectName) throws -> Int64 {
        guard try db.findProject(name) == nil else { throw StoreError.projectExists(name) }
        try db.execute(
            sql: "INSERT INTO project (name, created_at, created_by) VALUES (?, ?, ?)",
            arguments: [name.rawValue, now.rawValue, author.user])
        let id = db.lastInsertedRowID
        try audit(AuditDraft(project: name, action: "project-add"))
        return id
    }
}

extension Database {
    func findProject(_ name: ProjectName) throws -> Int64? {
        try Int64.fetchOne(
            self, sql: "SELECT id FROM project WHERE name = ?", arguments: [name.rawValue])
    }

    /// The id of a project, or ``StoreError/unknownProject(_:nearest:)`` with the nearest name.
    func projectID(_ name: ProjectName) throws -> Int64 {
        if let id = try findProject(name) { return id }
        let names = try String.fetchAll(self, sql: "SELECT name FROM project ORDER BY name")
        throw StoreError.unknownProject(
            name, nearest: nearestName(to: name.rawValue, among: names))
    }
}

/// Parses what the store itself once took as valid; anything else is damage.
func stored<Value>(_ parse: () throws -> Value) throws -> Value {
    do {
        return try parse()
    } catch let error where error is any ProblemReporting {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a stored value is not valid")
    }
}
