import ProjectStore
import SlipwayCore
import TestSupport
import Testing

@Suite("Projects in the store")
struct ProjectsTests {
    let test: TestStore
    let store: ProjectStore

    init() throws {
        test = try TestStore()
        store = try test.open()
        try store.addProject(.shop)
    }

    private func names() throws -> [String] {
        var names: [String] = []
        try store.forEachProject { names.append($0.name.rawValue) }
        return names
    }

    @Test func `are listed by name, with what they have`() throws {
        try store.addProject(.other)
        _ = try store.saveKeys(TestStore.keys(), of: .shop)
        try store.setRegion("us-east-1")
        #expect(try names() == ["acme/other", "acme/shop"])
        let shop = try store.project(.shop)
        #expect(shop.applicationCount == 1)
        #expect(shop.accessKeyID?.rawValue == "AKIAIOSFODNN7EXAMPLE")
        #expect(shop.createdBy == "ada")
        #expect(try store.project(.other).accessKeyID == nil)
    }

    @Test func `are there once`() throws {
        #expect(throws: StoreError.projectExists(.shop)) { try store.addProject(.shop) }
        try store.addProject(.other)
        #expect(throws: StoreError.projectExists(.other)) {
            try store.renameProject(.shop, to: .other)
        }
        #expect(try names() == ["acme/other", "acme/shop"])
    }

    @Test func `keep keys, settings and history under a new name`() throws {
        _ = try store.saveKeys(TestStore.keys(), of: .shop)
        try store.setRegion("us-east-1")
        try store.setRegion("eu-west-1")
        try store.renameProject(.shop, to: .other)
        #expect(try store.readKeys(of: .other, for: "test") == TestStore.keys())
        #expect(try store.history(of: .app, in: .other).count == 2)
        #expect(throws: StoreError.unknownProject(.shop, nearest: nil)) {
            try store.project(.shop)
        }
    }

    @Test func `are gone with all they had when they are removed`() throws {
        _ = try store.saveKeys(TestStore.keys(), of: .shop)
        try store.setRegion("us-east-1")
        try store.removeProject(.shop)
        for table in ["project", "application", "settings_version", "aws_keys"] {
            #expect(try test.rows("SELECT count(*) FROM \(table)") == ["0"])
        }
        // A new project of the name is not the old one: its id, to which secrets are bound, is new.
        try store.addProject(.shop)
        #expect(try test.rows("SELECT id FROM project") == ["2"])
        #expect(throws: StoreError.noKeys(.shop)) { try store.readKeys(of: .shop, for: "test") }
    }

    @Test func `that are mistyped are met with the nearest`() throws {
        let typed = try ProjectName("acme/shpo")
        #expect(throws: StoreError.unknownProject(typed, nearest: "acme/shop")) {
            try store.project(typed)
        }
        #expect(throws: StoreError.unknownProject(typed, nearest: "acme/shop")) {
            try store.setRegion("us-east-1", in: typed)
        }
    }
}

@Suite("Settings in the store")
struct StoredSettingsTests {
    let test: TestStore
    let store: ProjectStore

    init() throws {
        test = try TestStore()
        store = try test.open()
        try store.addProject(.shop)
    }

    @Test func `have a version for each change, and none where nothing changed`() throws {
        #expect(try store.setRegion("us-east-1") == 1)
        #expect(try store.setRegion("us-east-1") == 1)
        #expect(try store.setRegion("eu-west-1") == 2)
        let history = try store.history(of: .app, in: .shop)
        #expect(history.map(\.version) == [2, 1])
        #expect(history.map { $0.settings?[.region] } == ["eu-west-1", "us-east-1"])
        #expect(history.allSatisfy { $0.savedBy == "ada" })
    }

