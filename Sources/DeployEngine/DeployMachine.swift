package import SlipwayCore

/// The way from a plan to its result, as a state machine: events in, actions out, no I/O, no clock.
///
///     idle --start--> uploading --uploaded--> registering --registered--> creating
///                        |                        |                         |
///                   uploadFailed            registerFailed        created   |  createFailed
///                        v                        v            +------------+-----------+
///                       done                     done          |            |           |
///                                                              |       group busy   answer lost
///                                                              |            |           |
///     creating <--(it is over)-- waitingForGroup <---(wait)----|------------+           |
///     creating <--(there is none)-------------- lookingUp <----|------------------------+
///                                                   |          |
///                                          (it is there)       |
///                                                   v          v
///     uploading (the next application) <--success-- watching --failed--> watching its rollback
///                                                       |                           |
///                                                       +---------> done <----------+
///
/// A job whose revision is in S3 begins at `creating`; a watch, at `watching`. An answer to
/// CreateDeployment that was lost is looked up, and asked for again only on evidence that there is
/// no deployment: the group's newest deployments, or, where listing is not allowed, the revision,
/// which AWS has not used since. From every state but `done`, an interruption and, once there is a
/// time limit, its end lead to `done`; the deployment itself goes on. One that is rolled back has
/// ended: then the result is its own, and the rollback goes on.
package struct DeployMachine: Sendable {
    /// Where the machine is. The words of the drawing above.
    package enum State: String, CaseIterable, Sendable {
        case idle, uploading, registering, creating, lookingUp, waitingForGroup, watching
        case watchingRollback, done
    }

    enum Phase: Sendable {
        case idle
        case uploading
        case registering(S3Location)
        case creating(Creation)
        case lookingUp(LookUp)
        case waitingForGroup(GroupWait)
        case watching(DeploymentWatch)
        case watchingRollback(DeploymentWatch, of: DeploymentWatch)
        case done
    }

    /// What is asked of CodeDeploy, and how often it was.
    struct Creation: Sendable {
        let request: DeploymentRequest
        /// When it was first asked for.
        let since: Duration
        var lostAnswerCount = 0
        var isInterrupted = false
    }

    package struct Options: Sendable {
        package var watches: Bool
        package var whenBusy: BusyPolicy
        /// For the waits between looks.
        package var seed: UInt64

        package init(watches: Bool = true, whenBusy: BusyPolicy = .fail, seed: UInt64 = 0) {
            self.watches = watches
            self.whenBusy = whenBusy
            self.seed = seed
        }
    }

    /// A deployment to watch that somebody else made.
    package struct Watched: Equatable, Sendable {
        package var deployment: DeploymentID
        package var region: Region
        package var timeLimit: Duration?
        /// Whether it is watched for its stop: then to be stopped is success.
        package var isToStop: Bool

        package init(
            deployment: DeploymentID, region: Region, timeLimit: Duration?, isToStop: Bool = false
        ) {
            self.deployment = deployment
            self.region = region
            self.timeLimit = timeLimit
            self.isToStop = isToStop
        }
    }

    package let jobs: [DeployJob]
    let watched: Watched?
    let options: Options
    var phase = Phase.idle
    /// The job under way.
    var index = 0
    var earlier: [DeployResult] = []
    var revision: S3Location?
    var jitter: JitterSource
    /// When the job under way began.
    var jobBegan = Duration.zero
    var deadline: Duration?
    /// The deployment that a busy group was last said to be busy with.
    var lastBusy: DeploymentID?
    private var lastNews = Duration.zero
    private var lastProgress: UploadProgress?

    /// A machine that makes deployments, one after the other. At least one.
    package init(jobs: [DeployJob], options: Options) {
        precondition(!jobs.isEmpty, "there is a job")
        self.jobs = jobs
        watched = nil
        self.options = options
        jitter = JitterSource(seed: options.seed)
    }

    /// A machine that watches a deployment.
    package init(watching watched: Watched, seed: UInt64 = 0) {
        jobs = []
        self.watched = watched
        options = Options(seed: seed)
        jitter = JitterSource(seed: seed)
    }

    package var state: State {
        switch phase {
        case .idle: .idle
        case .uploading: .uploading
        case .registering: .registering
        case .creating: .creating
        case .lookingUp: .lookingUp
        case .waitingForGroup: .waitingForGroup
        case .watching: .watching
        case .watchingRollback: .watchingRollback
        case .done: .done
        }
    }

    /// Where the actions are to be carried out.
    package var region: Region { watched?.region ?? job.region }

    var job: DeployJob { jobs[index] }

    private var position: RunPosition { RunPosition(number: index + 1, count: jobs.count) }

    var timeLimit: Duration? { watched?.timeLimit ?? (jobs.isEmpty ? nil : job.timeLimit) }

    /// Takes an event and says what is to be done. What does not belong to the state is ignored: it
    /// answers something that is no longer waited for.
    package mutating func handle(_ event: DeployEvent, at now: Moment) -> [DeployAction] {
        if case .done = phase { return [] }
        var actions = handled(event, at: now)
        if actions.contains(where: \.isNews) { lastNews = now.uptime }
        if case .tick = event, now.uptime - lastNews >= Self.heartbeatInterval {
            if case .done = phase { return actions }
            lastNews = now.uptime
            let seconds = (now.uptime - jobBegan).components.seconds
            actions.append(.report(.notice(Notices.heartbeat(subject, seconds))))
        }
        return actions
    }

    /// Under half a minute by what a tick may be late.
    private static let heartbeatInterval = Duration.seconds(28)

    private mutating func handled(_ event: DeployEvent, at now: Moment) -> [DeployAction] {
        switch event {
        case .start:
            guard case .idle = phase else { return [] }
            return begin(at: now)
        case .interrupted: return interrupted(at: now)
        case .tick(let progress):
            if let deadline, now.uptime >= deadline { return timeLimitPassed(at: now) }
            guard case .uploading = phase, let progress, progress != lastProgress else { return [] }
            lastProgress = progress
            return [.report(.progress(progress))]
        default: break
        }
        switch phase {
        case .idle, .done: return []
        case .uploading: return uploading(event, at: now)
        case .registering(let location): return registering(location, event, at: now)
        case .creating(let creation): return creating(creation, event, at: now)
        case .lookingUp(let lookUp): return lookingUp(lookUp, event, at: now)
        case .waitingForGroup(let wait): return waiting(wait, event, at: now)
        case .watching(let watch): return watching(watch, event, at: now)
        case .watchingRollback(let watch, let main):
            return watchingRollback(watch, of: main, event, at: now)
        }
    }

    private mutating func begin(at now: Moment) -> [DeployAction] {
        jobBegan = now.uptime
        lastNews = now.uptime
        if let watched { return watch(watched.deployment, isNamed: false, at: now) }
        lastProgress = nil
        deadline = nil
        let plan = DeployAction.report(.plan(job, position))
        switch job.source {
        case .folder(let destination):
            phase = .uploading
            return [plan, .upload(job, destination)]
        case .revision(let location):
            revision = location
            return [plan] + create(job.request(location), at: now)
        }
    }

    private mutating func uploading(_ event: DeployEvent, at now: Moment) -> [DeployAction] {
        switch event {
        case .packed(let packed): return [.report(.packed(packed))]
        case .uploaded(let location):
            revision = location
            phase = .registering(location)
            return [
                .report(.uploaded(location)),
                .register(job.application, location, job.description),
            ]
        case .uploadFailed(let failure): return fail(failure, at: now)
        default: return []
        }
    }

    private mutating func registering(
        _ location: S3Location, _ event: DeployEvent, at now: Moment
    ) -> [DeployAction] {
        switch event {
        case .registered:
            return [.report(.registered(location))] + create(job.request(location), at: now)
        case .registerFailed(let failure): return fail(failure, at: now)
        default: return []
        }
    }

    /// Goes on with the next application, or ends.
    mutating func succeed(_ result: DeployResult, at now: Moment) -> [DeployAction] {
        guard let news = putBehind(result) else { return end(result) }
        return [news] + begin(at: now)
    }

    /// Turns to the next application, which is not begun, and tells how this one ended. Nil where
    /// there is none.
    mutating func putBehind(_ result: DeployResult) -> DeployAction? {
        guard index + 1 < jobs.count else { return nil }
        var done = result
        (done.earlier, done.notBegun) = ([], [])
        earlier.append(done)
        index += 1
        revision = nil
        return .report(.done(done))
    }

    /// Ends with what could not be done.
    mutating func fail(_ failure: DeployFailure, at now: Moment) -> [DeployAction] {
        var result = result(failure.outcome, failure.exitStatus, at: now)
        result.problems = failure.problems
        return end(result)
    }

    mutating func end(_ result: DeployResult) -> [DeployAction] {
        phase = .done
        return [.finish(result)]
    }

    /// A result with what is known by now.
    func result(
        _ outcome: DeployResult.Outcome, _ status: ExitStatus, at now: Moment
    ) -> DeployResult {
        var result = DeployResult(
            outcome, exitStatus: status, region: region, revision: revision,
            duration: now.uptime - jobBegan, earlier: earlier)
        guard !jobs.isEmpty else { return result }
        result.application = job.application
        result.position = position
        result.notBegun = jobs.dropFirst(index + 1).map(\.application)
        return result
    }

    private mutating func interrupted(at now: Moment) -> [DeployAction] {
        switch phase {
        case .idle, .uploading, .registering, .waitingForGroup:
            return interruption(of: nil, Notices.nothingDeployed, at: now)
        case .creating(var creation):
            guard creation.isInterrupted else {
                creation.isInterrupted = true
                phase = .creating(creation)
                return [.report(.notice(DeployNotice(Notices.finishingCreate)))]
            }
            return interruption(of: nil, uncertainInterruption, at: now)
        case .lookingUp: return interruption(of: nil, uncertainInterruption, at: now)
        case .watching(let watch): return leave(watch, at: now)
        case .watchingRollback(let rollback, let watch):
            return leave(rollback, of: watch, at: now)
        case .done: return []
        }
    }

    private var uncertainInterruption: Problem {
        Notices.uncertain(job, "it was interrupted before AWS answered")
    }

    mutating func interruption(
        of watch: DeploymentWatch?, _ problem: Problem, at now: Moment
    ) -> [DeployAction] {
        var result = result(.interrupted, .interrupted, at: now)
        result.problems = [problem]
        result.deployment = watch?.id
        result.previousRevision = watch?.info?.previousRevision
        result.overview = watch?.info?.overview
        result.failures = watch?.failures ?? []
        return end(result)
    }

    /// What it is busy with, behind "still".
    private var subject: String {
        switch phase {
        case .idle, .done, .uploading: "packing and uploading"
        case .registering: "registering the revision"
        case .creating: "waiting for the answer to CreateDeployment"
        case .lookingUp: "looking for the deployment"
        case .waitingForGroup: "waiting for the group"
        case .watching(let watch), .watchingRollback(let watch, _):
            watch.subject
        }
    }
}

extension DeploymentWatch {
    fileprivate var subject: String {
        guard let info else { return "waiting for news of \(id)" }
        let counts = info.overview.map { overview in
            ", \(overview.finished) of \(counted(overview.total, "instance")) done"
        }
        let verb = isRollback ? "rolling back by" : "deploying"
        return "\(verb) \(id): \(UntrustedText(info.status.rawValue))\(counts ?? "")"
    }
}

extension DeployAction {
    /// Whether it tells people something; more bytes are not news, and that AWS does not answer is
    /// told by other means.
    fileprivate var isNews: Bool {
        switch self {
        case .report(.progress), .report(.connection): false
        case .report: true
        default: false
        }
    }
}
