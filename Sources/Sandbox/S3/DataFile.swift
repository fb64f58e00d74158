import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A file with the bytes of one version of an object or of one part. Nobody writes to it again.
///
/// Once it is let go of it lives as long as somebody still reads it.
final class DataFile: Sendable, Equatable {
    let path: String
    private let disk: Disk
    private let isUnwanted = Mutex(false)

    init(path: String, disk: Disk) {
        self.path = path
        self.disk = disk
    }

    /// The object is gone: the file goes with its last reader.
    func discard() { isUnwanted.withLock { $0 = true } }

    deinit {
        if isUnwanted.withLock({ $0 }) { unlink(path) }
    }

    static func == (lhs: DataFile, rhs: DataFile) -> Bool { lhs === rhs }

    func open() async throws -> DataReader {
        try await disk.run { () throws(Refusal) in try self.openNow() }
    }

    /// As ``open()``, where waiting is allowed.
    func openNow() throws(Refusal) -> DataReader {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw .system("open", path) }
        return DataReader(file: file, path: path, disk: disk)
    }
}

/// An open file of an object.
final class DataReader: Sendable {
    private let file: Int32
    private let path: String
    private let disk: Disk

    init(file: Int32, path: String, disk: Disk) {
        self.file = file
        self.path = path
        self.disk = disk
    }

    deinit { close(file) }

    func byteCount() throws(Refusal) -> Int {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .system("read", path) }
        return Int(status.st_size)
    }

    /// Writes all the bytes to another file, where that one stands. Returns how many there are.
    func copy(to other: Int32, path otherPath: String) throws(Refusal) -> Int {
        let byteCount = try byteCount()
        var offset = 0
        while offset < byteCount {
            let count = sendfile(other, file, &offset, byteCount - offset)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .system("write", otherPath) }
        }
        return byteCount
    }

    /// The bytes at the offset: as many as asked for.
    func read(at offset: Int, byteCount: Int) async throws -> ByteBuffer {
        try await disk.run { () throws(Refusal) in
            try self.readNow(at: offset, byteCount: byteCount)
        }
    }

    func readNow(at offset: Int, byteCount: Int) throws(Refusal) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: byteCount)
        while buffer.readableBytes < byteCount {
            let rest = byteCount - buffer.readableBytes
            let position = off_t(offset + buffer.readableBytes)
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: rest) { space in
                max(0, pread(file, space.baseAddress, rest, position))
            }
            guard count > 0 else { throw .system("read", path) }
        }
        return buffer
    }
}

/// Where files are read and written: threads that may wait.
struct Disk: Sendable {
    private let pool: NIOThreadPool

    init(_ pool: NIOThreadPool) { self.pool = pool }

    /// Runs the body on a thread that may wait. Throws what the body throws, and
    /// `ServiceUnavailable` where the sandbox is ending.
    func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws(Refusal) -> Result
    ) async throws(Refusal) -> Result {
        let result: Swift.Result<Result, Refusal>
        do {
            result = try await pool.runIfActive {
                do throws(Refusal) {
                    return .success(try body())
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw Refusal("ServiceUnavailable", "The sandbox is ending.", status: 503)
        }
        return try result.get()
    }
}

extension Refusal {
    /// The system call on a state file that just failed.
    static func system(_ operation: String, _ path: String) -> Refusal {
        let message = String(cString: strerror(errno))
        return Refusal(
            "InternalError", "The sandbox cannot \(operation) \(path): \(message)", status: 500)
    }
}
