/// Writes an archive from front to back, and never looks back.
///
/// Small pieces are gathered; what it is given is written before the call returns, or a later one.
struct ZipWriter {
    typealias Sink = (UnsafeRawBufferPointer) throws -> Void

    private struct Record {
        let entry: Int
        let isStreamed: Bool
        let is64Bit: Bool
        let content: ZipFormat.Content
        let offset: Int
    }

    private static let gatheredByteCount = 128 << 10

    private let table: EntryTable
    private let sink: Sink
    private var gathered: [UInt8] = []
    private var records: [Record] = []
    /// How many bytes the archive has so far.
    private(set) var byteCount = 0

    init(_ table: EntryTable, to sink: @escaping Sink) {
        self.table = table
        self.sink = sink
        gathered.reserveCapacity(Self.gatheredByteCount)
        records.reserveCapacity(table.entries.count)
    }

    /// Writes an entry whose content is known.
    mutating func add(
        _ entry: Int, _ content: ZipFormat.Content, _ bytes: UnsafeRawBufferPointer
    ) throws {
        let offset = byteCount
        let header = header(entry, isStreamed: false, is64Bit: false)
        try write(ZipFormat.localHeader(header, content))
        try write(bytes)
        records.append(
            Record(
                entry: entry, isStreamed: false, is64Bit: false, content: content,
                offset: offset))
    }

    /// An entry whose content is being written.
    struct Streamed {
        fileprivate let entry: Int
        fileprivate let header: ZipFormat.Header
        fileprivate let offset: Int
        fileprivate let start: Int
    }

    /// Begins an entry whose content comes piece by piece, and is deflated.
    mutating func beginStreamed(_ entry: Int) throws -> Streamed {
        let offset = byteCount
        let size = table.entries[entry].byteCount
        // What does not compress grows by five bytes in each 65,535.
        let is64Bit = size + size / 4096 + 1024 >= ZipFormat.elsewhere
        let header = header(entry, isStreamed: true, is64Bit: is64Bit)
        try write(
            ZipFormat.localHeader(
                header,
                .init(method: .deflated, checksum: 0, byteCount: 0, archivedByteCount: 0)))
        return Streamed(entry: entry, header: header, offset: offset, start: byteCount)
    }

    /// Writes a piece of the content of the entry begun last.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws { try write(bytes) }

    mutating func endStreamed(_ streamed: Streamed, checksum: UInt32) throws {
        let content = ZipFormat.Content(
            method: .deflated, checksum: checksum,
            byteCount: table.entries[streamed.entry].byteCount,
            archivedByteCount: byteCount - streamed.start)
        try write(ZipFormat.descriptor(streamed.header, content))
        records.append(
            Record(
                entry: streamed.entry, isStreamed: true, is64Bit: streamed.header.is64Bit,
                content: content, offset: streamed.offset))
    }

    /// Writes the directory. Nothing can be added then.
    mutating func finish() throws {
        let offset = byteCount
        var lines: [UInt8] = []
        for record in records {
            let header = header(
                record.entry, isStreamed: record.isStreamed, is64Bit: record.is64Bit)
            ZipFormat.directoryEntry(header, record.content, offset: record.offset, to: &lines)
            if lines.count >= Self.gatheredByteCount / 2 {
                try write(lines)
                lines.removeAll(keepingCapacity: true)
            }
        }
        try write(lines)
        try write(
            ZipFormat.end(
                entryCount: records.count, byteCount: byteCount - offset, offset: offset))
        try flush()
    }

    private func header(_ entry: Int, isStreamed: Bool, is64Bit: Bool) -> ZipFormat.Header {
        let entry = table.entries[entry]
        return ZipFormat.Header(
            name: table.name(entry), mode: entry.kind.modeBits | UInt32(entry.permissions),
            isStreamed: isStreamed, is64Bit: is64Bit)
    }

    private mutating func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        byteCount += bytes.count
        if gathered.count + bytes.count > Self.gatheredByteCount { try flush() }
        if bytes.count > Self.gatheredByteCount {
            try sink(bytes)
        } else {
            gathered.append(contentsOf: bytes)
        }
    }

    private mutating func flush() throws {
        if !gathered.isEmpty { try gathered.withUnsafeBytes { try sink($0) } }
        gathered.removeAll(keepingCapacity: true)
    }
}

extension Entry.Kind {
    /// The type in a Unix mode.
    fileprivate var modeBits: UInt32 {
        switch self {
        case .file: 0o100000
        case .folder: 0o040000
        case .link: 0o120000
        }
    }
}
