import Crypto
import FoundationEssentials
import Glibc
import KeyVault
import Migrations
import PrivateFiles
import ProjectStore
import SlipwayCore
import TestSupport
import Testing

@Suite("The store's file")
struct StoreFileTests {
    let test: TestStore

    init() throws { test = try TestStore() }

    @Test func `is private with all that lies beside it, and nothing else is left`() throws {
        let store = try test.open()
        try store.addProject(.shop)
        _ = try store.beginDeployment(
            DeploymentAttempt(
                project: .shop, application: .app, deploymentGroup: DeploymentGroup("instances"),
                region: Region("us-east-1")))
        for name in test.folder.names { #expect(test.folder.mode(name) == 0o600, "\(name)") }
        #expect(
            test.folder.names == [
                "slipway.db", "slipway.db-attempts", "slipway.db-shm", "slipway.db-wal",
                "unlock.key",
            ])
    }

    @Test func `is in WAL mode with strict tables and its foreign keys whole`() throws {
        #expect(try test.rows("PRAGMA journal_mode") == ["wal"])
        #expect(try test.rows("PRAGMA integrity_check") == ["ok"])
        #expect(try test.rows("PRAGMA foreign_key_check") == [])
        let loose = try test.rows(
            """
            SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
            AND NOT strict AND name NOT LIKE 'sqlite_%' AND name <> 'grdb_migrations'
            """)
        #expect(loose == [])
    }

    @Test func `is not made over one that is there, nor a key over ciphertext`() throws {
        unlink(test.folder("unlock.key"))
        #expect(throws: StoreError.exists(path: test.path)) {
            try ProjectStore.create(
                at: test.path, author: TestStore.author, unlock: test.sources(),
                now: { TestStore.now })
        }
        #expect(!test.folder.names.contains("unlock.key"))
    }

    @Test func `is one when many processes make it at once`() async throws {
        let folder = TemporaryFolder()
        let path = folder("new/slipway.db")
        let made = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    do {
                        _ = try ProjectStore.create(
                            at: path, author: TestStore.author,
                            unlock: UnlockSources(
                                environment: [:], defaultKeyFile: folder("unlock.key")),
                            now: { TestStore.now })
                        return true
                    } catch StoreError.exists {
                        return false
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(made.count { $0 } == 1)
        let files = try Program("/bin/ls").run(["-A", folder("new")]).text
        #expect(files == "slipway.db\n")
        #expect(folder.mode("new") == 0o700)
    }

    @Test(arguments: ["slipway.db", "slipway.db-wal", "slipway.db-shm"])
    func `is refused with wider permissions, unchanged`(name: String) throws {
        try test.open().addProject(.shop)
        let before = contents(of: test.path)
        chmod(test.folder(name), 0o640)
        #expect(
            throws: PrivateFileError.widePermissions(
                path: test.folder(name), mode: 0o640, allowed: 0o600)
        ) { try test.open() }
        #expect(contents(of: test.path) == before)
        #expect(test.folder.mode(name) == 0o640)
    }

    @Test func `is refused when a newer program made it, unchanged`() throws {
        try test.sqlite(
            "INSERT INTO grdb_migrations VALUES ('0002_later'); PRAGMA wal_checkpoint(TRUNCATE)")
        let before = contents(of: test.path)
        for access in [ProjectStore.Access.read, .write] {
            #expect(throws: StoreError.newer(path: test.path, unknown: ["0002_later"])) {
                try test.open(access)
            }
        }
        #expect(contents(of: test.path) == before)
    }

    @Test(
        arguments: [
            [], Array("hello".utf8), Array(repeating: 0, count: 8192),
            Array("SQLite format 3\0".utf8) + Array(repeating: 0, count: 200),
        ] as [[UInt8]])
    func `that is none of slipway's is refused, unchanged`(bytes: [UInt8]) throws {
        let path = test.folder.write("other.db", bytes)
        #expect(throws: StoreError.notAStore(path: path)) { try test.open(at: path) }
        #expect(contents(of: path) == bytes)
        #expect(test.folder.mode("other.db-wal") == nil)
    }

    @Test func `that another program made is refused, unchanged`() throws {
        let path = test.folder("other.db")
        _ = try Program("/usr/bin/sqlite3").run([path, "CREATE TABLE t (x)"])
        chmod(path, 0o600)
        let before = contents(of: path)
        #expect(throws: StoreError.notAStore(path: path)) { try test.open(at: path) }
        #expect(contents(of: path) == before)
    }

    @Test func `that is damaged anywhere gives errors, never a crash`() throws {
        let store = try test.open()
        for number in 0..<20 {
            let project = try ProjectName("acme/p\(number)")
            try store.addProject(project)
            _ = try store.saveKeys(TestStore.keys(), of: project)
            try store.setRegion("us-east-1", in: project)
        }
        _ = try store.backUp(to: test.folder("whole.db"))
        let whole = contents(of: test.folder("whole.db"))
        var generator = SystemRandomNumberGenerator()
        for round in 0..<60 {
            var bytes = whole
            for _ in 0..<3 {
                let start = Int.random(in: 100..<bytes.count - 64, using: &generator)
                for index in start..<start + Int.random(in: 1...64, using: &generator) {
                    bytes[index] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            if round % 7 == 0 { bytes.removeLast(bytes.count / 3) }
            let path = test.folder.write("damaged.db", bytes)
            do {
                let damaged = try test.open(.write, at: path)
                try damaged.forEachProject { _ in }
                _ = try damaged.prove()
                try damaged.addProject(.shop)
            } catch let error as any ProblemReporting {
                #expect(!error.problems.isEmpty)
            }
        }
    }

    @Test func `is not mixed with what an earlier one left under its name`() throws {
        try test.open().addProject(.shop)
        unlink(test.path)
        _ = try ProjectStore.create(
            at: test.path, author: TestStore.author, unlock: test.sources(), now: { TestStore.now })
        let new = try test.open()
        try new.addProject(.other)
        #expect(try new.prove().auditCount == 2)
        #expect(throws: StoreError.unknownProject(.shop, nearest: nil)) { try new.project(.shop) }
    }

    @Test(arguments: [
        "UPDATE project SET created_by = NULL",
        "UPDATE aws_keys SET version = NULL", "UPDATE audit_key SET sealed_key = NULL",
        "UPDATE unlocker SET label = NULL", "UPDATE store SET generation = NULL",
        "UPDATE audit_head SET tag = NULL", "ALTER TABLE project RENAME created_by TO made_by",
    ])
    func `with values that its columns cannot have is damaged, not a crash`(sql: String) throws {
        let store = try test.open()
        try store.addProject(.shop)
        _ = try store.saveKeys(TestStore.keys(), of: .shop)
        try store.setRegion("us-east-1")
        let sql = sql.split(separator: " ")
        // The constraints go first, as somebody who means harm would have it.
        let strictless = """
            PRAGMA foreign_keys = OFF; PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(replace(replace(
                replace(replace(sql, 'TEXT NOT NULL', 'TEXT'), 'BLOB NOT NULL', 'BLOB'),
                'INTEGER NOT NULL', 'INTEGER'), ') STRICT, ', ') '), ') STRICT', ')');
            PRAGMA writable_schema = RESET;
            """
        try test.sqlite(strictless)
        try test.sqlite("PRAGMA ignore_check_constraints = ON; " + sql.joined(separator: " "))
        #expect(throws: (any Error).self) {
            let open = try test.open()
            try open.forEachProject { _ in }
            _ = try open.settings(in: .shop)
            _ = try open.unlockers()
            _ = try open.info()
            _ = try open.readKeys(of: .shop, for: "test")
            try open.addProject(.other)
        }
    }

    @Test func `is refused when a file of another owner lies beside it`() throws {
        guard geteuid() == 0 else { return }
        test.folder.write("slipway.db-journal", "")
        chown(test.folder("slipway.db-journal"), 12345, 12345)
        #expect(
            throws: PrivateFileError.foreignOwner(
                path: test.folder("slipway.db-journal"), userID: 12345)
        ) { try test.open() }
    }

    @Test func `that is missing is an error, and none is made by looking`() {
        let path = test.folder("none/slipway.db")
        #expect(throws: StoreError.missing(path: path)) { try test.open(.read, at: path) }
        #expect(test.folder.mode("none") == nil)
    }
}

