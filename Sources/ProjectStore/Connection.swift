import FoundationEssentials
import GRDB
import GRDBSQLite
import Glibc
import Migrations
import PrivateFiles
import Synchronization

/// Opens SQLite files as slipway wants them, and turns what SQLite says into ``StoreError``.
enum Connection {
    /// How long a process waits for others before it gives up.
    static let patience = Duration.seconds(60)

    /// Opens an existing store file after everything that can be told without SQLite was checked.
    static func open(_ path: String, _ access: ProjectStore.Access) throws -> DatabaseQueue {
        try checkFile(path)
        return try mapped(path) {
            let queue = try DatabaseQueue(path: path, configuration: configuration(access))
            let unknown = try queue.inDatabase { db in
                guard try Int.fetchOne(db, sql: "PRAGMA application_id") == applicationID else {
                    throw StoreError.notAStore(path: path)
                }
                return try unknownMigrations(db)
            }
            guard unknown.isEmpty else { throw StoreError.newer(path: path, unknown: unknown) }
            if access == .write { try queue.inDatabase(useWriteAheadLog) }
            return queue
        }
    }

    static func configuration(_ access: ProjectStore.Access) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = access == .read
        configuration.busyMode = .callback(waiting())
        configuration.prepareDatabase { db in
            // The log stays when the last user leaves: making and removing it for each short
            // command would have others wait for nothing.
            var persist: CInt = 1
            sqlite3_file_control(db.sqliteConnection, nil, SQLITE_FCNTL_PERSIST_WAL, &persist)
            // A file that somebody prepared must not run functions of ours from its schema.
            try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
            guard access == .write else { return }
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")
        }
        return configuration
    }

    /// Whether SQLite opened the file for writing.
    static func isWritable(_ db: Database) -> Bool {
        sqlite3_db_readonly(db.sqliteConnection, "main") == 0
    }

    /// Switches a file that was copied here from a backup, which has no log, to having one.
    static func useWriteAheadLog(_ db: Database) throws {
        if try String.fetchOne(db, sql: "PRAGMA journal_mode") != "wal" {
            try db.execute(sql: "PRAGMA journal_mode = WAL")
        }
    }

    /// Runs a body and turns what SQLite throws into ``StoreError``.
    static func mapped<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw storeError(error, path: path)
        } catch is RowDecodingError {
            throw StoreError.damaged(path: path, detail: "a value is not of its column's kind")
        }
    }

    /// What lies beside a store's file and belongs to it.
    static let sidecars = ["-wal", "-shm", "-journal"]

    /// Everything that can be judged from outside: place, permissions, and the file's first bytes.
    private static func checkFile(_ path: String) throws {
        guard try PrivateFile.exists(path) else { throw StoreError.missing(path: path) }
        try PrivateFolder.checkNotWritableByOthers(folder(of: path))
        try PrivateFile.check(path)
        let owner = PrivateFile.identity(of: path)?.owner
        for sidecar in sidecars { try PrivateFile.check(path + sidecar, owner: owner) }
        if let name = FileSystemKind(at: path).networkName {
            throw StoreError.networkFileSystem(path: path, name: name)
        }
        guard try isStore(path) else { throw StoreError.notAStore(path: path) }
    }

    /// "SLWP", which the first migration writes into the file's head.
    private static let applicationID = 0x534C_5750

    /// Files that were found to be stores. A second look at one would be harmful: closing any
    /// descriptor of a file lets go of all locks that this process holds on it, SQLite's among them.
    /// A new file may get a known one's number: SQLite then says that it is no database.
    private static let known = Mutex<Set<PrivateFile.Identity>>([])

    /// Whether the file begins as SQLite's do and bears slipway's application id.
    static func isStore(_ path: String) throws -> Bool {
        guard PrivateFile.isRegular(path), let identity = PrivateFile.identity(of: path) else {
            return false
        }
        if known.withLock({ $0.contains(identity) }) { return true }
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw StoreError.notReadable(path: path, detail: String(cString: strerror(errno)))
        }
        defer { close(file) }
        var head = [UInt8](repeating: 0, count: 100)
        let count = read(file, &head, head.count)
        let isStore =
            count == head.count && head.starts(with: Array("SQLite format 3\0".utf8))
            && head[68..<72].elementsEqual(Array("SLWP".utf8))
        if isStore { _ = known.withLock { $0.insert(identity) } }
        return isStore
    }

    /// The migrations that the file had and this program does not know.
    static func unknownMigrations(_ db: Database) throws -> [String] {
        let known = Set(Migrations.all.map(\.identifier))
        return try appliedMigrations(db).filter { !known.contains($0) }
    }

    static func appliedMigrations(_ db: Database) throws -> [String] {
        try String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations ORDER BY identifier")
    }

    /// A busy handler: short random naps, so that waiting processes do not march in step.
    private static func waiting() -> Database.BusyCallback {
        let began = Mutex(ContinuousClock.now)
        return { attempt in
            if attempt == 0 { began.withLock { $0 = .now } }
            guard began.withLock({ $0.duration(to: .now) }) < patience else { return false }
            usleep(UInt32.random(in: 200...UInt32(min(1_000 * (attempt + 1), 15_000))))
            return true
        }
    }

    private static func storeError(_ error: DatabaseError, path: String) -> StoreError {
        let detail = error.message ?? "error \(error.extendedResultCode.rawValue)"
        return switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
            .busy(path: path, seconds: Int(patience.components.seconds))
        case .SQLITE_NOTADB: .notAStore(path: path)
        case .SQLITE_CORRUPT, .SQLITE_FORMAT: .damaged(path: path, detail: detail)
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            .notReadable(path: path, detail: detail)
        case .SQLITE_READONLY: .notWritable(path: path, detail: detail)
        case .SQLITE_FULL: .full(path: path)
        case .SQLITE_ERROR where detail.hasPrefix("no such "):
            .damaged(path: path, detail: detail)
        default: .database(path: path, detail: detail)
        }
    }
}

extension Row {
    /// The value of a column, which may be optional. Throws for a value of another kind: on that,
    /// GRDB's subscript would end the program.
    func get<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
        try decode(forColumn: column)
    }
}
