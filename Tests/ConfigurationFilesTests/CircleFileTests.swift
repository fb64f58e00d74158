import ConfigurationFiles
import SlipwayCore
import Testing

@Suite("circle.yml")
struct CircleFileTests {
    private static func read(_ text: String) throws -> CircleFile {
        try CircleFileReader.read(text, file: "circle.yml")
    }

    @Test func `has every value with its line and column`() throws {
        let file = try Self.read(
            """
            deployment:
              production:
                branch: [master, "/release-.*/"]
                tag: v1
                owner: acme
                codedeploy:
                  my-app:
                    deployment_group: instances
                    region:
                      us-east-1
            """)
        let section = try #require(file.sections.first)
        func at(_ line: Int, _ column: Int) -> SourcePlace {
            SourcePlace(file: "circle.yml", line: line, column: column)
        }
        #expect(section.name == Placed("production", at: at(2, 3)))
        #expect(section.branches.map(\.place) == [at(3, 14), at(3, 22)])
        #expect(section.branches.map(\.value.isExpression) == [false, true])
        #expect(section.tags.map(\.place) == [at(4, 10)])
        #expect(section.owner?.value == "acme")
        let application = try #require(section.applications?.first)
        #expect(application.application.place == at(7, 7))
        #expect(application.deploymentGroup.placed?.place == at(8, 27))
        #expect(application.region.placed?.place == at(10, 11))
        #expect(file.problems == [])
    }

    @Test func `may say everything beyond the reference document`() throws {
        let file = try Self.read(
            """
            deployment:
              production:
                branch: master
                codedeploy:
                  my-app:
                    deployment_group: instances
                    description: "the shop: $"
                    file_exists_behavior: RETAIN
                    ignore_application_stop_failures: yes
                    auto_rollback: [DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_ALARM]
                    update_outdated_instances_only: false
                    timeout: 1h30m
                    revision_location:
                      s3_location:
                        bucket: revisions
                        key_pattern: "{COMMIT}"
                        server_side_encryption: aws:kms
                        kms_key_id: alias/revisions
            """)
        #expect(file.problems == [])
        let application = try #require(file.sections.first?.applications?.first)
        #expect(application.description.placed?.value.rawValue == "the shop: $")
        #expect(application.fileExistsBehavior.placed?.value == .retain)
        #expect(application.ignoreApplicationStopFailures.placed?.value == true)
        #expect(application.autoRollback.placed?.value == [.failure, .stopOnAlarm])
        #expect(application.updateOutdatedInstancesOnly.placed?.value == false)
        #expect(application.timeout.placed?.value.seconds == 5400)
        let location = try #require(application.revisionLocation.placed?.value)
        #expect(location.serverSideEncryption.placed?.value == .kms)
        #expect(location.kmsKeyID.placed?.value.rawValue == "alias/revisions")
    }

    @Test func `may repeat itself with anchors and merge keys`() throws {
        let file = try Self.read(
            """
            defaults: &app
              region: us-east-1
              deployment_group: common
            deployment:
              one:
                branch: master
                codedeploy: &codedeploy
                  my-app:
                    <<: *app
                    deployment_group: mine
              two:
                branch: develop
                codedeploy: *codedeploy
            """)
        #expect(file.problems == [])
        #expect(file.sections.count == 2)
        for section in file.sections {
            let application = try #require(section.applications?.first)
            #expect(application.deploymentGroup.placed?.value.rawValue == "mine")
            // Where it is written, not where it is merged.
            #expect(application.region.placed?.place.line == 2)
        }
    }

    @Test func `names a section that is not ours once, and leaves it alone`() throws {
        let file = try Self.read(
            """
            deployment:
              docs:
                branch: master
                commands: [{./publish: {timeout: 600}}]
                s3: whatever
              heroku:
                branch: /feature-[/
                heroku: {appname: x}
              production:
                branch: master
                codedeploy: {my-app: {deployment_group: instances}}
            """)
        #expect(
            file.problems.map(\.code) == [
                "section-without-codedeploy", "section-without-codedeploy",
            ])
        #expect(file.problems.allSatisfy { $0.severity == .warning })
        #expect(file.sections.map { $0.applications == nil } == [true, true, false])
    }

    @Test(arguments: ["1111.1", "7", "on", "2016-01-01", "True", "1e3"])
    func `compares a branch as it is written, and says so`(branch: String) throws {
        func file(_ written: String) throws -> CircleFile {
            try Self.read(
                """
                deployment:
                  a:
                    branch: \(written)
                    codedeploy: {my-app: {deployment_group: instances}}
                """)
        }
        let plain = try file(branch)
        #expect(plain.problems.map(\.code) == ["plain-reference"])
        let pattern = plain.sections.first?.branches.first?.value
        var budget = ReferencePattern.stepLimit
        let isMatch = try pattern?.matches(branch, budget: &budget)
        #expect(isMatch == true)
        #expect(try file("\"\(branch)\"").problems == [])
    }

    @Test(arguments: ["master", "v1.2", "1.2.3", "feature/1", "deadbeef", "e5"])
    func `says nothing of a branch that nobody mistakes`(branch: String) throws {
        let file = try Self.read(
            """
            deployment:
              a:
                branch: \(branch)
                codedeploy: {my-app: {deployment_group: instances}}
            """)
        #expect(file.problems == [])
    }

    @Test func `without deployment deploys nothing`() throws {
        let file = try Self.read("machine: {}\n")
        #expect(file.sections == [])
        #expect(file.problems.map(\.code) == ["no-deployment"])
        #expect(!file.hasErrors)
        #expect(try Self.read("deployment:\n").problems == [])
    }

    @Test(arguments: ["bucket", "key_pattern"])
    func `checks both parts of a location in the override itself`(part: String) throws {
        let file = try Self.read(
            """
            deployment:
              a:
                branch: master
                codedeploy:
                  my-app:
                    deployment_group: instances
                    revision_location: {s3_location: {\(part): apps-x}}
            """)
        #expect(file.problems.map(\.code) == ["half-a-location"])
        let application = try #require(file.sections.first?.applications?.first)
        #expect(application.revisionLocation == .unreadable)
        // The project's settings do not complete it.
        let settings = try ApplicationSettings(fields: [
            .applicationRoot: "/", .region: "us-east-1", .bucket: "stored",
            .keyPattern: "{COMMIT}",
        ])
        let commit = try #require(CommitID(String(repeating: "a", count: 40)))
        let build = Build(
            branch: Sourced("master", from: .git), commit: Sourced(commit, from: .git))
        let error = #expect(throws: PlanError.self) {
            try plan(
                build: build, settings: [try ApplicationName("my-app"): settings],
                sections: file.sections)
        }
        #expect(error?.problems == [])
    }
}
