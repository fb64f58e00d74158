import KeyVault
import SlipwayCore
import Testing

@Suite("A sealed record")
struct SealedRecordTests {
    static let store = StoreID("00000000-0000-4000-8000-000000000001")
    static let place = SecretPlace(
        store: store, table: "aws_keys", owner: "7", column: "secret_access_key", version: 3)
    static let ring = KeyRing(store: store, generation: .first, key: .random())
    static let secret = SecretBytes(copying: Array("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".utf8))
    static let record = ring.seal(secret, at: place)

    @Test(arguments: [0, 1, 40, 59, 60, 61, 124, 4096])
    func `opens to the same bytes, whatever their number`(count: Int) throws {
        let secret = SecretBytes(copying: (0..<count).map { UInt8(truncatingIfNeeded: $0) })
        let record = Self.ring.seal(secret, at: Self.place)
        #expect(try Self.ring.open(record, at: Self.place) == secret)
        #expect(record.bytes.count % 64 == Self.record.bytes.count % 64)
    }

    @Test func `parses to the same bytes again`() throws {
        #expect(try SealedRecord(bytes: Self.record.bytes).bytes == Self.record.bytes)
    }

    @Test func `does not show the secret or its exact length`() {
        let short = Self.ring.seal(SecretBytes(copying: [1]), at: Self.place)
        #expect(short.bytes.count == Self.record.bytes.count)
        #expect(!contains(Self.record.bytes, Array("wJalrXUt".utf8)))
    }

    @Test func `is refused with one kind of error when any one bit is another`() {
        let bytes = Self.record.bytes
        var opened = 0
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                #expect(throws: SealError.doesNotOpen) {
                    try Self.ring.open(SealedRecord(bytes: changed), at: Self.place)
                }
                opened += 1
            }
        }
        #expect(opened == bytes.count * 8)
    }

    @Test func `is refused when it is cut at any byte, or longer by one`() {
        let bytes = Self.record.bytes
        for count in 0..<bytes.count {
            #expect(throws: SealError.doesNotOpen) {
                try SealedRecord(bytes: bytes.prefix(count))
            }
            #expect(throws: SealError.doesNotOpen) {
                try SealedRecord(bytes: bytes.dropFirst(count + 1))
            }
        }
        #expect(throws: SealError.doesNotOpen) { try SealedRecord(bytes: bytes + [0]) }
    }

    @Test(arguments: [
        SecretPlace(
            store: StoreID("00000000-0000-4000-8000-000000000002"), table: "aws_keys", owner: "7",
            column: "secret_access_key", version: 3),
        SecretPlace(
            store: store, table: "audit_key", owner: "7", column: "secret_access_key", version: 3),
        SecretPlace(
            store: store, table: "aws_keys", owner: "8", column: "secret_access_key", version: 3),
        SecretPlace(
            store: store, table: "aws_keys", owner: "7", column: "session_token", version: 3),
        SecretPlace(
            store: store, table: "aws_keys", owner: "7", column: "secret_access_key", version: 4),
        // The same characters, cut otherwise: what joined text could not tell apart.
        SecretPlace(
            store: store, table: "aws_keys7", owner: "", column: "secret_access_key", version: 3),
    ])
    func `does not open at any other place`(place: SecretPlace) {
        #expect(throws: SealError.doesNotOpen) {
            try Self.ring.open(Self.record, at: place)
        }
    }

    @Test func `does not open with another store's key, or another generation's`() {
        let other = KeyRing(store: Self.store, generation: .first, key: .random())
        #expect(throws: SealError.doesNotOpen) { try other.open(Self.record, at: Self.place) }
        let later = KeyRing(store: Self.store, generation: .first.next, key: .random())
        #expect(throws: SealError.doesNotOpen) { try later.open(Self.record, at: Self.place) }
    }

    @Test func `opens after its data key was wrapped under the next generation, only with that`()
        throws
    {
        let old = StoreKey.random()
        let oldRing = KeyRing(store: Self.store, generation: .first, key: old)
        let new = StoreKey.random()
        var both = KeyRing(store: Self.store, generation: .first.next, key: new)
        both.add(.first, key: old)
        let newRing = KeyRing(store: Self.store, generation: .first.next, key: new)

        let record = oldRing.seal(Self.secret, at: Self.place)
        let rewrapped = try both.rewrap(record, at: Self.place)

        #expect(rewrapped.generation == .first.next)
        #expect(try newRing.open(rewrapped, at: Self.place) == Self.secret)
        #expect(throws: SealError.doesNotOpen) { try oldRing.open(rewrapped, at: Self.place) }
        #expect(throws: SealError.doesNotOpen) { try newRing.open(record, at: Self.place) }
        #expect(try both.open(record, at: Self.place) == Self.secret)
    }

    @Test func `never has the same nonce or data key twice`() {
        let records = (0..<200).map { _ in Self.ring.seal(Self.secret, at: Self.place).bytes }
        #expect(Set(records).count == 200)
        #expect(Set(records.map { Array($0[12..<24]) }).count == 200)
        #expect(Set(records.map { Array($0[24..<72]) }).count == 200)
        #expect(Set(records.map { Array($0[72..<84]) }).count == 200)
    }
}

/// Whether some bytes stand anywhere in others.
func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    guard bytes.count >= part.count else { return false }
    return (0...bytes.count - part.count).contains { bytes[$0...].starts(with: part) }
}
