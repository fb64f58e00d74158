import SlipwayCore
import Testing

private let full = "0123456789abcdef0123456789abcdef01234567"

/// What one CI service sets, and the build that it means.
struct ServiceCase: Sendable, CustomTestStringConvertible {
    let name: String
    let environment: [String: String]
    var branch: String?
    var tag: String?
    var commit: String? = full
    var number: Int? = 42
    var change = CIEnvironment.Origin.own
    var git: String?

    var testDescription: String { name }

    static let all: [ServiceCase] = [
        .init(
            name: "CircleCI, a branch",
            environment: [
                "CIRCLECI": "true", "CIRCLE_BRANCH": "feature/x", "CIRCLE_SHA1": full,
                "CIRCLE_BUILD_NUM": "42",
            ], branch: "feature/x"),
        .init(
            name: "CircleCI, a tag",
            environment: [
                "CIRCLECI": "true", "CIRCLE_TAG": "v1.2", "CIRCLE_SHA1": full,
                "CIRCLE_BUILD_NUM": "42",
            ], tag: "v1.2", git: "master"),
        .init(
            name: "CircleCI, a fork's pull request",
            environment: [
                "CIRCLECI": "true", "CIRCLE_BRANCH": "pull/7", "CIRCLE_SHA1": full,
                "CIRCLE_BUILD_NUM": "42", "CIRCLE_PR_NUMBER": "7", "CIRCLE_PR_USERNAME": "mallory",
            ], branch: "pull/7", change: .fork),
        .init(
            name: "GitHub Actions, a branch",
            environment: [
                "GITHUB_ACTIONS": "true", "GITHUB_REF_TYPE": "branch",
                "GITHUB_REF_NAME": "release/1", "GITHUB_SHA": full, "GITHUB_RUN_NUMBER": "42",
                "GITHUB_HEAD_REF": "",
            ], branch: "release/1"),
        .init(
            name: "GitHub Actions, a tag",
            environment: [
                "GITHUB_ACTIONS": "true", "GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1",
                "GITHUB_SHA": full, "GITHUB_RUN_NUMBER": "42",
            ], tag: "v1"),
        .init(
            name: "GitHub Actions, an older runner",
            environment: [
                "GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/a/b", "GITHUB_SHA": full,
                "GITHUB_RUN_NUMBER": "42",
            ], branch: "a/b"),
        .init(
            name: "GitHub Actions, a pull request of which nobody says whose it is",
            environment: [
                "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request",
                "GITHUB_REF_TYPE": "branch", "GITHUB_REF_NAME": "7/merge",
                "GITHUB_HEAD_REF": "feature", "GITHUB_BASE_REF": "master", "GITHUB_SHA": full,
                "GITHUB_RUN_NUMBER": "42",
            ], branch: "feature", change: .unknownPullRequest),
        .init(
            name: "GitLab, a branch",
            environment: [
                "GITLAB_CI": "true", "CI": "true", "CI_COMMIT_BRANCH": "main",
                "CI_COMMIT_SHA": full, "CI_COMMIT_SHORT_SHA": "01234567",
                "CI_PIPELINE_IID": "42", "CI_PIPELINE_ID": "99887", "CI_BUILD_NUMBER": "7",
            ], branch: "main"),
        .init(
            name: "GitLab, a tag",
            environment: [
                "GITLAB_CI": "true", "CI_COMMIT_TAG": "v1", "CI_COMMIT_SHA": full,
                "CI_PIPELINE_IID": "42",
            ], tag: "v1"),
        .init(
            name: "GitLab, a merge request from a fork",
            environment: [
                "GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "3",
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "patch", "CI_COMMIT_SHA": full,
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_PIPELINE_IID": "42",
                "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "mallory/shop",
                "CI_PROJECT_PATH": "acme/shop",
            ], branch: "patch", change: .fork),
        .init(
            name: "Jenkins, a multibranch job",
            environment: [
                "JENKINS_URL": "http://j", "BRANCH_NAME": "feature/x",
                "GIT_BRANCH": "origin/other", "GIT_COMMIT": full, "BUILD_NUMBER": "42",
            ], branch: "feature/x"),
        .init(
            name: "Jenkins, a plain job",
            environment: [
                "JENKINS_URL": "http://j", "GIT_BRANCH": "origin/feature/x", "GIT_COMMIT": full,
                "BUILD_NUMBER": "42",
            ], branch: "feature/x"),
        .init(
            name: "Jenkins, a job that builds a commit",
            environment: [
                "JENKINS_URL": "http://j", "GIT_BRANCH": "detached", "GIT_COMMIT": full,
                "BUILD_NUMBER": "42",
            ]),
        .init(
            name: "Jenkins, a tag, which BRANCH_NAME has too",
            environment: [
                "JENKINS_URL": "http://j", "BRANCH_NAME": "v1", "TAG_NAME": "v1",
                "GIT_COMMIT": full, "BUILD_NUMBER": "42",
            ], tag: "v1"),
        .init(
            name: "Jenkins, a fork's pull request",
            environment: [
                "JENKINS_URL": "http://j", "BRANCH_NAME": "PR-7", "CHANGE_ID": "7",
                "CHANGE_BRANCH": "patch", "CHANGE_TARGET": "master", "CHANGE_FORK": "mallory",
                "GIT_COMMIT": full, "BUILD_NUMBER": "42",
            ], branch: "patch", change: .fork),
        .init(
            name: "Travis, a branch",
            environment: [
                "TRAVIS": "true", "TRAVIS_BRANCH": "master", "TRAVIS_PULL_REQUEST": "false",
                "TRAVIS_TAG": "", "TRAVIS_COMMIT": full, "TRAVIS_BUILD_NUMBER": "42",
            ], branch: "master"),
        .init(
            name: "Travis, a tag, which TRAVIS_BRANCH has too",
            environment: [
                "TRAVIS": "true", "TRAVIS_BRANCH": "v1", "TRAVIS_PULL_REQUEST": "false",
                "TRAVIS_TAG": "v1", "TRAVIS_COMMIT": full, "TRAVIS_BUILD_NUMBER": "42",
            ], tag: "v1"),
        .init(
            name: "Travis, a pull request to master",
            environment: [
                "TRAVIS": "true", "TRAVIS_BRANCH": "master", "TRAVIS_PULL_REQUEST": "7",
                "TRAVIS_PULL_REQUEST_BRANCH": "patch", "TRAVIS_PULL_REQUEST_SLUG": "acme/shop",
                "TRAVIS_REPO_SLUG": "acme/shop", "TRAVIS_COMMIT": full,
                "TRAVIS_BUILD_NUMBER": "42",
            ], branch: "patch"),
        .init(
            name: "Travis, a pull request that does not say its branch",
            environment: [
                "TRAVIS": "true", "TRAVIS_BRANCH": "master", "TRAVIS_PULL_REQUEST": "7",
                "TRAVIS_COMMIT": full, "TRAVIS_BUILD_NUMBER": "42",
            ], change: .unknownPullRequest, git: "master"),
        .init(
            name: "Buildkite, with the word HEAD for a commit",
            environment: [
                "BUILDKITE": "true", "BUILDKITE_BRANCH": "main", "BUILDKITE_COMMIT": "HEAD",
                "BUILDKITE_PULL_REQUEST": "false", "BUILDKITE_BUILD_NUMBER": "42",
            ], branch: "main", commit: String(repeating: "a", count: 40)),
        .init(
            name: "Bitbucket, a branch",
            environment: [
                "BITBUCKET_BUILD_NUMBER": "42", "BITBUCKET_BRANCH": "main",
                "BITBUCKET_COMMIT": full,
            ], branch: "main"),
        .init(
            name: "Bitbucket, a tag",
            environment: [
                "BITBUCKET_BUILD_NUMBER": "42", "BITBUCKET_TAG": "v1", "BITBUCKET_COMMIT": full,
            ], tag: "v1"),
        .init(
            name: "Azure, a branch with slashes, and a build number that is none",
            environment: [
                "TF_BUILD": "True", "BUILD_SOURCEBRANCH": "refs/heads/feature/x",
                "BUILD_SOURCEBRANCHNAME": "x", "BUILD_SOURCEVERSION": full,
                "BUILD_BUILDID": "42", "BUILD_BUILDNUMBER": "20261124.1",
            ], branch: "feature/x"),
        .init(
            name: "Azure, a tag",
            environment: [
                "TF_BUILD": "True", "BUILD_SOURCEBRANCH": "refs/tags/v1",
                "BUILD_SOURCEVERSION": full, "BUILD_BUILDID": "42",
            ], tag: "v1"),
        .init(
            name: "Azure, a fork's pull request",
            environment: [
                "TF_BUILD": "True", "BUILD_SOURCEBRANCH": "refs/pull/7/merge",
                "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
                "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/patch",
                "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
                "SYSTEM_PULLREQUEST_ISFORK": "True", "BUILD_SOURCEVERSION": full,
                "BUILD_BUILDID": "42",
            ], branch: "patch", change: .fork),
        .init(
            name: "CI=true alone, and the names of a service that is not there",
            environment: ["CI": "true", "CI_COMMIT_BRANCH": "main", "CIRCLE_BRANCH": "main"],
            commit: String(repeating: "a", count: 40), number: nil),
    ]
}

