import DeployEngine
import FoundationEssentials
import Synchronization

/// A clock that stands still until a test moves it on.
final class ManualClock: Sendable {
    private struct Sleeper {
        let id: Int
        let wakes: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Duration.zero
        var nextID = 0
        var sleepers: [Sleeper] = []
        /// Sleeps that were cancelled before they began.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    var now: Duration { state.withLock(\.now) }

    var engineClock: EngineClock {
        EngineClock(
            uptime: { self.now },
            date: { Sample.began.addingTimeInterval(Double(self.now.components.seconds)) },
            sleep: { try await self.sleep($0) })
    }

    /// Moves on to the next moment at which somebody wakes, and wakes them.
    func advance() {
        let woken = state.withLock { state -> [Sleeper] in
            guard let next = state.sleepers.map(\.wakes).min() else { return [] }
            state.now = max(state.now, next)
            let woken = state.sleepers.filter { $0.wakes <= state.now }
            state.sleepers.removeAll { $0.wakes <= state.now }
            return woken
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    private func sleep(_ duration: Duration) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return true }
                    state.sleepers.append(
                        Sleeper(
                            id: id, wakes: state.now + duration, continuation: continuation))
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
