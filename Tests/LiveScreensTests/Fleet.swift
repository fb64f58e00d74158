import DeployEngine
import FoundationEssentials
import Screens
import SlipwayCore
import TextGrid

@testable import LiveScreens

/// Deployments for pictures, every time of them fixed.
enum Fleet {
    static let start = Date(timeIntervalSinceReferenceDate: 800_000_000)
    static let id = DeploymentID("d-75I7MBT7C")!  // letters, digits and a hyphen
    static let rollbackID = DeploymentID("d-ROLLBACK1")!
    static let end = DeployChange.result(
        DeployResult(.failed, exitStatus: .deploymentFailed, deployment: id))

    static let inPlace: [LifecycleEvent] = [
        .applicationStop, .downloadBundle, .beforeInstall, .install, .afterInstall,
        .applicationStart, .validateService,
    ]

    static func location(_ key: String = "apps/shop-3f2a9c1-17") throws -> S3Location {
        S3Location(
            bucket: try BucketName("acme-revisions"), key: try S3Key(key),
            version: ObjectVersion("3L4kqtJl"), eTag: ETag("9b2cf5"))
    }

    static func request() throws -> DeploymentRequest {
        DeploymentRequest(
            application: try ApplicationName("shop"),
            deploymentGroup: try DeploymentGroup("production"), revision: try location())
    }

    static func job(_ application: String) throws -> DeployJob {
        DeployJob(
            application: try ApplicationName(application),
            deploymentGroup: try DeploymentGroup("production"),
            region: try Region("us-east-1"), source: .revision(try location()))
    }

    static func target(
        _ number: Int, _ status: TargetStatus, at step: Int, code: LifecycleErrorCode? = nil,
        log: String = "", script: String = "scripts/stamp-release", message: String? = nil
    ) -> DeploymentTarget {
        let events = inPlace.enumerated().map { index, event in
            let began = start.addingTimeInterval(Double(index) * 2)
            let eventStatus: LifecycleEventStatus =
                switch status {
                case .succeeded: .succeeded
                case .skipped: .skipped
                case .failed where index > step: .skipped
                case .failed where index == step: .failed
                case .inProgress where index == step: .inProgress
                default: index < step ? .succeeded : .pending
                }
            let ended = eventStatus == .succeeded || eventStatus == .failed
            return LifecycleEventRecord(
                event: event, status: eventStatus,
                startedAt: ended || eventStatus == .inProgress ? began : nil,
                endedAt: ended ? began.addingTimeInterval(1.3) : nil,
                diagnostics: eventStatus == .failed
                    ? Diagnostics(
                        errorCode: code ?? .scriptFailed,
                        scriptName: UntrustedText(script),
                        message: UntrustedText(
                            message
                                ?? "Script at specified location: \(script) failed with exit "
                                + "code 1"),
                        logTail: UntrustedText(log)) : nil)
        }
        return DeploymentTarget(
            id: TargetID("i-0123456789abcde\(number < 10 ? "0" : "")\(number)"), status: status,
            events: events)
    }

    static func info(
        _ status: DeploymentStatus, _ counts: DeploymentOverview? = nil,
        error: ErrorInformation? = nil, id: DeploymentID = id
    ) throws -> DeploymentInfo {
        DeploymentInfo(
            id: id, status: status, application: try ApplicationName("shop"),
            deploymentGroup: try DeploymentGroup("production"), revision: .s3(try location()),
            previousRevision: .s3(try location("apps/shop-1111111-16")), overview: counts,
            errorInformation: error, createdAt: start,
            completedAt: status.isFinal ? start.addingTimeInterval(65) : nil)
    }

    static func status(
        _ info: DeploymentInfo, isRollback: Bool = false
    ) -> DeployChange {
        .status(
            StatusChange(
                deployment: info.id, isRollback: isRollback, info: info, isNewStatus: true))
    }

    /// Looks that fail, by seconds since the last one that did not, and until the next one.
    static func silence(after age: Int, retry: Int) -> DeployChange {
        .connection(
            ConnectionChange(
                deployment: id,
                silence: ConnectionChange.Silence(
                    failure: DeployFailure(
                        meaning: .throttled,
                        problems: [
                            Problem(code: "throttled", "AWS is throttling GetDeployment")
                        ], exitStatus: .aws),
                    answerAge: .seconds(age), retryDelay: .seconds(retry))))
    }

