package import GRDB

/// The schema of the store: numbered SQL files, applied in order, each in one transaction. A file
/// that has landed is frozen; a change is a new file and a new line here.
package enum Migrations {
    /// The files beside this one, without their ending, and their text.
    package static let all: [(identifier: String, sql: String)] = [
        ("0001_store", String(decoding: PackageResources._001_store_sql, as: UTF8.self)),
        (
            "0002_deployments",
            String(decoding: PackageResources._002_deployments_sql, as: UTF8.self)
        ),
        ("0003_attempts", String(decoding: PackageResources._003_attempts_sql, as: UTF8.self)),
        ("0004_stops", String(decoding: PackageResources._004_stops_sql, as: UTF8.self)),
    ]

    /// Applies what a database lacks.
    package static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for (identifier, sql) in all {
            migrator.registerMigration(identifier) { try $0.execute(sql: sql) }
        }
        return migrator
    }
}
