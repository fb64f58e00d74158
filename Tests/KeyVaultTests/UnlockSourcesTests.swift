import Glibc
import KeyVault
import PrivateFiles
import SlipwayCore
import TestSupport
import Testing

@Suite("Where an unlock key is found")
struct UnlockSourcesTests {
    static let store = StoreID("00000000-0000-4000-8000-000000000001")
    let folder = TemporaryFolder()

    static func key(_ byte: UInt8) -> UnlockKey {
        UnlockKey(SecretBytes(copying: Array(repeating: byte, count: 32)))!
    }

    /// The one line of base64 that a key file holds.
    static func line(_ byte: UInt8) -> String {
        // Base64 of 32 equal bytes repeats every three of them.
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bits = [UInt8](repeating: byte, count: 32).flatMap { byte in
            (0..<8).map { byte >> (7 - $0) & 1 }
        }
        let padded = bits + [0, 0]
        let digits = stride(from: 0, to: padded.count, by: 6).map { start in
            alphabet[Int(padded[start..<start + 6].reduce(0) { $0 << 1 | $1 })]
        }
        return String(digits) + "="
    }

    static func unlocker(_ key: UnlockKey, _ kind: Unlocker.Kind = .key) -> Unlocker {
        Unlocker(
            id: key.id, kind: kind, label: "test", publicKey: key.publicHalf.publicKey,
            checkValue: key.checkValue(store: store))
    }

    func sources(_ environment: [String: String] = [:], passphrase: String? = nil) -> UnlockSources
    {
        UnlockSources(
            environment: environment, defaultKeyFile: folder("unlock.key"),
            askPassphrase: passphrase.map { text in
                { @Sendable _ in SecretBytes(copying: Array(text.utf8)) }
            })
    }

    @Test func `a variable comes before the default key file`() throws {
        folder.write("unlock.key", Self.line(1))
        let unlockers = [Self.unlocker(Self.key(1)), Self.unlocker(Self.key(2))]
        let found = try sources(["SLIPWAY_UNLOCK_KEY": Self.line(2)])
            .key(for: unlockers, store: Self.store)
        #expect(found.key.id == Self.key(2).id)
        #expect(found.source == .variable("SLIPWAY_UNLOCK_KEY"))
        let atDefault = try sources().key(for: unlockers, store: Self.store)
        #expect(atDefault.source == .keyFile(folder("unlock.key")))
    }

