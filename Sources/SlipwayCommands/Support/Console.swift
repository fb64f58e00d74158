import SlipwayCore
import Synchronization

/// The one way to standard output and standard error.
///
/// Every line is escaped as ``UntrustedText``: whoever wrote a part of it, it cannot drive a
/// terminal. Documents (JSON, exported YAML) escape what they hold themselves; only ``raw(_:)``
/// writes bytes as they are, for what other programs read.
package final class Console: Sendable {
    package enum Stream: Sendable { case output, error }

    private let writer: @Sendable (Stream, UnsafeRawBufferPointer) throws -> Void
    private let pending = Mutex<[UInt8]>([])
    /// What went wrong while a note pushed data out: told at the end.
    private let failure = Mutex<OutputError?>(nil)
    private let hasLostReader = Mutex(false)
    /// Whether characters beyond ASCII can be shown.
    package let isUnicode: Bool

    package init(
        isUnicode: Bool,
        write: @escaping @Sendable (Stream, UnsafeRawBufferPointer) throws -> Void
    ) {
        self.isUnicode = isUnicode
        writer = write
    }

    /// A line of data on standard output.
    package func line(_ text: String) throws {
        try buffer(UntrustedText(text).escaped.utf8 + [UInt8(ascii: "\n")])
    }

    /// A line for people on standard error.
    package func note(_ text: String) {
        do {
            try flush()
        } catch let error as OutputError {
            failure.withLock { $0 = error }
        } catch {
            // Nothing else comes from writing.
        }
        // What cannot be written to standard error cannot be complained about either.
        try? Array((UntrustedText(text).escaped + "\n").utf8).withUnsafeBytes {
            try write(.error, $0)
        }
    }

    /// A line on a terminal's standard error that the next one takes the place of; an empty one is
    /// taken away.
    package func transient(_ text: String) {
        let line = "\r\u{1B}[K" + UntrustedText(text).escaped
        try? Array(line.utf8).withUnsafeBytes { try write(.error, $0) }
    }

    /// A document on standard output. JSON and exported YAML escape what they hold themselves.
    package func document(_ text: String) throws { try buffer(text.utf8) }

    /// Bytes on standard output as they are: only for what a program reads.
    func raw(_ secret: SecretText) throws {
        try flush()
        try secret.withUnsafeExposedBytes { try write(.output, $0) }
    }

    /// Writes out what is still held back. Throws ``OutputError``, also for what failed before.
    package func flush() throws {
        if let failure = failure.withLock({ $0 }) { throw failure }
        let bytes = pending.withLock { pending in
            defer { pending = [] }
            return pending
        }
        if !bytes.isEmpty { try bytes.withUnsafeBytes { try write(.output, $0) } }
    }

    /// Whether somebody who read what is written here does not any more.
    package var isAbandoned: Bool { hasLostReader.withLock(\.self) }

    private func write(_ stream: Stream, _ bytes: UnsafeRawBufferPointer) throws {
        do {
            try writer(stream, bytes)
        } catch let error as OutputError where error.isReaderGone {
            hasLostReader.withLock { $0 = true }
            throw error
        }
    }

    private func buffer(_ bytes: some Sequence<UInt8>) throws {
        let full = pending.withLock { pending -> Bool in
            pending.append(contentsOf: bytes)
            return pending.count >= 32 << 10
        }
        if full { try flush() }
    }
}

extension Console {
    /// Problems on standard error, each with its why and its fix below it.
    func show(_ problems: [Problem]) {
        for problem in problems {
            // A message about a whole file names it itself.
            let place =
                problem.line == nil && problem.message.contains(problem.file ?? "")
                ? nil : problem.place
            let prefix = place.map { $0 + ": " } ?? ""
            note("\(problem.severity.rawValue): \(prefix)\(problem.message)")
            if let why = problem.why { note("  why: \(why)") }
            if let fix = problem.fix { note("  fix: \(fix)") }
        }
    }

    /// A JSON document.
    func json(_ value: JSONValue) throws { try document(value.pretty() + "\n") }

    /// A JSON array whose elements come one at a time.
    func jsonArray(_ body: ((JSONValue) throws -> Void) throws -> Void) throws {
        var isFirst = true
        try document("[")
        try body { value in
            try document((isFirst ? "\n  " : ",\n  ") + value.pretty(level: 1))
            isFirst = false
        }
        try document(isFirst ? "]\n" : "\n]\n")
    }

    /// Rows under headings, each column as wide as it must be, two spaces apart.
    func table(_ headings: [String], _ rows: [[String]]) throws {
        let cells = ([headings] + rows).map { $0.map { UntrustedText($0).escaped } }
        let widths = headings.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        for row in cells { try line(Self.row(row, widths)) }
    }

    static func row(_ cells: [String], _ widths: [Int]) -> String {
        var text = ""
        for (cell, width) in zip(cells, widths) {
            text += cell + String(repeating: " ", count: max(0, width - cell.count) + 2)
        }
        return String(text.reversed().drop { $0 == " " }.reversed())
    }

    /// Names and values, the values in one column.
    func facts(_ facts: [(String, String?)]) throws {
        let width = facts.map(\.0.count).max() ?? 0
        for (name, value) in facts {
            guard let value else { continue }
            try line(name + String(repeating: " ", count: width - name.count + 2) + value)
        }
    }
}
