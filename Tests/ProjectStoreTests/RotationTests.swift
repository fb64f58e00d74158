import KeyVault
import ProjectStore
import SlipwayCore
import TestSupport
import Testing

@Suite("A rotation of the store key")
struct RotationTests {
    let test: TestStore
    let store: ProjectStore

    init() throws {
        test = try TestStore()
        store = try test.open()
        for number in 0..<25 {
            let project = try Self.project(number)
            try store.addProject(project)
            _ = try store.saveKeys(
                TestStore.keys("secret \(number)", token: number % 2 == 0 ? "token" : nil),
                of: project)
        }
        let second = try KeyFile.create(at: test.folder("second.key"))
        _ = try store.addUnlocker(second, kind: .key, label: "second")
    }

    static func project(_ number: Int) throws -> ProjectName { try ProjectName("acme/p\(number)") }

    @Test func `leaves everything open to every unlocker and forgets the old key`() throws {
        let before = try test.rows("SELECT hex(secret_access_key) FROM aws_keys ORDER BY 1")
        let progress = try store.rotate(batchSize: 10)
        #expect(progress.generation == 2)
        #expect(!progress.isResumed)
        #expect(progress.rewrappedCount == 25)
        for key in ["unlock.key", "second.key"] {
            #expect(try test.open(.read, key: key).prove().secretCount == 38)
        }
        #expect(try test.rows("SELECT generation FROM store_key") == ["2"])
        let after = try test.rows("SELECT hex(secret_access_key) FROM aws_keys ORDER BY 1")
        #expect(Set(before).isDisjoint(with: after))
    }

    @Test(arguments: 0...3)
    func `that was cut short after any batch is finished by the next`(batches: Int) throws {
        struct Cut: Error {}
        var count = 0
        #expect(throws: Cut.self) {
            _ = try store.rotate(batchSize: 10) { _ in
                if count == batches { throw Cut() }
                count += 1
            }
        }
        #expect(try store.info().generations.count == 2)
        for key in ["unlock.key", "second.key"] {
            #expect(try test.open(.read, key: key).prove().secretCount == 38)
        }
        let progress = try test.open(key: "second.key").rotate()
        #expect(progress.isResumed)
        #expect(progress.generation == 2)
        #expect(try store.info().generations.map(\.number) == [2])
        #expect(try store.prove().secretCount == 38)
    }

    @Test func `lets others read, write and add unlockers between its batches`() throws {
        let reader = try test.open()
        _ = try reader.readKeys(of: Self.project(0), for: "before")
        var seen = 0
        _ = try store.rotate(batchSize: 5) { _ in
            let keys = try reader.readKeys(of: Self.project(seen), for: "during")
            #expect(keys.secretAccessKey == (try TestStore.keys("secret \(seen)").secretAccessKey))
            _ = try reader.saveKeys(TestStore.keys("new \(seen)"), of: Self.project(24 - seen))
            if seen == 2 {
                let third = try KeyFile.create(at: test.folder("third.key"))
                _ = try reader.addUnlocker(third, kind: .key, label: "third")
            }
            seen += 1
        }
        #expect(seen > 4)
        for key in ["unlock.key", "second.key", "third.key"] {
            let open = try test.open(key: key)
            _ = try open.prove()
            #expect(
                try open.readKeys(of: Self.project(24), for: "after") == TestStore.keys("new 0"))
        }
    }

    @Test func `takes the store away from who had only the old store key`() throws {
        // The rows of the unlockers as they were: what an old copy of the file has.
        let old = try test.rows("SELECT hex(wrapped_key) FROM unlocker ORDER BY id")
        _ = try store.rotate()
        let new = try test.rows("SELECT hex(wrapped_key) FROM unlocker ORDER BY id")
        #expect(Set(old).isDisjoint(with: new))
        try test.sqlite(
            "UPDATE unlocker SET wrapped_key = x'\(old[0])' WHERE wrapped_key = x'\(new[0])'")
        try test.sqlite(
            "UPDATE unlocker SET wrapped_key = x'\(old[1])' WHERE wrapped_key = x'\(new[1])'")
        #expect(throws: (any Error).self) { try test.open(.read).prove() }
    }
}

