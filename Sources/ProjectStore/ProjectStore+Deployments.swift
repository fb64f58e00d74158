package import FoundationEssentials
import GRDB
import PrivateFiles
package import SlipwayCore

extension ProjectStore {
    /// Puts down that something will be deployed, before anything is done. From now on others see
    /// that it is worked on, until it ends or this store is let go of.
    ///
    /// `isRequested` where CodeDeploy is about to be asked for it at once. Needs an unlocker, as every
    /// change does. Throws ``StoreError/unknownProject(_:nearest:)``.
    package func beginDeployment(
        _ attempt: DeploymentAttempt, isRequested: Bool = false
    ) throws -> DeploymentRecord.ID {
        var held: Int64?
        do {
            return try change { transaction in
                let id = try transaction.insert(attempt, isRequested: isRequested)
                // Before anybody can see it.
                try presence.hold(id)
                held = id
                try transaction.audit(
                    AuditDraft(
                        project: attempt.project, action: "deploy-start", subject: String(id),
                        new: [
                            "application": .string(attempt.application.rawValue),
                            "deployment_group": .string(attempt.deploymentGroup.rawValue),
                            "commit": JSONValue(attempt.commit?.rawValue),
                        ]))
                return DeploymentRecord.ID(id)
            }
        } catch {
            // Its number will be another's.
            if let held { presence.release(held) }
            throw error
        }
    }

    /// Puts down that CodeDeploy is about to be asked for a deployment, of a revision that is in S3.
    /// From now on there may be one.
    package func requestDeployment(
        _ id: DeploymentRecord.ID, revision: S3Location
    ) throws {
        try change { transaction in
            try transaction.update(id, deployment: nil, revision: revision)
            try transaction.db.execute(
                sql: "UPDATE deployment SET requested_at = ? WHERE id = ?",
                arguments: [transaction.now.rawValue, id.rawValue])
            try transaction.audit(
                AuditDraft(
                    project: transaction.project(of: id), action: "deploy-request",
                    subject: String(id.rawValue)))
        }
    }

    /// Puts down that CodeDeploy was found to have no deployment of an attempt.
    package func denyDeployment(_ id: DeploymentRecord.ID) throws {
        try change { transaction in
            try transaction.db.execute(
                sql: "UPDATE deployment SET requested_at = NULL WHERE id = ?",
                arguments: [id.rawValue])
            try transaction.audit(
                AuditDraft(
                    project: transaction.project(of: id), action: "deploy-none",
                    subject: String(id.rawValue)))
        }
    }

    /// Puts down CodeDeploy's id of what is deployed, and its revision.
    package func nameDeployment(
        _ id: DeploymentRecord.ID, _ deployment: DeploymentID, revision: S3Location?
    ) throws {
        try change { transaction in
            try transaction.update(id, deployment: deployment, revision: revision)
            try transaction.audit(
                AuditDraft(
                    project: transaction.project(of: id), action: "deploy-create",
                    subject: String(id.rawValue), new: .string(deployment.rawValue)))
        }
    }

    /// Puts down how it ended, with what became known of it, and that nobody works on it any more.
    /// An end that was put down before gives way: AWS may have told more since.
    ///
    /// `creation` is when AWS says that it was made; nil where it does not say. `date` is when AWS says
    /// that it ended; nil means now.
    package func endDeployment(
        _ id: DeploymentRecord.ID, _ outcome: DeployOutcome, deployment: DeploymentID?,
        revision: S3Location?, rollback: DeploymentID? = nil,
        createdAt creation: Date? = nil, at date: Date? = nil
    ) throws {
        try change { transaction in
            try transaction.update(id, deployment: deployment, revision: revision)
            try transaction.db.execute(
                sql: """
                    UPDATE deployment SET outcome = ?, ended_at = ?,
                        requested_at = coalesce(?, requested_at),
                        rollback_id = coalesce(?, rollback_id)
                    WHERE id = ?
                    """,
                arguments: [
                    outcome.rawValue, (date.map(Timestamp.init) ?? transaction.now).rawValue,
                    creation.map { Timestamp($0).rawValue }, rollback?.rawValue, id.rawValue,
                ])
            try transaction.audit(
                AuditDraft(
                    project: transaction.project(of: id), action: "deploy-end",
                    subject: String(id.rawValue),
                    new: [
                        "result": .string(outcome.rawValue),
                        "deployment_id": JSONValue(deployment?.rawValue),
                    ]))
        }
        // Only now: see `records`.
        presence.release(id.rawValue)
    }

    /// What was deployed in a project, newest first, at most `limit`. Needs no unlocker.
    package func deployments(
        of project: ProjectName, limit: Int? = nil
    ) throws -> [DeploymentRecord] {
        try records { db in
            try (
                "d.project_id = ? ORDER BY d.id DESC LIMIT ?", [db.projectID(project), limit ?? -1]
            )
        }
    }

    /// The newest attempt that has this id in CodeDeploy; nil where the store knows none.
    package func deployment(_ id: DeploymentID) throws -> DeploymentRecord? {
        try records { _ in ("d.deployment_id = ? ORDER BY d.id DESC LIMIT 1", [id.rawValue]) }.first
    }

