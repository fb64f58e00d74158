import Synchronization

/// The other side of a conversation in lines.
final class Script: Sendable {
    private let lines: Mutex<[String]>
    private let transcript = Mutex<[String]>([])

    init(_ lines: [String]) { self.lines = Mutex(lines) }

    var said: [String] { transcript.withLock(\.self) }

    func say(_ text: String) { transcript.withLock { $0.append(text) } }

    func answer(_ prompt: String) -> String? {
        say(prompt)
        return lines.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}
