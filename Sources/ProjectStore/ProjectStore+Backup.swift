package import FoundationEssentials
import GRDB
package import KeyVault
import Migrations
import PrivateFiles
package import SlipwayCore

extension ProjectStore {
    /// Copies the store to a file, while others go on using it, and proves that the copy is whole
    /// before it gets its name: every secret opens and the audit chain holds.
    ///
    /// A file of that name is replaced only if it is an older backup of this same store.
    package func backUp(to file: String) throws -> StoreProof {
        try checkReplaceable(file)
        try change { try $0.audit(AuditDraft(action: "backup", subject: file)) }
        return try PrivateFolder.withExclusiveLock(on: folder(of: file)) {
            PrivateFile.removeAbandoned(beside: file)
            let temporary = try PrivateFile.createTemporary(beside: file)
            defer { temporary.remove() }
            try Self.copy(queue, to: temporary.path, named: file)
            let proof = try sibling(temporary.path, for: .read).prove()
            try PrivateFile.moveIntoPlace(temporary.path, at: file)
            return proof
        }
    }

    /// Throws for a file that a backup must not replace: a file of anybody else's, another store or
    /// its backup, this store itself, or a store that is in use, which has a log beside it.
    private func checkReplaceable(_ file: String) throws {
        for sidecar in Connection.sidecars where try PrivateFile.exists(file + sidecar) {
            throw PrivateFileError.exists(path: file + sidecar)
        }
        guard try PrivateFile.exists(file) else { return }
        let taken = PrivateFileError.exists(path: file)
        guard PrivateFile.identity(of: file) != PrivateFile.identity(of: path),
            try Connection.isStore(file)
        else { throw taken }
        // A file whose id cannot be read is not known to be ours either.
        let theirs = try? DatabaseQueue(
            path: file, configuration: Connection.configuration(.read)
        ).inDatabase(StoreRow.id)
        guard try read(StoreRow.id) == theirs else { throw taken }
    }

