/// A number and what it counts: `1 project`, `2 projects`.
///
/// The plural is the noun with an `s`, where none is given.
package func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(plural ?? noun + "s")"
}
