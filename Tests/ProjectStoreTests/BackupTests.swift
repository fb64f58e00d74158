import Glibc
import KeyVault
import PrivateFiles
import ProjectStore
import SlipwayCore
import TestSupport
import Testing

@Suite("A backup")
struct BackupTests {
    let test: TestStore
    let store: ProjectStore

    init() throws {
        test = try TestStore()
        store = try test.open()
        try store.addProject(.shop)
        _ = try store.saveKeys(TestStore.keys(token: "token"), of: .shop)
    }

    private func restore(_ file: String, to path: String? = nil, key: String = "unlock.key")
        throws -> RestoreResult
    {
        try ProjectStore.restore(
            file, to: path ?? test.path, author: TestStore.author, unlock: test.sources(key: key),
            now: { TestStore.now })
    }

    @Test func `is one private file that proves whole`() throws {
        let proof = try store.backUp(to: test.folder("backup.db"))
        #expect(proof.secretCount == 2)
        #expect(test.folder.mode("backup.db") == 0o600)
        #expect(test.folder.names.filter { $0.hasPrefix("backup") } == ["backup.db"])
        #expect(try test.open(.read, at: test.folder("backup.db")).prove() == proof)
    }

    @Test func `replaces an older one, and nothing else`() throws {
        _ = try store.backUp(to: test.folder("backup.db"))
        try store.setRegion("us-east-1")
        _ = try store.backUp(to: test.folder("backup.db"))
        let backup = try test.open(.read, at: test.folder("backup.db"))
        #expect(try backup.settings(of: .app, in: .shop).version == 1)

        let letter = test.folder.write("letter.txt", "dear")
        #expect(throws: PrivateFileError.exists(path: letter)) { try store.backUp(to: letter) }
        #expect(contents(of: letter) == Array("dear".utf8))
    }

