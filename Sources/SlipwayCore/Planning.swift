/// What a plan is made of besides the build.
package struct PlanRequest: Sendable {
    /// The account of the project; nil where the project is not known.
    package var owner: String?
    /// A section to take by its name, whatever was built.
    package var sectionName: String?
    /// Whether a fork's pull request deploys.
    package var allowsFork = false

    package init(owner: String? = nil, sectionName: String? = nil, allowsFork: Bool = false) {
        self.owner = owner
        self.sectionName = sectionName
        self.allowsFork = allowsFork
    }
}

/// Resolves what a build deploys: the one way from the layers (the project's settings, the
/// deployment sections of `circle.yml`) to a plan that is complete.
///
/// The section wins over the settings, value by value; its revision location is taken whole.
/// Throws everything that is missing or wrong at once. A value that the file has and got wrong was
/// said by whoever read the file, and is not called missing here.
package func plan(
    build: Build, settings: [ApplicationName: ApplicationSettings],
    sections: [DeploymentSection], request: PlanRequest = PlanRequest()
) throws(PlanError) -> DeploymentPlan {
    func nothing(_ reason: IdleReason, _ warnings: [Problem] = []) -> DeploymentPlan {
        DeploymentPlan(
            build: build, section: nil, skippedSections: [], deployments: [],
            idleReason: reason, warnings: warnings)
    }
    func withoutGroup(except taken: DeploymentSection?) -> [Problem] {
        sections.filter { $0.name != taken?.name }.flatMap { section in
            (section.applications ?? []).filter { $0.deploymentGroup == .absent }.map {
                MissingSetting.problem(
                    [.deploymentGroup], of: $0.application.value, section: section.name.value
                ).at($0.application.place)
            }
        }
    }
    guard request.allowsFork || build.change == .own else {
        return nothing(.fork, [PlanWarnings.fork(build.change)])
    }
    let choice: SectionChoice
    if let name = request.sectionName {
        guard let named = SectionChoice(named: name, among: sections) else {
            throw failure([unknownSection(name, among: sections)])
        }
        choice = named
    } else {
        guard sections.contains(where: { $0.applications != nil }) else {
            return nothing(.noSections)
        }
        guard build.branch != nil || build.tag != nil else { throw failure([noReference()]) }
        choice = SectionChoice(for: build, owner: request.owner, among: sections)
    }
    let elsewhere = withoutGroup(except: choice.taken)
    guard let section = choice.taken else {
        guard elsewhere.isEmpty else { throw failure(elsewhere) }
        return nothing(.noMatch)
    }
    let skipped = choice.skipped.map(\.name)
    var problems = PlanWarnings.choice(choice)
    if build.isMergeCommit, build.commit != nil { problems.append(PlanWarnings.mergeCommit) }
    var deployments: [PlannedDeployment] = []
    for application in section.applications ?? [] {
        var resolver = Resolver(
            build: build, section: section, application: application,
            settings: settings[application.application.value])
        if let deployment = resolver.deployment() { deployments.append(deployment) }
        problems += resolver.problems
    }
    problems += PlanWarnings.sharedKeys(deployments) + elsewhere
    guard deployments.count == section.applications?.count,
        !problems.contains(where: { $0.severity == .error })
    else {
        throw PlanError(section: section.name, skippedSections: skipped, problems: problems)
    }
    return DeploymentPlan(
        build: build, section: section.name, skippedSections: skipped, deployments: deployments,
        idleReason: nil, warnings: problems)
}

private func failure(_ problems: [Problem]) -> PlanError {
    PlanError(section: nil, skippedSections: [], problems: problems)
}

private func unknownSection(_ name: String, among sections: [DeploymentSection]) -> Problem {
    let names = sections.filter { $0.applications != nil }.map(\.name.value)
    let shown = names.map { UntrustedText($0).escaped }.joined(separator: ", ")
    return Problem(
        code: "unknown-section",
        "there is no deployment section \(UntrustedText(name)) with codedeploy",
        why: names.isEmpty ? "there are none" : "there are \(shown)",
        fix: nearestName(to: name, among: names).map { "did you mean \(UntrustedText($0))?" })
}

private func noReference() -> Problem {
    Problem(
        code: "no-branch", "neither a branch nor a tag is known",
        why: "no flag, SLIPWAY_BRANCH, CI service or git names one; a detached checkout has none",
        fix: "give --branch NAME or --tag NAME")
}

/// Resolves one application of a section, and collects what is missing or wrong.
private struct Resolver {
    let build: Build
    let section: DeploymentSection
    let application: ApplicationSection
    let settings: ApplicationSettings?
    var problems: [Problem] = []
    private var missing: [MissingSetting] = []

    init(
        build: Build, section: DeploymentSection, application: ApplicationSection,
        settings: ApplicationSettings?
    ) {
        self.build = build
        self.section = section
        self.application = application
        self.settings = settings
    }

    /// The deployment; nil where something is missing or wrong.
    mutating func deployment() -> PlannedDeployment? {
        let group = required(application.deploymentGroup, nil, .deploymentGroup)
        let root = required(
            application.applicationRoot, settings?.applicationRoot, .applicationRoot)
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
        guard !missing.isEmpty else { return }
        problems.append(
            MissingSetting.problem(
                missing, of: application.application.value, section: section.name.value
            ).at(application.application.place))
    }
}
