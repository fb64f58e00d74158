import Glibc

/// What tells a file, and a state of it, from every other: it differs after any write, truncation,
/// replacement or change of permissions.
struct FileStamp: Equatable, Sendable {
    private let device: UInt
    private let inode: UInt
    private let mode: UInt32
    private let byteCount: Int
    private let modifiedSeconds: Int
    private let modifiedNanoseconds: Int
    private let changedSeconds: Int
    private let changedNanoseconds: Int

    init(_ status: stat) {
        device = status.st_dev
        inode = status.st_ino
        mode = status.st_mode
        byteCount = status.st_size
        modifiedSeconds = status.st_mtim.tv_sec
        modifiedNanoseconds = status.st_mtim.tv_nsec
        changedSeconds = status.st_ctim.tv_sec
        changedNanoseconds = status.st_ctim.tv_nsec
    }

    /// Whether both are the same file, in whatever state.
    func isSameFile(as other: FileStamp) -> Bool {
        device == other.device && inode == other.inode
    }
}

/// One thing that a revision holds, or, on the way there, a folder that it goes through.
struct Entry: Sendable {
    enum Kind: UInt8, Sendable { case file, folder, link }

    let kind: Kind
    /// The lower nine bits of the mode.
    let permissions: UInt16
    /// Of the name in the table's bytes; a folder's ends with `/`.
    private(set) var name: Range<Int>
    /// Of a link's target in the table's bytes, right behind its name; empty for others.
    private(set) var target: Range<Int>
    /// What a file holds, or the length of a link's target.
    let byteCount: Int
    let stamp: FileStamp

    /// Where its name and target are so many bytes further on.
    fileprivate func moved(by offset: Int) -> Entry {
        var copy = self
        copy.name = name.lowerBound + offset..<name.upperBound + offset
        copy.target = target.lowerBound + offset..<target.upperBound + offset
        return copy
    }
}

/// The entries of a revision, their names in one block of memory: a tree may have very many.
struct EntryTable: Sendable {
    /// Names and targets, each with a zero byte behind it.
    private(set) var bytes: [UInt8] = []
    private(set) var entries: [Entry] = []

    /// Adds an entry of a folder, whose path ends with `/`; a folder's own name gets its `/` here.
    mutating func add(
        _ kind: Entry.Kind, folder: [UInt8], name: UnsafeRawBufferPointer,
        target: [UInt8] = [], status: stat
    ) {
        let start = bytes.count
        bytes += folder
        bytes.append(contentsOf: name)
        if kind == .folder { bytes.append(UInt8(ascii: "/")) }
        let end = bytes.count
        bytes.append(0)
        bytes.append(contentsOf: target)
        if !target.isEmpty { bytes.append(0) }
        entries.append(
            Entry(
                kind: kind, permissions: UInt16(status.st_mode & 0o777), name: start..<end,
                target: end + 1..<end + 1 + target.count,
                byteCount: kind == .folder ? 0 : kind == .link ? target.count : status.st_size,
                stamp: FileStamp(status)))
    }

    mutating func append(_ other: EntryTable) {
        let offset = bytes.count
        bytes += other.bytes
        entries += other.entries.map { $0.moved(by: offset) }
    }

    func name(_ entry: Entry) -> ArraySlice<UInt8> { bytes[entry.name] }

    func target(_ entry: Entry) -> ArraySlice<UInt8> { bytes[entry.target] }

    /// The name for people, without a folder's `/`.
    func text(_ entry: Entry) -> String {
        let name = name(entry)
        return String(decoding: entry.kind == .folder ? name.dropLast() : name, as: UTF8.self)
    }

    /// Calls the body with an entry's name as the system takes it. A folder has none: its `/`
    /// would make the system follow a link in its place.
    func withPath<Result>(
        _ entry: Entry, _ body: (UnsafePointer<CChar>) throws -> Result
    ) rethrows -> Result {
        try bytes.withUnsafeBytes { bytes in
            // An entry's name lies in the bytes, which therefore have an address.
            try body(
                bytes.baseAddress!.advanced(by: entry.name.lowerBound)
                    .assumingMemoryBound(to: CChar.self))
        }
    }

    /// Orders the entries by the bytes of their names: a folder comes right before what is in it.
    mutating func sort() {
        entries = bytes.withUnsafeBytes { bytes in
            entries.sorted { Self.compare(bytes, $0.name, $1.name) < 0 }
        }
    }

    /// The first entry, of a sorted table, whose name is not before these bytes.
    func lowerBound(_ name: some Collection<UInt8>) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if self.name(entries[middle]).lexicographicallyPrecedes(name) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// The entry of exactly this name, of a sorted table.
    func index(of name: [UInt8]) -> Int? {
        let index = lowerBound(name)
        guard index < entries.count, self.name(entries[index]).elementsEqual(name) else {
            return nil
        }
        return index
    }

    /// Drops entries, and keeps the order of the others.
    mutating func removeAll(where isDropped: (Int, Entry) -> Bool) {
        var index = 0
        entries.removeAll { entry in
            defer { index += 1 }
            return isDropped(index, entry)
        }
    }

    private static func compare(
        _ bytes: UnsafeRawBufferPointer, _ one: Range<Int>, _ other: Range<Int>
    ) -> Int32 {
        // Zero bytes follow the names, so that the shorter one comes first.
        memcmp(
            bytes.baseAddress! + one.lowerBound, bytes.baseAddress! + other.lowerBound,
            min(one.count, other.count) + 1)
    }
}
