package import FoundationEssentials
package import SlipwayCore

/// When something happened, by both clocks.
package struct Moment: Equatable, Sendable {
    /// Since the run began; never goes back.
    package var uptime: Duration
    /// By AWS's clock, as far as it is known.
    package var date: Date
    /// How many times longer to wait between looks than one watch alone would: ``PollPacer``.
    package var slowdown: Double

    package init(uptime: Duration, date: Date, slowdown: Double = 1) {
        self.uptime = uptime
        self.date = date
        self.slowdown = slowdown
    }
}

/// What a ``DeployMachine`` is told.
package enum DeployEvent: Equatable, Sendable {
    case start
    /// Some time went by. Comes at least once a second.
    case tick(UploadProgress?)
    case interrupted

    case packed(PackedRevision)
    case uploaded(S3Location)
    case uploadFailed(DeployFailure)
    case registered
    case registerFailed(DeployFailure)
    case created(DeploymentID)
    case createFailed(DeployFailure)

    /// Deployments of the group that may be the one whose answer was lost.
    case candidates([DeploymentInfo])
    case candidatesFailed(DeployFailure)
    case revisionUse(RevisionUse)
    case revisionUseFailed(DeployFailure)

    case deployment(DeploymentInfo)
    case deploymentFailed(DeployFailure)
    /// The settings store knows who has the deployment stopped. Comes before the answer that it may
    /// explain.
    case stopRecorded(DeploymentStop, of: DeploymentID)
    case targetIDs([TargetID])
    case targetIDsFailed(DeployFailure)
    case targets([DeploymentTarget])
    case targetsFailed(DeployFailure)
    /// The sleep that was asked for is over.
    case woke
}

/// What a ``DeployMachine`` wants done. Each action but the last two is answered by one event.
package enum DeployAction: Equatable, Sendable {
    /// Packs and uploads at once; answered by `packed` and then `uploaded`, or `uploadFailed`.
    case upload(DeployJob, UploadDestination)
    case register(ApplicationName, S3Location, DeploymentDescription?)
    case create(DeploymentRequest)
    case findCandidates(ApplicationName, DeploymentGroup, since: Date)
    case readRevisionUse(ApplicationName, S3Location)
    /// The same as `readDeployment`, of one that may be the one whose answer was lost. It is asked
    /// about this once, and so as patiently as anything that is not watched.
    case readCandidate(DeploymentID)
    case readDeployment(DeploymentID)
    /// Those of the statuses; all where none is named.
    case listTargets(DeploymentID, statuses: [TargetStatus])
    /// At most 25.
    case readTargets(DeploymentID, [TargetID])
    case sleep(Duration)

    case report(DeployChange)
    /// Whatever is still under way is to be given up, and cleared away.
    case finish(DeployResult)
}

/// Why something that was tried did not work.
package struct DeployFailure: Equatable, Sendable {
    /// Nil where it was not AWS that refused.
    package var meaning: AWSFailureMeaning?
    package var problems: [Problem]
    package var exitStatus: ExitStatus

    package init(meaning: AWSFailureMeaning?, problems: [Problem], exitStatus: ExitStatus) {
        self.meaning = meaning
        self.problems = problems
        self.exitStatus = exitStatus
    }

    package init(_ error: any Error) {
        switch error {
        case let error as any AWSFailure:
            self.init(
                meaning: error.meaning, problems: error.problems, exitStatus: error.exitStatus)
        case let error as any ProblemReporting:
            self.init(meaning: nil, problems: error.problems, exitStatus: error.exitStatus)
        case is CancellationError:
            self.init(
                meaning: nil, problems: [Problem(code: "cancelled", "it was given up")],
                exitStatus: .interrupted)
        default:
            self.init(
                meaning: nil,
                problems: [
                    Problem(
                        code: "unexpected", "error: \(String(describing: type(of: error)))",
                        why: "slipway met something that it does not know how to explain")
                ], exitStatus: .aws)
        }
    }
}
