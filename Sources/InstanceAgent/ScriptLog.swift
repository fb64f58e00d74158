import Glibc

/// The log of one event: the file that all events of a deployment share, and the end of it that the
/// agent reports.
final class ScriptLog {
    /// The characters of a reported log are fewer than this.
    static let characterLimit = 2048

    private let file: Descriptor
    private var lines: [(bytes: [UInt8], count: Int)] = []

    /// Opens the log of a deployment, at its end.
    init(path: String) throws {
        try makeFolders(Paths.folder(of: path))
        let number = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard number >= 0 else { throw AgentError.lastSystemCall("rb_sysopen", path) }
        file = Descriptor(number)
    }

    /// Appends what is a line, except that an output may end without one.
    func append(_ bytes: [UInt8]) {
        try? file.write((Self.timestamp() + " ").utf8 + bytes)
        keep(bytes)
    }

    func append(_ text: String) { append(Array(text.utf8)) }

    /// Appends more of a line that is too long to be reported, and empties what is.
    func appendRest(_ bytes: [UInt8]) {
        try? file.write(bytes)
        lines.removeAll()
    }

    private func keep(_ bytes: [UInt8]) {
        lines.append((bytes, String(decoding: bytes, as: UTF8.self).unicodeScalars.count))
        var remaining = Self.characterLimit
        var index = lines.count
        while index > 0, remaining - lines[index - 1].count > 0 {
            index -= 1
            remaining -= lines[index].count
        }
        lines.removeFirst(index)
    }

    /// The last whole lines; nil where they are not UTF-8, which the agent cannot report.
    var tail: String? { String(validating: lines.flatMap(\.bytes), as: UTF8.self) }

    private static func timestamp() -> String {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// Cuts an output into lines for the log.
struct OutputLines {
    /// What is longer goes to the file in pieces.
    static let pieceByteCount = 64 << 10

    let prefix: [UInt8]
    private var pending: [UInt8] = []
    private var isInLongLine = false

    init(prefix: String) { self.prefix = Array(prefix.utf8) }

    mutating func add(_ bytes: ArraySlice<UInt8>, to log: ScriptLog) {
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            pending += rest[...end]
            flush(to: log)
            isInLongLine = false
            rest = rest[(end + 1)...]
        }
        pending += rest
        if pending.count > Self.pieceByteCount {
            flush(to: log)
            isInLongLine = true
        }
    }

    /// Logs what came without the end of a line.
    mutating func finish(_ log: ScriptLog) { flush(to: log) }

    private mutating func flush(to log: ScriptLog) {
        guard !pending.isEmpty else { return }
        if isInLongLine { log.appendRest(pending) } else { log.append(prefix + pending) }
        pending.removeAll(keepingCapacity: true)
    }
}
