import Glibc
package import Testing

/// Compares a text with the file of that name in `Snapshots` beside the test.
///
/// With `SLIPWAY_RECORD_SNAPSHOTS=1` the file is written, and the test fails all the same, so that
/// no run that records can pass.
package func expectSnapshot(
    _ text: String, named name: String, testFile: String = #filePath,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let folder = testFile.split(separator: "/", omittingEmptySubsequences: false)
        .dropLast().joined(separator: "/")
    let path = "\(folder)/Snapshots/\(name).txt"
    let recorded = String(decoding: contents(of: path), as: UTF8.self)
    guard recorded != text else { return }
    if getenv("SLIPWAY_RECORD_SNAPSHOTS") != nil {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        let bytes = Array(text.utf8)
        let written = write(file, bytes, bytes.count)
        close(file)
        Issue.record(
            "recorded \(name): \(written) bytes", sourceLocation: sourceLocation)
        return
    }
    Attachment.record(Array(text.utf8), named: "\(name).txt", sourceLocation: sourceLocation)
    Issue.record(
        "\(name) differs from its snapshot:\n\(difference(recorded, text))",
        sourceLocation: sourceLocation)
}

/// The lines that only one of two texts has, where they first part.
private func difference(_ old: String, _ new: String) -> String {
    let old = old.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let new = new.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return new.difference(from: old).map { change in
        switch change {
        case .remove(let line, let text, _): "- \(line + 1): \(text)"
        case .insert(let line, let text, _): "+ \(line + 1): \(text)"
        }
    }.joined(separator: "\n")
}
