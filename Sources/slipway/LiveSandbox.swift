import DeployEngine
import Dispatch
import InstanceAgent
import ProcessGuard
import Sandbox
import SlipwayCommands
import SlipwayCore
import Synchronization

extension SandboxRunner {
    /// The real one.
    static func live(_ inheritance: ProcessGuard.Inheritance) -> SandboxRunner {
        SandboxRunner { request, whenListening, log in
            // Before there is another thread: all of them leave these signals to this one.
            let signals = WaitedSignals()
            let sandbox = try RunningSandbox(request, log: log)
            defer { sandbox.end() }
            let announcement = sandbox.announcement
            try whenListening(announcement)
            guard request.lasts else { return 0 }
            guard !request.command.isEmpty else {
                signals.waitForTheEnd()
                return 0
            }
            let set = announcement.environment
            let hidden = Set(SandboxAnnouncement.stale + set.map(\.name))
            let child = try ChildProgram(
                request.command, inheriting: { !hidden.contains($0) }, set: set, inheritance)
            return signals.waitForTheEnd(of: child)
        } confinementProblems: {
            let check = ConfinementCheck()
            return check.wait()
        }
    }
}

/// A sandbox on threads of its own, while the main thread waits for signals.
private final class RunningSandbox: Sendable {
    let announcement: SandboxAnnouncement
    private let stop: AsyncStream<Never>.Continuation
    private let ended = DispatchSemaphore(value: 0)

    init(_ request: SandboxRequest, log: @escaping @Sendable (String) -> Void) throws {
        let configuration = try LocalAWS.Configuration(request, log: log)
        let fleet = SandboxFleet(request)
        let (stopped, stop) = AsyncStream<Never>.makeStream()
        self.stop = stop
        let start = StartUp()
        let ended = ended
        Task {
            do {
                for problem in await fleet.confinementProblems {
                    log(
                        [problem.message, problem.why, problem.fix].compactMap(\.self)
                            .joined(separator: "; "))
                }
                try await LocalAWS.withRunning(
                    configuration, codeDeploy: { try fleet.start(in: $0) }
                ) { aws in
                    start.finish(.success(SandboxAnnouncement(aws, fleet.groups)))
                    for await _ in stopped {}
                }
            } catch {
                start.finish(.failure(error))
            }
            ended.signal()
        }
        announcement = try start.wait()
    }

    /// Ends it, and waits until it has ended.
    func end() {
        stop.finish()
        ended.wait()
    }
}

/// Whether hooks can be confined, for a thread that waits to know.
private final class ConfinementCheck: Sendable {
    private let problems = Mutex<[Problem]>([])
    private let isDone = DispatchSemaphore(value: 0)

    init() {
        Task {
            let found = await SandboxFleet.problems(of: .bubblewrap(network: false))
            problems.withLock { $0 = found }
            isDone.signal()
        }
    }

    func wait() -> [Problem] {
        isDone.wait()
        return problems.withLock(\.self)
    }
}

/// What became of starting.
private final class StartUp: Sendable {
    private let outcome = Mutex<Result<SandboxAnnouncement, any Error>?>(nil)
    private let isDone = DispatchSemaphore(value: 0)

    /// Only the first time counts: what fails later ends the sandbox.
    func finish(_ result: Result<SandboxAnnouncement, any Error>) {
        let isFirst = outcome.withLock { outcome in
            guard outcome == nil else { return false }
            outcome = result
            return true
        }
        if isFirst { isDone.signal() }
    }

    func wait() throws -> SandboxAnnouncement {
        isDone.wait()
        // It was signalled behind the outcome.
        return try outcome.withLock { $0! }.get()
    }
}