@Suite("A build")
struct BuildTests {
    private static func build(
        _ environment: [String: String] = [:], flags: BuildSources.Flags = .init(),
        gitBranch: String? = nil, gitCommit: String? = String(repeating: "a", count: 40)
    ) throws -> Build {
        try BuildSources(
            flags: flags, environment: environment,
            continuousIntegration: CIEnvironment(environment), gitBranch: { gitBranch },
            gitCommit: { gitCommit }
        ).build()
    }

    @Test(arguments: ServiceCase.all)
    func `is what the CI service says`(service: ServiceCase) throws {
        let build = try Self.build(service.environment, gitBranch: service.git)
        #expect(build.branch?.value == service.branch)
        #expect(build.tag?.value == service.tag)
        #expect(build.commit?.value.rawValue == service.commit)
        #expect(build.number?.value.rawValue == service.number)
        #expect(build.change == service.change)
    }

    @Test func `takes each value from the strongest that says it`() throws {
        let environment = [
            "CIRCLECI": "true", "CIRCLE_BRANCH": "ci", "CIRCLE_SHA1": full,
            "CIRCLE_BUILD_NUM": "1", "SLIPWAY_BRANCH": "variable", "SLIPWAY_BUILD_NUM": "2",
        ]
        let build = try Self.build(
            environment, flags: .init(branch: "flag", buildNumber: ""), gitBranch: "git")
        #expect(build.branch == Sourced("flag", from: .flag))
        #expect(build.number?.value.rawValue == 2)
        #expect(build.number?.origin == .environment(variable: "SLIPWAY_BUILD_NUM"))
        #expect(build.commit?.origin == .environment(variable: "CIRCLE_SHA1"))
        let bare = try Self.build(gitBranch: "git")
        #expect(bare.branch == Sourced("git", from: .git))
        #expect(bare.commit?.origin == .git)
        #expect(bare.number == nil)
    }

