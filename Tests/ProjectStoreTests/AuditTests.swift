import ProjectStore
import SlipwayCore
import TestSupport
import Testing

@Suite("The audit log")
struct AuditTests {
    let test: TestStore
    let store: ProjectStore

    init() throws {
        test = try TestStore()
        store = try test.open()
        try store.addProject(.shop)
        for region in ["us-east-1", "us-east-2", "us-west-1", "us-west-2"] {
            try store.setRegion(region)
        }
    }

    @Test func `holds when nobody touched it`() throws {
        guard case .intact(let count, let head) = try store.verifyAudit() else {
            Issue.record("broken")
            return
        }
        #expect(count == 6)
        #expect(head.count == 64)
    }

    @Test(arguments: ["UPDATE audit SET actor = 'eve'", "DELETE FROM audit WHERE sequence = 6"])
    func `refuses to be changed`(sql: String) throws {
        #expect(throws: SQLiteShellFailure.self) { try test.sqlite(sql) }
        #expect(try test.rows("SELECT count(*) FROM audit") == ["6"])
    }

    @Test(arguments: [
        ("UPDATE audit SET actor = 'eve' WHERE sequence = 3", AuditVerdict.changed(sequence: 3)),
        ("UPDATE audit SET new = NULL WHERE sequence = 4", .changed(sequence: 4)),
        (
            "UPDATE audit SET at = '2020-01-01T00:00:00.000Z' WHERE sequence = 6",
            .changed(sequence: 6)
        ),
        ("UPDATE audit SET tag = zeroblob(32) WHERE sequence = 5", .changed(sequence: 5)),
        ("DELETE FROM audit WHERE sequence = 1", .missing(sequence: 1)),
        ("DELETE FROM audit WHERE sequence = 4", .missing(sequence: 4)),
        ("DELETE FROM audit WHERE sequence > 4", .missing(sequence: 5)),
        ("DELETE FROM audit", .missing(sequence: 1)),
        (
            """
            DELETE FROM audit WHERE sequence = 4;
            UPDATE audit SET sequence = sequence - 1 WHERE sequence > 4
            """, .changed(sequence: 4)
        ),
        (
            """
            UPDATE audit SET sequence = -1 WHERE sequence = 3;
            UPDATE audit SET sequence = 3 WHERE sequence = 4;
            UPDATE audit SET sequence = 4 WHERE sequence = -1
            """, .changed(sequence: 3)
        ),
        // Cutting the tail off and moving the head back needs the key.
        (
            """
            DELETE FROM audit WHERE sequence > 4;
            UPDATE audit_head SET sequence = 4,
                tag = (SELECT tag FROM audit WHERE sequence = 4)
            """, .changed(sequence: 4)
        ),
        ("UPDATE audit_head SET head_tag = zeroblob(32)", .changed(sequence: 6)),
        ("DELETE FROM audit_head", .missing(sequence: 7)),
    ])
    func `shows what was changed or is missing`(sql: String, verdict: AuditVerdict) throws {
        try test.sqlite(
            """
            PRAGMA ignore_check_constraints = ON;
            DROP TRIGGER audit_is_not_updated; DROP TRIGGER audit_is_not_deleted; \(sql)
            """)
        #expect(try test.open(.read).verifyAudit() == verdict)
    }

    @Test func `grows on through rotations of the store key`() throws {
        _ = try store.rotate()
        try store.setRegion("eu-west-1")
        _ = try store.rotate()
        try store.setRegion("eu-west-2")
        guard case .intact = try store.verifyAudit() else {
            Issue.record("broken")
            return
        }
        // The rows before a rotation keep their key, and a change of one is found all the same.
        try test.sqlite(
            "DROP TRIGGER audit_is_not_updated; UPDATE audit SET actor = 'eve' WHERE sequence = 2")
        #expect(try test.open(.read).verifyAudit() == .changed(sequence: 2))
    }

    @Test func `takes no row behind a log that was cut off: that would make the cut whole`() throws
    {
        try test.sqlite(
            """
            DROP TRIGGER audit_is_not_deleted; DELETE FROM audit WHERE sequence > 4;
            UPDATE audit_head SET sequence = 4, tag = (SELECT tag FROM audit WHERE sequence = 4)
            """)
        for body in [
            { try test.open().addProject(.other) }, { _ = try test.open().rotate() },
            { _ = try test.open().backUp(to: test.folder("backup.db")) },
        ] as [() throws -> Void] {
            #expect(throws: StoreError.sealBroken("the audit log's head")) { try body() }
        }
        #expect(try test.open(.read).verifyAudit() == .changed(sequence: 4))
    }

    @Test func `takes no row under the audit key of an older store key`() throws {
        _ = try store.rotate()
        try store.setRegion("eu-west-1")
        // Who had the old store key can sign rows under the old audit key; here its rows come back.
        try test.sqlite(
            """
            DROP TRIGGER audit_is_not_updated; DROP TRIGGER audit_is_not_deleted;
            DELETE FROM audit WHERE key_version > 1;
            UPDATE audit_head SET sequence = 6, key_version = 1,
                tag = (SELECT tag FROM audit WHERE sequence = 6)
            """)
        guard case .intact = try test.open(.read).verifyAudit() else {
            #expect(throws: StoreError.sealBroken("the audit log's head")) {
                try test.open().addProject(.other)
            }
            return
        }
        Issue.record("a log that ends under an old key was taken for whole")
    }

    @Test func `tells no value from an empty one`() throws {
        try test.sqlite(
            """
            PRAGMA ignore_check_constraints = ON; DROP TRIGGER audit_is_not_updated;
            UPDATE audit SET subject = '' WHERE sequence = 2
            """)
        #expect(try test.open(.read).verifyAudit() == .changed(sequence: 2))
    }

    @Test func `is not written over by REPLACE`() throws {
        #expect(throws: SQLiteShellFailure.self) {
            try test.sqlite("REPLACE INTO audit SELECT * FROM audit WHERE sequence = 3")
        }
    }

    @Test func `has every change with its old and its new value`() throws {
        var entries: [AuditEntry] = []
        try store.forEachAuditEntry(project: .shop, limit: nil) { entries.append($0) }
        #expect(entries.map(\.sequence) == [6, 5, 4, 3, 2])
        #expect(entries[0].old?.contains("\"us-west-1\"") == true)
        #expect(entries[0].new?.contains("\"us-west-2\"") == true)
        #expect(entries[0].subject == "my-app")
    }

    @Test func `stands in the way of a change that it cannot take`() throws {
        try test.sqlite(
            """
            CREATE TRIGGER full BEFORE INSERT ON audit
            BEGIN SELECT RAISE(ABORT, 'no room'); END
            """)
        #expect(throws: StoreError.self) { try store.setRegion("eu-west-1") }
        #expect(throws: StoreError.self) { try store.addProject(.other) }
        #expect(try store.settings(of: .app, in: .shop).version == 4)
    }
}
