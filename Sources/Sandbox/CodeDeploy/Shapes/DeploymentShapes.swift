/// AWS: `DeploymentStatus`, as far as an in-place deployment has it.
package enum DeploymentStatus: String, Codable, Sendable, CaseIterable {
    case created = "Created"
    case queued = "Queued"
    case inProgress = "InProgress"
    case baking = "Baking"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case stopped = "Stopped"
    case ready = "Ready"

    /// Whether nothing will change any more.
    package var isFinal: Bool { self == .succeeded || self == .failed || self == .stopped }
}

/// AWS: `TargetStatus`, `InstanceStatus` and `LifecycleEventStatus`, of which the last has no
/// `Ready`.
package enum StepStatus: String, Codable, Sendable, CaseIterable {
    case pending = "Pending"
    case inProgress = "InProgress"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case skipped = "Skipped"
    case unknown = "Unknown"
    case ready = "Ready"

    /// Whether nothing will change any more.
    package var isFinal: Bool { self == .succeeded || self == .failed || self == .skipped }
}

/// AWS: `ErrorInformation`.
package struct ErrorInformation: Codable, Sendable, Equatable {
    package let code: String
    package let message: String

    static let healthConstraints = ErrorInformation(
        code: "HEALTH_CONSTRAINTS",
        message: "The overall deployment failed because too many individual instances failed "
            + "deployment, too few healthy instances are available for deployment, or some "
            + "instances in your deployment group are experiencing problems.")

    static let healthConstraintsInvalid = ErrorInformation(
        code: "HEALTH_CONSTRAINTS_INVALID",
        message: "The deployment can’t start because the minimum number of healthy instances, as "
            + "defined by your deployment configuration, are not available. You can reduce the "
            + "required number of healthy instances by updating your deployment configuration or "
            + "increase the number of instances in this deployment group.")

    static let noInstances = ErrorInformation(
        code: "NO_INSTANCES",
        message: "The deployment failed because no instances were found for your deployment "
            + "group. Check your deployment group settings to make sure the tags for your Amazon "
            + "EC2 instances or Auto Scaling groups correctly identify the instances you want to "
            + "deploy to, and then try again.")

    static let overMaxInstances = ErrorInformation(
        code: "OVER_MAX_INSTANCES",
        message: "The deployment failed because more instances are targeted for deployment than "
            + "are allowed for your account. To reduce the number of instances targeted for this "
            + "deployment, update the tag settings for this deployment group or delete some of "
            + "the targeted instances.")

    static let manualStop = ErrorInformation(
        code: "MANUAL_STOP", message: "The deployment was stopped by a user.")

    static let timeout = ErrorInformation(
        code: "TIMEOUT", message: "The deployment did not finish within the time allowed for it.")

    static func missingGroup(_ name: String) -> Self {
        ErrorInformation(
            code: "DEPLOYMENT_GROUP_MISSING",
            message: "The deployment failed because the deployment group \(name) was deleted.")
    }

    static func internalError(_ what: String) -> Self {
        ErrorInformation(code: "INTERNAL_ERROR", message: what)
    }
}

/// AWS: `DeploymentOverview`: how many instances are in which state.
package struct DeploymentOverview: Codable, Sendable, Equatable {
    package var pending = 0
    package var inProgress = 0
    package var succeeded = 0
    package var failed = 0
    package var skipped = 0
    package var ready = 0

    enum CodingKeys: String, CodingKey {
        case pending = "Pending"
        case inProgress = "InProgress"
        case succeeded = "Succeeded"
        case failed = "Failed"
        case skipped = "Skipped"
        case ready = "Ready"
    }

    mutating func move(from old: StepStatus, to new: StepStatus) {
        self[old] -= 1
        self[new] += 1
    }

    private subscript(status: StepStatus) -> Int {
        get { self[keyPath: Self.counter(status)] }
        set { self[keyPath: Self.counter(status)] = newValue }
    }

    private static func counter(_ status: StepStatus) -> WritableKeyPath<Self, Int> {
        switch status {
        case .pending: \.pending
        case .inProgress: \.inProgress
        case .succeeded: \.succeeded
        case .skipped: \.skipped
        case .ready: \.ready
        case .failed, .unknown: \.failed
        }
    }
}

/// AWS: `RollbackInfo`: links a deployment to its rollback, and the rollback to it.
package struct RollbackInfo: Codable, Sendable, Equatable {
    package var rollbackDeploymentId: String?
    package var rollbackTriggeringDeploymentId: String?
    package var rollbackMessage: String?
}

/// AWS: `DeploymentInfo`.
struct DeploymentInfo: Encodable, Sendable {
    var applicationName: String
    var deploymentGroupName: String
    var deploymentConfigName: String
    var deploymentId: String
    var previousRevision: RevisionLocation?
    var revision: RevisionLocation
    var status: DeploymentStatus
    var errorInformation: ErrorInformation?
    var createTime: AWSTime
    var startTime: AWSTime?
    var completeTime: AWSTime?
    var deploymentOverview: DeploymentOverview?
    var description: String?
    var creator: String
    var ignoreApplicationStopFailures: Bool
    var autoRollbackConfiguration: AutoRollbackConfiguration?
    var updateOutdatedInstancesOnly: Bool
    var rollbackInfo: RollbackInfo?
    var deploymentStyle = DeploymentStyle.inPlace
    var instanceTerminationWaitTimeStarted = false
    var fileExistsBehavior: String
    var deploymentStatusMessages: [String] = []
    var computePlatform = "Server"
    var overrideAlarmConfiguration: AlarmConfiguration?
}

/// AWS: `Diagnostics`: what went wrong in a lifecycle event.
package struct Diagnostics: Codable, Sendable, Equatable {
    /// AWS: `LifecycleErrorCode`.
    package var errorCode: String
    package var scriptName: String
    package var message: String
    package var logTail: String

    package init(
        errorCode: String, scriptName: String = "", message: String, logTail: String = ""
    ) {
        self.errorCode = errorCode
        self.scriptName = scriptName
        self.message = message
        self.logTail = logTail
    }

    /// What is no script's failure.
    static func unknownError(_ message: String) -> Self {
        Diagnostics(errorCode: "UnknownError", message: message)
    }
}

/// AWS: `LifecycleEvent`.
struct LifecycleEventInfo: Encodable, Sendable {
    var lifecycleEventName: String
    var diagnostics: Diagnostics?
    var startTime: AWSTime?
    var endTime: AWSTime?
    var status: StepStatus
}

/// AWS: `InstanceTarget`.
struct InstanceTarget: Encodable, Sendable {
    var deploymentId: String
    var targetId: String
    var targetArn: String
    var status: StepStatus
    var lastUpdatedAt: AWSTime
    var lifecycleEvents: [LifecycleEventInfo]
}

/// AWS: `DeploymentTarget`.
struct DeploymentTargetInfo: Encodable, Sendable {
    var deploymentTargetType = "InstanceTarget"
    var instanceTarget: InstanceTarget
}

/// AWS: `InstanceSummary`, the deprecated form of a target.
struct InstanceSummary: Encodable, Sendable {
    var deploymentId: String
    /// An ARN: the deprecated form wants one where it lists bare ids.
    var instanceId: String
    var status: StepStatus
    var lastUpdatedAt: AWSTime
    var lifecycleEvents: [LifecycleEventInfo]
}