    @Test(
        arguments: [
            (["SLIPWAY_TAG": "v2", "SLIPWAY_BRANCH": "b"], nil, "v2"),
            (["CIRCLECI": "1", "CIRCLE_TAG": "v1", "SLIPWAY_BRANCH": "b"], "b", nil),
            (["CIRCLECI": "1", "CIRCLE_BRANCH": "b", "SLIPWAY_TAG": "v2"], nil, "v2"),
            (["CIRCLECI": "1", "CIRCLE_TAG": "v1"], nil, "v1"),
            (["SLIPWAY_TAG": "", "SLIPWAY_BRANCH": ""], "git", nil),
        ] as [([String: String], String?, String?)])
    func `is of a branch or of a tag, never of both`(
        environment: [String: String], branch: String?, tag: String?
    ) throws {
        let build = try Self.build(environment, gitBranch: "git")
        #expect(build.branch?.value == branch)
        #expect(build.tag?.value == tag)
    }

    @Test func `reports everything that is wrong at once`() {
        let flags = BuildSources.Flags(branch: "a\u{1B}b", commit: "abc1234", buildNumber: "1.2")
        let error = #expect(throws: BuildError.self) { try Self.build(flags: flags) }
        #expect(
            error?.problems.map(\.code) == [
                "control-character", "invalid-commit", "invalid-build-number",
            ])
    }

    @Test func `cuts the short commit from the full one`() throws {
        let commit = try #require(CommitID(full.uppercased()))
        #expect(commit.short == "0123456")
        #expect(commit.rawValue == full)
        #expect(CommitID("0123456") == nil)
        #expect(CommitID("HEAD") == nil)
        #expect(CommitID(String(repeating: "g", count: 40)) == nil)
    }

    @Test func `knows that a pull request's commit is on no branch`() throws {
        let environment = [
            "GITHUB_ACTIONS": "1", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_HEAD_REF": "x",
            "GITHUB_SHA": full,
        ]
        #expect(try Self.build(environment).isMergeCommit)
        let given = BuildSources.Flags(commit: String(repeating: "b", count: 40))
        #expect(try !Self.build(environment, flags: given).isMergeCommit)
    }
}
