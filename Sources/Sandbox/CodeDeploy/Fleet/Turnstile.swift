import Synchronization

/// Lets one event of an instance through at a time, and only so many of all of them.
final class Turnstile: Sendable {
    private struct Waiting {
        let number: Int
        let instance: String
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var free: Int
        var busy: Set<String> = []
        var queue: [Waiting] = []
        var nextNumber = 0

        mutating func isAdmitted(_ instance: String) -> Bool {
            guard free > 0, !busy.contains(instance) else { return false }
            free -= 1
            busy.insert(instance)
            return true
        }
    }

    private let state: Mutex<State>

    init(capacity: Int) { state = Mutex(State(free: capacity)) }

    /// Waits for the instance's turn. Call ``leave(_:)`` after it; false, without a turn, where the
    /// task is cancelled.
    func enter(_ instance: String) async -> Bool {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if state.isAdmitted(instance) { return true }
                    state.queue.append(
                        Waiting(number: number, instance: instance, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.queue.firstIndex { $0.number == number }.map { state.queue.remove(at: $0) }
            }
            waiting?.continuation.resume(returning: false)
        }
    }

    /// The instance's turn is over.
    func leave(_ instance: String) {
        let next: Waiting? = state.withLock { state in
            state.busy.remove(instance)
            state.free += 1
            guard let index = state.queue.firstIndex(where: { !state.busy.contains($0.instance) })
            else { return nil }
            let waiting = state.queue.remove(at: index)
            return state.isAdmitted(waiting.instance) ? waiting : nil
        }
        next?.continuation.resume(returning: true)
    }
}
