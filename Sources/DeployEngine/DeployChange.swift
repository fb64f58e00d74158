package import SlipwayCore

/// Something that became known while deploying or watching.
///
/// Plain lines, JSON lines, the store's history and the screens all fold this one stream. A change
/// says what is new; nothing is said twice.
package enum DeployChange: Equatable, Sendable {
    /// An application of the run begins.
    case plan(DeployJob, RunPosition)
    /// It went well, and is not the last one of the run: how that one ends is the result.
    case done(DeployResult)
    /// More was packed or sent. Comes often.
    case progress(UploadProgress)
    case packed(PackedRevision)
    case uploaded(S3Location)
    case registered(S3Location)
    case created(CreatedDeployment)
    case status(StatusChange)
    case target(TargetChange)
    case lifecycle(LifecycleChange)
    /// Somebody has it stopped. Instances that are being deployed to finish what they do first.
    case stop(StopChange)
    case notice(DeployNotice)
    /// For screens, which say how old what they show is. Lines and JSON have the notices
    /// `cannot-look`, once several looks in a row failed, and `answers-again`.
    case connection(ConnectionChange)
    /// The end. Nothing follows.
    case result(DeployResult)
}

/// Which application of a run it is: the first of `count` is 1.
package struct RunPosition: Equatable, Sendable {
    package let number: Int
    package let count: Int

    package init(number: Int, count: Int) {
        self.number = number
        self.count = count
    }

    /// The only one.
    package static let only = RunPosition(number: 1, count: 1)

    /// `application 1 of 2`; nil where there is only one.
    package var words: String? { count > 1 ? "application \(number) of \(count)" : nil }
}

/// How far packing and sending are.
package struct UploadProgress: Equatable, Sendable {
    /// Bytes of files that were read, and how many there are.
    package var readByteCount: Int
    package var totalByteCount: Int
    /// Bytes of the archive so far, and of them those that S3 has; nil where it goes elsewhere.
    package var packedByteCount: Int
    package var sentByteCount: Int?

    package init(
        readByteCount: Int = 0, totalByteCount: Int = 0, packedByteCount: Int = 0,
        sentByteCount: Int? = 0
    ) {
        self.readByteCount = readByteCount
        self.totalByteCount = totalByteCount
        self.packedByteCount = packedByteCount
        self.sentByteCount = sentByteCount
    }
}

/// An archive that is complete.
package struct PackedRevision: Equatable, Sendable {
    package var size: RevisionSize
    package var archiveByteCount: Int

    package init(size: RevisionSize, archiveByteCount: Int) {
        self.size = size
        self.archiveByteCount = archiveByteCount
    }
}

/// A deployment that CodeDeploy has taken.
package struct CreatedDeployment: Equatable, Sendable {
    package var id: DeploymentID
    package var region: Region
    /// Nil where only the deployment's id is known.
    package var request: DeploymentRequest?

    package init(id: DeploymentID, region: Region, request: DeploymentRequest?) {
        self.id = id
        self.region = region
        self.request = request
    }

    /// The page of AWS's console that shows it.
    package var consoleLink: String { SlipwayCore.consoleLink(to: id, in: region) }
}

/// A deployment has another status, or other counts.
package struct StatusChange: Equatable, Sendable {
    package var deployment: DeploymentID
    /// Whether it is the rollback of the deployment that is watched.
    package var isRollback: Bool
    package var info: DeploymentInfo
    /// Whether the status itself is new, and not only the counts.
    package var isNewStatus: Bool

    package init(
        deployment: DeploymentID, isRollback: Bool, info: DeploymentInfo, isNewStatus: Bool
    ) {
        self.deployment = deployment
        self.isRollback = isRollback
        self.info = info
        self.isNewStatus = isNewStatus
    }
}

/// A target has another status.
package struct TargetChange: Equatable, Sendable {
    package var deployment: DeploymentID
    package var target: DeploymentTarget

    package init(deployment: DeploymentID, target: DeploymentTarget) {
        self.deployment = deployment
        self.target = target
    }
}

/// A lifecycle event of a target has another status.
package struct LifecycleChange: Equatable, Sendable {
    package var deployment: DeploymentID
    package var target: TargetID
    package var record: LifecycleEventRecord

    package init(deployment: DeploymentID, target: TargetID, record: LifecycleEventRecord) {
        self.deployment = deployment
        self.target = target
        self.record = record
    }
}

/// Whether AWS answers the looks at a deployment.
package struct ConnectionChange: Equatable, Sendable {
    /// A look that failed.
    package struct Silence: Equatable, Sendable {
        package var failure: DeployFailure
        /// How long ago a look last went well; nil where none did.
        package var answerAge: Duration?
        /// Until the next look.
        package var retryDelay: Duration

        package init(failure: DeployFailure, answerAge: Duration?, retryDelay: Duration) {
            self.failure = failure
            self.answerAge = answerAge
            self.retryDelay = retryDelay
        }
    }

    package var deployment: DeploymentID
    /// Nil once a look went well again.
    package var silence: Silence?

    package init(deployment: DeploymentID, silence: Silence?) {
        self.deployment = deployment
        self.silence = silence
    }
}

/// It is known who has a deployment stopped.
package struct StopChange: Equatable, Sendable {
    package var deployment: DeploymentID
    package var stop: DeploymentStop

    package init(deployment: DeploymentID, stop: DeploymentStop) {
        self.deployment = deployment
        self.stop = stop
    }
}

/// Something to know that is no change of the deployment.
package struct DeployNotice: Equatable, Sendable {
    package var problem: Problem
    /// The deployment that it is about, where it is another than the one that is watched.
    package var deployment: DeploymentID?
    /// Whether it only says that slipway is still there.
    package var isHeartbeat: Bool

    package init(
        _ problem: Problem, about deployment: DeploymentID? = nil, isHeartbeat: Bool = false
    ) {
        self.problem = problem
        self.deployment = deployment
        self.isHeartbeat = isHeartbeat
    }
}

extension DeployNotice {
    /// The codes of notices that say how AWS answers, for those who show that by other means.
    package static let cannotLookCode = "cannot-look"
    package static let answersAgainCode = "answers-again"
    package static let targetsDeniedCode = "targets-denied"
    /// The code of the notice that instances' agents do not answer.
    package static let silentAgentCode = "silent-agent"
}