@Suite("Rotations side by side")
struct RotationRaceTests {
    @Test func `end well beside each other and beside writers`() async throws {
        let test = try TestStore()
        try test.open().addProject(.shop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    for round in 0..<5 {
                        let store = try test.open()
                        if number < 2 {
                            _ = try store.rotate(batchSize: 1)
                        } else {
                            _ = try store.saveKeys(TestStore.keys("\(number) \(round)"), of: .shop)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let store = try test.open()
        #expect(try store.info().generations.count == 1)
        #expect(try store.prove().secretCount == 1)
    }
}

@Suite("Unlockers of a store")
struct StoredUnlockersTests {
    let test: TestStore
    let store: ProjectStore

    init() throws {
        test = try TestStore()
        store = try test.open()
        try store.addProject(.shop)
        _ = try store.saveKeys(TestStore.keys(), of: .shop)
    }

    @Test func `are added with one row and open everything`() throws {
        let key = try KeyFile.create(at: test.folder("second.key"))
        let before = try test.rows("SELECT hex(wrapped_key) FROM unlocker")
        let id = try store.addUnlocker(key, kind: .key, label: "second")
        #expect(id == key.id)
        let after = try test.rows(
            "SELECT hex(wrapped_key) FROM unlocker ORDER BY created_at, rowid")
        #expect(after.count == 2)
        #expect(after.contains(before[0]))
        #expect(
            try test.open(key: "second.key").readKeys(of: .shop, for: "test") == TestStore.keys())
        #expect(throws: StoreError.unlockerExists(id)) {
            try store.addUnlocker(key, kind: .key, label: "again")
        }
    }

    @Test func `are removed with one row, but not the last one`() throws {
        let only = try store.unlockers()[0].unlocker.id
        #expect(throws: StoreError.lastUnlocker(only)) { try store.removeUnlocker(only) }
        let key = try KeyFile.create(at: test.folder("second.key"))
        _ = try store.addUnlocker(key, kind: .key, label: "second")
        try store.removeUnlocker(only)
        #expect(try store.unlockers().map(\.unlocker.id) == [key.id])
        #expect(throws: UnlockError.self) { try test.open().readKeys(of: .shop, for: "test") }
        // A process that had opened the store with it before is locked out too.
        #expect(throws: StoreError.unknownUnlocker(only.rawValue)) {
            try store.readKeys(of: .shop, for: "test")
        }
        #expect(throws: StoreError.unknownUnlocker("nonesuch")) {
            try test.open(key: "second.key").removeUnlocker(UnlockerID("nonesuch"))
        }
    }

    @Test func `may be a passphrase`() throws {
        let cost = try #require(ScryptCost(logRounds: 10))
        let salt = Array(repeating: UInt8(5), count: 16)
        let passphrase = SecretBytes(copying: Array("correct horse battery".utf8))
        let key = UnlockKey(passphrase: passphrase, cost: cost, salt: salt)
        _ = try store.addUnlocker(
            key, kind: .passphrase(cost: cost, salt: salt), label: "Ada's")
        _ = try store.rotate()
        let sources = UnlockSources(
            environment: [:], defaultKeyFile: test.folder("none"), givenPassphrase: passphrase)
        let open = try ProjectStore(
            opening: test.path, for: .write, author: TestStore.author, unlock: sources,
            now: { TestStore.now })
        #expect(try open.readKeys(of: .shop, for: "test") == TestStore.keys())
    }

    @Test func `of which none is at hand open nothing, and no key is made`() throws {
        #expect(throws: UnlockError.self) {
            try test.open(key: "missing.key").readKeys(of: .shop, for: "test")
        }
        #expect(!test.folder.names.contains("missing.key"))
        // Reading anything but a secret needs none.
        let reader = try test.open(.read, key: "missing.key")
        #expect(try reader.keysSummary(of: .shop).version == 1)
        #expect(throws: UnlockError.self) {
            try test.open(key: "missing.key").addProject(.other)
        }
    }
}