    /// Checks a whole store: SQLite's own integrity, that every secret opens, and the audit chain.
    package func prove() throws -> StoreProof {
        let found = try unlockKey()
        return try read { db in
            let complaints = try String.fetchAll(db, sql: "PRAGMA integrity_check(1)")
            guard complaints == ["ok"] else {
                throw StoreError.damaged(path: path, detail: complaints.first ?? "no answer")
            }
            guard try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") == nil else {
                throw StoreError.damaged(path: path, detail: "a row refers to a missing one")
            }
            let ring = try OpenedKeys(opening: db, with: found.key).ring
            for unlocker in try UnlockerRow.fetchAll(db) { try unlocker.prove(ring: ring) }
            var secretCount = 0
            try KeysRow.forEach(db) { row in
                let keys = try row.open(ring: ring)
                secretCount += keys.sessionToken == nil ? 1 : 2
            }
            guard case .intact(let count, let head) = try AuditLog.verify(db, ring: ring) else {
                throw StoreError.auditBroken(path: path)
            }
            return StoreProof(secretCount: secretCount, auditCount: count, auditHead: head)
        }
    }

    /// Puts a backup in the place of the store at `path`, or where there is none.
    ///
    /// The backup is copied aside, brought up to date and proved first, and gets an audit row that
    /// says what it replaced. A store that is there is backed up beside itself, in the state in which
    /// it is replaced, and processes that have it open go on with the restored one. One that is
    /// damaged is moved aside.
    package static func restore(
        _ backup: String, to path: String, author: Author, unlock sources: UnlockSources,
        now: @escaping @Sendable () -> Date
    ) throws -> RestoreResult {
        func open(_ path: String) throws -> ProjectStore {
            try ProjectStore(
                path, .write, author: author, unlock: sources, now: now, holdsFolderLock: true)
        }
        // Before anything is made for it.
        try checkIsBackup(backup)
        try PrivateFolder.create(folder(of: path))
        return try PrivateFolder.withExclusiveLock(on: folder(of: path)) {
            PrivateFile.removeAbandoned(beside: path)
            let staging = try PrivateFile.createTemporary(beside: path)
            defer { staging.remove() }
            do {
                try stage(backup, at: staging.path)
            } catch StoreError.notAStore {
                throw StoreError.notABackup(path: backup, exists: true)
            }
            let staged = try open(staging.path)
            do {
                _ = try staged.prove()
            } catch StoreError.damaged(_, let detail) {
                throw StoreError.brokenBackup(path: backup, detail: detail)
            } catch StoreError.auditBroken {
                throw StoreError.brokenBackup(
                    path: backup, detail: "its audit log has a missing or changed row")
            } catch StoreError.sealBroken(let what) {
                throw StoreError.brokenBackup(path: backup, detail: "\(what) does not open")
            }

            let current = try PrivateFile.exists(path) ? openUnlessDamaged { try open(path) } : nil
            let returning = try current.map { try staged.unlockersMissing(in: $0) } ?? []
            let replaced = try current?.replacedFacts()
            try staged.change {
                try $0.audit(AuditDraft(action: "restore", subject: backup, old: replaced))
                // What was under way when the backup was made has gone on since, nobody knows how far.
                try $0.db.execute(
                    sql: """
                        UPDATE deployment SET requested_at = started_at
                        WHERE outcome IS NULL AND requested_at IS NULL
                        """)
            }
            let previous = try staged.take(placeOf: current, at: path, moment: Timestamp(now()))
            return RestoreResult(
                proof: try open(path).prove(), previous: previous, returningUnlockers: returning)
        }
    }

    /// The store that is to be replaced; nil where it is too damaged to be opened.
    private static func openUnlessDamaged(_ open: () throws -> ProjectStore) throws
        -> ProjectStore?
    {
        do {
            return try open()
        } catch StoreError.damaged {
            return nil
        }
    }

    /// Gives this store the place of another, open one, or of what is left of one at the path.
    /// Returns where what was there is now.
    private func take(
        placeOf current: ProjectStore?, at path: String, moment: Timestamp
    ) throws -> String? {
        if let current {
            let previous = path + fileSuffix("before-restore", moment)
            try overwrite(current, keepingItAs: previous)
            return previous
        }
        guard try PrivateFile.exists(path) else {
            try setAsideSidecars(of: path, at: moment)
            try move(to: path)
            return nil
        }
        let previous = path + fileSuffix("damaged", moment)
        // The log first: it must not be left beside the name when another store takes it.
        for suffix in Connection.sidecars + [""] {
            try PrivateFile.rename(path + suffix, to: previous + suffix)
        }
        try move(to: path)
        return previous
    }

    /// Writes this store over an open one in one transaction of that one. What it held when the
    /// transaction began is copied first, so that no acknowledged change is in neither.
    private func overwrite(_ other: ProjectStore, keepingItAs previous: String) throws {
        let temporary = try PrivateFile.createTemporary(beside: previous)
        defer { temporary.remove() }
        try Connection.mapped(other.path) {
            let reader = try Connection.open(other.path, .read)
            var isKept = false
            try queue.inDatabase { source in
                try other.queue.writeWithoutTransaction { destination in
                    // The first step takes the write lock and keeps it to the last; until then
                    // readers, this one among them, see the store as it was.
                    try source.backup(to: destination, pagesPerStep: 1) { progress in
                        guard !isKept, !progress.isCompleted else { return }
                        isKept = true
                        try Self.copy(reader, to: temporary.path, named: previous)
                        try PrivateFile.moveIntoFreePlace(temporary.path, at: previous)
                    }
                }
            }
        }
    }

    /// Gives this store's file its name, as one file without a log beside it.
    private func move(to path: String) throws {
        try Connection.mapped(path) {
            try queue.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try queue.close()
        }
        do {
            try PrivateFile.moveIntoFreePlace(self.path, at: path)
        } catch PrivateFileError.exists {
            throw StoreError.exists(path: path)
        }
    }

    /// Copies a store into an empty private file, as one file without a write-ahead log.
    private static func copy(
        _ queue: DatabaseQueue, to file: String, named name: String
    ) throws {
        try Connection.mapped(name) {
            let copy = try DatabaseQueue(
                path: file, configuration: Connection.configuration(.write))
            try queue.backup(to: copy)
            try copy.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try copy.close()
        }
    }

    private static func checkIsBackup(_ file: String) throws {
        let exists = try PrivateFile.exists(file)
        guard exists, try Connection.isStore(file) else {
            throw StoreError.notABackup(path: file, exists: exists)
        }
    }

    /// Copies a backup to a private file and brings its schema up to date.
    private static func stage(_ backup: String, at staging: String) throws {
        try Connection.mapped(backup) {
            let source = try DatabaseQueue(
                path: backup, configuration: Connection.configuration(.read))
            let unknown = try source.inDatabase { try Connection.unknownMigrations($0) }
            guard unknown.isEmpty else { throw StoreError.newer(path: backup, unknown: unknown) }
            try copy(source, to: staging, named: backup)
            let staged = try DatabaseQueue(
                path: staging, configuration: Connection.configuration(.write))
            try Migrations.migrator.migrate(staged)
            try staged.close()
        }
    }

    /// The unlockers that another store has no more.
    private func unlockersMissing(in other: ProjectStore) throws -> [UnlockerID] {
        let present = Set(try other.unlockers().map(\.unlocker.id))
        return try unlockers().map(\.unlocker.id).filter { !present.contains($0) }
    }

    /// What the audit row of a restore says of the store that it replaced.
    private func replacedFacts() throws -> JSONValue {
        try read { db in
            let head = try Row.fetchOne(db, sql: "SELECT sequence, tag FROM audit_head")
            return [
                "store": .string(try StoreRow.id(db).rawValue),
                "generation": .integer(Int(try StoreRow.generation(db).rawValue)),
                "audit_rows": JSONValue(try head?.get("sequence") as Int?),
                "audit_head": JSONValue(
                    try (head?.get("tag") as Data?).map { hexadecimal($0) }),
            ]
        }
    }
}

/// That a store was found whole.
package struct StoreProof: Equatable, Sendable {
    package let secretCount: Int
    package let auditCount: Int
    package let auditHead: String
}

/// A finished restore: what was proved, where the store that was there before is now, and the
/// unlockers that had been removed and open the store again.
package struct RestoreResult: Equatable, Sendable {
    package let proof: StoreProof
    package let previous: String?
    package let returningUnlockers: [UnlockerID]
}