    static func stop(by user: String) -> DeployChange {
        .stop(
            StopChange(
                deployment: id,
                stop: DeploymentStop(
                    id: DeploymentStop.ID(1), author: Author(user: user, host: "ci-7"),
                    askedAt: Timestamp(start), rollsBack: true, isTaken: true)))
    }

    static func created() throws -> DeployChange {
        .created(
            CreatedDeployment(id: id, region: try Region("us-east-1"), request: try request()))
    }

    static let log = """
        LifecycleEvent - AfterInstall
        Script - scripts/stamp-release
        [stdout]stamping the release
        [stderr]sed: can't read /var/www/shop/index.html: No such file or directory
        """

    static func healthError(_ failed: Int) -> ErrorInformation {
        ErrorInformation(
            code: .healthConstraints,
            message: UntrustedText(
                "The overall deployment failed because too many individual instances failed "
                    + "deployment, too few healthy instances are available for deployment, or "
                    + "some instances in your deployment group are experiencing problems."))
    }

    /// A screen with a tab for each list of changes, of an application of that name each.
    static func tabs(
        _ tabs: [(changes: [DeployChange], application: String)], showing number: Int
    ) throws -> LiveScreen {
        var screen = LiveScreen(
            tabs.map { _ in LiveDeployment() }, now: start, ending: .onRequest)
        for (index, tab) in tabs.enumerated() {
            for change in tab.changes { _ = screen.update(.change(tab: index, change)) }
            var info = try info(.inProgress)
            info.application = try ApplicationName(tab.application)
            info.overview = screen.tabs[index].run?.info?.overview
            info.status = screen.tabs[index].result == nil ? .inProgress : .succeeded
            _ = screen.update(.change(tab: index, status(info)))
        }
        _ = screen.update(.showTab(number - 1))
        _ = screen.update(.input(.tick(start.addingTimeInterval(42))))
        return screen
    }

    /// A run of two applications, of which the first has come to some changes.
    static func applications(_ changes: [DeployChange]) throws -> LiveScreen {
        let jobs = [try job("shop"), try job("worker")]
        var screen = LiveScreen(
            jobs.enumerated().map { index, job in
                LiveDeployment(of: job, at: RunPosition(number: index + 1, count: 2))
            }, now: start)
        let plan = DeployChange.plan(jobs[0], RunPosition(number: 1, count: 2))
        for change in [plan] + changes { _ = screen.update(.change(tab: 0, change)) }
        _ = screen.update(.input(.tick(start.addingTimeInterval(42))))
        return screen
    }

    /// A screen that has seen some changes, `seconds` after the deployment was made, and then some
    /// more.
    static func screen(
        _ changes: [DeployChange], then late: [DeployChange] = [], seconds: Double = 42,
        past: [Double] = [60, 62, 90, 61]
    ) -> LiveScreen {
        var screen = LiveScreen(
            [
                LiveDeployment(
                    pastDurations: past,
                    commit: CommitID("3f2a9c1" + String(repeating: "0", count: 33)))
            ], now: start,
            ending: .onRequest)
        for change in changes { _ = screen.update(.change(tab: 0, change)) }
        _ = screen.update(.input(.tick(start.addingTimeInterval(seconds))))
        for change in late { _ = screen.update(.change(tab: 0, change)) }
        return screen
    }

    /// What a terminal of the usual size shows of it.
    static func lines(_ screen: LiveScreen) -> [String] {
        var session = Session(screen, width: 80, height: 24)
        _ = session.begin()
        return session.frame.lines
    }

    /// Three deployments of three targets each; one of the last one's failed.
    static func three() throws -> LiveScreen {
        var screen = LiveScreen(
            [LiveDeployment(), LiveDeployment(), LiveDeployment()], now: start)
        for tab in 0..<3 {
            let counts = DeploymentOverview(pending: tab == 2 ? 2 : 3, failed: tab == 2 ? 1 : 0)
            _ = screen.update(.change(tab: tab, try created()))
            _ = screen.update(
                .change(tab: tab, status(try info(.inProgress, counts))))
        }
        return screen
    }
}
