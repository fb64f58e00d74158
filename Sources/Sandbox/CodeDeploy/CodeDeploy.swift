package import SlipwayCore
import Synchronization

/// CodeDeploy for instances, in place: applications, groups, configurations, revisions and
/// deployments, which ``run()`` carries out on folders.
///
/// What it knows is on disk before it is answered, and survives a kill at any moment.
package final class CodeDeploy: JSONService {
    let options: FleetOptions
    let region: Region
    let account: String
    let objects: RevisionObjects
    let agents: InstanceAgents
    let folder: StateFolder
    let state: Mutex<FleetState>
    let turnstile: Turnstile
    let threads: AgentThreads
    /// The ids of deployments that are to be carried out.
    private let work: AsyncStream<String>
    private let begin: AsyncStream<String>.Continuation

    /// The service whose state is in a folder, which is made if it is missing.
    ///
    /// Throws ``StateFolderError`` for a folder that cannot be used and for state that something
    /// else has changed.
    package init(
        folder path: String, region: Region, account: String, objects: RevisionObjects,
        agents: InstanceAgents, options: FleetOptions = FleetOptions()
    ) throws(StateFolderError) {
        self.options = options
        self.region = region
        self.account = account
        self.objects = objects
        self.agents = agents
        folder = try StateFolder(path)
        state = Mutex(try FleetState(loading: folder))
        turnstile = Turnstile(capacity: options.parallelEvents)
        threads = AgentThreads(count: options.parallelEvents)
        (work, begin) = AsyncStream.makeStream()
        try resume()
    }

    deinit { threads.end() }

    /// Carries out deployments until the task is cancelled: those that are created, and those that
    /// were going on when the state was left. Call it once.
    ///
    /// A lifecycle event that is going on when the task is cancelled is left alone; the next start
    /// takes it for failed, as CodeDeploy does after the restart of an agent.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await id in work {
                group.addTask { await self.carryOut(id) }
            }
            group.cancelAll()
        }
    }

    /// Hands a deployment to ``run()``.
    func start(_ deployment: String) { begin.yield(deployment) }

    // MARK: Instances

    /// Makes instances for a group of an application, with these tags besides the group's own.
    ///
    /// Throws the faults of an application and a group that do not exist.
    @discardableResult
    package func makeInstances(
        _ count: Int, group: String, application: String, tags: [String: String] = [:]
    ) throws(AWSFault) -> [InstancePlace] {
        try change { state throws(AWSFault) in
            let record = try state.group(group, application: application, account: account)
            return try makeInstances(count, for: record, tags: tags, in: &state)
        }
    }

    /// The instances of a group, in the order in which they were made.
    ///
    /// Throws the faults of an application and a group that do not exist.
    package func instances(
        group: String, application: String
    ) throws(AWSFault) -> [InstancePlace] {
        try state.withLock { state throws(AWSFault) in
            let record = try state.group(group, application: application, account: account)
            return state.instances(of: record).map(place)
        }
    }

    /// All groups with their instances, sorted by application and group.
    package var fleet: [(application: String, group: String, instances: [InstancePlace])] {
        state.withLock { state in
            state.groups.values.compactMap { group in
                state.applications[group.applicationID].map {
                    ($0.name, group.name, state.instances(of: group).map(place))
                }
            }
        }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    }

    /// Breaks an instance, or mends it with nil. Holds from its next lifecycle event on.
    ///
    /// Throws `InstanceDoesNotExistException`.
    package func setFault(_ fault: InstanceFault?, instance: String) throws(AWSFault) {
        try change { state throws(AWSFault) in
            guard state.instances[instance] != nil else { throw .instanceDoesNotExist(instance) }
            var instances = state.instances
            instances[instance]?.fault = fault
            try saveInstances(state.instanceOrder.compactMap { instances[$0] })
            state.instances = instances
        }
    }

    func place(_ instance: InstanceRecord) -> InstancePlace {
        let folder = folder.instanceFolder(instance.id)
        return InstancePlace(id: instance.id, folder: folder, root: agents.root(folder))
    }

    /// Makes instances with the tags that the group's filters ask for.
    func makeInstances(
        _ count: Int, for group: GroupRecord, tags: [String: String], in state: inout FleetState
    ) throws(AWSFault) -> [InstancePlace] {
        guard count > 0 else { return [] }
        var wanted = tags
        for set in group.filterSets {
            guard let tag = set.first?.example, wanted[tag.key] == nil else { continue }
            wanted[tag.key] = tag.value
        }
        var made: [InstanceRecord] = []
        for _ in 0..<count {
            let id = "i-0" + .random(16, of: "0123456789abcdef")
            made.append(InstanceRecord(id: id, groupID: group.id, tags: wanted, fault: nil))
        }
        try stored { () throws(StateFolderError) in
            for instance in made { try folder.makeInstanceFolder(instance.id) }
        }
        try saveInstances(state.instanceOrder.compactMap { state.instances[$0] } + made)
        for instance in made {
            state.instances[instance.id] = instance
            state.instanceOrder.append(instance.id)
        }
        return made.map(place)
    }

    func saveInstances(_ instances: [InstanceRecord]) throws(AWSFault) {
        try stored { () throws(StateFolderError) in try folder.saveInstances(instances) }
    }
}

/// Where an instance is on this machine.
package struct InstancePlace: Sendable, Equatable {
    package let id: String
    /// The instance's folder: its root, and its agent's own state.
    package let folder: String
    /// What is `/` to the instance.
    package let root: String
}

extension CodeDeploy {
    /// Reads and changes the state, alone.
    func change<Result>(
        _ body: (inout sending FleetState) throws(AWSFault) -> sending Result
    ) throws(AWSFault) -> sending Result {
        try state.withLock(body)
    }

    /// Runs what writes to disk. Throws `InternalFailure` where the disk refuses.
    func stored<Result>(
        _ body: () throws(StateFolderError) -> Result
    ) throws(AWSFault) -> Result {
        do {
            return try body()
        } catch {
            throw AWSFault(
                code: "InternalFailure",
                message: error.problems.map(\.message).joined(separator: "; "), status: 500)
        }
    }
}

extension String {
    /// So many characters of an alphabet, by chance.
    static func random(_ count: Int, of alphabet: String) -> String {
        let characters = Array(alphabet)
        // The alphabets are not empty.
        return String((0..<count).map { _ in characters.randomElement() ?? "0" })
    }

    /// A new UUID, version 4.
    static func uuid() -> String {
        let digits = random(30, of: "0123456789abcdef")
        let parts = [8, 4, 3, 3, 12]
        var start = digits.startIndex
        let texts = parts.map { length in
            let end = digits.index(start, offsetBy: length)
            defer { start = end }
            return digits[start..<end]
        }
        let variant = random(1, of: "89ab")
        return "\(texts[0])-\(texts[1])-4\(texts[2])-\(variant)\(texts[3])-\(texts[4])"
    }
}