    @Test func `is not written over the store itself, another store, or one in use`() throws {
        let other = try TestStore()
        _ = try other.open().backUp(to: test.folder("other.db"))
        symlink(test.path, test.folder("link.db"))
        for name in ["slipway.db", "other.db", "link.db"] {
            let before = contents(of: test.folder(name))
            #expect(throws: PrivateFileError.self, "\(name)") {
                try store.backUp(to: test.folder(name))
            }
            #expect(contents(of: test.folder(name)) == before)
        }
        test.folder.write("fresh.db-wal", "left behind")
        #expect(throws: PrivateFileError.exists(path: test.folder("fresh.db-wal"))) {
            try store.backUp(to: test.folder("fresh.db"))
        }
    }

    @Test func `is not mixed with what an earlier store left under the name`() throws {
        _ = try store.backUp(to: test.folder("backup.db"))
        try store.addProject(.other)
        rename(test.path, test.folder("gone.db"))
        #expect(test.folder.names.contains("slipway.db-wal"))
        let result = try restore(test.folder("backup.db"))
        #expect(throws: StoreError.unknownProject(.other, nearest: nil)) {
            try test.open().project(.other)
        }
        #expect(try test.open().prove().auditCount == result.proof.auditCount)
        #expect(test.folder.names.contains { $0.hasPrefix("slipway.db-wal.stale-") })
    }

    @Test func `brings back removed unlockers only with a word about it`() throws {
        let second = try KeyFile.create(at: test.folder("second.key"))
        let id = try store.addUnlocker(second, kind: .key, label: "second")
        _ = try store.backUp(to: test.folder("backup.db"))
        try store.removeUnlocker(id)
        _ = try store.rotate()
        let result = try restore(test.folder("backup.db"))
        #expect(result.returningUnlockers == [id])
        let old = try test.rows("SELECT old FROM audit WHERE action = 'restore'")
        #expect(old.first?.contains("\"generation\":2") == true)
    }

    @Test func `does not prove whole with an unlocker that no rotation could wrap for`() throws {
        try test.sqlite("UPDATE unlocker SET sealed_preshared_key = zeroblob(168)")
        #expect(throws: UnlockError.self) { try test.open().backUp(to: test.folder("backup.db")) }
        #expect(throws: UnlockError.self) { try test.open().rotate() }
        #expect(!test.folder.names.contains { $0.hasPrefix("backup") })
    }

    @Test func `that was copied into place by hand gets its write-ahead log`() throws {
        _ = try store.backUp(to: test.folder("backup.db"))
        try test.open(at: test.folder("backup.db")).addProject(.other)
        let mode = try Program("/usr/bin/sqlite3").run([
            test.folder("backup.db"), "PRAGMA journal_mode",
        ])
        #expect(mode.text == "wal\n")
    }

    @Test func `does not get its name when a secret in it does not open`() throws {
        try test.sqlite("UPDATE aws_keys SET secret_access_key = zeroblob(168)")
        #expect(throws: StoreError.self) { try test.open().backUp(to: test.folder("backup.db")) }
        #expect(!test.folder.names.contains { $0.hasPrefix("backup") })
    }

    @Test func `brings back what it had, keeps what it replaces, and says so in the log`() throws {
        _ = try store.backUp(to: test.folder("backup.db"))
        try store.addProject(.other)
        // A process that has the store open goes on with the restored one.
        let running = try test.open()
        _ = try running.project(.other)
        let result = try restore(test.folder("backup.db"))
        #expect(throws: StoreError.unknownProject(.other, nearest: nil)) {
            try running.project(.other)
        }
        #expect(try running.readKeys(of: .shop, for: "test") == TestStore.keys(token: "token"))
        try running.setRegion("us-east-1")

        let previous = try #require(result.previous)
        #expect(try test.open(.read, at: previous).project(.other).name == .other)
        var actions: [String] = []
        try running.forEachAuditEntry(project: nil, limit: 3) { actions.append($0.action) }
        #expect(actions == ["settings-set", "keys-read", "restore"])
        guard case .intact = try running.verifyAudit() else {
            Issue.record("broken")
            return
        }
        let left = test.folder.names.filter { $0.hasSuffix(".tmp") || $0.contains("-journal") }
        #expect(left == [])
    }

    @Test func `makes a store where there is none, and over a damaged one`() throws {
        _ = try store.backUp(to: test.folder("backup.db"))
        let result = try restore(test.folder("backup.db"), to: test.folder("new/slipway.db"))
        #expect(result.previous == nil)
        #expect(try test.open(at: test.folder("new/slipway.db")).prove().secretCount == 2)
        #expect(test.folder.mode("new/slipway.db") == 0o600)

        let ruin = test.folder.write("ruin.db", contents(of: test.path).prefix(5000))
        let mended = try restore(test.folder("backup.db"), to: ruin)
        #expect(try test.open(at: ruin).prove().secretCount == 2)
        #expect(mended.previous?.hasPrefix(ruin + ".damaged-") == true)
    }

    @Test func `that is none, is damaged, or is locked changes nothing`() throws {
        _ = try store.backUp(to: test.folder("backup.db"))
        let letter = test.folder.write("letter.txt", "dear")
        let whole = contents(of: test.folder("backup.db"))
        var bytes = whole
        for index in 8192..<16384 { bytes[index] = 0xFF }
        let ruin = test.folder.write("ruin.db", bytes)
        let names = test.folder.names
        #expect(throws: StoreError.notABackup(path: letter, exists: true)) { try restore(letter) }
        #expect(throws: (any Error).self) { try restore(ruin) }
        #expect(throws: StoreError.notABackup(path: "/nonesuch", exists: false)) {
            try restore("/nonesuch")
        }
        #expect(throws: UnlockError.self) {
            try restore(test.folder("backup.db"), key: "missing.key")
        }
        #expect(test.folder.names == names)
        #expect(try store.project(.shop).name == .shop)
    }
}
