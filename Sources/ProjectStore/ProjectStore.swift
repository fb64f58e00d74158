package import FoundationEssentials
import GRDB
package import KeyVault
import Migrations
import PrivateFiles
package import SlipwayCore
import Synchronization

/// The settings store: one SQLite file with the projects, their application settings and sealed
/// AWS keys, and the audit log.
///
/// Reading anything but a secret needs no unlocker. Every change, and every reading of a secret, is
/// one transaction that also writes its audit row.
package final class ProjectStore: Sendable {
    package let path: String
    private let author: Author
    private let sources: UnlockSources
    private let now: @Sendable () -> Date
    let queue: DatabaseQueue
    /// Shows which attempts to deploy are being worked on, by their numbers.
    let presence: PresenceFile
    /// Found when first needed, since it may ask for a passphrase.
    private let found = Mutex<UnlockSources.Found?>(nil)

    /// Whether a store is opened to be changed. A reader's connection cannot write.
    package enum Access: Sendable { case read, write }

    /// Opens a store. An older schema is brought up to date first.
    ///
    /// Throws ``StoreError`` or ``PrivateFileError`` for a store that cannot be used, unchanged.
    package convenience init(
        opening path: String, for access: Access, author: Author, unlock sources: UnlockSources,
        now: @escaping @Sendable () -> Date
    ) throws {
        try self.init(
            path, access, author: author, unlock: sources, now: now, holdsFolderLock: false)
    }

    /// `holdsFolderLock` where the caller has locked the store's folder, which cannot be locked twice.
    init(
        _ path: String, _ access: Access, author: Author, unlock sources: UnlockSources,
        now: @escaping @Sendable () -> Date, holdsFolderLock: Bool
    ) throws {
        self.path = path
        self.author = author
        self.sources = sources
        self.now = now
        queue = try Connection.open(path, access)
        presence = PresenceFile(at: path + "-attempts", besides: path)
        try Self.migrateIfOlder(path, queue, holdsFolderLock: holdsFolderLock)
    }

    /// Makes a store where there is none, with its first store key, whose unlocker is the source
    /// that is set, or else the default key file, which is made with it.
    ///
    /// The file appears complete or not at all. Throws ``StoreError/exists(path:)`` where another
    /// process was first.
    package static func create(
        at path: String, author: Author, unlock sources: UnlockSources,
        now: @escaping @Sendable () -> Date
    ) throws -> UnlockSource {
        try PrivateFolder.create(folder(of: path))
        try PrivateFolder.checkNotWritableByOthers(folder(of: path))
        if let name = FileSystemKind(at: folder(of: path)).networkName {
            throw StoreError.networkFileSystem(path: path, name: name)
        }
        return try PrivateFolder.withExclusiveLock(on: folder(of: path)) {
            // No key is made where ciphertext may exist already.
            guard try !PrivateFile.exists(path) else { throw StoreError.exists(path: path) }
            PrivateFile.removeAbandoned(beside: path)
            try setAsideSidecars(of: path, at: Timestamp(now()))
            let found = try sources.keyForNewStore()
            let temporary = try PrivateFile.createTemporary(beside: path)
            defer { temporary.remove() }
            try Connection.mapped(path) {
                let queue = try DatabaseQueue(
                    path: temporary.path, configuration: Connection.configuration(.write))
                try Migrations.migrator.migrate(queue)
                try queue.inDatabase { db in
                    try db.inTransaction(.immediate) {
                        try writeFirstRows(db, found: found, author: author, now: now)
                        return .commit
                    }
                    try db.execute(sql: "PRAGMA journal_mode = WAL")
                }
                try queue.close()
            }
            do {
                try PrivateFile.moveIntoFreePlace(temporary.path, at: path)
            } catch PrivateFileError.exists {
                throw StoreError.exists(path: path)
            }
            return found.source
        }
    }

    /// Whether the file can be written at all: false also where SQLite fell back to reading.
    package var isWritable: Bool {
        queue.inDatabase { Connection.isWritable($0) }
    }

    /// Finds the key that opens the store, asking for a passphrase where that is the way, and says
    /// where it came from. Reads no secret and writes nothing.
    @discardableResult
    package func unlock() throws -> UnlockSource {
        try Connection.mapped(path) {
            let found = try unlockKey()
            _ = try queue.read { try OpenedKeys(opening: $0, with: found.key) }
            return found.source
        }
    }

    /// Reads in one snapshot. Needs no unlocker.
    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try Connection.mapped(path) { try queue.read(body) }
    }

    /// Runs one transaction that may change anything. The body writes its audit rows; where it
    /// throws, nothing has happened.
    func change<Result>(_ body: (StoreTransaction) throws -> Result) throws -> Result {
        try Connection.mapped(path) {
            let found = try unlockKey()
            return try queue.writeWithoutTransaction { db in
                var result: Result?
                try db.inTransaction(.immediate) {
                    let keys = try OpenedKeys(opening: db, with: found.key)
                    let transaction = StoreTransaction(
                        db: db, keys: keys, author: author, now: Timestamp(now()))
                    result = try body(transaction)
                    return .commit
                }
                return result!  // The transaction's body has run, or has thrown.
            }
        }
    }

    /// The unlock key in use, after it was found among the store's unlockers.
    func unlockKey() throws -> UnlockSources.Found {
        if let known = found.withLock(\.self) { return known }
        let (store, unlockers) = try read { db in
            (try StoreRow.id(db), try UnlockerRow.fetchAll(db).map(\.unlocker))
        }
        let new = try sources.key(for: unlockers, store: store)
        found.withLock { $0 = new }
        return new
    }

    /// A copy of this store in another file, which opens with the same key.
    func sibling(_ path: String, for access: Access) throws -> ProjectStore {
        let sibling = try ProjectStore(
            opening: path, for: access, author: author, unlock: sources, now: now)
        let known = found.withLock(\.self)
        sibling.found.withLock { $0 = known }
        return sibling
    }

    private static func migrateIfOlder(
        _ path: String, _ queue: DatabaseQueue, holdsFolderLock: Bool
    ) throws {
        try Connection.mapped(path) {
            let applied = try queue.inDatabase { try Connection.appliedMigrations($0) }
            guard applied.count < Migrations.all.count else { return }
            func migrate() throws {
                let writer = try DatabaseQueue(
                    path: path, configuration: Connection.configuration(.write))
                try Migrations.migrator.migrate(writer)
                try writer.close()
            }
            if holdsFolderLock { return try migrate() }
            try PrivateFolder.withExclusiveLock(on: folder(of: path), migrate)
        }
    }

    private static func writeFirstRows(
        _ db: Database, found: UnlockSources.Found, author: Author, now: () -> Date
    ) throws {
        let moment = Timestamp(now())
        let store = StoreID(UUID().uuidString.lowercased())
        let key = StoreKey.random()
        let ring = KeyRing(store: store, generation: .first, key: key)
        try db.execute(
            sql: "INSERT INTO store_key (generation, created_at) VALUES (1, ?)",
            arguments: [moment.rawValue])
        try db.execute(
            sql: "INSERT INTO store (singleton, id, created_at, generation) VALUES (1, ?, ?, 1)",
            arguments: [store.rawValue, moment.rawValue])
        let label =
            switch found.source {
            case .variable(let name): "environment variable \(name)"
            case .keyFile(let path): "key file \(path)"
            case .credential: "systemd credential"
            case .passphrase: "passphrase"
            }
        try UnlockerRow(
            wrapping: key, for: found.key, kind: .key, label: label, ring: ring, at: moment,
            by: author.user
        ).insert(db)
        let auditKey = try AuditLog.addKey(db, ring: ring)
        let head = try AuditLog.begin(db, key: auditKey)
        try AuditLog.append(
            AuditDraft(action: "store-create", subject: store.rawValue), db, after: head,
            key: auditKey, author: author, at: moment)
    }
}

/// Moves what a store that is gone left beside its name out of the way: SQLite would take it for
/// the log of the store that comes next under that name.
func setAsideSidecars(of path: String, at moment: Timestamp) throws {
    let suffix = fileSuffix("stale", moment)
    for sidecar in Connection.sidecars where try PrivateFile.exists(path + sidecar) {
        try PrivateFile.rename(path + sidecar, to: path + sidecar + suffix)
    }
}

/// `.stale-2026-11-24T150405.678Z`: a moment as the end of a file's name.
func fileSuffix(_ word: String, _ moment: Timestamp) -> String {
    ".\(word)-" + moment.rawValue.replacing(":", with: "")
}
