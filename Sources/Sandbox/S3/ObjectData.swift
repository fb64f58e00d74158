import NIOCore
import Synchronization

/// The bytes of one version of an object: those of its files, one after another. PUT makes one file;
/// a multipart upload leaves its parts as they came, so that nothing is copied at its completion.
struct ObjectData: Sendable, Equatable {
    /// Not empty.
    let files: [DataFile]
    /// Where each file's bytes begin.
    fileprivate let offsets: [Int]
    private let disk: Disk
    let byteCount: Int

    init(_ files: [DataFile], disk: Disk) {
        var offsets: [Int] = []
        var byteCount = 0
        for file in files {
            offsets.append(byteCount)
            byteCount += file.byteCount
        }
        self.files = files
        self.offsets = offsets
        self.byteCount = byteCount
        self.disk = disk
    }

    static func == (lhs: Self, rhs: Self) -> Bool { lhs.files == rhs.files }

    /// The version is gone: its files go with their last reader.
    func discard() { for file in files { file.discard() } }

    var reader: ObjectReader { ObjectReader(self, disk) }
}

/// Reads an object's bytes, whichever files they are in. One file is open at a time: an object may
/// have more than a process may open.
final class ObjectReader: Sendable {
    private let data: ObjectData
    private let disk: Disk
    private let opened = Mutex<(index: Int, reader: DataReader)?>(nil)

    fileprivate init(_ data: ObjectData, _ disk: Disk) {
        self.data = data
        self.disk = disk
    }

    /// The bytes at the offset: as many as asked for.
    func read(at offset: Int, byteCount: Int) async throws(Refusal) -> ByteBuffer {
        try await disk.run { () throws(Refusal) in
            try self.readNow(at: offset, byteCount: byteCount)
        }
    }

    /// As ``read(at:byteCount:)``, where waiting is allowed.
    func readNow(at offset: Int, byteCount: Int) throws(Refusal) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: byteCount)
        for index in (data.offsets.lastIndex { $0 <= offset } ?? 0)..<data.files.count {
            let start = offset + buffer.readableBytes - data.offsets[index]
            let rest = byteCount - buffer.readableBytes
            // The last one is asked for all the rest, and says so if it has less.
            let count =
                index == data.files.count - 1
                ? rest : min(rest, data.files[index].byteCount - start)
            guard count > 0 else { continue }
            try reader(of: index).read(at: start, byteCount: count, into: &buffer)
        }
        return buffer
    }

    private func reader(of index: Int) throws(Refusal) -> DataReader {
        if let opened = opened.withLock({ $0 }), opened.index == index { return opened.reader }
        let reader = try data.files[index].open()
        opened.withLock { $0 = (index, reader) }
        return reader
    }
}
