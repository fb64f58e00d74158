package import FoundationEssentials

/// One instance in a deployment.
///
/// AWS: `DeploymentTarget`, of whichever of its kinds.
package struct DeploymentTarget: Hashable, Sendable {
    package var id: TargetID
    package var status: TargetStatus
    package var lastUpdatedAt: Date?
    /// In the order in which they run.
    package var events: [LifecycleEventRecord]

    package init(
        id: TargetID, status: TargetStatus, lastUpdatedAt: Date? = nil,
        events: [LifecycleEventRecord] = []
    ) {
        self.id = id
        self.status = status
        self.lastUpdatedAt = lastUpdatedAt
        self.events = events
    }

    /// Whether its agent should have begun with a lifecycle event, and has not.
    package var awaitsAgent: Bool {
        status == .inProgress
            && events.allSatisfy { $0.status == .pending || $0.status == .unknown }
    }

    /// After how long of that its agent seems not to answer: a good while before CodeDeploy gives up,
    /// and longer than an agent needs to ask for what to do.
    package static let silenceLimit = Duration.seconds(60)
    /// How long CodeDeploy waits for an agent to begin.
    package static let agentTimeLimit = Duration.seconds(300)

    /// The event that failed first.
    package var failure: LifecycleEventRecord? { events.first { $0.status == .failed } }
}

/// How a lifecycle event went on one target.
///
/// AWS: `LifecycleEvent`.
package struct LifecycleEventRecord: Hashable, Sendable {
    package var event: LifecycleEvent
    package var status: LifecycleEventStatus
    package var startedAt: Date?
    package var endedAt: Date?
    package var diagnostics: Diagnostics?

    package init(
        event: LifecycleEvent, status: LifecycleEventStatus, startedAt: Date? = nil,
        endedAt: Date? = nil, diagnostics: Diagnostics? = nil
    ) {
        self.event = event
        self.status = status
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.diagnostics = diagnostics
    }

    /// How long it took; nil until it has ended.
    package var seconds: Double? {
        guard let startedAt, let endedAt else { return nil }
        return max(0, endedAt.timeIntervalSince(startedAt))
    }
}

/// What is known of a lifecycle event's failure.
///
/// AWS: `Diagnostics`.
package struct Diagnostics: Hashable, Sendable {
    package var errorCode: LifecycleErrorCode?
    package var scriptName: UntrustedText?
    package var message: UntrustedText?
    /// The end of what the script printed, up to 4 KB.
    package var logTail: UntrustedText?

    package init(
        errorCode: LifecycleErrorCode? = nil, scriptName: UntrustedText? = nil,
        message: UntrustedText? = nil, logTail: UntrustedText? = nil
    ) {
        self.errorCode = errorCode
        self.scriptName = scriptName
        self.message = message
        self.logTail = logTail
    }
}

/// How a script failed: `ScriptFailed`, `ScriptTimedOut` and others.
///
/// AWS: `LifecycleErrorCode`.
package struct LifecycleErrorCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let success = LifecycleErrorCode(rawValue: "Success")
    package static let scriptMissing = LifecycleErrorCode(rawValue: "ScriptMissing")
    package static let scriptNotExecutable = LifecycleErrorCode(rawValue: "ScriptNotExecutable")
    package static let scriptTimedOut = LifecycleErrorCode(rawValue: "ScriptTimedOut")
    package static let scriptFailed = LifecycleErrorCode(rawValue: "ScriptFailed")
    package static let unknownError = LifecycleErrorCode(rawValue: "UnknownError")
}
