import DeployEngine
import FoundationEssentials
import SlipwayCore

/// The values that the tests of this folder are about.
enum Sample {
    // All literals here are valid.
    static let application = try! ApplicationName("my-app")
    static let group = try! DeploymentGroup("instances")
    static let region = try! Region("us-east-1")
    static let bucket = try! BucketName("revisions")
    static let key = try! S3Key("apps/my-app-1")
    static let id = DeploymentID("d-OURS")!
    static let other = DeploymentID("d-OTHER")!
    static let rollback = DeploymentID("d-ROLLBACK")!
    static let location = S3Location(
        bucket: bucket, key: key, version: ObjectVersion("v1"), eTag: ETag("abc"))
    static let destination = UploadDestination(
        root: try! ApplicationRoot("/"), bucket: bucket, key: key)
    static let description = DeploymentDescription("slipway k3f9")
    static let packed = PackedRevision(
        size: RevisionSize(fileCount: 3, byteCount: 30), archiveByteCount: 20)
    static let began = Date(timeIntervalSince1970: 1_800_000_000)

    static func job(
        limit: Duration? = .seconds(3600), isUnique: Bool = true, source: DeployJob.Source? = nil
    ) -> DeployJob {
        DeployJob(
            application: application, deploymentGroup: group, region: region,
            source: source ?? .folder(destination), description: description, timeLimit: limit,
            isDescriptionUnique: isUnique)
    }

    static func info(
        _ status: DeploymentStatus, id: DeploymentID = id, overview: DeploymentOverview? = nil,
        rollback: RollbackInfo? = nil, description: DeploymentDescription? = description,
        createdAt: Date? = began
    ) -> DeploymentInfo {
        DeploymentInfo(
            id: id, status: status, application: application, deploymentGroup: group,
            revision: .s3(location), overview: overview, rollback: rollback, creator: .user,
            description: description.map { UntrustedText($0.rawValue) }, createdAt: createdAt)
    }

    /// A stop that alice asked for.
    static func stop(isTaken: Bool = true) -> DeploymentStop {
        DeploymentStop(
            id: DeploymentStop.ID(1), author: Author(user: "alice", host: "ci-7"),
            askedAt: Timestamp(began), rollsBack: true, isTaken: isTaken)
    }

    static func target(
        _ name: String, _ status: TargetStatus, _ events: (LifecycleEvent, LifecycleEventStatus)...
    ) -> DeploymentTarget {
        DeploymentTarget(
            id: TargetID(name), status: status,
            events: events.map { LifecycleEventRecord(event: $0.0, status: $0.1) })
    }

    static func failure(_ meaning: AWSFailureMeaning?) -> DeployFailure {
        DeployFailure(
            meaning: meaning, problems: [Problem(code: "sample", "AWS says no")], exitStatus: .aws)
    }
}

/// A machine that events are put through, and a clock that tests set.
struct Run {
    var machine: DeployMachine
    var uptime = Duration.zero
    var slowdown = 1.0
    /// How far the clock that the machine is told is ahead of AWS's, in seconds.
    var clockError = 0.0
    private(set) var actions: [DeployAction] = []

    init(_ machine: DeployMachine) { self.machine = machine }

    init(
        _ job: DeployJob = Sample.job(), watches: Bool = true, whenBusy: BusyPolicy = .fail
    ) {
        self.init(
            DeployMachine(jobs: [job], options: .init(watches: watches, whenBusy: whenBusy)))
    }

    /// Hands over events, half a second apart; returns what the last one led to.
    @discardableResult
    mutating func feed(_ events: DeployEvent...) -> [DeployAction] {
        var last: [DeployAction] = []
        for event in events {
            uptime += .milliseconds(500)
            let date = Sample.began.addingTimeInterval(
                Double(uptime.components.seconds) + clockError)
            last = machine.handle(
                event, at: Moment(uptime: uptime, date: date, slowdown: slowdown))
            actions += last
        }
        return last
    }

    /// The result, once there is one.
    var result: DeployResult? {
        actions.compactMap { if case .finish(let result) = $0 { result } else { nil } }.last
    }

    var changes: [DeployChange] {
        actions.compactMap { if case .report(let change) = $0 { change } else { nil } }
    }

    var notices: [String] {
        changes.compactMap { if case .notice(let notice) = $0 { notice.problem.code } else { nil } }
    }

    func count(where isCounted: (DeployAction) -> Bool) -> Int { actions.filter(isCounted).count }

    var creationCount: Int {
        count { if case .create = $0 { true } else { false } }
    }

    /// Up to the request for a deployment.
    static func creating(
        _ job: DeployJob = Sample.job(), watches: Bool = true, whenBusy: BusyPolicy = .fail,
        clockError: Double = 0
    ) -> Run {
        var run = Run(job, watches: watches, whenBusy: whenBusy)
        run.clockError = clockError
        run.feed(.start, .packed(Sample.packed), .uploaded(Sample.location), .registered)
        return run
    }

    /// Up to the first look at the deployment.
    static func watching(_ job: DeployJob = Sample.job()) -> Run {
        var run = creating(job)
        run.feed(.created(Sample.id))
        return run
    }

    /// Up to the first look at a deployment that somebody else made.
    static func attached() -> Run {
        var run = Run(
            DeployMachine(
                watching: .init(deployment: Sample.id, region: Sample.region, timeLimit: nil)))
        run.feed(.start)
        return run
    }
}
