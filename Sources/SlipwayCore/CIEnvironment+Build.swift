extension CIEnvironment {
    /// What a CI service says of the build, with the variable that says it. None of it is parsed.
    package struct BuildFacts: Equatable, Sendable {
        /// The branch; of a pull request the one that it comes from, never the one it goes to.
        package private(set) var branch: Named?
        package private(set) var tag: Named?
        package private(set) var commit: Named?
        package private(set) var number: Named?
        package private(set) var isPullRequest = false
        /// Whether the commit is one that the service made to try a pull request, on no branch.
        package private(set) var isMergeCommit = false

        /// A text and the variable that holds it.
        package struct Named: Equatable, Sendable {
            package let text: String
            package let variable: String

            package init(_ text: String, variable: String) {
                self.text = text
                self.variable = variable
            }
        }

        init(_ service: Service, _ environment: [String: String]) {
            let variables = Variables(environment)
            switch service {
            case .circleCI: readCircleCI(variables)
            case .gitHubActions: readGitHubActions(variables)
            case .gitLab: readGitLab(variables)
            case .jenkins: readJenkins(variables)
            case .travis: readTravis(variables)
            case .buildkite: readBuildkite(variables)
            case .bitbucket: readBitbucket(variables)
            case .azurePipelines: readAzurePipelines(variables)
            }
        }
    }
}

/// Environment variables; one that is empty is not set.
private struct Variables {
    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    func text(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The first of the variables that is set.
    subscript(_ names: String...) -> CIEnvironment.BuildFacts.Named? {
        for name in names {
            if let text = text(name) { return .init(text, variable: name) }
        }
        return nil
    }

    /// What follows a prefix; nil where the variable does not begin with it.
    func behind(_ prefix: String, _ name: String) -> CIEnvironment.BuildFacts.Named? {
        guard let text = text(name), text.hasPrefix(prefix), text != prefix else { return nil }
        return .init(String(text.dropFirst(prefix.count)), variable: name)
    }

    /// Whether a variable says yes: set, and not `false`.
    func isTrue(_ name: String) -> Bool { text(name).map { $0 != "false" } ?? false }
}

extension CIEnvironment.BuildFacts {
    private mutating func readCircleCI(_ variables: Variables) {
        branch = variables["CIRCLE_BRANCH"]
        tag = variables["CIRCLE_TAG"]
        commit = variables["CIRCLE_SHA1"]
        number = variables["CIRCLE_BUILD_NUM"]
        isPullRequest = variables["CIRCLE_PR_NUMBER", "CIRCLE_PULL_REQUEST"] != nil
    }

    private mutating func readGitHubActions(_ variables: Variables) {
        isPullRequest = variables.text("GITHUB_EVENT_NAME")?.hasPrefix("pull_request") ?? false
        if isPullRequest {
            branch = variables["GITHUB_HEAD_REF"]
            isMergeCommit = variables.text("GITHUB_EVENT_NAME") != "pull_request_target"
        } else if variables.text("GITHUB_REF_TYPE") == "tag" {
            tag = variables["GITHUB_REF_NAME"]
        } else if variables.text("GITHUB_REF_TYPE") == "branch" {
            branch = variables["GITHUB_REF_NAME"]
        } else {
            // Older runners have no GITHUB_REF_TYPE.
            branch = variables.behind("refs/heads/", "GITHUB_REF")
            tag = variables.behind("refs/tags/", "GITHUB_REF")
        }
        commit = variables["GITHUB_SHA"]
        number = variables["GITHUB_RUN_NUMBER"]
    }

    private mutating func readGitLab(_ variables: Variables) {
        isPullRequest = variables["CI_MERGE_REQUEST_IID"] != nil
        branch =
            isPullRequest
            ? variables["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"] : variables["CI_COMMIT_BRANCH"]
        tag = variables["CI_COMMIT_TAG"]
        commit = variables["CI_COMMIT_SHA"]
        number = variables["CI_PIPELINE_IID"]
    }

    private mutating func readJenkins(_ variables: Variables) {
        isPullRequest = variables["CHANGE_ID"] != nil
        if isPullRequest {
            // BRANCH_NAME is then the name of the pull request, such as PR-7.
            branch = variables["CHANGE_BRANCH"]
        } else {
            tag = variables["TAG_NAME"] ?? variables.behind("refs/tags/", "GIT_BRANCH")
            branch =
                variables["BRANCH_NAME", "GIT_LOCAL_BRANCH"]
                ?? variables.behind("refs/heads/", "GIT_BRANCH")
                ?? variables.behind("refs/remotes/origin/", "GIT_BRANCH")
                ?? variables.behind("origin/", "GIT_BRANCH") ?? variables["GIT_BRANCH"]
            if branch?.text == "detached" || branch?.text == "HEAD" { branch = nil }
        }
        commit = variables["GIT_COMMIT"]
        number = variables["BUILD_NUMBER"]
    }

    private mutating func readTravis(_ variables: Variables) {
        isPullRequest = variables.isTrue("TRAVIS_PULL_REQUEST")
        // TRAVIS_BRANCH is the target of a pull request, and the tag of a tag's build.
        branch =
            isPullRequest ? variables["TRAVIS_PULL_REQUEST_BRANCH"] : variables["TRAVIS_BRANCH"]
        tag = variables["TRAVIS_TAG"]
        commit = variables["TRAVIS_COMMIT"]
        isMergeCommit = isPullRequest
        number = variables["TRAVIS_BUILD_NUMBER"]
    }

    private mutating func readBuildkite(_ variables: Variables) {
        isPullRequest = variables.isTrue("BUILDKITE_PULL_REQUEST")
        branch = variables["BUILDKITE_BRANCH"]
        tag = variables["BUILDKITE_TAG"]
        // It may be the word HEAD, which only git can tell more of.
        commit = variables["BUILDKITE_COMMIT"].flatMap { $0.text == "HEAD" ? nil : $0 }
        number = variables["BUILDKITE_BUILD_NUMBER"]
    }

    private mutating func readBitbucket(_ variables: Variables) {
        isPullRequest = variables["BITBUCKET_PR_ID"] != nil
        branch = variables["BITBUCKET_BRANCH"]
        tag = variables["BITBUCKET_TAG"]
        commit = variables["BITBUCKET_COMMIT"]
        number = variables["BITBUCKET_BUILD_NUMBER"]
    }

    private mutating func readAzurePipelines(_ variables: Variables) {
        isPullRequest = variables["SYSTEM_PULLREQUEST_PULLREQUESTID"] != nil
        if isPullRequest {
            branch =
                variables.behind("refs/heads/", "SYSTEM_PULLREQUEST_SOURCEBRANCH")
                ?? variables["SYSTEM_PULLREQUEST_SOURCEBRANCH"]
            isMergeCommit = true
        } else {
            // BUILD_SOURCEBRANCHNAME is only the last part of a branch with slashes.
            branch = variables.behind("refs/heads/", "BUILD_SOURCEBRANCH")
            tag = variables.behind("refs/tags/", "BUILD_SOURCEBRANCH")
        }
        commit = variables["BUILD_SOURCEVERSION"]
        // BUILD_BUILDNUMBER is formatted text.
        number = variables["BUILD_BUILDID"]
    }
}
