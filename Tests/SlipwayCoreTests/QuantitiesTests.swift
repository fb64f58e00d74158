import SlipwayCore
import Testing

@Suite("Quantities for people")
struct QuantitiesTests {
    @Test(arguments: [
        (0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (1500, "1.5 KiB"),
        (5_678_901, "5.4 MiB"), (1 << 30, "1.0 GiB"), (.max, "8.0 EiB"),
        // Not 1024.0 of the smaller unit.
        ((1 << 20) - 52, "1023.9 KiB"), ((1 << 20) - 51, "1.0 MiB"),
    ])
    func `bytes are in powers of 1,024`(count: Int, shown: String) {
        #expect(shownBytes(count) == shown)
    }

    @Test(arguments: [
        (-1, "0.0s"), (0.04, "0.0s"), (0.44, "0.4s"), (2, "2.0s"), (9.94, "9.9s"), (9.96, "10s"),
        (59.4, "59s"), (59.6, "1m 00s"), (125, "2m 05s"), (3840, "1h 04m"),
    ])
    func `steps have tenths of seconds while those matter`(seconds: Double, shown: String) {
        #expect(shownSeconds(seconds) == shown)
    }

    @Test func `the size of a revision is files and bytes`() {
        #expect(RevisionSize(fileCount: 1, byteCount: 23).words == "1 file, 23 bytes")
        #expect(
            RevisionSize(fileCount: 1_234_567, byteCount: 2296).words
                == "1,234,567 files, 2.2 KiB")
    }
}
