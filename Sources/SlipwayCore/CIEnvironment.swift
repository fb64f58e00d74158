import FoundationEssentials

/// What the CI service says in its environment about the project and whose change is built.
///
/// Names and traps: each service's own reference of variables.
package struct CIEnvironment: Equatable, Sendable {
    package enum Service: String, Sendable {
        case circleCI = "CircleCI"
        case gitHubActions = "GitHub Actions"
        case gitLab = "GitLab CI"
        case jenkins = "Jenkins"
        case travis = "Travis CI"
        case buildkite = "Buildkite"
        case bitbucket = "Bitbucket"
        case azurePipelines = "Azure Pipelines"
    }

    /// Whose change a build is of.
    package enum Origin: Equatable, Sendable {
        case own
        case fork
        /// A pull request of which the environment does not say whose it is.
        case unknownPullRequest
    }

    package let service: Service
    /// `owner/name`, not yet parsed; nil where the service does not say.
    package let project: String?
    package let origin: Origin
    /// What it says of the build itself.
    package let build: BuildFacts

    /// Nil outside a CI service that is known. `eventFile` reads a file that GitHub Actions names.
    package init?(
        _ environment: [String: String], eventFile: (_ path: String) -> String? = { _ in nil }
    ) {
        func value(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        func joined(_ owner: String, _ name: String) -> String? {
            guard let owner = value(owner), let name = value(name) else { return nil }
            return "\(owner)/\(name)"
        }
        func differ(_ one: String, _ other: String) -> Bool {
            guard let one = value(one), let other = value(other) else { return false }
            return projectName(fromRemote: one) ?? one != projectName(fromRemote: other) ?? other
        }

        /// A pull request whose repository is not named may be anybody's.
        func pullRequest(_ isOne: Bool, _ source: String, _ target: String) -> Origin {
            guard isOne else { return .own }
            guard value(source) != nil, value(target) != nil else { return .unknownPullRequest }
            return differ(source, target) ? .fork : .own
        }

        if value("CIRCLECI") != nil {
            service = .circleCI
            project = joined("CIRCLE_PROJECT_USERNAME", "CIRCLE_PROJECT_REPONAME")
            let isFork = value("CIRCLE_PR_USERNAME") != nil || value("CIRCLE_PR_NUMBER") != nil
            origin = isFork ? .fork : .own
        } else if value("GITHUB_ACTIONS") != nil {
            service = .gitHubActions
            project = value("GITHUB_REPOSITORY")
            let isPullRequest = value("GITHUB_EVENT_NAME")?.hasPrefix("pull_request") ?? false
            if isPullRequest {
                let event = value("GITHUB_EVENT_PATH").flatMap(eventFile)
                origin = Self.gitHubOrigin(event, repository: value("GITHUB_REPOSITORY"))
            } else {
                origin = .own
            }
        } else if value("GITLAB_CI") != nil {
            service = .gitLab
            project = value("CI_PROJECT_PATH") ?? joined("CI_PROJECT_NAMESPACE", "CI_PROJECT_NAME")
            let isFork =
                differ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "CI_PROJECT_PATH")
                || differ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_ID")
            origin = isFork ? .fork : .own
        } else if value("TRAVIS") != nil {
            service = .travis
            project = value("TRAVIS_REPO_SLUG")
            let isPullRequest = value("TRAVIS_PULL_REQUEST").map { $0 != "false" } ?? false
            origin = pullRequest(isPullRequest, "TRAVIS_PULL_REQUEST_SLUG", "TRAVIS_REPO_SLUG")
        } else if value("BUILDKITE") != nil {
            service = .buildkite
            project = value("BUILDKITE_REPO").flatMap(projectName(fromRemote:))
            let isPullRequest = value("BUILDKITE_PULL_REQUEST").map { $0 != "false" } ?? false
            origin = pullRequest(isPullRequest, "BUILDKITE_PULL_REQUEST_REPO", "BUILDKITE_REPO")
        } else if value("TF_BUILD") != nil {
            service = .azurePipelines
            project = value("BUILD_REPOSITORY_NAME")
            let isFork = value("SYSTEM_PULLREQUEST_ISFORK")?.lowercased() == "true"
            origin = isFork ? .fork : .own
        } else if value("BITBUCKET_BUILD_NUMBER") != nil {
            service = .bitbucket
            project =
                joined("BITBUCKET_WORKSPACE", "BITBUCKET_REPO_SLUG")
                ?? joined("BITBUCKET_REPO_OWNER", "BITBUCKET_REPO_SLUG")
            // Bitbucket builds pull requests in the repository of the source branch only.
            origin = .own
        } else if value("JENKINS_URL") != nil || value("JENKINS_HOME") != nil {
            service = .jenkins
            project = value("GIT_URL").flatMap(projectName(fromRemote:))
            origin = value("CHANGE_FORK") != nil ? .fork : .own
        } else {
            return nil
        }
        build = BuildFacts(service, environment)
    }

    /// Whose pull request GitHub's event is of. The repository of a fork that was deleted is null.
    private static func gitHubOrigin(_ event: String?, repository: String?) -> Origin {
        struct Event: Decodable {
            struct PullRequest: Decodable {
                struct Head: Decodable {
                    struct Repository: Decodable {
                        let fullName: String
                        enum CodingKeys: String, CodingKey { case fullName = "full_name" }
                    }
                    let repo: Repository?
                }
                let head: Head
            }
            let pullRequest: PullRequest
            enum CodingKeys: String, CodingKey { case pullRequest = "pull_request" }
        }
        guard let event, let repository,
            let parsed = try? JSONDecoder().decode(Event.self, from: Data(event.utf8))
        else { return .unknownPullRequest }
        return parsed.pullRequest.head.repo?.fullName == repository ? .own : .fork
    }
}

/// `owner/name` from a git remote: `https://host/owner/name.git`, `git@host:owner/name`,
/// `ssh://git@host:22/owner/name`; nil for a path on this machine.
package func projectName(fromRemote remote: String) -> String? {
    var path: Substring
    if let scheme = remote.firstRange(of: "://") {
        guard !remote.hasPrefix("file:") else { return nil }
        let rest = remote[scheme.upperBound...]
        guard let slash = rest.firstIndex(of: "/") else { return nil }
        path = rest[rest.index(after: slash)...]
    } else if let colon = remote.firstIndex(of: ":"), !remote[..<colon].contains("/") {
        path = remote[remote.index(after: colon)...]
    } else {
        return nil
    }
    while path.hasPrefix("/") { path = path.dropFirst() }
    while path.hasSuffix("/") { path = path.dropLast() }
    if path.hasSuffix(".git") { path = path.dropLast(4) }
    return path.contains("/") ? String(path) : nil
}
