/// What is wrong with sections that a build does not take, found as if one of their own was built.
///
/// Commit and build number are stand-ins: a key pattern may use them. The branch is the first that
/// the section names, so that `{BRANCH}` in a section for tags alone is found out.
package struct SectionReview: Equatable, Sendable {
    package private(set) var problems: [Problem] = []
    /// What the sections pack, each place in the repository once, in the file's order.
    package private(set) var roots: [Sourced<ApplicationRoot>] = []
    /// Whether an application takes its root from settings that were not read.
    package private(set) var lacksRoot = false

    /// Reviews all sections of ours.
    ///
    /// `settings` is nil where they could not be read: then what they might say is not missed.
    package init(
        of sections: [DeploymentSection], settings: [ApplicationName: ApplicationSettings]?
    ) {
        for section in sections {
            for build in Self.builds(of: section) { add(section, build, settings) }
        }
    }

    private mutating func add(
        _ section: DeploymentSection, _ build: Build,
        _ settings: [ApplicationName: ApplicationSettings]?
    ) {
        var deployments: [PlannedDeployment] = []
        var found: [Problem] = []
        for application in section.applications ?? [] {
            var resolver = DeploymentResolver(
                build: build, section: section, application: application,
                settings: settings?[application.application.value],
                knowsSettings: settings != nil)
            if let deployment = resolver.deployment() { deployments.append(deployment) }
            found += resolver.problems
            if let root = resolver.applicationRoot {
                add(root)
            } else if application.applicationRoot == .absent {
                lacksRoot = true
            }
        }
        found += PlanWarnings.sharedKeys(deployments)
        problems += found.filter { !problems.contains($0) }
    }

    private mutating func add(_ root: Sourced<ApplicationRoot>) {
        let isKnown = roots.contains {
            $0.value.pathComponents == root.value.pathComponents
        }
        if !isKnown { roots.append(root) }
    }

    /// A build of one of the section's branches, and one of its tags, where it has them.
    private static func builds(of section: DeploymentSection) -> [Build] {
        func name(_ patterns: [Placed<ReferencePattern>], else stranger: String) -> Sourced<String>
        {
            let name = patterns.first { !$0.value.isExpression }?.value.rawValue
            return Sourced(name ?? stranger, from: .builtIn)
        }
        var build = Build()
        build.commit = CommitID(String(repeating: "0", count: 40))
            .map { Sourced($0, from: .builtIn) }
        build.number = BuildNumber("1").map { Sourced($0, from: .builtIn) }
        var builds: [Build] = []
        // What has neither was said, and is reviewed as a branch's.
        if !section.branches.isEmpty || section.tags.isEmpty {
            build.branch = name(section.branches, else: "branch")
            builds.append(build)
        }
        if !section.tags.isEmpty {
            build.branch = nil
            build.tag = name(section.tags, else: "tag")
            builds.append(build)
        }
        return builds
    }
}
