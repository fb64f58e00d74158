// Numbers as people read them: the same words in every line, table and screen.

/// A number and what it counts: `1 project`, `2 projects`.
///
/// The plural is the noun with an `s`, where none is given.
package func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(plural ?? noun + "s")"
}

/// `1,234,567`.
package func grouped(_ number: Int) -> String {
    var groups: [Substring] = []
    var rest = String(number)[...]
    while rest.count > 3 {
        groups.insert(rest.suffix(3), at: 0)
        rest = rest.dropLast(3)
    }
    return ([rest] + groups).joined(separator: ",")
}

/// `700 bytes`, `1.5 MiB`: in powers of 1,024, as the AWS CLI has it.
package func shownBytes(_ count: Int) -> String {
    guard count >= 1024 else { return counted(count, "byte") }
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var value = Double(count) / 1024
    var unit = 0
    // What would read as 1024.0 is one of the next unit.
    while value >= 1023.95, unit < units.count - 1 {
        value /= 1024
        unit += 1
    }
    return "\(tenths(value)) \(units[unit])"
}

/// The time that a step took: `0.4s`, `12s`, and from a minute on as ``shownTime(_:)`` has it.
package func shownSeconds(_ seconds: Double) -> String {
    guard seconds >= 9.95 else { return "\(tenths(max(0, seconds)))s" }
    return shownTime(Int64(seconds.rounded()))
}

/// A time of whole seconds: `12s`, `2m 05s`, `1h 04m`.
package func shownTime(_ seconds: Int64) -> String {
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : String(number) }
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60)m \(two(seconds % 60))s" }
    return "\(seconds / 3600)h \(two(seconds / 60 % 60))m"
}

private func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
}
