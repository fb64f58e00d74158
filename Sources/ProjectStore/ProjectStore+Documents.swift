import GRDB
package import SlipwayCore

extension ProjectStore {
    /// Hands over every project with its application settings, by name, one at a time. No secrets.
    ///
    /// Only one project where one is named.
    package func forEachProjectDocument(
        project: ProjectName? = nil, _ body: (SettingsDocument.Project) throws -> Void
    ) throws {
        try read { db in
            if let project { _ = try db.projectID(project) }
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT p.name AS project, s.* FROM project p
                    LEFT JOIN current_settings s ON s.project_id = p.id
                    WHERE ? IS NULL OR p.name = ? ORDER BY p.name, s.name
                    """, arguments: [project?.rawValue, project?.rawValue])
            var current: SettingsDocument.Project?
            while let row = try rows.next() {
                let name = try stored { try ProjectName(row.get("project")) }
                if current?.name != name {
                    if let current { try body(current) }
                    current = SettingsDocument.Project(name: name)
                }
                guard (try row.get("name") as String?) != nil else { continue }
                let version = try SettingsVersion(row)
                if let settings = version.settings {
                    current?.applications.append((version.application, settings))
                }
            }
            if let current { try body(current) }
        }
    }

    /// What importing a document would change, in its order. Projects and applications that it does
    /// not name stay as they are; what it says of an application replaces all of its settings.
    package func changes(importing document: SettingsDocument) throws -> [ImportChange] {
        try read { try $0.changes(importing: document) }
    }

    /// Makes the changes of a document, all or none.
    ///
    /// Throws ``StoreError/importChanged`` where they are no longer those that were shown.
    package func apply(_ document: SettingsDocument, expecting shown: [ImportChange]) throws {
        try change { transaction in
            let changes = try transaction.db.changes(importing: document)
            guard changes == shown else { throw StoreError.importChanged }
            for change in changes {
                switch change {
                case .addProject(let name): _ = try transaction.addProject(name)
                case .set(let project, let application, _, let new):
                    let current = try transaction.db.currentSettings(application, project: project)
                    _ = try transaction.saveSettings(
                        new, of: application, project: project, after: current,
                        action: "settings-import")
                }
            }
        }
    }
}

extension Database {
    fileprivate func changes(importing document: SettingsDocument) throws -> [ImportChange] {
        var changes: [ImportChange] = []
        for project in document.projects {
            let exists = try findProject(project.name) != nil
            if !exists { changes.append(.addProject(project.name)) }
            for (application, new) in project.applications {
                let old =
                    exists
                    ? try currentSettings(application, project: project.name)?.settings : nil
                if old != new {
                    changes.append(.set(project.name, application, old: old, new: new))
                }
            }
        }
        return changes
    }
}
