package import FoundationEssentials
import Synchronization
package import TextGrid

/// A terminal as the loop sees it.
package struct ScreenTerminal: Sendable {
    /// The size, when the loop begins.
    package var size: @Sendable () -> (width: Int, height: Int)
    /// Waits for the next event; at most so long, where a time is given.
    package var nextEvent: @Sendable (_ timeout: Duration?) -> TerminalEvent
    /// Makes the terminal look like the grid.
    package var show: @Sendable (CellGrid) -> Void
    /// Draws over whatever somebody else left there.
    package var repaint: @Sendable (CellGrid) -> Void
    /// Gives the terminal back, stops the process, and takes it again afterwards.
    package var suspend: @Sendable () -> Void
    /// Has `nextEvent` return; for other threads.
    package var wake: @Sendable () -> Void

    package init(
        size: @escaping @Sendable () -> (width: Int, height: Int),
        nextEvent: @escaping @Sendable (Duration?) -> TerminalEvent,
        show: @escaping @Sendable (CellGrid) -> Void,
        repaint: @escaping @Sendable (CellGrid) -> Void,
        suspend: @escaping @Sendable () -> Void, wake: @escaping @Sendable () -> Void
    ) {
        self.size = size
        self.nextEvent = nextEvent
        self.show = show
        self.repaint = repaint
        self.suspend = suspend
        self.wake = wake
    }
}

/// Where the answers to effects wait for the loop. Any thread may post.
package final class Mailbox<Message: Sendable>: Sendable {
    private let messages = Mutex<[Message]>([])
    private let wake = Mutex<(@Sendable () -> Void)?>(nil)

    package init() {}

    package func post(_ message: Message) {
        let isFirst = messages.withLock { messages in
            defer { messages.append(message) }
            return messages.isEmpty
        }
        // Who was woken for the first takes the others along.
        if isFirst { wake.withLock(\.self)?() }
    }

    /// Everything that waits, oldest first.
    package func take() -> [Message] {
        messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }

    package func setWake(_ body: (@Sendable () -> Void)?) { wake.withLock { $0 = body } }
}

/// How a session ended.
package struct SessionEnd<Root: Screen>: Sendable {
    /// The screen as it was left.
    package let screen: Root
    package let isInterrupted: Bool
}

/// Runs a screen on a terminal until it is over.
///
/// `perform` starts an effect and returns at once; what comes of it is posted to the mailbox.
package func runScreen<Root: Screen>(
    _ root: Root, on terminal: ScreenTerminal, mailbox: Mailbox<Root.Message>,
    now: () -> Date = { Date() }, perform: (Root.Effect) -> Void
) -> SessionEnd<Root> {
    let size = terminal.size()
    var session = Session(root, width: size.width, height: size.height)
    mailbox.setWake(terminal.wake)
    defer { mailbox.setWake(nil) }
    session.begin().forEach(perform)
    var lastTick = now()
    if session.screen.tick != nil { session.tick(at: lastTick).forEach(perform) }
    var needsRepaint = false
    let clock = ContinuousClock()
    var pace = NewsPace(at: clock.now)
    var shown: CellGrid?
    // News may come faster than anybody reads: they wait for the next frame, a key does not.
    var isUrgent = true
    var isShown = false
    while true {
        // Answers first, so that a frame is drawn once for all of them.
        var messages = mailbox.take()
        while !messages.isEmpty {
            for message in messages { session.receive(message).forEach(perform) }
            messages = mailbox.take()
        }
        if session.isOver { break }
        if !isShown, isUrgent || pace.rest(at: clock.now) <= .zero {
            let frame = session.frame
            let byteCount = frame.byteCount(over: needsRepaint ? nil : shown)
            if isUrgent || pace.admits(byteCount, at: clock.now) {
                if needsRepaint { terminal.repaint(frame) } else { terminal.show(frame) }
                pace.note(byteCount, at: clock.now)
                shown = frame
                (isShown, needsRepaint) = (true, false)
            }
        }
        var timeout: Duration?
        if let tick = session.screen.tick {
            let passed = Duration.seconds(now().timeIntervalSince(lastTick))
            timeout = max(.zero, tick - passed)
        }
        if !isShown {
            let rest = max(.zero, pace.rest(at: clock.now))
            timeout = min(timeout ?? rest, rest)
        }
        let event = terminal.nextEvent(timeout)
        isUrgent = event != .woken && event != .timeout
        if event == .timeout {
            guard let tick = session.screen.tick,
                Duration.seconds(now().timeIntervalSince(lastTick)) >= tick
            else { continue }
            lastTick = now()
            session.tick(at: lastTick).forEach(perform)
            isShown = false
            continue
        }
        isShown = false
        let (effects, action) = session.handle(event)
        effects.forEach(perform)
        switch action {
        case .none: break
        case .suspend:
            terminal.suspend()
            needsRepaint = true
        case .repaint: needsRepaint = true
        }
    }
    return SessionEnd(screen: session.screen, isInterrupted: session.isInterrupted)
}
