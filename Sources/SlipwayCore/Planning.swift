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
        do {
            choice = try SectionChoice(for: build, owner: request.owner, among: sections)
        } catch {
            throw failure(error.problems)
        }
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
    var missesSettings = false
    for application in section.applications ?? [] {
        var resolver = DeploymentResolver(
            build: build, section: section, application: application,
            settings: settings[application.application.value])
        if let deployment = resolver.deployment() { deployments.append(deployment) }
        problems += resolver.problems
        missesSettings = missesSettings || resolver.missesSettings
    }
    problems += PlanWarnings.sharedKeys(deployments) + elsewhere
    guard deployments.count == section.applications?.count,
        !problems.contains(where: { $0.severity == .error })
    else {
        throw PlanError(
            section: section.name, skippedSections: skipped, problems: problems,
            missesSettings: missesSettings)
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
