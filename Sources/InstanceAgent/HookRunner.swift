import Glibc
import SlipwayCore

/// Why a script, and with it its event, failed.
struct ScriptFailure: Error {
    let code: EventDiagnostics.ErrorCode
    let script: AppSpec.Script
    let message: String
    /// Nil where the agent cannot report it.
    let logTail: String?

    /// What the agent reports; of a log that is not UTF-8 it says so, and nothing else.
    var diagnostics: EventDiagnostics {
        guard let logTail else {
            return EventDiagnostics(
                .unknownError, scriptName: script.location,
                message: "Attempting minimal diagnostics",
                logTail: "Exception JSON::GeneratorError occured")
        }
        return EventDiagnostics(
            code, scriptName: script.location, message: message, logTail: logTail)
    }
}

/// How long a script and an event may take.
package struct TimeLimits: Sendable {
    /// How long a second of an AppSpec's timeout is.
    package let second: Duration
    /// The limit of an event, over all its scripts, in seconds of an AppSpec.
    package let eventSeconds: Int

    /// A second is one, and an event has an hour.
    package static let service = TimeLimits(second: .seconds(1), eventSeconds: 3600)

    package init(second: Duration, eventSeconds: Int) {
        self.second = second
        self.eventSeconds = eventSeconds
    }
}

/// Runs the scripts of one event.
struct HookRunner {
    let folder: AgentFolder
    let tree: AgentTree
    let deployment: AgentDeployment
    let event: LifecycleEvent
    /// Nil: they run unconfined.
    let enclosure: Enclosure?
    let limits: TimeLimits

    /// Runs all scripts, up to the first that fails. Adds to `left` the programs that still run when
    /// they should not.
    func run(_ left: inout [StartedProgram]) throws {
        guard let source = source else { return }
        let appSpec = try folder.appSpec(in: source).agentAppSpec()
        let scripts = appSpec.scripts(for: event)
        guard !scripts.isEmpty else { return }
        let log = try ScriptLog(path: folder.folder(of: deployment) + "/logs/scripts.log")
        log.append("LifecycleEvent - \(event)\n")
        defer { enclosure?.leave() }
        let end = ContinuousClock.now + limits.second * limits.eventSeconds
        for script in scripts {
            let run = try ScriptRun(
                hooks: self, script: script, source: source, log: log, eventEnd: end)
            try run.run(&left)
        }
    }

    /// The deployment whose archive has the scripts; nil before the first Install.
    private var source: String? {
        let own = AgentFolder.name(of: deployment)
        guard event.runsPreviousRevision,
            !tree.archives.exists("\(own)/\(AgentFolder.archiveName)")
        else { return own }
        return folder.lastInstalled(in: deployment.groupID)
    }

    /// What a script finds in its environment, apart from what `sudo` keeps from it.
    var environment: [String: String] {
        var variables = [
            "APPLICATION_NAME": deployment.applicationName,
            "DEPLOYMENT_ID": deployment.id,
            "DEPLOYMENT_GROUP_NAME": deployment.groupName,
            "DEPLOYMENT_GROUP_ID": deployment.groupID,
            "LIFECYCLE_EVENT": event.rawValue,
            "BUNDLE_BUCKET": deployment.bundle.bucket,
            "BUNDLE_KEY": deployment.bundle.key,
        ]
        variables["BUNDLE_VERSION"] = deployment.bundle.version
        variables["BUNDLE_ETAG"] = deployment.bundle.eTag
        return variables
    }

    /// What the agent itself has in its environment: nothing of this process's.
    var ownEnvironment: [String: String] {
        var variables = Tool.environment
        variables["HOME"] = "/root"
        if enclosure == nil { variables["SLIPWAY_INSTANCE_ROOT"] = folder.root }
        return variables
    }
}
