import FoundationEssentials
import KeyVault
import SlipwayCore
import TestSupport
import Testing

/// What `Vectors/format-1.json` holds: made once by an implementation that is not ours, and frozen.
/// `Tests/Foreign/test_vectors.py` reads the same file.
private struct Vectors: Decodable {
    struct Record: Decodable {
        let storeKey: String
        let generation: UInt32
        let table: String
        let owner: String
        let column: String
        let version: Int
        let secret: String
        let record: String
    }

    struct Unlocker: Decodable {
        let secret: String
        let id: String
        let publicKey: String
        let presharedKey: String
        let checkValue: String
        let generation: UInt32
        let storeKey: String
        let wrappedKey: String
    }

    struct Passphrase: Decodable {
        let passphrase: String
        let salt: String
        let logRounds: Int
        let id: String
    }

    struct AuditRow: Decodable {
        let fields: [String]
        let previous: String
        let tag: String
        let headTag: String
        let sequence: Int
    }

    let store: String
    let records: [Record]
    let unlockers: [Unlocker]
    let passphrases: [Passphrase]
    let auditKey: String
    let audit: [AuditRow]

    static let formatOne: Vectors = {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Vectors/format-1.json").path()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try! decoder.decode(Vectors.self, from: Data(contents(of: path)))  // In the tree.
    }()
}

@Suite("The frozen vectors of format 1")
struct VectorsTests {
    private let vectors = Vectors.formatOne
    private var store: StoreID { StoreID(vectors.store) }

    @Test func `have records that open`() throws {
        #expect(vectors.records.count == 5)
        for vector in vectors.records {
            let generation = try #require(StoreKeyGeneration(stored: vector.generation))
            let key = try #require(StoreKey(secret(vector.storeKey)))
            let ring = KeyRing(store: store, generation: generation, key: key)
            let place = SecretPlace(
                store: store, table: vector.table, owner: vector.owner, column: vector.column,
                version: vector.version)
            let record = try SealedRecord(bytes: bytes(vector.record))
            #expect(try ring.open(record, at: place) == secret(vector.secret))
        }
    }

    @Test func `have unlockers that unwrap, with all that comes from their keys`() throws {
        for vector in vectors.unlockers {
            let key = try #require(UnlockKey(secret(vector.secret)))
            #expect(key.id.rawValue == vector.id)
            #expect(key.publicHalf.publicKey == bytes(vector.publicKey))
            #expect(key.publicHalf.presharedKey == secret(vector.presharedKey))
            #expect(key.checkValue(store: store) == bytes(vector.checkValue))
            let wrapped = try WrappedStoreKey(bytes: bytes(vector.wrappedKey))
            #expect(wrapped.generation.rawValue == vector.generation)
            #expect(try key.unwrap(wrapped, store: store).secret == secret(vector.storeKey))
        }
    }

    @Test func `have passphrases that give their unlockers`() throws {
        for vector in vectors.passphrases {
            let cost = try #require(ScryptCost(logRounds: vector.logRounds))
            let key = UnlockKey(
                passphrase: SecretBytes(copying: Array(vector.passphrase.utf8)), cost: cost,
                salt: bytes(vector.salt))
            #expect(key.id.rawValue == vector.id)
        }
    }

    @Test func `have audit rows with their tags`() throws {
        let key = try #require(AuditKey(version: 1, secret: secret(vectors.auditKey)))
        for vector in vectors.audit {
            #expect(
                key.tag(after: bytes(vector.previous), fields: vector.fields) == bytes(vector.tag))
            #expect(
                key.headTag(sequence: vector.sequence, tag: bytes(vector.tag))
                    == bytes(vector.headTag))
        }
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0..<$0 + 2]), radix: 16)
        }
    }

    private func secret(_ hex: String) -> SecretBytes { SecretBytes(copying: bytes(hex)) }
}