@Suite("Migrations")
struct MigrationsTests {
    @Test func `are the files of the folder, in order`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../migrations")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path())
            .filter { $0.hasSuffix(".sql") }.sorted()
        #expect(Migrations.all.map { $0.identifier + ".sql" } == files)
        for (identifier, sql) in Migrations.all {
            let file = contents(of: folder.appending(path: identifier + ".sql").path())
            #expect(sql == String(decoding: file, as: UTF8.self))
        }
    }

    /// A file that has landed never changes: stores out there were made by it.
    @Test(arguments: [
        ("0001_store", "46cbf2c98e230afcd10042732632e5323c4c1b8048c078315161aa0688442e05"),
        ("0002_deployments", "0da62a79e535e4bd9b4b482ebe79523784081067261d4a3e796a5c8e4f8127b9"),
        ("0003_attempts", "b4d4d6b44773c93df77881be0310f66611cdbc509bc787da4e608d419d5ee6a7"),
        ("0004_stops", "b4ed79b6cd1f0b9a67c51685ae053281d70f50f2aa8cb5ab329f9abbab06a108"),
    ])
    func `are frozen`(identifier: String, digest: String) throws {
        let sql = try #require(Migrations.all.first { $0.identifier == identifier }).sql
        #expect(hexadecimal(SHA256.hash(data: Array(sql.utf8))) == digest)
    }

    @Test func `all have their digest here`() {
        #expect(Migrations.all.count == 4)
    }
}