    @Test func `are not overwritten by who did not see the last change`() throws {
        try store.setRegion("us-east-1", expecting: 0)
        let other = try test.open()
        try other.setRegion("eu-west-1", expecting: 1)
        #expect(
            throws: StoreError.conflict(
                application: .app, expected: 1, current: 2, savedBy: "ada")
        ) { try store.setRegion("ap-south-1", expecting: 1) }
        #expect(throws: StoreError.self) { try store.setRegion("ap-south-1", expecting: 0) }
        #expect(try store.settings(of: .app, in: .shop).settings?[.region] == "eu-west-1")
        #expect(try store.setRegion("ap-south-1", expecting: 2) == 3)
    }

    @Test func `come back when an old version is reverted to, also after they were unset`() throws {
        try store.setRegion("us-east-1")
        try store.setRegion("eu-west-1")
        #expect(try store.revertSettings(of: .app, in: .shop, to: 1).version.version == 3)
        try store.unsetSettings(of: .app, in: .shop)
        #expect(throws: StoreError.self) { try store.settings(of: .app, in: .shop) }
        #expect(try store.settings(in: .shop).isEmpty)
        #expect(throws: StoreError.emptyVersion(4, application: .app)) {
            try store.revertSettings(of: .app, in: .shop, to: 4)
        }
        #expect(throws: StoreError.unknownVersion(9, application: .app, newest: 4)) {
            try store.revertSettings(of: .app, in: .shop, to: 9)
        }
        #expect(try store.revertSettings(of: .app, in: .shop, to: 2).version.version == 5)
        #expect(try store.settings(of: .app, in: .shop).settings?[.region] == "eu-west-1")
        #expect(try store.history(of: .app, in: .shop).count == 5)
    }

    @Test func `belong to any number of applications of a project`() throws {
        for number in (1...30).reversed() {
            try store.setRegion("us-east-1", of: ApplicationName("app-\(number)"))
        }
        let names = try store.settings(in: .shop).map(\.application.rawValue)
        #expect(names.count == 30)
        #expect(names == names.sorted())
    }

    @Test func `that cannot be are refused, and nothing is half written`() throws {
        try store.setRegion("us-east-1")
        #expect(throws: SettingsError.self) { try store.setRegion("nowhere") }
        #expect(try store.history(of: .app, in: .shop).count == 1)
        let audit = try test.rows("SELECT action FROM audit ORDER BY sequence")
        #expect(audit == ["store-create", "project-add", "settings-set"])
    }

    @Test func `that are mistyped are met with the nearest application`() throws {
        try store.setRegion("us-east-1")
        let typed = try ApplicationName("myapp")
        #expect(
            throws: StoreError.unknownApplication(typed, project: .shop, nearest: "my-app")
        ) { try store.settings(of: typed, in: .shop) }
    }

    @Test func `are exported and imported again without a change`() throws {
        try store.addProject(.other)
        try store.setRegion("us-east-1")
        try store.setRegion("eu-west-1", of: ApplicationName("two"))
        var document = SettingsDocument()
        try store.forEachProjectDocument { document.projects.append($0) }
        #expect(document.projects.map(\.name) == [.other, .shop])
        #expect(document.projects[1].applications.map(\.name.rawValue) == ["my-app", "two"])

        #expect(try store.changes(importing: document) == [])
        let empty = try TestStore()
        let new = try empty.open()
        let changes = try new.changes(importing: document)
        #expect(changes.count == 4)
        try new.apply(document, expecting: changes)
        #expect(try new.changes(importing: document) == [])
        #expect(
            try new.settings(in: .shop).map(\.settings) == store.settings(in: .shop).map(\.settings)
        )
    }

    @Test func `are imported only as they were shown, all or none`() throws {
        try store.setRegion("us-east-1")
        let document = SettingsDocument(projects: [
            .init(
                name: .shop,
                applications: [(.app, try ApplicationSettings(fields: [.region: "eu-west-1"]))]),
            .init(name: .other),
        ])
        let shown = try store.changes(importing: document)
        try test.open().setRegion("ap-south-1")
        #expect(throws: StoreError.importChanged) {
            try store.apply(document, expecting: shown)
        }
        #expect(try store.settings(of: .app, in: .shop).settings?[.region] == "ap-south-1")
        #expect(throws: StoreError.unknownProject(.other, nearest: nil)) {
            try store.project(.other)
        }
    }
}

