package import FoundationEssentials

/// A moment as the store writes it and as `--json` shows it: UTC, ISO 8601, milliseconds.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Takes what the store holds; it wrote it itself.
    package init(stored rawValue: String) { self.rawValue = rawValue }

    package init(_ date: Date) { rawValue = date.formatted(Self.style) }

    /// The moment, or nil where the store holds something that is none.
    package var date: Date? { try? Self.style.parse(rawValue) }

    /// For people: `2026-11-24 15:04 UTC`.
    package var description: String {
        let text = rawValue.prefix(16).replacing("T", with: " ")
        return text + " UTC"
    }

    /// How long ago it was, in the largest fitting unit: `3 days`, `1 hour`, `just now`.
    package func age(at now: Date) -> String {
        guard let date else { return "unknown" }
        let seconds = Int(max(0, now.timeIntervalSince(date)))
        let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")]
        for (length, name) in units where seconds >= length {
            let count = seconds / length
            return "\(count) \(name)\(count == 1 ? "" : "s")"
        }
        return "less than a minute"
    }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }

    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
