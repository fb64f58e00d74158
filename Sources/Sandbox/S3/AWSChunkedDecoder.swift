import AWSSignature
import NIOCore

/// Takes the framing off an `aws-chunked` body: chunks, perhaps each with a signature that covers
/// the one before, and perhaps a trailer.
struct AWSChunkedDecoder {
    private enum Place {
        case chunkHead
        /// So many bytes of the chunk are still to come.
        case chunk(Int)
        case chunkEnd
        case trailer
        case end
    }

    private var place = Place.chunkHead
    private var line: [UInt8] = []
    private var signer: ChunkSigner?
    private var digester = ContentDigester(.sha256)
    private var chunkSignature = ""
    private let hasTrailer: Bool
    /// The fields behind the last chunk, without the signature.
    private(set) var trailer: [HeaderField] = []

    private static let lineByteLimit = 16 << 10

    /// A signer where chunks are signed.
    init(signer: ChunkSigner?, hasTrailer: Bool) {
        self.signer = signer
        self.hasTrailer = hasTrailer
    }

    /// Whether all of the body was there.
    var isComplete: Bool { if case .end = place { true } else { false } }

    /// The bytes of the object among the next ones of the body.
    ///
    /// Throws `SignatureDoesNotMatch`, `InvalidChunkSizeError`-like `IncompleteBody`.
    mutating func decode(_ buffer: ByteBuffer) throws(Refusal) -> [ByteBuffer] {
        var buffer = buffer
        var pieces: [ByteBuffer] = []
        while buffer.readableBytes > 0 {
            switch place {
            case .chunk(let rest):
                let count = min(rest, buffer.readableBytes)
                guard let piece = buffer.readSlice(length: count) else { throw Self.malformed }
                if signer != nil {
                    piece.withUnsafeReadableBytes { digester.update($0) }
                }
                pieces.append(piece)
                if count < rest {
                    place = .chunk(rest - count)
                } else {
                    try checkChunk()
                    place = .chunkEnd
                }
            case .end: throw Self.malformed
            case .chunkHead, .chunkEnd, .trailer:
                guard let line = try takeLine(&buffer) else { break }
                try take(line)
            }
        }
        return pieces
    }

    private mutating func take(_ line: String) throws(Refusal) {
        switch place {
        case .chunkHead: try takeChunkHead(line)
        case .chunkEnd:
            guard line.isEmpty else { throw Self.malformed }
            place = .chunkHead
        default: try takeTrailer(line)
        }
    }

    private mutating func takeChunkHead(_ line: String) throws(Refusal) {
        let parts = line.split(separator: ";", omittingEmptySubsequences: false)
        guard let size = Int(parts[0], radix: 16), size >= 0 else { throw Self.malformed }
        chunkSignature = ""
        for part in parts.dropFirst() where part.hasPrefix("chunk-signature=") {
            chunkSignature = String(part.dropFirst("chunk-signature=".count))
        }
        digester = ContentDigester(.sha256)
        guard size == 0 else {
            place = .chunk(size)
            return
        }
        try checkChunk()
        // A line break ends the last chunk; with a trailer its fields come first.
        place = .trailer
    }

    private mutating func checkChunk() throws(Refusal) {
        guard signer != nil else { return }
        guard signer?.sign(chunk: digester.finish()) == chunkSignature else {
            throw Self.mismatch
        }
    }

    private mutating func takeTrailer(_ line: String) throws(Refusal) {
        guard !line.isEmpty else {
            // Some clients put a line break between the last chunk and the trailer.
            if hasTrailer && trailer.isEmpty { return }
            place = .end
            return
        }
        guard hasTrailer, let colon = line.firstIndex(of: ":") else { throw Self.malformed }
        let name = line[..<colon].lowercased()
        let value = line[line.index(after: colon)...].drop { $0 == " " }
        guard name == "x-amz-trailer-signature" else {
            trailer.append(HeaderField(name, String(value)))
            return
        }
        guard signer?.sign(trailer: trailer) == String(value) else { throw Self.mismatch }
        signer = nil
    }

    /// What must hold once the body has ended.
    func finish() throws(Refusal) {
        let lacksSignature = signer != nil && hasTrailer
        switch place {
        case .end where !lacksSignature: return
        // The very last line break is left out by some.
        case .trailer where !lacksSignature && line.isEmpty && !(hasTrailer && trailer.isEmpty):
            return
        default: throw Self.malformed
        }
    }

    private mutating func takeLine(_ buffer: inout ByteBuffer) throws(Refusal) -> String? {
        while let byte = buffer.readInteger(as: UInt8.self) {
            if byte == UInt8(ascii: "\n") {
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                defer { line = [] }
                return String(decoding: line, as: UTF8.self)
            }
            line.append(byte)
            guard line.count <= Self.lineByteLimit else { throw Self.malformed }
        }
        return nil
    }

    private static let malformed = Refusal(
        "IncompleteBody", "The request body is not well formed: its aws-chunked framing is broken.")

    private static let mismatch = Refusal(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your "
            + "key and signing method.", status: 403)
}
