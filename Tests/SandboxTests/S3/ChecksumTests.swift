import AWSSignature
import Testing

@testable import Sandbox

@Suite struct ChecksumTests {
    /// The check values of the catalogue of CRC algorithms, and of FIPS 180.
    @Test(arguments: [
        (ChecksumAlgorithm.crc32, "cbf43926"),
        (.crc32c, "e3069283"),
        (.crc64NVME, "ae8b14860a799888"),
        (.sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        (.sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
    ])
    func `the digits 1 to 9 give the published value`(
        algorithm: ChecksumAlgorithm, expected: String
    ) {
        let bytes = ChecksumDigester.checksum(Array("123456789".utf8), algorithm)
        #expect(Hexadecimal.encode(bytes) == expected)
    }

    @Test(arguments: ChecksumAlgorithm.allCases)
    func `pieces of any length give what the whole gives`(algorithm: ChecksumAlgorithm) {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let whole = ChecksumDigester.checksum(bytes, algorithm)
        for length in [1, 3, 7, 8, 9, 64, 333] {
            var digester = ChecksumDigester(algorithm)
            var rest = bytes[...]
            while !rest.isEmpty {
                rest.prefix(length).withUnsafeBytes { digester.update($0) }
                rest = rest.dropFirst(length)
            }
            #expect(digester.finish() == whole)
        }
    }
}
