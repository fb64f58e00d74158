import SlipwayCore
import Testing

@Suite("Names")
struct NamesTests {
    @Test(arguments: ["acme/shop", "a/b", "group/sub-group/na.me_1", "-/-"])
    func `a project is an owner, a slash and a name`(text: String) throws {
        #expect(try ProjectName(text).rawValue == text)
    }

    @Test(arguments: [
        "", "shop", "/shop", "acme/", "acme//shop", "acme/..", "./shop", "acme/sh op",
        "acme/shöp", "acme/shop\n", "acme/\u{202E}pohs", "a/" + String(repeating: "x", count: 254),
    ])
    func `anything else is no project`(text: String) {
        #expect(throws: NameError.self) { try ProjectName(text) }
    }

    @Test func `an application has up to 100 of CodeDeploy's characters`() throws {
        #expect(throws: Never.self) { try ApplicationName("My.app_1+=,@-") }
        #expect(throws: Never.self) { try ApplicationName(String(repeating: "x", count: 100)) }
        for text in ["", "my app", "my/app", "äpp", String(repeating: "x", count: 101)] {
            #expect(throws: NameError.self) { try ApplicationName(text) }
        }
    }

    @Test(arguments: [
        ("projct", "project"), ("porject", "project"), ("PROJECT", "project"), ("keys", "keys"),
        ("kesy", "keys"), ("xport", "export"), ("exprot", "export"), ("imprt", "import"),
    ])
    func `a mistyped name finds the nearest`(typed: String, meant: String) {
        let names = ["project", "keys", "settings", "export", "import"]
        #expect(nearestName(to: typed, among: names) == meant)
    }

    @Test func `of two that differ in capitals only the one that was meant is nearest`() {
        #expect(nearestName(to: "acme/shp", among: ["Acme/Shop", "acme/shop"]) == "acme/shop")
        #expect(nearestName(to: "Acme/Shp", among: ["Acme/Shop", "acme/shop"]) == "Acme/Shop")
    }

    @Test(arguments: ["", "zzz", "pro", "banana"])
    func `a name that is nothing like any finds none`(typed: String) {
        #expect(nearestName(to: typed, among: ["project", "keys", "settings"]) == nil)
    }
}

@Suite("A project from the environment")
struct CIEnvironmentTests {
    @Test(arguments: [
        ("git@github.com:acme/shop.git", "acme/shop"),
        ("https://github.com/acme/shop", "acme/shop"),
        ("https://user:token@github.com/acme/shop.git/", "acme/shop"),
        ("ssh://git@example.com:2222/group/sub/shop.git", "group/sub/shop"),
        ("git@example.com:/acme/shop", "acme/shop"),
        ("/srv/git/shop.git", nil), ("../shop", nil), ("file:///srv/acme/shop", nil),
        ("https://github.com/shop", nil), ("", nil),
    ])
    func `is read from a remote's address`(remote: String, name: String?) {
        #expect(projectName(fromRemote: remote) == name)
    }

    @Test(arguments: [
        (
            [
                "CIRCLECI": "true", "CIRCLE_PROJECT_USERNAME": "acme",
                "CIRCLE_PROJECT_REPONAME": "shop",
            ], CIEnvironment.Service.circleCI
        ),
        (["GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/shop"], .gitHubActions),
        (["GITLAB_CI": "true", "CI_PROJECT_PATH": "acme/shop"], .gitLab),
        (["TRAVIS": "true", "TRAVIS_REPO_SLUG": "acme/shop"], .travis),
        (["BUILDKITE": "true", "BUILDKITE_REPO": "git@github.com:acme/shop.git"], .buildkite),
        (["TF_BUILD": "True", "BUILD_REPOSITORY_NAME": "acme/shop"], .azurePipelines),
        (
            [
                "BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_WORKSPACE": "acme",
                "BITBUCKET_REPO_SLUG": "shop",
            ], .bitbucket
        ),
        (["JENKINS_URL": "http://ci/", "GIT_URL": "https://github.com/acme/shop"], .jenkins),
    ])
    func `is what each CI service says`(
        environment: [String: String], service: CIEnvironment.Service
    ) {
        let found = CIEnvironment(environment)
        #expect(found?.service == service)
        #expect(found?.project == "acme/shop")
        #expect(found?.origin == .own)
    }

    @Test func `is none outside CI, and CI=true alone says nothing`() {
        #expect(CIEnvironment([:]) == nil)
        #expect(CIEnvironment(["CI": "true", "CIRCLECI": ""]) == nil)
    }

    @Test(arguments: [
        ["CIRCLECI": "true", "CIRCLE_PR_NUMBER": "7"],
        ["CIRCLECI": "true", "CIRCLE_PR_USERNAME": "mallory"],
        [
            "GITLAB_CI": "true", "CI_PROJECT_PATH": "acme/shop",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "mallory/shop",
        ],
        [
            "TRAVIS": "true", "TRAVIS_REPO_SLUG": "acme/shop", "TRAVIS_PULL_REQUEST": "7",
            "TRAVIS_PULL_REQUEST_SLUG": "mallory/shop",
        ],
        [
            "BUILDKITE": "true", "BUILDKITE_REPO": "git@github.com:acme/shop.git",
            "BUILDKITE_PULL_REQUEST": "7",
            "BUILDKITE_PULL_REQUEST_REPO": "https://github.com/mallory/shop",
        ],
        ["TF_BUILD": "True", "SYSTEM_PULLREQUEST_ISFORK": "True"],
        ["JENKINS_URL": "http://ci/", "CHANGE_FORK": "mallory"],
    ])
    func `tells a fork's pull request`(environment: [String: String]) {
        #expect(CIEnvironment(environment)?.origin == .fork)
    }

    @Test(arguments: [
        ["TRAVIS": "true", "TRAVIS_REPO_SLUG": "acme/shop", "TRAVIS_PULL_REQUEST": "7"],
        [
            "BUILDKITE": "true", "BUILDKITE_REPO": "git@github.com:acme/shop.git",
            "BUILDKITE_PULL_REQUEST": "7",
        ],
    ])
    func `does not take a pull request of nobody for one's own`(environment: [String: String]) {
        #expect(CIEnvironment(environment)?.origin == .unknownPullRequest)
    }

    @Test func `reads from GitHub's event whose pull request it is`() {
        let environment = [
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": "/event.json",
        ]
        func origin(_ event: String?) -> CIEnvironment.Origin? {
            CIEnvironment(environment) { $0 == "/event.json" ? event : nil }?.origin
        }
        let head = #"{"pull_request":{"head":{"ref":"x","repo":{"full_name":"OWNER/shop"}}}}"#
        #expect(origin(head.replacing("OWNER", with: "mallory")) == .fork)
        #expect(origin(head.replacing("OWNER", with: "acme")) == .own)
        let deleted =
            #"{"pull_request":{"head":{"repo":null}},"repository":{"full_name":"acme/shop"}}"#
        #expect(origin(deleted) == .fork)
        #expect(origin(nil) == .unknownPullRequest)
        #expect(origin("{}") == .unknownPullRequest)
    }
}
