/// Everything that can say what was built, the strongest first.
package struct BuildSources {
    /// What the command line says; empty texts say nothing.
    package struct Flags: Sendable {
        package var branch: String?
        package var commit: String?
        package var buildNumber: String?
        package var tag: String?

        package init(
            branch: String? = nil, commit: String? = nil, buildNumber: String? = nil,
            tag: String? = nil
        ) {
            self.branch = branch
            self.commit = commit
            self.buildNumber = buildNumber
            self.tag = tag
        }
    }

    private typealias Named = CIEnvironment.BuildFacts.Named

    private let flags: Flags
    private let environment: [String: String]
    private let continuousIntegration: CIEnvironment?
    private let gitBranch: () -> String?
    private let gitCommit: () -> String?

    /// Git is only asked for what nobody else says. On a detached checkout it has no branch: nil,
    /// not `HEAD`.
    package init(
        flags: Flags = Flags(), environment: [String: String] = [:],
        continuousIntegration: CIEnvironment? = nil,
        gitBranch: @escaping () -> String? = { nil }, gitCommit: @escaping () -> String? = { nil }
    ) {
        self.flags = flags
        self.environment = environment
        self.continuousIntegration = continuousIntegration
        self.gitBranch = gitBranch
        self.gitCommit = gitCommit
    }

    /// The build.
    ///
    /// The strongest source that names a branch or a tag decides which of them it is a build of;
    /// one that names both means the tag. Throws everything that is wrong at once.
    package func build() throws(BuildError) -> Build {
        let facts = continuousIntegration?.build
        var flaws: [BuildError.Flaw] = []
        var build = Build(change: continuousIntegration?.origin ?? .own)

        let reference = reference(facts)
        if let name = reference.tag ?? reference.branch,
            let odd = name.value.unicodeScalars.first(where: UntrustedText.isUnsafe)
        {
            flaws.append(.reference(name.value, odd, name.origin))
        }
        build.tag = reference.tag
        build.branch = reference.branch

        if let commit = first(flags.commit, "SLIPWAY_COMMIT", facts?.commit, gitCommit) {
            if let id = CommitID(commit.value) {
                build.commit = Sourced(id, from: commit.origin)
                let isOfService = commit.value == facts?.commit?.text
                build.isMergeCommit = isOfService && facts?.isMergeCommit ?? false
            } else {
                flaws.append(.commit(commit.value, commit.origin))
            }
        }
        if let text = first(flags.buildNumber, "SLIPWAY_BUILD_NUM", facts?.number, { nil }) {
            if let number = BuildNumber(text.value) {
                build.number = Sourced(number, from: text.origin)
            } else {
                flaws.append(.number(text.value, text.origin))
            }
        }
        guard flaws.isEmpty else { throw BuildError(flaws: flaws) }
        return build
    }

    private func reference(
        _ facts: CIEnvironment.BuildFacts?
    ) -> (branch: Sourced<String>?, tag: Sourced<String>?) {
        if let tag = set(flags.tag) { return (nil, Sourced(tag, from: .flag)) }
        if let branch = set(flags.branch) { return (Sourced(branch, from: .flag), nil) }
        for (branch, tag) in [
            (variable("SLIPWAY_BRANCH"), variable("SLIPWAY_TAG")), (facts?.branch, facts?.tag),
        ] {
            if let tag { return (nil, sourced(tag)) }
            if let branch { return (sourced(branch), nil) }
        }
        // The checkout of a pull request may be on the branch that it goes to.
        guard facts?.isPullRequest != true, let branch = gitBranch().flatMap(set) else {
            return (nil, nil)
        }
        return (Sourced(branch, from: .git), nil)
    }

    private func first(
        _ flag: String?, _ name: String, _ fact: Named?, _ git: () -> String?
    ) -> Sourced<String>? {
        if let flag = set(flag) { return Sourced(flag, from: .flag) }
        if let named = variable(name) ?? fact { return sourced(named) }
        return git().flatMap(set).map { Sourced($0, from: .git) }
    }

    private func variable(_ name: String) -> Named? {
        set(environment[name]).map { Named($0, variable: name) }
    }

    private func sourced(_ named: Named) -> Sourced<String> {
        Sourced(named.text, from: .environment(variable: named.variable))
    }

    private func set(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
}
