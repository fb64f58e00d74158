/// How a lifecycle event went on one instance.
package struct EventResult: Sendable, Equatable {
    /// AWS: `LifecycleEventStatus`, of which the agent tells the first two.
    package enum Status: String, Sendable { case succeeded, failed, skipped }

    package let status: Status
    /// Nil for an event that was skipped.
    package let diagnostics: EventDiagnostics?

    package static let succeeded = EventResult(
        status: .succeeded,
        diagnostics: EventDiagnostics(.success, scriptName: "", message: "Succeeded", logTail: ""))

    /// An event that nobody carries out since one before it failed.
    package static let skipped = EventResult(status: .skipped, diagnostics: nil)

    package static func failed(_ diagnostics: EventDiagnostics) -> EventResult {
        EventResult(status: .failed, diagnostics: diagnostics)
    }

    private init(status: Status, diagnostics: EventDiagnostics?) {
        self.status = status
        self.diagnostics = diagnostics
    }
}

/// What the agent tells of an event that it carried out. AWS: `Diagnostics`.
///
/// The texts are untrusted: scripts write them.
package struct EventDiagnostics: Sendable, Equatable {
    /// AWS: `LifecycleErrorCode`. What the agent has numbers for and the API no name is unknown.
    package enum ErrorCode: String, Sendable, CaseIterable {
        case success = "Success"
        case scriptMissing = "ScriptMissing"
        case scriptNotExecutable = "ScriptNotExecutable"
        case scriptTimedOut = "ScriptTimedOut"
        case scriptFailed = "ScriptFailed"
        case unknownError = "UnknownError"
    }

    package let errorCode: ErrorCode
    /// The script's location as the AppSpec has it; empty where it is about no script.
    package let scriptName: String
    package let message: String
    /// The last whole lines of the event's log, under 2,048 characters; empty where it is about no
    /// script.
    package let logTail: String

    package init(
        _ errorCode: ErrorCode, scriptName: String, message: String, logTail: String
    ) {
        self.errorCode = errorCode
        self.scriptName = scriptName
        self.message = message
        self.logTail = logTail
    }
}