@Suite("AWS keys in the store")
struct StoredKeysTests {
    let test: TestStore
    let store: ProjectStore

    init() throws {
        test = try TestStore()
        store = try test.open()
        try store.addProject(.shop)
    }

    @Test func `are read as they were saved, and each reading is in the audit log`() throws {
        let keys = try TestStore.keys(token: "token")
        #expect(try store.saveKeys(keys, of: .shop).version == 1)
        #expect(try store.readKeys(of: .shop, for: "exec sh") == keys)
        var entries: [AuditEntry] = []
        try store.forEachAuditEntry(project: .shop, limit: 1) { entries.append($0) }
        #expect(entries.first?.action == "keys-read")
        #expect(entries.first?.new == "\"exec sh\"")
        #expect(entries.first?.author == TestStore.author)
    }

    @Test func `have versions that are never used twice, even after they were removed`() throws {
        #expect(try store.saveKeys(TestStore.keys(), of: .shop).version == 1)
        try store.removeKeys(of: .shop)
        #expect(throws: StoreError.noKeys(.shop)) { try store.keysSummary(of: .shop) }
        #expect(try store.saveKeys(TestStore.keys(), of: .shop).version == 2)
        #expect(throws: StoreError.keysConflict(project: .shop, expected: 1, current: 2)) {
            try store.saveKeys(TestStore.keys(), of: .shop, expecting: 1)
        }
    }

    @Test func `are nowhere in the files, before and after they were replaced`() throws {
        let secret = "CANARY/secret/access/key/0123456789abcdef"
        _ = try store.saveKeys(TestStore.keys(secret, token: "CANARY/token"), of: .shop)
        _ = try store.readKeys(of: .shop, for: "test")
        _ = try store.saveKeys(TestStore.keys("another"), of: .shop)
        for name in test.folder.names {
            #expect(
                !String(decoding: contents(of: test.folder(name)), as: UTF8.self)
                    .contains("CANARY"), "\(name)")
        }
    }

    @Test(arguments: [
        // Between versions, rows (projects) and columns; and into another project's place.
        "UPDATE aws_keys SET version = version + 1 WHERE project_id = 1",
        "UPDATE aws_keys SET session_token = secret_access_key WHERE project_id = 1",
        "UPDATE aws_keys SET secret_access_key = session_token WHERE project_id = 1",
        """
        UPDATE aws_keys SET secret_access_key =
            (SELECT secret_access_key FROM aws_keys WHERE project_id = 2) WHERE project_id = 1
        """,
        "UPDATE aws_keys SET secret_access_key = x'' WHERE project_id = 1",
        """
        UPDATE aws_keys SET secret_access_key = substr(secret_access_key, 1, 100)
        WHERE project_id = 1
        """,
        "UPDATE store SET id = '00000000-0000-4000-8000-000000000001'",
    ])
    func `do not open anywhere but where they were saved`(sql: String) throws {
        try store.addProject(.other)
        let keys = try TestStore.keys(token: "token")
        _ = try store.saveKeys(keys, of: .shop)
        _ = try store.saveKeys(keys, of: .other)
        try test.sqlite(sql)
        #expect(throws: (any Error).self) {
            try test.open().readKeys(of: .shop, for: "test")
        }
    }

    @Test func `do not open in another store, whose project has the same number`() throws {
        _ = try store.saveKeys(TestStore.keys(), of: .shop)
        let blob = try test.rows("SELECT hex(secret_access_key) FROM aws_keys")[0]
        let second = try TestStore()
        let other = try second.open()
        try other.addProject(.shop)
        _ = try other.saveKeys(TestStore.keys("x"), of: .shop)
        try second.sqlite("UPDATE aws_keys SET secret_access_key = x'\(blob)'")
        #expect(throws: StoreError.sealBroken("secret_access_key of aws_keys 1")) {
            try other.readKeys(of: .shop, for: "test")
        }
    }
}
