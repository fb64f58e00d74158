package import DeployEngine
package import FoundationEssentials
package import SlipwayCore

/// What a screen knows of one deployment that is made or watched: the fold of its changes.
package struct LiveDeployment: Equatable, Sendable {
    /// How far the way to the deployment is.
    package enum Stage: Equatable, Sendable {
        case starting, uploading, registering, creating, running, over
    }

    /// Whether AWS answers.
    package enum Connection: Equatable, Sendable {
        case answering
        case silent(Silence)
    }

    /// Looks fail: what is shown is as old as the last answer.
    package struct Silence: Equatable, Sendable {
        /// Why the last look failed.
        package let failure: DeployFailure
        /// Nil where there was none yet.
        package let answeredAt: Date?
        /// When AWS is asked again.
        package let retryAt: Date
    }

    /// How far it came, or is.
    package private(set) var reached = Stage.starting
    package private(set) var isOver = false
    package private(set) var application: ApplicationName?
    package private(set) var deploymentGroup: DeploymentGroup?
    package private(set) var region: Region?
    package private(set) var revision: S3Location?
    package private(set) var description: UntrustedText?
    /// Which application of its run it is.
    package let position: RunPosition
    package private(set) var progress: UploadProgress?
    package private(set) var packed: PackedRevision?
    /// The deployment, and after it what rolls it back.
    package private(set) var runs: [LiveRun] = []
    package private(set) var connection = Connection.answering
    /// Why AWS does not answer, once several looks in a row failed.
    package private(set) var silenceReason: String?
    /// False once it is known that the AWS keys may not see targets.
    package private(set) var seesTargets = true
    package private(set) var notices: [Problem] = []
    package private(set) var result: DeployResult?
    /// Whether there was nothing to wait for: it had ended when it was first looked at.
    package private(set) var hadEnded = false
    /// When it was first heard of, by this machine's clock.
    package private(set) var beganAt: Date?
    /// How long this group's last successful deployments took, in seconds.
    package let pastDurations: [Double]

    /// What the build was of, where that is known.
    package let commit: CommitID?

    /// `job` is what will be deployed; nil for a deployment that is only watched. `region` is where
    /// it is, which no change tells of such a one.
    package init(
        of job: DeployJob? = nil, at position: RunPosition = .only, pastDurations: [Double] = [],
        commit: CommitID? = nil, region: Region? = nil
    ) {
        self.position = position
        self.pastDurations = pastDurations
        self.commit = commit
        self.region = job?.region ?? region
        application = job?.application
        deploymentGroup = job?.deploymentGroup
    }

    /// The run that goes on now: the rollback, once there is one.
    package var run: LiveRun? { runs.last }

    package var stage: Stage { isOver ? .over : reached }

    /// Whether its run did not come to it, or not yet: the applications before it are first.
    var isNotBegun: Bool { position.number > 1 && reached == .starting }

    /// Whether its run may still come to it.
    var isWaiting: Bool { isNotBegun && !isOver }

    /// Whether CodeDeploy was not asked for it yet.
    var isBeforeDeployment: Bool { [.uploading, .registering].contains(stage) }

    package mutating func take(_ change: DeployChange, at now: Date) {
        switch change {
        case .plan(let job, _): begin(job, now)
        case .done(let result), .result(let result): end(result)
        case .progress(let progress):
            reached = .uploading
            self.progress = progress
        case .packed(let packed): self.packed = packed
        case .uploaded(let location):
            reached = .registering
            revision = location
        case .registered: reached = .creating
        case .created(let created): begin(created, now)
        case .status(let status): take(status)
        case .target(let change):
            withRun(change.deployment) { $0.take(change.target, at: now) }
        case .lifecycle(let change):
            withRun(change.deployment) { $0.take(change.record, of: change.target, at: now) }
        case .stop(let change): withRun(change.deployment) { $0.take(change.stop) }
        case .notice(let notice): take(notice)
        case .connection(let change): take(change, now)
        }
    }

    private mutating func begin(_ job: DeployJob, _ now: Date) {
        application = job.application
        deploymentGroup = job.deploymentGroup
        region = job.region
        description = job.description.map { UntrustedText("\($0)") }
        beganAt = now
        switch job.source {
        case .folder: reached = .uploading
        case .revision(let location):
            reached = .creating
            revision = location
        }
    }

    private mutating func end(_ result: DeployResult) {
        isOver = true
        connection = .answering
        // The run may have ended with an application before this one.
        if let last = result.position, last.number < position.number { return }
        self.result = result
        if let location = result.revision { revision = location }
    }

    private mutating func begin(_ created: CreatedDeployment, _ now: Date) {
        reached = .running
        region = created.region
        if let request = created.request {
            application = request.application
            deploymentGroup = request.deploymentGroup
            revision = request.revision
        }
        if beganAt == nil { beganAt = now }
        if !runs.contains(where: { $0.id == created.id }) {
            runs.append(LiveRun(created.id, isRollback: false))
        }
    }

    private mutating func take(_ change: StatusChange) {
        if reached == .starting { hadEnded = true }
        if !change.info.status.isFinal { hadEnded = false }
        if !runs.contains(where: { $0.id == change.deployment }) {
            runs.append(LiveRun(change.deployment, isRollback: change.isRollback))
        }
        reached = .running
        withRun(change.deployment) { $0.take(change.info) }
        guard !change.isRollback else { return }
        application = change.info.application ?? application
        deploymentGroup = change.info.deploymentGroup ?? deploymentGroup
        if revision == nil, case .s3(let location)? = change.info.revision { revision = location }
        description = change.info.description ?? description
    }

    private mutating func take(_ notice: DeployNotice) {
        guard !notice.isHeartbeat else { return }
        switch notice.problem.code {
        case DeployNotice.cannotLookCode:
            silenceReason = notice.problem.why ?? notice.problem.message
        case DeployNotice.answersAgainCode: silenceReason = nil
        case DeployNotice.targetsDeniedCode: seesTargets = false
        // The targets tell it, for as long as it is true.
        case DeployNotice.silentAgentCode: break
        default: notices.append(notice.problem)
        }
    }

    private mutating func take(_ change: ConnectionChange, _ now: Date) {
        guard let silence = change.silence else {
            connection = .answering
            return
        }
        connection = .silent(
            Silence(
                failure: silence.failure,
                answeredAt: silence.answerAge.map { now.addingTimeInterval(-($0 / .seconds(1))) },
                retryAt: now.addingTimeInterval(silence.retryDelay / .seconds(1))))
    }

    /// Takes note that AWS took a wish of this screen to stop a run.
    package mutating func noteStopTaken(_ id: DeploymentID) { withRun(id) { $0.noteStopTaken() } }

    private mutating func withRun(_ id: DeploymentID, _ body: (inout LiveRun) -> Void) {
        guard let index = runs.firstIndex(where: { $0.id == id }) else { return }
        body(&runs[index])
    }
}
