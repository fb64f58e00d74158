package import SlipwayCore
import Synchronization

/// The looks at deployments of everybody in a process who watches some.
///
/// Who watches what another watches too is told what that one was told, if that is not too old for
/// it, or waits for the answer that it is waiting for. It then rests less by that age, so that
/// both look at the same time from then on: two watches of one deployment make one look, and none
/// sees anything later than it would alone. How much slower each is for the others, ``PollPacer``
/// says.
package final class SharedLooks: Sendable {
    /// A deployment that is watched.
    package struct Subject: Hashable, Sendable {
        package var deployment: DeploymentID
        package var region: Region

        package init(_ deployment: DeploymentID, in region: Region) {
            self.deployment = deployment
            self.region = region
        }
    }

    private struct Told<Value: Sendable>: Sendable {
        let answer: Result<Value, any Error>
        let at: Duration

        /// Nil where it is older than that.
        func answer(since oldest: Duration) -> Result<Value, any Error>? {
            at > oldest ? answer : nil
        }

        var isCancelled: Bool {
            if case .failure(let error) = answer { error is CancellationError } else { false }
        }
    }

    private struct Watched: Sendable {
        var watcherCount = 0
        var isAsking = false
        /// Those who wait for the answer: finished when it is there.
        var waiting: [AsyncStream<Void>.Continuation] = []
        var deployment: Told<DeploymentInfo>?
        var lists: [[TargetStatus]: Told<[TargetID]>] = [:]
        var targets: [TargetID: Told<DeploymentTarget>] = [:]
    }

    private struct State: Sendable {
        var pacer = PollPacer()
        var watched: [Subject: Watched] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    // MARK: Who watches

    package func enter(_ subject: Subject) {
        state.withLock { $0.watched[subject, default: Watched()].watcherCount += 1 }
    }

    package func leave(_ subject: Subject) {
        state.withLock { state in
            guard let count = state.watched[subject]?.watcherCount else { return }
            if count > 1 {
                state.watched[subject]?.watcherCount = count - 1
            } else {
                state.watched[subject] = nil
            }
        }
    }

    /// Takes note that AWS throttled a request, of whomever.
    package func throttled(at now: Duration) {
        state.withLock { $0.pacer.throttled(at: now) }
    }

    package func slowdown(at now: Duration) -> Double {
        state.withLock { $0.pacer.slowdown(watchCount: $0.watched.count, at: now) }
    }

    /// How old what is known of a deployment is, where several watch it.
    package func age(of subject: Subject, at now: Duration) -> Duration {
        state.withLock { state in
            guard let watched = state.watched[subject], watched.watcherCount > 1,
                let toldAt = watched.deployment?.at
            else { return .zero }
            return now - toldAt
        }
    }

    // MARK: What is asked
    //
    // An answer is too old from the age `freshness` on: less than the watch waits between its looks,
    // so that it is never told again what it was told itself.

    package func deployment(
        _ subject: Subject, freshness: Duration, at clock: @Sendable () -> Duration,
        ask: () async throws -> DeploymentInfo
    ) async throws -> DeploymentInfo {
        try await share(
            subject, freshness, clock,
            find: { watched, oldest in watched.deployment?.answer(since: oldest) },
            ask: { _ in try await ask() }, keep: { $0.deployment = $1 })
    }

    package func targetIDs(
        _ subject: Subject, _ statuses: [TargetStatus], freshness: Duration,
        at clock: @Sendable () -> Duration, ask: () async throws -> [TargetID]
    ) async throws -> [TargetID] {
        try await share(
            subject, freshness, clock,
            find: { watched, oldest in watched.lists[statuses]?.answer(since: oldest) },
            ask: { _ in try await ask() }, keep: { $0.lists[statuses] = $1 })
    }

    /// `ask` is asked for those that nobody was told of lately.
    package func targets(
        _ subject: Subject, _ ids: [TargetID], freshness: Duration,
        at clock: @Sendable () -> Duration,
        ask: ([TargetID]) async throws -> [DeploymentTarget]
    ) async throws -> [DeploymentTarget] {
        try await share(
            subject, freshness, clock,
            find: { watched, oldest in
                var found: [DeploymentTarget] = []
                for id in ids {
                    switch watched.targets[id]?.answer(since: oldest) {
                    case .success(let target)?: found.append(target)
                    case .failure(let error)?: return .failure(error)
                    case nil: return nil
                    }
                }
                return .success(found)
            },
            ask: { watched in
                let oldest = clock() - freshness
                let told = ids.compactMap {
                    try? watched.targets[$0]?.answer(since: oldest)?.get()
                }
                let known = Set(told.map(\.id))
                return told + (try await ask(ids.filter { !known.contains($0) }))
            },
            keep: { watched, told in
                switch told.answer {
                case .success(let targets):
                    for target in targets {
                        watched.targets[target.id] = Told(
                            answer: .success(target), at: told.at)
                    }
                case .failure(let error):
                    for id in ids {
                        watched.targets[id] = Told(answer: .failure(error), at: told.at)
                    }
                }
            })
    }

    private enum Turn<Value: Sendable> {
        case told(Result<Value, any Error>)
        case wait(AsyncStream<Void>)
        case ask(Watched)
    }

    private func share<Value: Sendable>(
        _ subject: Subject, _ freshness: Duration, _ clock: @Sendable () -> Duration,
        find: (Watched, Duration) -> Result<Value, any Error>?,
        ask: (Watched) async throws -> Value, keep: (inout Watched, Told<Value>) -> Void
    ) async throws -> Value {
        while true {
            let now = clock()
            switch turn(of: subject, { find($0, now - freshness) }) {
            case .told(let answer): return try answer.get()
            case .wait(let stream):
                for await _ in stream {}
                try Task.checkCancellation()
            case .ask(let watched):
                let answer: Result<Value, any Error>
                do { answer = .success(try await ask(watched)) } catch { answer = .failure(error) }
                end(subject, Told(answer: answer, at: clock()), keep)
                return try answer.get()
            }
        }
    }

    private func turn<Value: Sendable>(
        of subject: Subject, _ find: (Watched) -> Result<Value, any Error>?
    ) -> Turn<Value> {
        state.withLock { state in
            let watched = state.watched[subject, default: Watched()]
            guard watched.watcherCount > 1 else { return .ask(watched) }
            if let answer = find(watched) { return .told(answer) }
            guard watched.isAsking else {
                state.watched[subject]?.isAsking = true
                return .ask(watched)
            }
            let (stream, end) = AsyncStream.makeStream(of: Void.self)
            state.watched[subject]?.waiting.append(end)
            return .wait(stream)
        }
    }

    private func end<Value: Sendable>(
        _ subject: Subject, _ told: Told<Value>, _ keep: (inout Watched, Told<Value>) -> Void
    ) {
        let waiting = state.withLock { state -> [AsyncStream<Void>.Continuation] in
            if case .failure(let error as any AWSFailure) = told.answer,
                error.meaning == .throttled
            {
                state.pacer.throttled(at: told.at)
            }
            guard var watched = state.watched[subject] else { return [] }
            // That somebody left is no answer for those who stay.
            if watched.watcherCount > 1, !told.isCancelled { keep(&watched, told) }
            watched.isAsking = false
            let waiting = watched.waiting
            watched.waiting = []
            state.watched[subject] = watched
            return waiting
        }
        for end in waiting { end.finish() }
    }
}
