import CZlib

/// A zip reader of few words, written from the format's description and not from our writer:
/// walks the archive from its end, inflates with zlib, and checks what it can.
struct ZipReader {
    struct Entry: Equatable {
        let name: String
        let mode: UInt32
        let method: Int
        let flags: Int
        let contents: [UInt8]
    }

    struct Flaw: Error { let what: String }

    private let bytes: [UInt8]
    private(set) var entries: [Entry] = []
    /// Offsets that the directory does not account for would be hidden bytes.
    private var covered = 0

    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        let end = bytes.count - 22
        guard try number(end, 4) == 0x0605_4B50 else { throw Flaw(what: "no end record") }
        let count = try number(end + 10, 2)
        let size = try number(end + 12, 4)
        var place = try number(end + 16, 4)
        guard place + size == end else { throw Flaw(what: "the directory is not at the end") }
        for _ in 0..<count { place = try read(place) }
        guard place == end else { throw Flaw(what: "the directory has another size") }
        guard try number(end + 16, 4) == covered else { throw Flaw(what: "bytes of no entry") }
    }

    private mutating func read(_ place: Int) throws -> Int {
        guard try number(place, 4) == 0x0201_4B50 else { throw Flaw(what: "no directory entry") }
        guard bytes[place + 5] == 3 else { throw Flaw(what: "not from Unix") }
        guard try number(place + 12, 4) == 0x0021_0000 else { throw Flaw(what: "another time") }
        let flags = try number(place + 8, 2)
        let method = try number(place + 10, 2)
        let (checksum, packed) = (try number(place + 16, 4), try number(place + 20, 4))
        let size = try number(place + 24, 4)
        let nameCount = try number(place + 28, 2)
        let name = Array(bytes[place + 46..<place + 46 + nameCount])
        let local = try number(place + 42, 4)
        guard local == covered, try number(local, 4) == 0x0403_4B50,
            try number(local + 26, 2) == nameCount,
            Array(bytes[local + 30..<local + 30 + nameCount]) == name,
            try number(local + 6, 2) == flags, try number(local + 8, 2) == method
        else { throw Flaw(what: "two headers differ") }
        let start = local + 30 + nameCount + (try number(local + 28, 2))
        covered = start + packed
        if flags & 8 != 0 {
            guard try number(local + 18, 4) == 0, try number(covered, 4) == 0x0807_4B50,
                try number(covered + 4, 4) == checksum, try number(covered + 8, 4) == packed,
                try number(covered + 12, 4) == size
            else { throw Flaw(what: "a wrong descriptor") }
            covered += 16
        } else {
            guard try number(local + 14, 4) == checksum, try number(local + 18, 4) == packed,
                try number(local + 22, 4) == size
            else { throw Flaw(what: "two headers differ in size") }
        }
        let content = Array(bytes[start..<start + packed])
        let raw = method == 8 ? try inflated(content, size) : content
        guard raw.count == size, UInt(checksum) == crc32(0, raw, UInt32(raw.count)) else {
            throw Flaw(what: "another checksum")
        }
        entries.append(
            Entry(
                name: String(decoding: name, as: UTF8.self),
                mode: UInt32(try number(place + 38, 4) >> 16), method: method, flags: flags,
                contents: raw))
        return place + 46 + nameCount + (try number(place + 30, 2)) + (try number(place + 32, 2))
    }

    private func number(_ place: Int, _ byteCount: Int) throws -> Int {
        guard place >= 0, place + byteCount <= bytes.count else { throw Flaw(what: "too short") }
        return (0..<byteCount).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
    }
}

/// Inflates one whole stream, which must end with its last byte.
func inflated(_ bytes: [UInt8], _ count: Int) throws -> [UInt8] {
    var input = bytes
    var output = [UInt8](repeating: 0, count: count + 1)
    var stream = z_stream()
    let code = input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            guard
                inflateInit2_(
                    &stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
            else { return Z_MEM_ERROR }
            defer { inflateEnd(&stream) }
            return inflate(&stream, Z_FINISH)
        }
    }
    guard code == Z_STREAM_END, stream.avail_in == 0, stream.total_out == count else {
        throw ZipReader.Flaw(what: "no stream of that size: \(code)")
    }
    return Array(output.prefix(count))
}
