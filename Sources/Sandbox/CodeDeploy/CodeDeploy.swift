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
        (work, begin) = AsyncStream.makeStream()
        try resume()
    }

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
