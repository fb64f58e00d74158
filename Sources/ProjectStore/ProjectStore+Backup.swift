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
    /// A file of that name is replaced only if it is a store of slipway's, such as an older backup.
    package func backUp(to file: String) throws -> StoreProof {
        if PrivateFile.exists(file) {
            guard try Connection.isStore(file) else { throw PrivateFileError.exists(path: file) }
        }
        try change { try $0.audit(AuditDraft(action: "backup", subject: file)) }
        let temporary = try PrivateFile.createTemporary(beside: file)
        defer { removeStoreFile(temporary) }
        try copy(to: temporary)
        let proof = try sibling(temporary, for: .read).prove()
        try PrivateFile.moveIntoPlace(temporary, at: file)
        return proof
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
            var secretCount = 0
            try KeysRow.forEach(db) { row in
                let keys = try row.open(ring: ring)
                secretCount += keys.sessionToken == nil ? 1 : 2
            }
            guard case .intact(let count, let head) = try AuditLog.verify(db, ring: ring) else {
                throw StoreError.sealBroken("the audit log of \(path)")
            }
            return StoreProof(secretCount: secretCount, auditCount: count, auditHead: head)
        }
    }

    /// Puts a backup in the place of the store at `path`, or where there is none.
    ///
    /// The backup is copied aside, brought up to date and proved first, and gets an audit row that
    /// says it was restored. A store that is there is backed up beside itself before; one that is
    /// damaged is moved aside. Processes that have it open go on with the restored one.
    package static func restore(
        _ backup: String, to path: String, author: Author, unlock sources: UnlockSources,
        now: @escaping @Sendable () -> Date
    ) throws -> RestoreResult {
        try PrivateFolder.create(folder(of: path))
        let staging = try PrivateFile.createTemporary(beside: path)
        defer { removeStoreFile(staging) }
        try stage(backup, at: staging)

        let staged = try ProjectStore(
            opening: staging, for: .write, author: author, unlock: sources, now: now)
        let proof = try staged.prove()
        try staged.change { try $0.audit(AuditDraft(action: "restore", subject: backup)) }

        let suffix = staged.timestamp.rawValue.replacing(":", with: "")
        guard PrivateFile.exists(path) else {
            try staged.finishInPlace(at: path)
            return RestoreResult(proof: proof, previous: nil)
        }
        do {
            let current = try ProjectStore(
                opening: path, for: .write, author: author, unlock: sources, now: now)
            let previous = "\(path).before-restore-\(suffix)"
            let temporary = try PrivateFile.createTemporary(beside: previous)
            defer { removeStoreFile(temporary) }
            try current.copy(to: temporary)
            try PrivateFile.linkIntoPlace(temporary, at: previous)
            try staged.overwrite(current)
            return RestoreResult(proof: proof, previous: previous)
        } catch StoreError.damaged, StoreError.notAStore {
            let previous = "\(path).damaged-\(suffix)"
            for file in ["", "-wal", "-shm"] {
                try PrivateFile.rename(path + file, to: previous + file)
            }
            try staged.finishInPlace(at: path)
            return RestoreResult(proof: proof, previous: previous)
        }
    }

    /// Copies this store into an empty private file, as one file without a write-ahead log.
    private func copy(to file: String) throws {
        try Connection.mapped(file) {
            let copy = try DatabaseQueue(
                path: file, configuration: Connection.configuration(.write))
            try queue.backup(to: copy)
            try copy.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try copy.close()
        }
    }

    /// Copies a backup to a private file and brings its schema up to date.
    private static func stage(_ backup: String, at staging: String) throws {
        let exists = PrivateFile.exists(backup)
        guard exists, try Connection.isStore(backup) else {
            throw StoreError.notABackup(path: backup, exists: exists)
        }
        try Connection.mapped(backup) {
            let source = try DatabaseQueue(
                path: backup, configuration: Connection.configuration(.read))
            let unknown = try source.inDatabase { try Connection.unknownMigrations($0) }
            guard unknown.isEmpty else { throw StoreError.newer(path: backup, unknown: unknown) }
            let copy = try DatabaseQueue(
                path: staging, configuration: Connection.configuration(.write))
            try source.backup(to: copy)
            try copy.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try Migrations.migrator.migrate(copy)
            try copy.close()
        }
    }

    private func finishInPlace(at path: String) throws {
        try Connection.mapped(path) {
            try queue.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
            try queue.close()
        }
        do {
            try PrivateFile.linkIntoPlace(self.path, at: path)
        } catch PrivateFileError.exists {
            throw StoreError.exists(path: path)
        }
    }

    /// Writes this store over another, in one transaction of that one.
    private func overwrite(_ other: ProjectStore) throws {
        try Connection.mapped(other.path) { try queue.backup(to: other.queue) }
    }
}

/// That a store was found whole.
package struct StoreProof: Equatable, Sendable {
    package let secretCount: Int
    package let auditCount: Int
    package let auditHead: String
}

/// A finished restore: what was proved, and where the store that was there before is now.
package struct RestoreResult: Equatable, Sendable {
    package let proof: StoreProof
    package let previous: String?
}
