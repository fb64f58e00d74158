import InstanceAgent
import Sandbox
import SlipwayCore
import Synchronization
import TestSupport
import Testing

import struct FoundationEssentials.Data
import class FoundationEssentials.JSONDecoder

/// What JSON says, for tests that look into answers.
enum JSON: Decodable, Equatable {
    case object([String: JSON])
    case array([JSON])
    case string(String)
    case number(Double)
    case boolean(Bool)
    case null

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    subscript(_ keys: String...) -> JSON? {
        var value: JSON? = self
        for key in keys {
            guard case .object(let members) = value else { return nil }
            value = members[key]
        }
        return value
    }

    var text: String? { if case .string(let value) = self { value } else { nil } }
    var number: Double? { if case .number(let value) = self { value } else { nil } }
    var items: [JSON] { if case .array(let values) = self { values } else { [] } }
    var texts: [String] { items.compactMap(\.text) }
    var keys: [String] { if case .object(let members) = self { members.keys.sorted() } else { [] } }
}

/// Agents that do what a test says, and remember what they were asked.
final class ScriptedAgents: Sendable {
    struct Asked: Sendable, Equatable {
        let event: LifecycleEvent
        let instance: String
        let deployment: AgentDeployment
    }

    private struct State {
        var asked: [Asked] = []
        var failing: [String: LifecycleEvent] = [:]
        var held: Set<LifecycleEvent> = []
        var waiting: [CheckedContinuation<Void, Never>] = []
        var mostAtOnce = 0
        var atOnce = 0
    }

    private let state = Mutex(State())