extension LocalAWS.Configuration {
    fileprivate init(
        _ request: SandboxRequest, log: @escaping @Sendable (String) -> Void
    ) throws {
        let region = try request.setup.region ?? Region("us-east-1")
        self.init(stateFolder: request.stateFolder, region: region)
        port = request.port
        policy = try request.policy.map { try AccessPolicy(json: $0) }
        faults = try request.setup.faults
            .filter { !RequestedInstanceFault.isMeant(by: $0) }.map { try Fault($0) }
        buckets = request.setup.buckets.map {
            LocalAWS.BucketSetup(
                name: $0.name.rawValue, isVersioned: $0.isVersioned, region: $0.region)
        }
        self.log = { log($0.text) }
        let file = LocalAWS.faultsFile(in: request.stateFolder)
        report = { error in
            let problem = DeployFailure(error).problems.first
            log(
                [
                    "nothing in \(UntrustedText(file)) counts: "
                        + (problem?.message ?? "it cannot be read"),
                    problem?.fix,
                ].compactMap(\.self).joined(separator: "; "))
        }
    }
}

extension SandboxAnnouncement {
    fileprivate init(_ aws: LocalAWS, _ groups: [Group]) {
        self.init(
            endpoint: aws.endpoint, region: aws.region, stateFolder: aws.stateFolder,
            keys: aws.account.user, adminKeys: aws.account.admin, groups: groups)
    }
}

/// The sandbox's CodeDeploy with what the request wants there.
private final class SandboxFleet: Sendable {
    private let request: SandboxRequest
    private let service = Mutex<CodeDeploy?>(nil)

    init(_ request: SandboxRequest) { self.request = request }

    func start(in place: LocalAWS.Surroundings) throws -> LocalAWS.DeploymentService {
        var options = FleetOptions()
        options.instancesPerGroup = request.instances
        if let pace = request.pace {
            options.pace = pace
            // Events that only take time do not wait for each other.
            options.parallelEvents = options.limits.instances
        }
        let service = try CodeDeploy(
            folder: place.folder, region: place.region, account: place.account,
            objects: place.revisions, agents: InstanceAgents(hooks: hooks), options: options)
        for application in request.setup.applications {
            try prepared(application.rawValue) { name throws(AWSFault) in
                try service.prepare(application: name)
            }
        }
        for group in request.setup.groups {
            try prepared("\(group.application)/\(group.name)") { _ throws(AWSFault) in
                try service.prepare(
                    group: group.name.rawValue, application: group.application.rawValue,
                    instances: group.instances, configuration: group.configuration?.rawValue)
            }
        }
        let given = try request.setup.faults.filter(RequestedInstanceFault.isMeant)
            .map { try RequestedInstanceFault($0) }
        try service.setFaults(given)
        self.service.withLock { $0 = service }
        return LocalAWS.DeploymentService(
            service, breakInstances: { try service.setFaults(given + $0) },
            run: { await service.run() })
    }

    /// All groups there are, made now or by an earlier sandbox.
    var groups: [SandboxAnnouncement.Group] {
        let fleet = service.withLock { $0 }?.fleet ?? []
        return fleet.map { application, group, instances in
            SandboxAnnouncement.Group(
                application: application, name: group,
                instances: instances.map { .init(id: $0.id, root: $0.root) })
        }
    }

    /// Why hooks cannot run here: without them the sandbox is still of use.
    var confinementProblems: [Problem] {
        get async { await Self.problems(of: hooks) }
    }

    static func problems(of hooks: HookConfinement) async -> [Problem] {
        do {
            try await hooks.check()
            return []
        } catch {
            return (error as? any ProblemReporting)?.problems ?? []
        }
    }

    private var hooks: HookConfinement {
        if request.isSimulated { return .simulated }
        return request.isUnconfined
            ? .unconfined : .bubblewrap(network: request.allowsHookNetwork)
    }

    private func prepared(
        _ name: String, _ body: (String) throws(AWSFault) -> Void
    ) throws {
        do {
            try body(name)
        } catch {
            throw Problem(
                code: "sandbox-group", "the sandbox cannot have \(UntrustedText(name))",
                why: UntrustedText(error.message).escaped,
                fix: "change the setup, or name another state folder")
        }
    }
}