    @Test func `a systemd credential is used where the folder has it, and its group may read it`()
        throws
    {
        folder.write("slipway-unlock-key", Array(repeating: 3, count: 32), mode: 0o440)
        let found = try sources(["CREDENTIALS_DIRECTORY": folder.path])
            .key(for: [Self.unlocker(Self.key(3))], store: Self.store)
        #expect(found.source == .credential(folder("slipway-unlock-key")))
        let without = sources(["CREDENTIALS_DIRECTORY": "/nonesuch"])
        #expect(throws: UnlockError.self) {
            try without.key(for: [Self.unlocker(Self.key(3))], store: Self.store)
        }
    }

    @Test(arguments: [
        "", "x", String(repeating: "A", count: 44), line(1) + "x", " " + line(1),
        line(1).dropLast() + "B",
    ])
    func `a variable that is set but holds no key is an error, though the default file would do`(
        text: String
    ) {
        folder.write("unlock.key", Self.line(1))
        #expect(throws: UnlockError.malformed(.variable("SLIPWAY_UNLOCK_KEY"))) {
            try sources(["SLIPWAY_UNLOCK_KEY": text])
                .key(for: [Self.unlocker(Self.key(1))], store: Self.store)
        }
    }

    @Test func `a second source that is set is not skipped when the first one opens`() {
        let environment = [
            "SLIPWAY_UNLOCK_KEY": Self.line(1), "SLIPWAY_UNLOCK_KEY_FILE": folder("missing"),
        ]
        #expect(
            throws: UnlockError.variableNamesNoKeyFile(
                "SLIPWAY_UNLOCK_KEY_FILE", .missing(path: folder("missing")))
        ) {
            try sources(environment).key(for: [Self.unlocker(Self.key(1))], store: Self.store)
        }
    }

    @Test func `a key of another store is an error that names its id`() {
        let unlockers = [Self.unlocker(Self.key(1))]
        #expect(
            throws: UnlockError.notAnUnlocker(
                .variable("SLIPWAY_UNLOCK_KEY"), id: Self.key(2).id, store: unlockers)
        ) {
            try sources(["SLIPWAY_UNLOCK_KEY": Self.line(2)])
                .key(for: unlockers, store: Self.store)
        }
    }

    @Test func `a changed check value is told from a wrong key`() {
        let good = Self.unlocker(Self.key(1))
        let changed = Unlocker(
            id: good.id, kind: .key, label: "", publicKey: good.publicKey,
            checkValue: Array(good.checkValue.reversed()))
        #expect(throws: UnlockError.damagedUnlocker(good.id)) {
            try sources(["SLIPWAY_UNLOCK_KEY": Self.line(1)])
                .key(for: [changed], store: Self.store)
        }
    }

    @Test func `a passphrase is asked for only where no key is at hand`() throws {
        let cost = try #require(ScryptCost(logRounds: 10))
        let salt = Array(repeating: UInt8(9), count: 16)
        let key = UnlockKey(
            passphrase: SecretBytes(copying: Array("correct horse".utf8)), cost: cost, salt: salt)
        let unlockers = [Self.unlocker(key, .passphrase(cost: cost, salt: salt))]
        let found = try sources(passphrase: "correct horse")
            .key(for: unlockers, store: Self.store)
        #expect(found.source == .passphrase(key.id))
        #expect(throws: UnlockError.wrongPassphrase(key.id)) {
            try sources(passphrase: "wrong horse").key(for: unlockers, store: Self.store)
        }
        #expect(throws: UnlockError.self) {
            try sources().key(for: unlockers, store: Self.store)
        }
    }

    @Test func `what the command line gives wins over the environment`() throws {
        let cost = try #require(ScryptCost(logRounds: 10))
        let salt = Array(repeating: UInt8(9), count: 16)
        let passphrase = SecretBytes(copying: Array("correct horse".utf8))
        let key = UnlockKey(passphrase: passphrase, cost: cost, salt: salt)
        let unlockers = [
            Self.unlocker(Self.key(1)), Self.unlocker(key, .passphrase(cost: cost, salt: salt)),
        ]
        let environment = ["SLIPWAY_UNLOCK_KEY": Self.line(1)]
        let given = UnlockSources(
            environment: environment, defaultKeyFile: folder("none"), givenPassphrase: passphrase)
        #expect(try given.key(for: unlockers, store: Self.store).source == .passphrase(key.id))
        let named = UnlockSources(
            environment: environment, defaultKeyFile: folder("none"), preferred: key.id,
            askPassphrase: { _ in passphrase })
        #expect(try named.key(for: unlockers, store: Self.store).source == .passphrase(key.id))
        let missing = UnlockSources(
            environment: environment, defaultKeyFile: folder("none"),
            preferred: UnlockerID("0123456789abcdef"))
        #expect(throws: UnlockError.self) {
            try missing.key(for: unlockers, store: Self.store)
        }
    }

    @Test func `32 characters that are no base64 are a passphrase in the wrong place`() {
        #expect(throws: UnlockError.malformed(.variable("SLIPWAY_UNLOCK_KEY"))) {
            try sources(["SLIPWAY_UNLOCK_KEY": "correct horse battery staple 123"]).keyForNewStore()
        }
    }

    @Test func `of several passphrases none is tried: the id must be given`() throws {
        let cost = try #require(ScryptCost(logRounds: 10))
        let unlockers = (1...2).map { number in
            let salt = Array(repeating: UInt8(number), count: 16)
            let key = UnlockKey(
                passphrase: SecretBytes(copying: Array("the same".utf8)), cost: cost, salt: salt)
            return Self.unlocker(key, .passphrase(cost: cost, salt: salt))
        }
        #expect(throws: UnlockError.severalPassphrases(unlockers)) {
            try sources(passphrase: "the same").key(for: unlockers, store: Self.store)
        }
        let chosen = UnlockSources(
            environment: [:], defaultKeyFile: folder("none"), preferred: unlockers[1].id,
            givenPassphrase: SecretBytes(copying: Array("the same".utf8)))
        let found = try chosen.key(for: unlockers, store: Self.store)
        #expect(found.key.id == unlockers[1].id)
    }
}