    /// The attempts that a condition is true of, and whether they are worked on.
    ///
    /// An end is written down before the attempt is let go of. So who looks for those that are
    /// worked on first, and at the attempts then, takes none for abandoned that ends in between; one
    /// that was not there at the first look has just begun.
    private func records(
        where condition: (Database) throws -> (String, StatementArguments)
    ) throws -> [DeploymentRecord] {
        let open = try read { db in
            try Int64.fetchAll(db, sql: "SELECT id FROM deployment WHERE outcome IS NULL")
        }
        let abandoned = Set(open).subtracting(try presence.held(among: open))
        return try read { db in
            let (condition, arguments) = try condition(db)
            return try Row.fetchAll(
                db,
                sql: "\(DeploymentRecord.selection) WHERE \(condition)", arguments: arguments
            ).map { try DeploymentRecord($0, abandoned: abandoned) }
        }
    }
}

extension StoreTransaction {
    fileprivate func insert(_ attempt: DeploymentAttempt, isRequested: Bool) throws -> Int64 {
        try db.execute(
            sql: """
                INSERT INTO deployment (project_id, application, deployment_group, region,
                    section, branch, tag, commit_id, build_number, description, started_at,
                    started_by, requested_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                try db.projectID(attempt.project), attempt.application.rawValue,
                attempt.deploymentGroup.rawValue, attempt.region.rawValue, attempt.section,
                attempt.branch, attempt.tag, attempt.commit?.rawValue,
                attempt.buildNumber?.rawValue, attempt.description?.rawValue, now.rawValue,
                author.user, isRequested ? now.rawValue : nil,
            ])
        return db.lastInsertedRowID
    }

    fileprivate func update(
        _ id: DeploymentRecord.ID, deployment: DeploymentID?, revision: S3Location?
    ) throws {
        if let deployment {
            try db.execute(
                sql: "UPDATE deployment SET deployment_id = ? WHERE id = ?",
                arguments: [deployment.rawValue, id.rawValue])
        }
        if let revision {
            try db.execute(
                sql: """
                    UPDATE deployment SET bucket = ?, key = ?, object_version = ?, e_tag = ?,
                        bundle_type = ?
                    WHERE id = ?
                    """,
                arguments: [
                    revision.bucket.rawValue, revision.key.rawValue, revision.version?.rawValue,
                    revision.eTag?.rawValue, revision.bundleType.rawValue, id.rawValue,
                ])
        }
    }

    /// The project of an attempt; nil where it was removed meanwhile, and the attempt with it.
    fileprivate func project(of id: DeploymentRecord.ID) throws -> ProjectName? {
        let name = try String.fetchOne(
            db,
            sql: """
                SELECT p.name FROM deployment d JOIN project p ON p.id = d.project_id
                WHERE d.id = ?
                """, arguments: [id.rawValue])
        return try name.map { name in try stored { try ProjectName(name) } }
    }
}

extension DeploymentRecord {
    /// Of one that was stopped, also who had it stopped.
    fileprivate static let selection = """
        SELECT d.*, p.name AS project, \(DeploymentStop.columns) FROM deployment d
        JOIN project p ON p.id = d.project_id
        LEFT JOIN deployment_stop s ON d.outcome = 'stopped'
            AND s.id = (\(DeploymentStop.thatCounts(for: "d.deployment_id")))
        """

    /// `abandoned` are the attempts without an end that nobody works on.
    fileprivate init(_ row: Row, abandoned: Set<Int64>) throws {
        let id: Int64 = try row.get("id")
        let commit: String? = try row.get("commit_id")
        let number: Int64? = try row.get("build_number")
        let description: String? = try row.get("description")
        let outcome: String? = try row.get("outcome")
        let requestedAt: String? = try row.get("requested_at")
        let endedAt: String? = try row.get("ended_at")
        let attempt = try stored {
            DeploymentAttempt(
                project: try ProjectName(row.get("project")),
                application: try ApplicationName(row.get("application")),
                deploymentGroup: try DeploymentGroup(row.get("deployment_group")),
                region: try Region(row.get("region")), section: try row.get("section"),
                branch: try row.get("branch"), tag: try row.get("tag"),
                commit: commit.flatMap(CommitID.init),
                buildNumber: number.flatMap { BuildNumber(String($0)) },
                description: description.map(DeploymentDescription.init))
        }
        self.init(
            id: ID(id), attempt: attempt,
            deployment: (try row.get("deployment_id") as String?).flatMap(DeploymentID.init),
            revision: try Self.revision(row),
            outcome: outcome.flatMap(DeployOutcome.init),
            rollback: (try row.get("rollback_id") as String?).flatMap(DeploymentID.init),
            startedAt: Timestamp(stored: try row.get("started_at")),
            startedBy: try row.get("started_by"),
            requestedAt: requestedAt.map(Timestamp.init(stored:)),
            endedAt: endedAt.map(Timestamp.init(stored:)),
            isRunning: outcome == nil && !abandoned.contains(id), stop: try DeploymentStop(row))
    }

    private static func revision(_ row: Row) throws -> S3Location? {
        guard let bucket: String = try row.get("bucket"), let key: String = try row.get("key"),
            let bundleType: String = try row.get("bundle_type")
        else { return nil }
        let version: String? = try row.get("object_version")
        let eTag: String? = try row.get("e_tag")
        return try stored {
            S3Location(
                bucket: try BucketName(bucket), key: try S3Key(key),
                version: version.flatMap(ObjectVersion.init), eTag: eTag.flatMap(ETag.init),
                bundleType: BundleType(rawValue: bundleType))
        }
    }
}
