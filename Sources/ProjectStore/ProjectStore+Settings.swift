import GRDB
package import SlipwayCore

extension ProjectStore {
    /// The settings of an application as they are now.
    package func settings(
        of application: ApplicationName, in project: ProjectName
    ) throws -> SettingsVersion {
        try read { db in
            let current = try db.currentSettings(application, project: project)
            guard let current, current.settings != nil else {
                throw try db.unknownApplication(application, project: project)
            }
            return current
        }
    }

    /// The settings of every application of a project, by name.
    package func settings(in project: ProjectName) throws -> [SettingsVersion] {
        try read { db in
            let id = try db.projectID(project)
            return try Row.fetchAll(
                db,
                sql: "SELECT * FROM current_settings WHERE project_id = ? ORDER BY name",
                arguments: [id]
            ).map(SettingsVersion.init)
        }
    }

    /// Every version that an application's settings had, newest first.
    package func history(
        of application: ApplicationName, in project: ProjectName
    ) throws -> [SettingsVersion] {
        try read { db in
            let versions = try db.settingsVersions(application, project: project)
            guard !versions.isEmpty else {
                throw try db.unknownApplication(application, project: project)
            }
            return versions
        }
    }

    /// Changes the settings of an application, which need not exist before.
    ///
    /// `expected` is the version that the change was made from, 0 for none: where another was saved
    /// since, nothing happens and ``StoreError/conflict(application:expected:current:savedBy:)`` is
    /// thrown. Without it the change is made to whatever is there. What changes nothing makes no
    /// version. Returns the version that holds now, and whether it is new.
    package func changeSettings(
        of application: ApplicationName, in project: ProjectName, expecting expected: Int? = nil,
        _ body: (ApplicationSettings) throws -> ApplicationSettings
    ) throws -> (version: SettingsVersion, isNew: Bool) {
        try change { transaction in
            let current = try transaction.db.currentSettings(application, project: project)
            try check(current, expected, application)
            let new = try body(current?.settings ?? ApplicationSettings())
            if let current, current.settings == new { return (current, false) }
            let version = try transaction.saveSettings(
                new, of: application, project: project, after: current, action: "settings-set")
            return (version, true)
        }
    }

    /// Unsets all settings of an application. Its history stays, and so can be reverted to.
    package func unsetSettings(
        of application: ApplicationName, in project: ProjectName, expecting expected: Int? = nil
    ) throws {
        try change { transaction in
            let current = try transaction.db.currentSettings(application, project: project)
            guard let current, current.settings != nil else {
                throw try transaction.db.unknownApplication(application, project: project)
            }
            try check(current, expected, application)
            _ = try transaction.saveSettings(
                nil, of: application, project: project, after: current, action: "settings-unset")
        }
    }

    /// Makes an old version the newest: a new version with the same settings, if they differ.
    package func revertSettings(
        of application: ApplicationName, in project: ProjectName, to version: Int
    ) throws -> (version: SettingsVersion, isNew: Bool) {
        try change { transaction in
            let db = transaction.db
            guard let current = try db.currentSettings(application, project: project) else {
                throw try db.unknownApplication(application, project: project)
            }
            let versions = try db.settingsVersions(application, project: project)
            guard let old = versions.first(where: { $0.version == version }) else {
                throw StoreError.unknownVersion(
                    version, application: application, newest: current.version)
            }
            guard let settings = old.settings else {
                throw StoreError.emptyVersion(version, application: application)
            }
            if settings == current.settings { return (current, false) }
            let new = try transaction.saveSettings(
                settings, of: application, project: project, after: current,
                action: "settings-revert")
            return (new, true)
        }
    }

    private func check(
        _ current: SettingsVersion?, _ expected: Int?, _ application: ApplicationName
    ) throws {
        guard let expected, expected != current?.version ?? 0 else { return }
        throw StoreError.conflict(
            application: application, expected: expected, current: current?.version ?? 0,
            savedBy: current?.savedBy ?? "nobody")
    }
}

extension StoreTransaction {
    /// Writes the next version of an application's settings, nil for unset, and its audit row.
    func saveSettings(
        _ settings: ApplicationSettings?, of application: ApplicationName, project: ProjectName,
        after current: SettingsVersion?, action: String
    ) throws -> SettingsVersion {
        let version = (current?.version ?? 0) + 1
        let projectID = try db.projectID(project)
        if current == nil {
            try db.execute(
                sql: "INSERT INTO application (project_id, name, version) VALUES (?, ?, ?)",
                arguments: [projectID, application.rawValue, version])
        } else {
            try db.execute(
                sql: "UPDATE application SET version = ? WHERE project_id = ? AND name = ?",
                arguments: [version, projectID, application.rawValue])
        }
        try db.execute(
            sql: """
                INSERT INTO settings_version (application_id, version, removed, application_root,
                    region, bucket, key_pattern, saved_at, saved_by)
                SELECT id, ?, ?, ?, ?, ?, ?, ?, ? FROM application
                WHERE project_id = ? AND name = ?
                """,
            arguments: [
                version, settings == nil, settings?[.applicationRoot], settings?[.region],
                settings?[.bucket], settings?[.keyPattern], now.rawValue, author.user, projectID,
                application.rawValue,
            ])
        try audit(
            AuditDraft(
                project: project, action: action, subject: application.rawValue,
                old: current?.settings.map { .object($0.json) },
                new: settings.map { .object($0.json) }))
        return SettingsVersion(
            application: application, settings: settings, version: version, savedAt: now,
            savedBy: author.user)
    }
}

extension Database {
    /// Every version of an application's settings, newest first; none where it never had any.
    func settingsVersions(
        _ application: ApplicationName, project: ProjectName
    ) throws -> [SettingsVersion] {
        try Row.fetchAll(
            self, sql: Self.versionsSQL + " ORDER BY v.version DESC",
            arguments: [try projectID(project), application.rawValue]
        ).map(SettingsVersion.init)
    }

    /// The newest version of an application's settings, which may be the one that unset them; nil
    /// where it never had any.
    func currentSettings(
        _ application: ApplicationName, project: ProjectName
    ) throws -> SettingsVersion? {
        try Row.fetchOne(
            self, sql: Self.versionsSQL + " AND v.version = a.version",
            arguments: [try projectID(project), application.rawValue]
        ).map(SettingsVersion.init)
    }

    private static let versionsSQL = """
        SELECT a.name, v.* FROM application a JOIN settings_version v ON v.application_id = a.id
        WHERE a.project_id = ? AND a.name = ?
        """

    /// The error for an application without settings, with the nearest that has some.
    func unknownApplication(
        _ application: ApplicationName, project: ProjectName
    ) throws -> StoreError {
        let names = try String.fetchAll(
            self,
            sql: "SELECT name FROM current_settings WHERE project_id = ? ORDER BY name",
            arguments: [try projectID(project)])
        return .unknownApplication(
            application, project: project,
            nearest: nearestName(to: application.rawValue, among: names))
    }
}

extension SettingsVersion {
    init(_ row: Row) throws {
        var settings: ApplicationSettings?
        if !(try row.get("removed") as Bool) {
            var text: [ApplicationSettings.Field: String] = [:]
            for field in ApplicationSettings.Field.allCases {
                text[field] = try row.get(field.rawValue)
            }
            settings = try stored {
                try ApplicationSettings(fields: text)
            }
        }
        self.init(
            application: try stored { try ApplicationName(row.get("name")) },
            settings: settings, version: try row.get("version"),
            savedAt: Timestamp(stored: try row.get("saved_at")), savedBy: try row.get("saved_by"))
    }
}
