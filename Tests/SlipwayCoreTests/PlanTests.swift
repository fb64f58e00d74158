import SlipwayCore
import Testing

private func place(_ line: Int) -> SourcePlace {
    SourcePlace(file: "circle.yml", line: line, column: 9)
}

private func written<Value>(_ value: Value, line: Int) -> Written<Value> {
    .value(Placed(value, at: place(line)))
}

/// A section for `master` that deploys `my-app`, as far as it is written.
private func section(
    name: String = "production", branch: String = "master", group: String? = "instances",
    _ edit: (inout ApplicationSection) throws -> Void = { _ in }
) throws -> DeploymentSection {
    var application = ApplicationSection(
        application: Placed(try ApplicationName("my-app"), at: place(5)))
    if let group { application.deploymentGroup = written(try DeploymentGroup(group), line: 6) }
    try edit(&application)
    return DeploymentSection(
        name: Placed(name, at: place(2)),
        branches: [Placed(try ReferencePattern(branch), at: place(3))],
        applications: [application])
}

private func location(_ bucket: String, _ pattern: String) throws -> Written<S3LocationSection> {
    written(
        S3LocationSection(
            bucket: Placed(try BucketName(bucket), at: place(11)),
            keyPattern: Placed(try KeyPattern(pattern), at: place(12))), line: 9)
}

private func stored(_ fields: [ApplicationSettings.Field: String]) throws
    -> [ApplicationName: ApplicationSettings]
{
    [try ApplicationName("my-app"): try ApplicationSettings(fields: fields)]
}

private let everything: [ApplicationSettings.Field: String] = [
    .applicationRoot: "/stored", .region: "eu-west-1", .bucket: "stored-bucket",
    .keyPattern: "stored/{SHORT_COMMIT}",
]

@Suite("A plan")
struct PlanTests {
    private static func plan(
        _ sections: [DeploymentSection], _ fields: [ApplicationSettings.Field: String] = everything,
        branch: String = "master", tag: String? = nil, change: CIEnvironment.Origin = .own,
        request: PlanRequest = PlanRequest()
    ) throws -> DeploymentPlan {
        var build = try KeyTests.build(branch: tag == nil ? branch : nil, tag: tag)
        build.change = change
        return try SlipwayCore.plan(
            build: build, settings: try stored(fields), sections: sections, request: request)
    }

    /// Where a value stands.
    enum Places: String, CaseIterable, Sendable { case neither, settings, section, both }

