import ConfigurationFiles
import SlipwayCore
import TestSupport
import Testing

/// What is made of other services' files.
@Suite("Another service's file")
struct ForeignFileTests {
    private static func read(
        _ text: String, _ service: ForeignService
    ) throws(DocumentError) -> ForeignFile {
        let bytes = Array(text.utf8)
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(DocumentError) in
                try ForeignFile.read(bytes, file: "file.yml", from: service)
            }
        }
        return try result.get()
    }

    /// All that is made of a file, in one text; and holds it to what every draft must be.
    private static func transcript(_ text: String, _ service: ForeignService) throws -> String {
        let file = try read(text, service)
        var parts: [String] = []
        var problems = file.problems
        if !file.hasErrors {
            let project = try file.project ?? ProjectName("acme/else")
            let draft = CircleFileDraft(file.deployments, project: project)
            problems += draft.problems
            parts = [draft.circleFile, draft.settingsYAML, draft.commands.joined(separator: "\n")]
            // Both documents are ours, and say what the drafts were made of.
            let circle = try CircleFileReader.read(draft.circleFile, file: "circle.yml")
            #expect(!circle.hasErrors, "\(circle.problems)")
            let settings = try SettingsDocumentReader.read(draft.settingsYAML, file: "settings.yml")
            #expect(settings == draft.settings)
            let json = draft.settingsJSON.pretty()
            #expect(try SettingsDocumentReader.read(json, file: "settings.json") == settings)
        }
        parts += problems.inFileOrder.map { problem in
            [
                "\(problem.severity.rawValue): \(problem.place ?? "-"): \(problem.message)",
                problem.why.map { "  why: \($0)" }, problem.fix.map { "  fix: \($0)" },
                "  [\(problem.code)]",
            ].compactMap(\.self).joined(separator: "\n")
        }
        #expect(problems.allSatisfy { $0.line != nil && $0.fix != nil })
        return parts.joined(separator: "\n") + "\n"
    }

    @Test(arguments: [
        (ForeignService.travis, "travis.yml"), (.codeship, "codeship-steps.yml"),
        (.bitbucket, "bitbucket-pipelines.yml"),
    ])
    func `says in circle.yml and settings what it said`(
        service: ForeignService, name: String
    ) throws {
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let text = String(decoding: contents(of: "/\(folder)/Foreign/\(name)"), as: UTF8.self)
        let transcript = try Self.transcript(text, service)
        #expect(!transcript.contains("wJalr") && !transcript.contains("AKIA"))
        #expect(!transcript.contains("abcdefgh"))
        expectSnapshot(transcript, named: "import-from-\(service.rawValue)")
    }

    /// Smaller ones and broken ones, in one catalogue.
    @Test func `is told what is lost and what is wrong`() throws {
        let text = try Self.cases.map { title, service, text in
            let made: String
            do {
                made = try Self.transcript(text, service)
            } catch let error as DocumentError {
                made = error.problems.map { "\($0.place ?? "-"): \($0.message)\n" }.joined()
            }
            return "# \(title)\n\(text)\n---\n\(made)"
        }.joined(separator: "\n")
        expectSnapshot(text, named: "import-from-catalogue")
    }

    private static let pipe = "pipelines: {branches: {master: [{step: {script: "
    private static let cases: [(String, ForeignService, String)] = [
        (
            "One entry, as the reference of Travis has it", .travis,
            """
            deploy:
              provider: codedeploy
              access_key_id: AKIAIOSFODNN7EXAMPLE
              secret_access_key: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
              bucket: acme-revisions
              key: shop/$TRAVIS_COMMIT.zip
              application: shop
              deployment_group: production
            """
        ),
        (
            "A revision on GitHub, from tags", .travis,
            """
            deploy:
              provider: codedeploy
              application: shop
              deployment_group_name: production
              revision_type: github
              on: {tags: true, repo: acme/shop, branch: x}
            """
        ),
        (
            "A folder that the S3 step uploads", .travis,
            """
            deploy:
            - {provider: s3, bucket: acme-revisions, local_dir: ./build/out}
            - {provider: codedeploy, bucket: acme-revisions, key: k-$TRAVIS_TAG, application: shop,
               deployment_group: all, bundle_type: tgz, wait_until_deployed: false, on: {all_branches: true}}
            - {provider: codedeploy, bucket: acme-revisions, key: k, application: shop,
               deployment_group: one, region: "$REGION", endpoint: e, on: {branch: master}}
            - {provider: codedeploy, bucket: acme-revisions, key: k, application: shop,
               deployment_group: two, on: {branch: master}}
            - {provider: s3, bucket: other}
            """
        ),
        (
            "A job's own entry", .travis,
            """
            jobs:
              include:
              - if: branch = master
                deploy: {provider: codedeploy, application: shop, deployment_group: g,
                         bucket: acme-revisions, key: k}
            """
        ),
        ("Nothing for us", .travis, "deploy: {provider: heroku}"),
        ("A list of jobs for a file", .travis, "- deploy"),
        (
            "Entries that are none", .travis,
            """
            deploy:
            - codedeploy
            - {application: shop}
            - {provider: codedeploy, deployment_group: g}
            - {provider: codedeploy, application: shop}
            - {provider: codedeploy, application: [a], deployment_group: g g, bucket: My_Bucket,
               key: "{x}", region: us-east, on: master}
            """
        ),
        ("No YAML", .travis, "deploy: ["),
        ("A tab", .bitbucket, "pipelines:\n\tdefault: []"),
        ("No pipelines", .bitbucket, "image: node"),
        ("No pipe of ours", .bitbucket, "pipelines: {default: [{step: {script: [ls]}}]}"),
        (
            "A pipe without names", .bitbucket,
            pipe + "[{pipe: atlassian/aws-code-deploy:1}, "
                + "{pipe: atlassian/aws-code-deploy:1, variables: {COMMAND: deploy}}, "
                + "{pipe: atlassian/aws-code-deploy:1, variables: {APPLICATION_NAME: a}}]}}]}}"
        ),
        (
            "An upload that is never deployed, a folder, and patterns of branches", .bitbucket,
            """
            pipelines:
              branches:
                '{develop,feature/**}':
                - stage:
                    steps:
                    - step:
                        script:
                        - pipe: atlassian/aws-code-deploy:1.5.0
                          variables: {COMMAND: upload, APPLICATION_NAME: lonely}
                        - pipe: atlassian/aws-code-deploy:1.5.0
                          variables: {COMMAND: deploy, APPLICATION_NAME: shop, DEPLOYMENT_GROUP: g,
                                      FOLDER: app, BUNDLE_TYPE: tar, WAIT: 'false', X: y,
                                      AWS_OIDC_ROLE_ARN: arn, AWS_DEFAULT_REGION: eu-west-1}
              tags:
                v*:
                - step:
                    script:
                    - pipe: atlassian/aws-code-deploy:1.5.0
                      variables: {COMMAND: deploy, APPLICATION_NAME: shop, DEPLOYMENT_GROUP: g,
                                  FOLDER: app, VERSION_LABEL: '$BITBUCKET_REPO_SLUG',
                                  AWS_DEFAULT_REGION: eu-west-1}
            """
        ),
        ("A step without its arguments", .codeship, "- command: codedeploy_deploy . shop"),
        (
            "A step for every branch, and a tag that nobody reads", .codeship,
            """
            - {command: "codeship_aws codedeploy_deploy . shop all 'acme-revisions'"}
            - {tag: '^(a', exclude: b, command: codeship_aws codedeploy_deploy . shop g acme-revisions}
            - {tag: 'hotfix|^release', command: codeship_aws codedeploy_deploy . shop h acme-revisions}
            """
        ),
        ("No step of ours", .codeship, "- command: ls"),
        ("A mapping for steps", .codeship, "app: {build: .}"),
    ]
}
