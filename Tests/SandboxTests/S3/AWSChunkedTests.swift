import AWSSignature
import NIOCore
import SlipwayCore
import Testing

@testable import Sandbox

@Suite struct AWSChunkedTests {
    /// AWS's documentation has this example: 66,560 times `a` in three chunks.
    private static let published: [UInt8] = {
        let signatures = [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ]
        var body: [UInt8] = []
        for (size, signature) in zip([65_536, 1024, 0], signatures) {
            body += "\(String(size, radix: 16));chunk-signature=\(signature)\r\n".utf8
            body += [UInt8](repeating: UInt8(ascii: "a"), count: size)
            body += "\r\n".utf8
        }
        return body
    }()

    private func signer() throws -> ChunkSigner {
        let secret = try SecretAccessKey(
            SecretBytes(copying: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".utf8))
        let scope = CredentialScope(day: "20130524", region: "us-east-1", service: "s3")
        return ChunkSigner(
            key: SigningKey(secret, scope: scope), scope: scope,
            time: try #require(SigningTime("20130524T000000Z")),
            seed: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9")
    }

    /// Decodes a body that comes in pieces of so many bytes.
    private func decode(
        _ body: [UInt8], by length: Int, signer: ChunkSigner?, hasTrailer: Bool = false
    ) throws -> (bytes: [UInt8], trailer: [HeaderField]) {
        var decoder = AWSChunkedDecoder(signer: signer, hasTrailer: hasTrailer)
        var bytes: [UInt8] = []
        var rest = body[...]
        while !rest.isEmpty {
            for piece in try decoder.decode(ByteBuffer(bytes: rest.prefix(length))) {
                bytes += piece.readableBytesView
            }
            rest = rest.dropFirst(length)
        }
        try decoder.finish()
        return (bytes, decoder.trailer)
    }

    @Test(arguments: [1, 7, 1000, 65_536, 100_000])
    func `AWS's own example is taken, however it is cut`(length: Int) throws {
        let decoded = try decode(Self.published, by: length, signer: signer())
        #expect(decoded.bytes == [UInt8](repeating: UInt8(ascii: "a"), count: 66_560))
    }

    @Test(arguments: [100, 70_000, 66_800])
    func `a changed byte anywhere is refused`(index: Int) throws {
        var body = Self.published
        body[min(index, body.count - 3)] ^= 1
        #expect(throws: Refusal.self) { try decode(body, by: 4096, signer: signer()) }
    }

    @Test func `chunks cannot be left out, repeated or cut off`() throws {
        let first = Array(Self.published[..<65_624])
        let rest = Array(Self.published[65_624...])
        let signer = try signer()
        for body in [rest, first + first + rest, first, Array(Self.published.dropLast(100))] {
            #expect(throws: Refusal.self) { try decode(body, by: 4096, signer: signer) }
        }
    }

    @Test(arguments: [1, 5, 100])
    func `a trailer is read, with and without a line break before it`(length: Int) throws {
        for gap in ["", "\r\n"] {
            let body = "5\r\nhello\r\n0\r\n\(gap)x-amz-checksum-crc32:NhCmhg==\r\n\r\n"
            let decoded = try decode(
                Array(body.utf8), by: length, signer: nil, hasTrailer: true)
            #expect(decoded.bytes == Array("hello".utf8))
            #expect(decoded.trailer == [HeaderField("x-amz-checksum-crc32", "NhCmhg==")])
        }
    }

    @Test(arguments: [
        "", "5\r\nhello\r\n", "5\r\nhello", "z\r\n", "-1\r\n", "5\r\nhelloX\r\n0\r\n\r\n",
        "0\r\n\r\nmore", "0\r\nx-amz-meta: no trailer\r\n\r\n",
    ])
    func `broken framing is refused`(body: String) {
        #expect(throws: Refusal.self) { try decode(Array(body.utf8), by: 3, signer: nil) }
    }

    @Test func `a trailer of signed chunks needs its signature`() throws {
        let signer = try signer()
        var copy = signer
        let body =
            "5;chunk-signature=\(copy.sign(chunk: .sha256("hello".utf8)))\r\nhello\r\n"
            + "0;chunk-signature=\(copy.sign(chunk: .sha256([])))\r\n"
        let field = HeaderField("x-amz-checksum-crc32", "NhCmhg==")
        let signature = copy.sign(trailer: [field])
        let trailer = "\(field.name):\(field.value)\r\n"
        let signed = body + trailer + "x-amz-trailer-signature:\(signature)\r\n\r\n"
        let decoded = try decode(Array(signed.utf8), by: 9, signer: signer, hasTrailer: true)
        #expect(decoded.trailer == [field])
        for broken in [body + trailer + "\r\n", signed.replacing("NhCmhg", with: "NhCmhh")] {
            #expect(throws: Refusal.self) {
                try decode(Array(broken.utf8), by: 9, signer: signer, hasTrailer: true)
            }
        }
    }
}
