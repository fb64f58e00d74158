import GRDB
package import SlipwayCore

extension ProjectStore {
    /// Puts down that somebody has a deployment stopped, before AWS is asked.
    ///
    /// Needs an unlocker, as every change does. Throws ``StoreError/unknownProject(_:nearest:)``.
    package func beginStop(
        _ deployment: DeploymentID, of project: ProjectName, rollsBack: Bool?
    ) throws -> DeploymentStop {
        try change { transaction in
            let db = transaction.db
            try db.execute(
                sql: """
                    INSERT INTO deployment_stop (project_id, deployment_id, rolls_back, asked_at,
                        asked_by, asked_on)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    try db.projectID(project), deployment.rawValue, rollsBack,
                    transaction.now.rawValue, transaction.author.user, transaction.author.host,
                ])
            let id = db.lastInsertedRowID
            try transaction.audit(
                AuditDraft(
                    project: project, action: "deploy-stop", subject: deployment.rawValue,
                    new: ["rolls_back": rollsBack.map(JSONValue.boolean) ?? .null]))
            return DeploymentStop(
                id: DeploymentStop.ID(id), author: transaction.author, askedAt: transaction.now,
                rollsBack: rollsBack, isTaken: false)
        }
    }

    /// Puts down whether AWS took the order. Of one whose project was removed meanwhile nothing is
    /// left to put down.
    package func endStop(_ id: DeploymentStop.ID, isTaken: Bool) throws {
        try change { transaction in
            let row = try Row.fetchOne(
                transaction.db,
                sql: """
                    UPDATE deployment_stop SET is_taken = ? WHERE id = ?
                    RETURNING deployment_id,
                        (SELECT name FROM project WHERE id = project_id) AS project
                    """, arguments: [isTaken, id.rawValue])
            guard let row else { return }
            let project = try stored { try ProjectName(row.get("project")) }
            try transaction.audit(
                AuditDraft(
                    project: project, action: "deploy-stop-answer",
                    subject: try row.get("deployment_id"),
                    new: ["taken": .boolean(isTaken)]))
        }
    }

    /// Who has a deployment stopped: of several the first whose order AWS is known to have taken,
    /// else the first of which that is not known. Nil where nobody did, as far as this store knows.
    /// Needs no unlocker.
    package func stop(of deployment: DeploymentID) throws -> DeploymentStop? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT \(DeploymentStop.columns) FROM deployment_stop s
                    WHERE s.id = (\(DeploymentStop.thatCounts(for: "?")))
                    """, arguments: [deployment.rawValue]
            ).flatMap(DeploymentStop.init)
        }
    }
}

extension DeploymentStop {
    /// The columns of the table, as `s`, that the initialiser reads.
    static let columns =
        "s.id AS stop_id, s.rolls_back, s.is_taken, s.asked_at, s.asked_by, s.asked_on"

    /// A query for the id of the stop that counts among those of a deployment.
    static func thatCounts(for deployment: String) -> String {
        """
        SELECT id FROM deployment_stop
        WHERE deployment_id = \(deployment) AND is_taken IS NOT 0
        ORDER BY is_taken DESC, id LIMIT 1
        """
    }

    /// Nil where the row has none.
    init?(_ row: Row) throws {
        guard let id: Int64 = try row.get("stop_id") else { return nil }
        let isTaken: Bool? = try row.get("is_taken")
        self.init(
            id: ID(id),
            author: Author(user: try row.get("asked_by"), host: try row.get("asked_on")),
            askedAt: Timestamp(stored: try row.get("asked_at")),
            rollsBack: try row.get("rolls_back"), isTaken: isTaken ?? false)
    }
}
