import AWSSignature
import FoundationEssentials
import NIOCore

/// The body of a request to S3: without its framing, measured against everything that the client
/// said of it.
final class Payload {
    private let body: RequestBody
    private let claim: PayloadClaim
    private var decoder: AWSChunkedDecoder?

    init(_ body: RequestBody, _ claim: PayloadClaim, signer: ChunkSigner?) {
        self.body = body
        self.claim = claim
        if claim.hash.isStreaming {
            decoder = AWSChunkedDecoder(signer: signer, hasTrailer: claim.hasTrailer)
        }
    }

    /// How many bytes are gathered before the disk gets them.
    private static let gatheredByteCount = 512 << 10

    /// Receives the bytes into a file, and checks them.
    ///
    /// Throws `XAmzContentSHA256Mismatch`, `BadDigest`, `IncompleteBody`, `EntityTooLarge`,
    /// `RequestTimeout`; ``ConnectionLost``.
    func receive(
        into folder: String, by disk: Disk, also algorithm: ChecksumAlgorithm? = nil
    ) async throws -> (file: IncomingFile, digests: IncomingFile.Digests, checksum: ObjectChecksum?)
    {
        let announced = claim.announcedChecksum
        let algorithms = Set([announced, algorithm].compactMap(\.self))
        let needsSHA256 = claim.hash.isSHA256
        let file = try await disk.run { () throws(Refusal) in
            try IncomingFile(
                in: folder, digestsSHA256: needsSHA256, checksums: Array(algorithms))
        }
        var gathered: [ByteBuffer] = []
        var gatheredCount = 0
        var count = 0
        while let buffer = try await body.next() {
            let pieces: [ByteBuffer]
            if decoder == nil {
                pieces = [buffer]
            } else {
                pieces = try decoder?.decode(buffer) ?? []
            }
            for piece in pieces {
                gathered.append(piece)
                gatheredCount += piece.readableBytes
                count += piece.readableBytes
            }
            guard count <= PayloadClaim.byteLimit else { throw PayloadClaim.tooLarge(count) }
            if gatheredCount >= Self.gatheredByteCount {
                let full = gathered
                gathered = []
                gatheredCount = 0
                try await disk.run { () throws(Refusal) in try file.append(full) }
            }
        }
        try decoder?.finish()
        let rest = gathered
        let digests = try await disk.run { () throws(Refusal) in
            try file.append(rest)
            return try file.finish()
        }
        try claim.check(digests, trailer: decoder?.trailer ?? [])
        let kept = (announced ?? algorithm).flatMap { algorithm in
            digests.checksums[algorithm].map {
                ObjectChecksum(
                    algorithm: algorithm, kind: .fullObject, value: Base64.encode($0))
            }
        }
        return (file, digests, kept)
    }

    /// A small body, such as an XML document.
    func whole(byteLimit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let buffer = try await body.next() {
            if decoder == nil {
                bytes += buffer.readableBytesView
            } else {
                for piece in try decoder?.decode(buffer) ?? [] { bytes += piece.readableBytesView }
            }
            guard bytes.count <= byteLimit else {
                throw Refusal("MaxMessageLengthExceeded", "Your request was too large.")
            }
        }
        try decoder?.finish()
        let checksums = claim.announcedChecksum.map {
            [$0: ChecksumDigester.checksum(bytes, $0)]
        }
        let digests = IncomingFile.Digests(
            byteCount: bytes.count, md5: .md5(bytes), sha256: .sha256(bytes),
            checksums: checksums ?? [:])
        try claim.check(digests, trailer: decoder?.trailer ?? [])
        return bytes
    }
}
