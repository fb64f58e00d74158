import InstanceAgent
import SlipwayCore

/// What an instance's part of a deployment needs to know.
struct Step: Sendable {
    let record: DeploymentRecord
    let halted: Signal
    /// The target's place in the deployment.
    let index: Int
    let instance: String
    let folder: String
    let firstEvent: Int

    /// Nil for a target that there is nothing to do for.
    init?(
        _ id: String, target index: Int, in state: borrowing FleetState, folder: StateFolder
    ) {
        guard let deployment = state.deployments[id], let running = state.running[id],
            let targets = deployment.targets, targets.indices.contains(index)
        else { return nil }
        record = deployment.record
        halted = running.halted
        self.index = index
        instance = targets[index].id
        self.folder = folder.instanceFolder(instance)
        firstEvent = targets[index].nextEvent ?? Lifecycle.events.count
    }

    /// Whether the deployment goes on where the event fails.
    func mayFail(_ event: Int) -> Bool {
        record.ignoreApplicationStopFailures && Lifecycle.events[event].runsPreviousRevision
    }

    /// Has the agent carry the event out. The archive is looked up for DownloadBundle, where what is
    /// wrong with it is the event's failure.
    func perform(
        _ event: LifecycleEvent, _ agents: InstanceAgents, _ objects: RevisionObjects
    ) async -> EventResult {
        // The revision was checked when the deployment was created: it has a place, of a known kind.
        guard let place = record.revision.s3Location, let bucket = place.bucket,
            let key = place.key,
            let kind = AgentDeployment.Bundle.Kind(rawValue: place.bundleType ?? "")
        else { return .failed(.unknown("The revision is in no place that an agent knows.")) }
        // Its files are there as long as it lives.
        var fetched: FetchedObject?
        defer { withExtendedLifetime(fetched) {} }
        if event == .downloadBundle {
            do {
                let object = try await objects.fetch(bucket, key, place.version)
                if let eTag = place.eTag, unquoted(eTag) != unquoted(object.eTag) {
                    return .failed(
                        .unknown(
                            "Expected deployment artifact bundle etag \(eTag) but was actually "
                                + "\"\(unquoted(object.eTag))\""))
                }
                fetched = object
            } catch {
                return .failed(.unknown(error.message))
            }
        }
        let deployment = AgentDeployment(
            id: record.id, applicationName: record.applicationName, groupName: record.groupName,
            groupID: record.groupID,
            fileExistsBehavior: FileExistsBehavior(rawValue: record.fileExistsBehavior)
                ?? .disallow,
            bundle: AgentDeployment.Bundle(
                files: fetched?.files ?? [], kind: kind, bucket: bucket, key: key,
                version: place.version,
                eTag: place.eTag.map(unquoted)))
        return await agents.perform(event, deployment, folder)
    }
}

extension EventDiagnostics {
    /// What is no script's failure.
    static func unknown(_ message: String) -> Self {
        EventDiagnostics(.unknownError, scriptName: "", message: message, logTail: "")
    }

    static let requestedFailure = EventDiagnostics(
        .scriptFailed, scriptName: "",
        message: "The sandbox was asked to fail this lifecycle event.", logTail: "")

    static func timedOut(after limit: Duration) -> Self {
        unknown("The lifecycle event did not end within \(limit.components.seconds) seconds.")
    }
}

extension Diagnostics {
    static let notReceived = unknownError(
        "CodeDeploy agent was not able to receive the lifecycle event. Check the CodeDeploy agent "
            + "logs on your host and make sure the agent is running and can connect to the "
            + "CodeDeploy server.")

    /// The agent's own words for an event that it finds unfinished when it starts.
    static let agentRestarted = unknownError(
        "Failing in-progress lifecycle event after an agent restart.")
}

extension InstanceFault {
    /// Whether the agent takes no event at this place.
    func isSilent(at event: Int) -> Bool {
        guard case .silent(let first) = self else { return false }
        guard let first else { return true }
        let place = Lifecycle.events.firstIndex { $0.rawValue == first }
        return place.map { event >= $0 } ?? false
    }
}
