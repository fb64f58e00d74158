import Synchronization

/// A value that somebody waits for: the first that is given counts.
final class Outcome<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value?, Never>)
        case settled(Value?)
    }

    private let state = Mutex(State.open)

    /// Gives the value, or nil where there will be none.
    func settle(_ value: Value?) {
        let waiting: CheckedContinuation<Value?, Never>? = state.withLock { state in
            switch state {
            case .settled: return nil
            case .open:
                state = .settled(value)
                return nil
            case .awaited(let continuation):
                state = .settled(value)
                return continuation
            }
        }
        waiting?.resume(returning: value)
    }

    /// The value. For one task to await.
    var value: Value? {
        get async {
            await withCheckedContinuation { continuation in
                let settled: Value?? = state.withLock { state in
                    if case .settled(let value) = state { return .some(value) }
                    state = .awaited(continuation)
                    return .none
                }
                if let settled { continuation.resume(returning: settled) }
            }
        }
    }
}
