/// Resolves one application of a section, and collects what is missing or wrong.
struct DeploymentResolver {
    let build: Build
    let section: DeploymentSection
    let application: ApplicationSection
    let settings: ApplicationSettings?
    /// Whether the settings were read: if not, only what circle.yml alone can say is missed.
    private let knowsSettings: Bool
    private(set) var problems: [Problem] = []
    /// What is packed, where it is known, whatever is wrong with the rest.
    private(set) var applicationRoot: Sourced<ApplicationRoot>?
    private var missing: [MissingSetting] = []
    /// Whether something is missing that project settings could say.
    var missesSettings: Bool { missing.contains { $0 != .deploymentGroup } }

    init(
        build: Build, section: DeploymentSection, application: ApplicationSection,
        settings: ApplicationSettings?, knowsSettings: Bool = true
    ) {
        self.build = build
        self.section = section
        self.application = application
        self.settings = settings
        self.knowsSettings = knowsSettings
    }

    /// The deployment; nil where something is missing or wrong.
    mutating func deployment() -> PlannedDeployment? {
        let group = required(application.deploymentGroup, nil, .deploymentGroup)
        let root = required(
            application.applicationRoot, settings?.applicationRoot, .applicationRoot)
        applicationRoot = root
        let region = required(application.region, settings?.region, .region)
        let location = resolvedLocation()
        reportMissing()
        let key = location.flatMap { resolvedKey($0.keyPattern) }
        guard let group, let root, let region, let location, let key else { return nil }
        let deployment = PlannedDeployment(
            application: application.application, deploymentGroup: group,
            deploymentConfiguration: optional(application.deploymentConfiguration),
            applicationRoot: root, region: region, bucket: location.bucket,
            keyPattern: location.keyPattern, key: key,
            description: optional(application.description),
            fileExistsBehavior: optional(application.fileExistsBehavior),
            ignoreApplicationStopFailures: optional(application.ignoreApplicationStopFailures),
            autoRollback: optional(application.autoRollback),
            updateOutdatedInstancesOnly: optional(application.updateOutdatedInstancesOnly),
            timeout: optional(application.timeout),
            serverSideEncryption: location.serverSideEncryption, kmsKeyID: location.kmsKeyID)
        problems += PlanWarnings.deployment(deployment, of: build)
        return deployment
    }

    private struct Location {
        let bucket: Sourced<BucketName>
        let keyPattern: Sourced<KeyPattern>
        let serverSideEncryption: Sourced<ServerSideEncryption?>
        let kmsKeyID: Sourced<KMSKeyID?>
    }

    /// The revision location, whole: the section's, or the settings'.
    private mutating func resolvedLocation() -> Location? {
        switch application.revisionLocation {
        case .value(let written):
            return Location(
                bucket: Sourced(written.value.bucket),
                keyPattern: Sourced(written.value.keyPattern),
                serverSideEncryption: optional(written.value.serverSideEncryption),
                kmsKeyID: optional(written.value.kmsKeyID))
        case .unreadable: return nil
        case .absent:
            guard let stored = settings?.revisionLocation else {
                missing += [.bucket, .keyPattern]
                return nil
            }
            return Location(
                bucket: Sourced(stored.bucket, from: .projectSettings),
                keyPattern: Sourced(stored.keyPattern, from: .projectSettings),
                serverSideEncryption: Sourced(nil, from: .builtIn),
                kmsKeyID: Sourced(nil, from: .builtIn))
        }
    }

    private mutating func required<Value>(
        _ written: Written<Value>, _ stored: Value?, _ setting: MissingSetting
    ) -> Sourced<Value>? {
        switch written {
        case .value(let placed): return Sourced(placed)
        case .unreadable: return nil
        case .absent:
            if let stored { return Sourced(stored, from: .projectSettings) }
            missing.append(setting)
            return nil
        }
    }

    private func optional<Value>(_ written: Written<Value>) -> Sourced<Value?> {
        guard let placed = written.placed else { return Sourced(nil, from: .builtIn) }
        return Sourced(placed.value, from: .circleFile(placed.place))
    }

    private mutating func resolvedKey(_ pattern: Sourced<KeyPattern>) -> S3Key? {
        do {
            return try pattern.value.key(for: build)
        } catch {
            problems += error.problems.map { problem in
                var problem = problem.at(pattern.origin.place)
                if problem.file == nil {
                    problem.message =
                        "\(application.application.value): \(problem.message) (project settings)"
                }
                return problem
            }
            return nil
        }
    }

    private mutating func reportMissing() {
        if !knowsSettings { missing.removeAll { $0 != .deploymentGroup } }
        guard !missing.isEmpty else { return }
        problems.append(
            MissingSetting.problem(
                missing, of: application.application.value, section: section.name.value
            ).at(application.application.place))
    }
}
