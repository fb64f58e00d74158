package import SlipwayCore
import Synchronization

/// Carries out what a ``DeployMachine`` wants, and tells it what came of it.
package struct DeployDriver: Sendable {
    private let codeDeploy: @Sendable (Region) throws -> CodeDeployClient
    private let looking: @Sendable (Region) throws -> CodeDeployClient
    private let uploader: RevisionUploader
    private let clock: EngineClock
    private let looks: SharedLooks
    private let recordedStop: @Sendable (DeploymentID) -> DeploymentStop?

    /// `looking` is used for what is asked again anyway, and so should not try long by itself; nil:
    /// `codeDeploy`. `looks` is the same one for all drivers of a process. `recordedStop` says who
    /// has a deployment stopped, where somebody wrote that down.
    package init(
        codeDeploy: @escaping @Sendable (Region) throws -> CodeDeployClient,
        looking: (@Sendable (Region) throws -> CodeDeployClient)? = nil,
        uploader: RevisionUploader, clock: EngineClock, looks: SharedLooks = SharedLooks(),
        recordedStop: @escaping @Sendable (DeploymentID) -> DeploymentStop? = { _ in nil }
    ) {
        self.codeDeploy = codeDeploy
        self.looking = looking ?? codeDeploy
        self.uploader = uploader
        self.clock = clock
        self.looks = looks
        self.recordedStop = recordedStop
    }

    private static let tick = Duration.milliseconds(500)
    /// Before a watch has rested, it is told what is as old as if it had for so long.
    private static let firstRest = Duration.seconds(1)
    /// Deployments that are looked at when an answer was lost. The group's newest come first.
    private static let candidateLimit = 20

    private enum Letter: Sendable {
        case event(DeployEvent)
        case notice(Problem)
        /// The upload is done, or given up and cleared away.
        case uploadEnded

        var isUploadEnded: Bool { if case .uploadEnded = self { true } else { false } }
    }

    private typealias Post = AsyncStream<Letter>.Continuation

    /// Runs a machine to its end. Each element of `interruptions` is one wish to leave; `notices` are
    /// what others have to say meanwhile.
    ///
    /// `report` is told every change as it happens, the result last; it is not called from two
    /// threads at once. Nothing is left under way when this returns.
    package func run(
        _ machine: DeployMachine, interruptions: AsyncStream<Void>,
        notices: AsyncStream<Problem> = AsyncStream { $0.finish() },
        report: (DeployChange) -> Void
    ) async -> DeployResult {
        let (inbox, post) = AsyncStream.makeStream(of: Letter.self)
        let progress = LatestProgress()
        var machine = machine
        var watched: SharedLooks.Subject?
        var rest = Self.firstRest
        defer { if let watched { looks.leave(watched) } }
        let result = await withDiscardingTaskGroup(returning: DeployResult.self) { group in
            group.addTask {
                for await _ in interruptions { post.yield(.event(.interrupted)) }
            }
            group.addTask {
                for await problem in notices { post.yield(.notice(problem)) }
            }
            group.addTask { [clock] in
                while (try? await clock.sleep(Self.tick)) != nil {
                    post.yield(.event(.tick(progress.take())))
                }
            }
            post.yield(.event(.start))
            var isUploading = false
            for await letter in inbox {
                guard case .event(let event) = letter else {
                    if letter.isUploadEnded { isUploading = false }
                    Self.report(letter, report)
                    continue
                }
                for action in machine.handle(event, at: now) {
                    if case .readDeployment(let id) = action {
                        watch(.init(id, in: machine.region), insteadOf: &watched)
                    }
                    switch action {
                    case .report(let change): report(change)
                    case .finish(let result):
                        group.cancelAll()
                        guard isUploading else { return result }
                        // It says what it clears away, and that may take its time.
                        for await letter in inbox {
                            Self.report(letter, report)
                            if letter.isUploadEnded { break }
                        }
                        return result
                    case .sleep(let duration):
                        rest = duration
                        let age = watched.map { looks.age(of: $0, at: clock.uptime()) } ?? .zero
                        let action = DeployAction.sleep(max(duration - age, duration / 5))
                        let region = machine.region
                        group.addTask { await perform(action, region, .zero, post, progress) }
                    default:
                        if case .upload = action { isUploading = true }
                        let (region, freshness) = (machine.region, rest * 0.8)
                        group.addTask { await perform(action, region, freshness, post, progress) }
                    }
                }
            }
            // Cancelled from outside: as if somebody had wished to leave, and had not waited.
            while true {
                for case .finish(let result) in machine.handle(.interrupted, at: now) {
                    group.cancelAll()
                    return result
                }
            }
        }
        // Where this task was cancelled, that was not waited for.
        post.finish()
        for await letter in inbox { Self.report(letter, report) }
        report(.result(result))
        return result
    }

    private var now: Moment {
        let uptime = clock.uptime()
        return Moment(uptime: uptime, date: clock.date(), slowdown: looks.slowdown(at: uptime))
    }

    private func watch(
        _ subject: SharedLooks.Subject, insteadOf old: inout SharedLooks.Subject?
    ) {
        guard subject != old else { return }
        if let old { looks.leave(old) }
        looks.enter(subject)
        old = subject
    }

    private static func report(_ letter: Letter, _ report: (DeployChange) -> Void) {
        if case .notice(let problem) = letter { report(.notice(DeployNotice(problem))) }
    }

    private func perform(
        _ action: DeployAction, _ region: Region, _ freshness: Duration, _ post: Post,
        _ progress: LatestProgress
    ) async {
        defer { if case .upload = action { post.yield(.uploadEnded) } }
        do {
            let event =
                if action.isLook {
                    try await look(action, looking(region), region, freshness)
                } else {
                    try await perform(action, codeDeploy(region), region, post, progress)
                }
            // A stop is written down before AWS is asked: read after AWS's answer, it is there.
            if case .deployment(let info) = event, let stop = recordedStop(info.id) {
                post.yield(.event(.stopRecorded(stop, of: info.id)))
            }
            post.yield(.event(event))
        } catch {
            guard let failed = action.failed(DeployFailure(error)) else { return }
            post.yield(.event(failed))
        }
    }

    private func perform(
        _ action: DeployAction, _ client: CodeDeployClient, _ region: Region, _ post: Post,
        _ progress: LatestProgress
    ) async throws -> DeployEvent {
        switch action {
        case .upload(_, let destination):
            let location = try await uploader.upload(destination, in: region) { news in
                switch news {
                case .progress(let new): progress.put(new)
                case .packed(let packed): post.yield(.event(.packed(packed)))
                case .notice(let problem): post.yield(.notice(problem))
                }
            }
            return .uploaded(location)
        case .register(let application, let location, let description):
            try await client.register(application, location, description)
            return .registered
        case .create(let request): return .created(try await client.create(request))
        case .findCandidates(let application, let group, let since):
            var infos: [DeploymentInfo] = []
            let ids = try await client.deployments(application, group, since)
            for id in ids.prefix(Self.candidateLimit) {
                infos.append(try await client.deployment(id))
            }
            return .candidates(infos)
        case .readRevisionUse(let application, let location):
            return .revisionUse(try await client.revisionUse(application, location))
        case .readCandidate(let id): return .deployment(try await client.deployment(id))
        case .sleep(let duration):
            try await clock.sleep(duration)
            return .woke
        case .readDeployment, .listTargets, .readTargets, .report, .finish:
            preconditionFailure("these are not done here")
        }
    }

    /// Asks how a deployment is doing, or whoever was told lately.
    private func look(
        _ action: DeployAction, _ client: CodeDeployClient, _ region: Region,
        _ freshness: Duration
    ) async throws -> DeployEvent {
        func subject(_ id: DeploymentID) -> SharedLooks.Subject { .init(id, in: region) }
        switch action {
        case .readDeployment(let id):
            return .deployment(
                try await looks.deployment(
                    subject(id), freshness: freshness, at: clock.uptime
                ) {
                    try await client.deployment(id)
                })
        case .listTargets(let id, let statuses):
            return .targetIDs(
                try await looks.targetIDs(
                    subject(id), statuses, freshness: freshness, at: clock.uptime
                ) {
                    try await client.targetIDs(id, statuses)
                })
        case .readTargets(let id, let ids):
            return .targets(
                try await looks.targets(
                    subject(id), ids, freshness: freshness, at: clock.uptime
                ) {
                    try await client.targets(id, $0)
                })
        default: preconditionFailure("that is no look")
        }
    }
}

extension DeployAction {
    fileprivate var isLook: Bool {
        switch self {
        case .readDeployment, .listTargets, .readTargets: true
        default: false
        }
    }

    /// The event that says that the action failed; nil for one that only cancelling can end.
    fileprivate func failed(_ failure: DeployFailure) -> DeployEvent? {
        switch self {
        case .upload: .uploadFailed(failure)
        case .register: .registerFailed(failure)
        case .create: .createFailed(failure)
        case .findCandidates: .candidatesFailed(failure)
        case .readRevisionUse: .revisionUseFailed(failure)
        case .readCandidate, .readDeployment: .deploymentFailed(failure)
        case .listTargets: .targetIDsFailed(failure)
        case .readTargets: .targetsFailed(failure)
        case .sleep, .report, .finish: nil
        }
    }
}

/// Where an upload leaves how far it is, as often as it likes.
private final class LatestProgress: Sendable {
    private let latest = Mutex<UploadProgress?>(nil)

    func put(_ progress: UploadProgress) { latest.withLock { $0 = progress } }

    func take() -> UploadProgress? { latest.withLock(\.self) }
}
