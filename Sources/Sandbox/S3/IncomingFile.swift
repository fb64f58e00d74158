import AWSSignature
import Glibc
import NIOCore
import Synchronization

/// Bytes on their way in, under a name that is swept away when the sandbox starts again.
final class IncomingFile: Sendable {
    let path: String
    private let state: Mutex<State>

    private struct State: Sendable {
        /// Nil once closed.
        var file: Int32?
        var byteCount = 0
        var md5 = ContentDigester(.md5)
        var sha256: ContentDigester?
        var checksums: [ChecksumAlgorithm: ChecksumDigester] = [:]
    }

    /// `digestsSHA256` and `checksums` say what to find out besides size and MD5.
    init(
        in folder: String, digestsSHA256: Bool = false, checksums: [ChecksumAlgorithm] = []
    ) throws(Refusal) {
        path = "\(folder)/\(randomName(length: 24))"
        var state = State(file: try DurableFile.create(path))
        if digestsSHA256 { state.sha256 = ContentDigester(.sha256) }
        for algorithm in checksums { state.checksums[algorithm] = ChecksumDigester(algorithm) }
        self.state = Mutex(state)
    }

    deinit {
        if let file = state.withLock({ $0.file }) { close(file) }
        // It has another name by now if it is wanted.
        unlink(path)
    }

    /// Takes the next bytes.
    func append(_ buffers: [ByteBuffer]) throws(Refusal) {
        try state.withLock { state throws(Refusal) in
            for buffer in buffers {
                try Self.append(buffer, to: &state, path)
            }
        }
    }

    private static func append(
        _ buffer: ByteBuffer, to state: inout State, _ path: String
    ) throws(Refusal) {
        guard let file = state.file else { return }
        let result: Result<Void, Refusal> = buffer.withUnsafeReadableBytes { bytes in
            state.md5.update(bytes)
            state.sha256?.update(bytes)
            for algorithm in state.checksums.keys { state.checksums[algorithm]?.update(bytes) }
            do throws(Refusal) {
                return .success(try DurableFile.write(bytes, to: file, path: path))
            } catch {
                return .failure(error)
            }
        }
        state.byteCount += buffer.readableBytes
        try result.get()
    }

    /// What was found out about the bytes.
    struct Digests: Sendable {
        let byteCount: Int
        let md5: ContentDigest
        let sha256: ContentDigest?
        let checksums: [ChecksumAlgorithm: [UInt8]]
    }

    /// Ends it: everything is on the disk.
    func finish() throws(Refusal) -> Digests {
        try state.withLock { state throws(Refusal) in
            if let file = state.file {
                state.file = nil
                defer { close(file) }
                guard fsync(file) == 0 else { throw .system("write", path) }
            }
            return Digests(
                byteCount: state.byteCount, md5: state.md5.finish(),
                sha256: state.sha256?.finish(),
                checksums: state.checksums.mapValues { $0.finish() })
        }
    }
}