    var asked: [Asked] { state.withLock { $0.asked } }
    var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }

    /// The event fails on the instance, until told otherwise.
    func fail(_ event: LifecycleEvent?, on instance: String) {
        state.withLock { $0.failing[instance] = event }
    }

    /// Whoever carries out the event waits until ``release()``.
    func hold(_ event: LifecycleEvent) { state.withLock { _ = $0.held.insert(event) } }

    func release() {
        let waiting = state.withLock { state in
            state.held = []
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    var agents: InstanceAgents {
        InstanceAgents(
            perform: { event, deployment, folder in
                await self.perform(event, deployment, folder)
            }, root: { $0 + "/root" })
    }

    private func perform(
        _ event: LifecycleEvent, _ deployment: AgentDeployment, _ folder: String
    ) async -> EventResult {
        let instance = String(folder.split(separator: "/").last ?? "")
        state.withLock { state in
            state.asked.append(Asked(event: event, instance: instance, deployment: deployment))
            state.atOnce += 1
            state.mostAtOnce = max(state.mostAtOnce, state.atOnce)
        }
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                guard state.held.contains(event) else { return true }
                state.waiting.append(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
        return state.withLock { state in
            state.atOnce -= 1
            guard state.failing[instance] == event else { return .succeeded }
            return .failed(
                EventDiagnostics(
                    .scriptFailed, scriptName: "bad.sh", message: "no luck", logTail: "[stderr]no"))
        }
    }
}

/// A CodeDeploy with an application `shop` and a group `web`, that a test talks to as the door does.
struct TestFleet {
    let folder: TemporaryFolder
    let service: CodeDeploy
    let agents: ScriptedAgents
    static let caller = Caller(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE", arn: "arn:aws:iam::123456789012:user/ci",
        account: "123456789012")
    static let revision = """
        {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "app.zip", "bundleType": "zip"}}
        """

    init(
        in folder: TemporaryFolder = TemporaryFolder(), agents: ScriptedAgents = ScriptedAgents(),
        objects: RevisionObjects = .one, options: FleetOptions = FleetOptions()
    ) throws {
        self.folder = folder
        self.agents = agents
        service = try CodeDeploy(
            folder: folder("codedeploy"), region: Region("us-east-1"), account: "123456789012",
            objects: objects, agents: agents.agents, options: options)
    }

    init(folder: TemporaryFolder, service: CodeDeploy) {
        self.folder = folder
        self.service = service
        agents = ScriptedAgents()
    }

    /// A fleet of so many instances in one group. Runs the body while deployments are carried out.
    static func with<Result>(
        instances: Int, objects: RevisionObjects = .one, options: FleetOptions = FleetOptions(),
        _ body: (TestFleet, _ instances: [String]) async throws -> Result
    ) async throws -> Result {
        var options = options
        options.instancesPerGroup = 0
        let fleet = try TestFleet(objects: objects, options: options)
        try await fleet.makeGroup()
        let places = try fleet.service.makeInstances(
            instances, group: "web", application: "shop")
        return try await fleet.running { try await body(fleet, places.map(\.id)) }
    }

    /// Carries out deployments while the body runs.
    func running<Result>(_ body: () async throws -> Result) async throws -> Result {
        let run = Task { [service] in await service.run() }
        do {
            let result = try await body()
            run.cancel()
            await run.value
            return result
        } catch {
            run.cancel()
            agents.release()
            await run.value
            throw error
        }
    }

    func makeGroup(_ name: String = "web", rollback: Bool = false) async throws {
        if try await error("GetApplication", #"{"applicationName": "shop"}"#)
            == "ApplicationDoesNotExistException"
        {
            try await self("CreateApplication", #"{"applicationName": "shop"}"#)
        }
        let configuration =
            rollback
            ? #", "autoRollbackConfiguration": {"enabled": true, "events": ["DEPLOYMENT_FAILURE"]}"#
            : ""
        try await self(
            "CreateDeploymentGroup",
            #"""
            {"applicationName": "shop", "deploymentGroupName": "\#(name)",
             "serviceRoleArn": "arn:aws:iam::123456789012:role/codedeploy"\#(configuration)}
            """#)
    }

    @discardableResult
    func callAsFunction(_ operation: String, _ input: String = "{}") async throws -> JSON {
        let bytes = try await service.answer(operation, Array(input.utf8), caller: Self.caller)
        return try JSONDecoder().decode(JSON.self, from: Data(bytes))
    }

    /// The code of the error that an operation is answered with.
    func error(_ operation: String, _ input: String) async throws -> String {
        do {
            let answer = try await self(operation, input)
            return "none: \(answer)"
        } catch let fault as AWSFault {
            return fault.code
        }
    }

    func deploy(
        _ configuration: String = "CodeDeployDefault.AllAtOnce", _ more: String = "",
        group: String = "web"
    ) async throws -> String {
        let answer = try await self(
            "CreateDeployment",
            #"""
            {"applicationName": "shop", "deploymentGroupName": "\#(group)",
             "deploymentConfigName": "\#(configuration)", "revision": \#(Self.revision)\#(more)}
            """#)
        return try #require(answer["deploymentId"]?.text)
    }

    func deployment(_ id: String) async throws -> JSON {
        let answer = try await self("GetDeployment", #"{"deploymentId": "\#(id)"}"#)
        return try #require(answer["deploymentInfo"])
    }

    /// The deployment once it has ended.
    func ended(_ id: String) async throws -> JSON {
        var info = try await deployment(id)
        try await until("\(id) ends") {
            info = try await deployment(id)
            return ["Succeeded", "Failed", "Stopped"].contains(info["status"]?.text)
        }
        return info
    }

    /// A target's status, and the status of each of its events.
    func target(_ instance: String, of id: String) async throws -> (
        status: String, events: [String]
    ) {
        let target = try await self(
            "GetDeploymentTarget", #"{"deploymentId": "\#(id)", "targetId": "\#(instance)"}"#)
        let instance = try #require(target["deploymentTarget", "instanceTarget"])
        return (
            instance["status"]?.text ?? "",
            (instance["lifecycleEvents"]?.items ?? []).map { $0["status"]?.text ?? "" }
        )
    }
}

extension RevisionObjects {
    /// Every key there is, with the same object behind it.
    static let one = RevisionObjects { _, _, version throws(AWSFault) in
        FetchedObject(files: ["/bundle"], eTag: "abc", version: version, byteCount: 1)
    }
}

/// Waits until the condition holds, looking again and again.
func until(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now.advanced(by: .seconds(60))
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("waited in vain: \(what)", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(1))
    }
}
