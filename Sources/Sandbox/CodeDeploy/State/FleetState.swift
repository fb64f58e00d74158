/// All that the service knows, as it is in memory.
struct FleetState: Sendable {
    var applications: [String: ApplicationRecord] = [:]
    var groups: [String: GroupRecord] = [:]
    var configurations: [String: ConfigurationRecord] = [:]
    /// By application, then by the revision as ``RevisionLocation/normalized`` writes it.
    var revisions: [String: [RevisionLocation: RevisionRecord]] = [:]
    var deployments: [String: Deployment] = [:]
    /// The ids of all deployments, the oldest first.
    var deploymentOrder: [String] = []
    /// The deployment of a group that has not ended.
    var active: [String: String] = [:]
    var instances: [String: InstanceRecord] = [:]
    /// The ids of all instances, the oldest first.
    var instanceOrder: [String] = []

    /// What the deployments that go on need besides.
    var running: [String: RunningDeployment] = [:]
    /// The targets of ended deployments that were asked for last, the last at the end.
    var recentTargets: [(id: String, targets: [TargetRecord])] = []

    func application(named name: String) -> ApplicationRecord? {
        applications.values.first { $0.name == name }
    }

    func group(named name: String, of application: ApplicationRecord) -> GroupRecord? {
        groups.values.first { $0.applicationID == application.id && $0.name == name }
    }

    func groups(of application: ApplicationRecord) -> [GroupRecord] {
        groups.values.filter { $0.applicationID == application.id }.sorted { $0.name < $1.name }
    }

    /// The instances of a group, in the order in which they were made.
    func instances(of group: GroupRecord) -> [InstanceRecord] {
        instanceOrder.compactMap { instances[$0] }.filter(group.includes)
    }

    /// Keeps the targets of an ended deployment at hand, in place of those not asked for longest.
    mutating func remember(_ targets: [TargetRecord], of deployment: String) {
        recentTargets.removeAll { $0.id == deployment }
        recentTargets.append((deployment, targets))
        if recentTargets.count > 4 { recentTargets.removeFirst() }
    }
}

/// What a deployment that goes on needs besides its record.
struct RunningDeployment: Sendable {
    let journal: Journal
    /// Nil until it has started.
    var progress: FleetProgress?
    /// The place of the first target that may still wait.
    var next = 0
    /// Happens when the deployment is to end before its instances are through.
    let halted = Signal()
}

extension FleetState {
    /// What the folder holds. Deployments come without their targets.
    init(loading folder: StateFolder) throws(StateFolderError) {
        let applications: [ApplicationRecord] = try folder.load(.applications)
        self.applications = Dictionary(uniqueKeysWithValues: applications.map { ($0.id, $0) })
        let groups: [GroupRecord] = try folder.load(.groups)
        self.groups = Dictionary(uniqueKeysWithValues: groups.map { ($0.id, $0) })
        let configurations: [ConfigurationRecord] = try folder.load(.configurations)
        self.configurations = Dictionary(
            configurations.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let revisions: [RevisionRecord] = try folder.load(.revisions)
        for revision in revisions {
            self.revisions[revision.applicationID, default: [:]][revision.location.normalized] =
                revision
        }
        let deployments: [DeploymentRecord] = try folder.load(.deployments)
        self.deployments = Dictionary(
            uniqueKeysWithValues: deployments.map { ($0.id, Deployment(record: $0)) })
        deploymentOrder = deployments.sorted { $0.number < $1.number }.map(\.id)
        let instances = try folder.loadInstances()
        self.instances = Dictionary(
            instances.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        instanceOrder = instances.map(\.id)
    }
}
