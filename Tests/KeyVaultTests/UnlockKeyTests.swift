import KeyVault
import SlipwayCore
import Testing

@Suite("An unlock key")
struct UnlockKeyTests {
    static let store = StoreID("00000000-0000-4000-8000-000000000001")
    static let key = UnlockKey(SecretBytes(copying: Array(repeating: 7, count: 32)))!

    @Test func `opens the store key that was wrapped for its public half`() throws {
        let storeKey = StoreKey.random()
        let wrapped = try Self.key.publicHalf.wrap(
            storeKey, generation: .first, store: Self.store)
        #expect(wrapped.bytes.count == 88)
        let parsed = try WrappedStoreKey(bytes: wrapped.bytes)
        #expect(parsed == wrapped)
        #expect(try Self.key.unwrap(parsed, store: Self.store).secret == storeKey.secret)
    }

    @Test func `refuses a wrapped store key with any one bit changed`() throws {
        let bytes = try Self.key.publicHalf.wrap(
            .random(), generation: .first, store: Self.store
        ).bytes
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                #expect(throws: SealError.doesNotOpen) {
                    try Self.key.unwrap(WrappedStoreKey(bytes: changed), store: Self.store)
                }
            }
        }
        for count in 0..<bytes.count {
            #expect(throws: SealError.doesNotOpen) {
                try WrappedStoreKey(bytes: bytes.prefix(count))
            }
        }
    }

    @Test func `refuses a store key wrapped for another unlocker, store, or without its secret`()
        throws
    {
        let other = try #require(UnlockKey(SecretBytes(copying: Array(repeating: 8, count: 32))))
        let otherStore = StoreID("00000000-0000-4000-8000-000000000002")
        let half = Self.key.publicHalf
        // Who can write the database knows the public key, but not the pre-shared key.
        let forged = UnlockerPublicHalf(
            id: half.id, publicKey: half.publicKey,
            presharedKey: SecretBytes(copying: Array(repeating: 0, count: 32)))
        let wrapped = try [
            other.publicHalf.wrap(.random(), generation: .first, store: Self.store),
            half.wrap(.random(), generation: .first, store: otherStore),
            forged.wrap(.random(), generation: .first, store: Self.store),
        ]
        for wrapped in wrapped {
            #expect(throws: SealError.doesNotOpen) {
                try Self.key.unwrap(wrapped, store: Self.store)
            }
        }
    }

    @Test func `has an id and a check value that say nothing of the key`() {
        #expect(Self.key.id.rawValue.count == 16)
        #expect(Self.key.checkValue(store: Self.store).count == 32)
        let other = StoreID("00000000-0000-4000-8000-000000000002")
        #expect(Self.key.checkValue(store: Self.store) != Self.key.checkValue(store: other))
        #expect(UnlockKey(SecretBytes(copying: Array(repeating: 8, count: 32)))?.id != Self.key.id)
    }

    @Test func `comes from a passphrase the same way each time`() throws {
        let cost = try #require(ScryptCost(logRounds: 10))
        let salt = Array(repeating: UInt8(1), count: 16)
        let passphrase = SecretBytes(copying: Array("correct horse battery".utf8))
        let key = UnlockKey(passphrase: passphrase, cost: cost, salt: salt)
        #expect(UnlockKey(passphrase: passphrase, cost: cost, salt: salt).id == key.id)
        let otherSalt = UnlockKey(passphrase: passphrase, cost: cost, salt: [2] + salt.dropFirst())
        #expect(otherSalt.id != key.id)
    }

    @Test(arguments: [-1, 0, 9, 21, 63])
    func `is not made at a cost that protects nothing or exhausts the machine`(logRounds: Int) {
        #expect(ScryptCost(logRounds: logRounds) == nil)
    }

    @Test(arguments: [0, 31, 33, 64])
    func `has exactly 32 bytes`(count: Int) {
        #expect(UnlockKey(SecretBytes(copying: Array(repeating: 1, count: count))) == nil)
    }
}

@Suite("No description shows a secret")
struct RedactionTests {
    static let text = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    static let bytes = SecretBytes(copying: Array(text.utf8))

    static var holders: [(String, Any)] {
        get throws {
            let secret = try SecretAccessKey(bytes)
            let token = try SessionToken(bytes)
            let pair = AWSKeyPair(
                accessKeyID: try AccessKeyID("AKIAIOSFODNN7EXAMPLE"), secretAccessKey: secret,
                sessionToken: token)
            let key = UnlockKey(SecretBytes(copying: Array(text.utf8.prefix(32))))!
            let storeKey = StoreKey(SecretBytes(copying: Array(text.utf8.prefix(32))))!
            let ring = KeyRing(
                store: UnlockKeyTests.store, generation: .first, key: storeKey)
            let auditKey = AuditKey(
                version: 1, secret: SecretBytes(copying: Array(text.utf8.prefix(32))))!
            let sources = UnlockSources(
                environment: ["SLIPWAY_UNLOCK_KEY": UnlockSourcesTests.line(119)],
                defaultKeyFile: "/x", givenPassphrase: bytes)
            let found = try UnlockSources(
                environment: ["SLIPWAY_UNLOCK_KEY": UnlockSourcesTests.line(119)],
                defaultKeyFile: "/x"
            ).keyForNewStore()
            return [
                ("SecretBytes", bytes), ("SecretAccessKey", secret), ("SessionToken", token),
                ("AWSKeyPair", pair), ("UnlockKey", key), ("StoreKey", storeKey),
                ("KeyRing", ring), ("AuditKey", auditKey), ("UnlockSources.Found", found),
                ("UnlockSources", sources), ("UnlockerPublicHalf", key.publicHalf),
            ]
        }
    }

    @Test func `not String(describing:), not String(reflecting:), not dump`() throws {
        for (name, holder) in try Self.holders {
            var dumped = ""
            dump(holder, to: &dumped)
            for text in [String(describing: holder), String(reflecting: holder), dumped] {
                #expect(!text.contains("wJalrXUt"), "\(name)")
                // As numbers, which is how a dump shows bytes, and as a key variable has them.
                #expect(!text.contains("119"), "\(name): \(text)")
                #expect(!text.contains("d3d3"), "\(name): \(text)")
            }
        }
    }

    @Test func `and a secret is compared by its bytes`() {
        #expect(Self.bytes == SecretBytes(copying: Array(Self.text.utf8)))
        #expect(Self.bytes != SecretBytes(copying: Array(Self.text.utf8.dropLast())))
        #expect(Self.bytes != SecretBytes(copying: Array(Self.text.utf8.dropLast()) + [0]))
    }
}