@Suite("A key file")
struct KeyFileTests {
    let folder = TemporaryFolder()

    @Test func `is made whole, private, and holds the key that was given back`() throws {
        let old = umask(0)
        let key = try KeyFile.create(at: folder("a/b/unlock.key"))
        umask(old)
        #expect(try KeyFile.read(folder("a/b/unlock.key")).id == key.id)
        #expect(folder.mode("a/b/unlock.key") == 0o600)
        #expect(folder.mode("a/b") == 0o700)
        #expect(contents(of: folder("a/b/unlock.key")).count == 45)
    }

    @Test func `is never replaced`() throws {
        let key = try KeyFile.create(at: folder("unlock.key"))
        #expect(throws: PrivateFileError.exists(path: folder("unlock.key"))) {
            try KeyFile.create(at: folder("unlock.key"))
        }
        #expect(try KeyFile.read(folder("unlock.key")).id == key.id)
        #expect(folder.names == ["unlock.key"])
    }

    @Test func `is one file with one key when many make it at once`() async throws {
        let path = folder("unlock.key")
        let ids = try await withThrowingTaskGroup(of: UnlockerID.self) { group in
            for _ in 0..<64 {
                group.addTask { try KeyFile.readOrCreate(at: path).key.id }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        #expect(folder.names == ["unlock.key"])
    }

    @Test(arguments: [
        "", "\n", String(repeating: "A", count: 43), String(repeating: "A", count: 42) + "B=",
        String(repeating: "A", count: 200), String(repeating: "A", count: 43) + "=\n\n",
    ])
    func `with anything but one key in it is refused`(text: String) {
        folder.write("unlock.key", text)
        #expect(throws: (any Error).self) { try KeyFile.read(folder("unlock.key")) }
    }

    @Test func `is refused where it could be another's: links, kinds, modes, owners`() throws {
        folder.write("good", UnlockSourcesTests.line(1))
        #expect(throws: Never.self) { try KeyFile.read(folder("good")) }

        symlink(folder("good"), folder("link"))
        expect(.symbolicLink(path: folder("link")), "link")
        mkfifo(folder("pipe"), 0o600)
        expect(.notRegularFile(path: folder("pipe")), "pipe")
        mkdir(folder("folder"), 0o700)
        expect(.notRegularFile(path: folder("folder")), "folder")
        expect(.missing(path: folder("missing")), "missing")
        for mode: mode_t in [0o640, 0o604, 0o620, 0o700, 0o644] {
            folder.write("wide", UnlockSourcesTests.line(1), mode: mode)
            expect(.widePermissions(path: folder("wide"), mode: mode, allowed: 0o600), "wide")
        }
        link(folder("good"), folder("second"))
        expect(.severalLinks(path: folder("good"), count: 2), "good")
        unlink(folder("second"))
        if geteuid() == 0 {
            folder.write("foreign", UnlockSourcesTests.line(1))
            chown(folder("foreign"), 12345, 12345)
            expect(.foreignOwner(path: folder("foreign"), userID: 12345), "foreign")
        }
        chmod(folder.path, 0o777)
        expect(.folderWritableByOthers(path: folder.path, mode: 0o777), "good")
    }

    private func expect(
        _ error: PrivateFileError, _ name: String, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: error, sourceLocation: location) { try KeyFile.read(folder(name)) }
    }
}
