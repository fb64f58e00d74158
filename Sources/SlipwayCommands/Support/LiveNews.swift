import DeployEngine
import LiveScreens
import Screens
import Synchronization

/// Where the news of runs goes: to the live screen, and once that is left to the normal one, as far
/// as somebody who waits there wants to know it.
final class LiveNews: Sendable {
    let mailbox = Mailbox<LiveScreen.Message>()
    private let console: Console
    private let hasScreen = Mutex(true)

    init(_ console: Console) { self.console = console }

    /// Whether the screen was not left yet.
    var isShown: Bool { hasScreen.withLock(\.self) }

    func post(_ message: LiveScreen.Message) {
        let isForScreen = hasScreen.withLock { hasScreen in
            if hasScreen { mailbox.post(message) }
            return hasScreen
        }
        if !isForScreen { tell(message) }
    }

    /// Takes note that the terminal is as before. What the screen did not come to is told now.
    func screenIsLeft() {
        hasScreen.withLock { $0 = false }
        for message in mailbox.take() { tell(message) }
    }

    private func tell(_ message: LiveScreen.Message) {
        switch message {
        case .change(_, .notice(let notice)):
            for line in ChangeText.lines(notice.problem, isQuiet: notice.isHeartbeat) {
                console.note(line)
            }
        case .done(_, let words): console.note(words)
        case .failed(_, let problems): console.show(problems)
        // The result tells the rest.
        default: break
        }
    }
}
