/// The records of a zip file (PKWARE APPNOTE 6.3), as far as a revision needs them.
///
/// Nothing in them depends on where or when the archive is made: times are the first that the
/// format knows, owners are left out.
enum ZipFormat {
    enum Method: UInt16, Sendable {
        case stored = 0
        case deflated = 8
    }

    /// What is known of an entry's content once it is written.
    struct Content: Equatable, Sendable {
        var method: Method
        var checksum: UInt32
        var byteCount: Int
        var archivedByteCount: Int
    }

    /// An entry of the archive.
    struct Header: Sendable {
        let name: ArraySlice<UInt8>
        /// Type and permissions as Unix has them.
        let mode: UInt32
        /// Whether sizes and checksum follow the content, since they are not known before.
        let isStreamed: Bool
        /// Whether the content may not fit 32-bit sizes: decided before it is written.
        let is64Bit: Bool
    }

    /// A size or place that stands in the zip64 record, where it has 64 bits.
    static let elsewhere = 0xFFFF_FFFF
    /// More than an entry's records take, but for two times its name.
    static let entryByteLimit = 30 + 20 + 24 + 46 + 32
    /// More than what follows the entries takes.
    static let endByteLimit = 56 + 20 + 22

    // 1980-01-01 00:00:00
    private static let time = 0
    private static let date = 1 << 5 | 1

    private static let hasUTF8Name = 1 << 11
    private static let hasDescriptor = 1 << 3
    /// Unix, and the version of the format that has zip64.
    private static let versionMadeBy = 3 << 8 | 45

    /// What stands before an entry's content. A streamed one's content has no sizes yet.
    static func localHeader(_ header: Header, _ content: Content) -> [UInt8] {
        let known = header.isStreamed ? nil : content
        var record: [UInt8] = []
        record.reserveCapacity(50 + header.name.count)
        record.append(0x0403_4B50, byteCount: 4)
        record.append(versionNeeded(header.is64Bit, content.method), byteCount: 2)
        record.append(flags(header), byteCount: 2)
        record.append(Int(content.method.rawValue), byteCount: 2)
        record.append(time, byteCount: 2)
        record.append(date, byteCount: 2)
        record.append(Int(known?.checksum ?? 0), byteCount: 4)
        record.append(header.is64Bit ? elsewhere : known?.archivedByteCount ?? 0, byteCount: 4)
        record.append(header.is64Bit ? elsewhere : known?.byteCount ?? 0, byteCount: 4)
        record.append(header.name.count, byteCount: 2)
        record.append(header.is64Bit ? 20 : 0, byteCount: 2)
        record += header.name
        if header.is64Bit {
            record.append(1, byteCount: 2)
            record.append(16, byteCount: 2)
            record.append(known?.byteCount ?? 0, byteCount: 8)
            record.append(known?.archivedByteCount ?? 0, byteCount: 8)
        }
        return record
    }

    /// What stands behind a streamed entry's content.
    static func descriptor(_ header: Header, _ content: Content) -> [UInt8] {
        let width = header.is64Bit ? 8 : 4
        var record: [UInt8] = []
        record.append(0x0807_4B50, byteCount: 4)
        record.append(Int(content.checksum), byteCount: 4)
        record.append(content.archivedByteCount, byteCount: width)
        record.append(content.byteCount, byteCount: width)
        return record
    }

    /// An entry's line in the directory at the archive's end.
    static func directoryEntry(
        _ header: Header, _ content: Content, offset: Int, to record: inout [UInt8]
    ) {
        var extra: [UInt8] = []
        if header.is64Bit {
            extra.append(content.byteCount, byteCount: 8)
            extra.append(content.archivedByteCount, byteCount: 8)
        }
        let isFar = offset >= elsewhere
        if isFar { extra.append(offset, byteCount: 8) }
        record.append(0x0201_4B50, byteCount: 4)
        record.append(versionMadeBy, byteCount: 2)
        record.append(versionNeeded(header.is64Bit || isFar, content.method), byteCount: 2)
        record.append(flags(header), byteCount: 2)
        record.append(Int(content.method.rawValue), byteCount: 2)
        record.append(time, byteCount: 2)
        record.append(date, byteCount: 2)
        record.append(Int(content.checksum), byteCount: 4)
        record.append(header.is64Bit ? elsewhere : content.archivedByteCount, byteCount: 4)
        record.append(header.is64Bit ? elsewhere : content.byteCount, byteCount: 4)
        record.append(header.name.count, byteCount: 2)
        record.append(extra.isEmpty ? 0 : 4 + extra.count, byteCount: 2)
        record.append(0, byteCount: 2 + 2 + 2)  // no comment, first disk, no text
        // Unix' mode, and DOS' bit for a folder.
        let isFolder = header.name.last == UInt8(ascii: "/")
        record.append(Int(header.mode) << 16 | (isFolder ? 0x10 : 0), byteCount: 4)
        record.append(isFar ? elsewhere : offset, byteCount: 4)
        record += header.name
        if !extra.isEmpty {
            record.append(1, byteCount: 2)
            record.append(extra.count, byteCount: 2)
            record += extra
        }
    }

    /// What ends an archive whose directory has so many entries and bytes and begins there.
    static func end(entryCount: Int, byteCount: Int, offset: Int) -> [UInt8] {
        var record: [UInt8] = []
        let is64Bit = entryCount >= 0xFFFF || byteCount >= elsewhere || offset >= elsewhere
        if is64Bit {
            record.append(0x0606_4B50, byteCount: 4)
            record.append(44, byteCount: 8)
            record.append(versionMadeBy, byteCount: 2)
            record.append(45, byteCount: 2)
            record.append(0, byteCount: 4 + 4)  // one disk
            record.append(entryCount, byteCount: 8)
            record.append(entryCount, byteCount: 8)
            record.append(byteCount, byteCount: 8)
            record.append(offset, byteCount: 8)
            // The locator of this record.
            record.append(0x0706_4B50, byteCount: 4)
            record.append(0, byteCount: 4)
            record.append(offset + byteCount, byteCount: 8)
            record.append(1, byteCount: 4)
        }
        record.append(0x0605_4B50, byteCount: 4)
        record.append(0, byteCount: 2 + 2)
        record.append(min(entryCount, 0xFFFF), byteCount: 2)
        record.append(min(entryCount, 0xFFFF), byteCount: 2)
        record.append(min(byteCount, elsewhere), byteCount: 4)
        record.append(min(offset, elsewhere), byteCount: 4)
        record.append(0, byteCount: 2)
        return record
    }

    private static func flags(_ header: Header) -> Int {
        hasUTF8Name | (header.isStreamed ? hasDescriptor : 0)
    }

    private static func versionNeeded(_ is64Bit: Bool, _ method: Method) -> Int {
        is64Bit ? 45 : method == .deflated ? 20 : 10
    }
}

extension [UInt8] {
    /// Appends the lowest bytes of a number, the lowest one first; zeros beyond its eight.
    fileprivate mutating func append(_ number: Int, byteCount: Int) {
        for index in 0..<byteCount {
            append(index < 8 ? UInt8(truncatingIfNeeded: number >> (8 * index)) : 0)
        }
    }
}