    @Test(arguments: Places.allCases)
    func `takes the region from the section, else from the settings`(places: Places) throws {
        var fields = everything
        if places == .neither || places == .section { fields[.region] = nil }
        let section = try section {
            guard places == .section || places == .both else { return }
            $0.region = written(try Region("us-east-1"), line: 7)
        }
        guard places != .neither else {
            let error = #expect(throws: PlanError.self) { try Self.plan([section], fields) }
            #expect(error?.problems.map(\.message) == ["my-app has no region"])
            return
        }
        let region = try Self.plan([section], fields).deployments[0].region
        #expect(region.value.rawValue == (places == .settings ? "eu-west-1" : "us-east-1"))
        #expect(
            region.origin.description == (places == .settings ? "project settings" : "circle.yml:7")
        )
    }

    @Test(arguments: Places.allCases)
    func `takes the application root from the section, else from the settings`(
        places: Places
    ) throws {
        var fields = everything
        if places == .neither || places == .section { fields[.applicationRoot] = nil }
        let section = try section {
            guard places == .section || places == .both else { return }
            $0.applicationRoot = written(try ApplicationRoot("/"), line: 8)
        }
        guard places != .neither else {
            let error = #expect(throws: PlanError.self) { try Self.plan([section], fields) }
            #expect(error?.problems.map(\.message) == ["my-app has no application_root"])
            return
        }
        let root = try Self.plan([section], fields).deployments[0].applicationRoot
        #expect(root.value.rawValue == (places == .settings ? "/stored" : "/"))
        #expect(
            root.origin.description == (places == .settings ? "project settings" : "circle.yml:8"))
    }

    @Test(arguments: Places.allCases)
    func `takes the revision location whole`(places: Places) throws {
        var fields = everything
        if places == .neither || places == .section {
            fields[.bucket] = nil
            fields[.keyPattern] = nil
        }
        let section = try section {
            guard places == .section || places == .both else { return }
            $0.revisionLocation = try location("section-bucket", "section/{BUILD_NUM}")
        }
        guard places != .neither else {
            let error = #expect(throws: PlanError.self) { try Self.plan([section], fields) }
            #expect(error?.problems.map(\.message) == ["my-app has no bucket and key_pattern"])
            return
        }
        let deployment = try Self.plan([section], fields).deployments[0]
        let isStored = places == .settings
        #expect(deployment.bucket.value.rawValue == (isStored ? "stored-bucket" : "section-bucket"))
        #expect(deployment.key.rawValue == (isStored ? "stored/0123456" : "section/42"))
        #expect(
            deployment.bucket.origin.description
                == (isStored ? "project settings" : "circle.yml:11"))
        #expect(
            deployment.keyPattern.origin.description
                == (isStored ? "project settings" : "circle.yml:12"))
    }

    @Test func `takes the group from the section alone`() throws {
        let plan = try Self.plan([try section()])
        #expect(plan.deployments[0].deploymentGroup.origin.description == "circle.yml:6")
        let error = #expect(throws: PlanError.self) { try Self.plan([try section(group: nil)]) }
        let problem = try #require(error?.problems.first)
        #expect(problem.message == "my-app has no deployment_group")
        #expect(problem.place == "circle.yml:5:9")
        #expect(problem.why == "it is only ever set in circle.yml")
    }

    @Test func `leaves to AWS what nobody says`() throws {
        let deployment = try Self.plan([try section()]).deployments[0]
        #expect(deployment.deploymentConfiguration == Sourced(nil, from: .builtIn))
        #expect(deployment.deploymentConfiguration.origin.description == "default")
        #expect(deployment.autoRollback.value == nil)
        #expect(deployment.serverSideEncryption == Sourced(nil, from: .builtIn))
    }

    @Test func `lists everything that is missing at once, with both places`() throws {
        let error = #expect(throws: PlanError.self) {
            try Self.plan([try section(group: nil)], [:])
        }
        #expect(
            error?.problems == [
                Problem(
                    code: "missing-settings",
                    "my-app has no deployment_group, application_root, region, bucket and "
                        + "key_pattern",
                    why: "neither circle.yml nor the project settings have them; the group is "
                        + "only ever set in circle.yml",
                    fix: "under deployment.production.codedeploy.my-app write "
                        + "deployment_group: GROUP, application_root: /, region: REGION, "
                        + "revision_location with bucket and key_pattern under s3_location; "
                        + "or for all sections: slipway settings set my-app --application-root / "
                        + "--region REGION --bucket BUCKET --key-pattern PATTERN",
                    file: "circle.yml", line: 5, column: 9)
            ])
    }

    @Test func `does not call missing what the file has and got wrong`() throws {
        let section = try section {
            $0.region = .unreadable
            $0.revisionLocation = .unreadable
        }
        let error = #expect(throws: PlanError.self) { try Self.plan([section], [:]) }
        #expect(error?.problems.map(\.message) == ["my-app has no application_root"])
        // Nor does the project's location stand in for an override that is no good.
        let other = #expect(throws: PlanError.self) { try Self.plan([section]) }
        #expect(other?.problems == [])
    }

    @Test func `deploys nothing, which is no mistake, where no section matches`() throws {
        let plan = try Self.plan([try section()], branch: "develop")
        #expect(plan.idleReason == .noMatch)
        #expect(plan.deployments.isEmpty)
        #expect(try Self.plan([]).idleReason == .noSections)
    }

    @Test func `finds a section without a group before its branch is built`() throws {
        let sections = [try section(), try section(name: "staging", branch: "dev", group: nil)]
        for branch in ["master", "other"] {
            let error = #expect(throws: PlanError.self) { try Self.plan(sections, branch: branch) }
            #expect(error?.problems.map(\.message) == ["my-app has no deployment_group"])
        }
    }

    @Test(arguments: [CIEnvironment.Origin.fork, .unknownPullRequest])
    func `deploys nothing for a fork, unless it is allowed`(change: CIEnvironment.Origin) throws {
        let plan = try Self.plan([try section()], change: change)
        #expect(plan.idleReason == .fork)
        #expect(plan.warnings.map(\.code) == ["fork"])
        var request = PlanRequest()
        request.allowsFork = true
        let allowed = try Self.plan([try section()], change: change, request: request)
        #expect(allowed.deployments.count == 1)
    }

    @Test func `takes a section by its name, and knows the nearest one`() throws {
        let sections = [try section(), try section(name: "staging", branch: "dev")]
        let named = PlanRequest(sectionName: "staging")
        #expect(try Self.plan(sections, request: named).section?.value == "staging")
        let error = #expect(throws: PlanError.self) {
            try Self.plan(sections, request: PlanRequest(sectionName: "stagin"))
        }
        #expect(error?.problems.first?.fix == "did you mean staging?")
    }

    @Test func `needs a branch or a tag`() throws {
        let error = #expect(throws: PlanError.self) {
            try SlipwayCore.plan(
                build: Build(), settings: [:], sections: [try section()])
        }
        #expect(error?.problems.map(\.code) == ["no-branch"])
    }

    @Test func `names the sections that it skips`() throws {
        let plan = try Self.plan([try section(), try section(name: "late", branch: "/ma.*/")])
        #expect(plan.section?.value == "production")
        #expect(plan.skippedSections.map(\.value) == ["late"])
        #expect(plan.warnings.map(\.code) == ["section-skipped"])
    }

    /// A value of the section and the warnings that it deserves.
    struct Warned: Sendable, CustomTestStringConvertible {
        let pattern: String
        var branch = "master"
        var bucket = "revisions"
        let codes: [String]
        var testDescription: String { "\(pattern) in \(bucket) on \(branch)" }
    }

    @Test(arguments: [
        Warned(pattern: "a/{SHORT_COMMIT}", codes: []),
        Warned(pattern: "fixed", codes: ["key-not-unique"]),
        Warned(pattern: "{BRANCH}", codes: ["key-not-unique"]),
        Warned(pattern: "{BRANCH}-{BUILD_NUM}", branch: "feature/x", codes: []),
        Warned(pattern: "{BRANCH}-{BUILD_NUM}", branch: "fix #7", codes: ["odd-branch"]),
        Warned(pattern: "{BUILD_NUM}", branch: "fix #7", codes: []),
        Warned(pattern: String(repeating: "x", count: 899) + "{BUILD_NUM}", codes: ["long-key"]),
        Warned(pattern: "/a/{BUILD_NUM}", codes: ["odd-key"]),
        Warned(pattern: "a//{BUILD_NUM}", codes: ["odd-key"]),
        Warned(pattern: "{BUILD_NUM}/", codes: ["odd-key"]),
        Warned(pattern: "a/./{BUILD_NUM}", codes: ["odd-key"]),
        Warned(pattern: "{BUILD_NUM}.tar.gz", codes: ["not-a-tarball"]),
        Warned(pattern: "{BUILD_NUM}.zip", codes: []),
        Warned(
            pattern: "{BUILD_NUM}", bucket: "acme-us-west-2-revisions",
            codes: ["region-unlike-bucket"]),
        Warned(pattern: "{BUILD_NUM}", bucket: "acme-eu-west-1-revisions", codes: []),
    ])
    func `warns of what may surprise`(row: Warned) throws {
        let section = try section(branch: "/.*/") {
            $0.revisionLocation = try location(row.bucket, row.pattern)
        }
        let warnings = try Self.plan([section], branch: row.branch).warnings
        #expect(warnings.map(\.code) == row.codes)
        #expect(warnings.allSatisfy { $0.severity == .warning && $0.line != nil })
    }

    @Test func `warns of applications that share a key, and of a cut description`() throws {
        var two = try section { $0.description = written(.init("x"), line: 7) }
        var other = try #require(two.applications?.first)
        other.application = Placed(try ApplicationName("other"), at: place(20))
        other.description = written(.init(String(repeating: "x", count: 257)), line: 21)
        two.applications?.append(other)
        let name = try ApplicationName("other")
        var settings = try stored(everything)
        settings[name] = try stored(everything).values.first
        let plan = try SlipwayCore.plan(
            build: try KeyTests.build(branch: "master"), settings: settings, sections: [two])
        #expect(plan.deployments.map(\.application.value.rawValue) == ["my-app", "other"])
        #expect(plan.warnings.map(\.code) == ["description-cut", "key-shared"])
    }

    @Test func `is a pure function`() throws {
        let sections = [try section()]
        #expect(try Self.plan(sections) == Self.plan(sections))
    }
}
