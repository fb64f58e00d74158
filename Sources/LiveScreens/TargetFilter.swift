import SlipwayCore

/// Which targets a table shows: those of one status, if one is chosen, that have every word of a
/// text in their id, their status, or an event that began, its script and its error code.
///
/// A thousand targets are looked through for each frame, so nothing is put together for it.
struct TargetFilter {
    private let status: TargetStatus?
    private let words: [Word]

    init(status: TargetStatus?, text: String) {
        self.status = status
        words = text.split(separator: " ").map(Word.init)
    }

    /// Whether it lets every target through.
    var isEmpty: Bool { status == nil && words.isEmpty }

    func passes(_ target: DeploymentTarget) -> Bool {
        if let status, target.status != status { return false }
        return words.allSatisfy { word in
            word.isIn(target.id.rawValue) || word.isIn(target.status.words)
                || target.events.contains { record in
                    guard record.status != .pending else { return false }
                    if word.isIn(record.event.rawValue) { return true }
                    guard let diagnostics = record.diagnostics else { return false }
                    return diagnostics.scriptName.map { word.isIn($0.escaped) } ?? false
                        || diagnostics.errorCode.map { word.isIn($0.rawValue) } ?? false
                }
        }
    }

    /// A word in small letters, found in any case.
    private struct Word {
        private let bytes: [UInt8]

        init(_ text: Substring) { bytes = Array(text.lowercased().utf8) }

        func isIn(_ text: String) -> Bool {
            var text = text
            let found: Bool? = text.withUTF8 { utf8 in
                utf8.allSatisfy { $0 < 0x80 } ? isIn(utf8, Self.small) : nil
            }
            if let found { return found }
            // Beyond ASCII a small letter may have another number of bytes.
            return Array(text.lowercased().utf8).withUnsafeBufferPointer { isIn($0) { $0 } }
        }

        private func isIn(
            _ text: UnsafeBufferPointer<UInt8>, _ small: (UInt8) -> UInt8
        ) -> Bool {
            guard bytes.count <= text.count else { return false }
            return (0...text.count - bytes.count).contains { start in
                bytes.indices.allSatisfy { small(text[start + $0]) == bytes[$0] }
            }
        }

        private static func small(_ byte: UInt8) -> UInt8 {
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
        }
    }
}
