import Glibc
import NIOCore
import Synchronization

/// A file with the bytes of an object that was stored at once, or of one part. Nobody writes to it
/// again.
///
/// Once it is let go of it lives as long as somebody still reads it.
final class DataFile: Sendable, Equatable {
    /// The file's name in the bucket's folder of data.
    let name: String
    let path: String
    let byteCount: Int
    private let disk: Disk
    private let isUnwanted = Mutex(false)

    init(_ name: String, in folder: String, byteCount: Int, disk: Disk) {
        self.name = name
        path = "\(folder)/\(name)"
        self.byteCount = byteCount
        self.disk = disk
    }

    /// The object is gone: the file goes with its last reader.
    func discard() { isUnwanted.withLock { $0 = true } }

    deinit {
        guard isUnwanted.withLock({ $0 }) else { return }
        // Large files take a while, and whoever lets go may hold a lock.
        disk.later { [path] in unlink(path) }
    }

    static func == (lhs: DataFile, rhs: DataFile) -> Bool { lhs === rhs }

    /// Waits for the disk.
    func open() throws(Refusal) -> DataReader {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw .system("open", path) }
        return DataReader(file: file, path: path)
    }
}

/// An open file of an object.
final class DataReader: Sendable {
    private let file: Int32
    private let path: String

    init(file: Int32, path: String) {
        self.file = file
        self.path = path
    }

    deinit { close(file) }

    /// Appends the bytes at the offset: as many as asked for. Waits for the disk.
    func read(at offset: Int, byteCount: Int, into buffer: inout ByteBuffer) throws(Refusal) {
        var done = 0
        while done < byteCount {
            let rest = byteCount - done
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: rest) { space in
                max(0, pread(file, space.baseAddress, rest, off_t(offset + done)))
            }
            guard count > 0 else { throw .system("read", path) }
            done += count
        }
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
