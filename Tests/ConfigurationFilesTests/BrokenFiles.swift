import Testing

/// A `circle.yml` that is wrong in one way, or in several.
struct BrokenFile: Sendable, CustomTestStringConvertible {
    let title: String
    let text: String
    /// What is built.
    var branch = "master"

    var testDescription: String { title }

    private init(_ title: String, _ text: String) {
        self.title = title
        self.text = text
    }

    /// A file whose section `production` deploys an application as the lines say, to a group. The
    /// project's settings have the rest for `stored`, and nothing for `my-app`.
    private static func application(
        _ title: String, _ lines: String, of name: String = "stored"
    ) -> BrokenFile {
        let hasGroup = lines.contains("deployment_group") || name == "my-app"
        let lines = (hasGroup ? "" : "deployment_group: g\n") + lines
        let indented = lines.split(separator: "\n").map { "        \($0)" }
        return BrokenFile(
            title,
            """
            deployment:
              production:
                branch: master
                codedeploy:
                  \(name):

            """ + indented.joined(separator: "\n"))
    }

    /// A file whose section `production` is made of the lines.
    private static func section(_ title: String, _ lines: String) -> BrokenFile {
        let indented = lines.split(separator: "\n").map { "    \($0)" }
        return BrokenFile(
            title, "deployment:\n  production:\n" + indented.joined(separator: "\n"))
    }

    static let all: [BrokenFile] = syntax + sections + applications + locations + options

    private static let syntax: [BrokenFile] = [
        BrokenFile("An empty file", ""),
        BrokenFile("A tab for indentation", "deployment:\n\tproduction:\n\t\tbranch: master"),
        BrokenFile(
            "A quotation mark that is never closed", "deployment:\n  a:\n    branch: 'master"),
        application(
            "A key pattern that begins with a brace", "deployment_group: g\nregion: {REGION}-1"),
        application("Two colons in one line", "deployment_group: region: us-east-1"),
        application(
            "A line that is indented otherwise", "deployment_group: g\n region: us-east-1"),
        BrokenFile("An alias of nothing", "deployment:\n  a:\n    branch: *master"),
        BrokenFile("A value that begins with @", "deployment:\n  a:\n    branch: @master"),
        BrokenFile("A control character", "deployment:\n  a:\n    branch: ma\u{7}ster"),
        BrokenFile("Two documents", "deployment: {}\n---\ndeployment: {}"),
        BrokenFile(
            "Nested without end", "deployment:\n  a: " + String(repeating: "[", count: 70)),
        BrokenFile(
            "An alias bomb",
            (0...8).map { level in
                let inner = level == 0 ? "x" : "*a\(level - 1)"
                return "a\(level): &a\(level) ["
                    + Array(repeating: inner, count: 9).joined(separator: ", ") + "]"
            }.joined(separator: "\n")),
    ]

    private static let sections: [BrokenFile] = [
        BrokenFile("A list for a file", "- deployment"),
        BrokenFile("A list for sections", "deployment:\n  - production"),
        BrokenFile(
            "A phase of other sections", "deployment:\n  pre:\n    - ./build\n  production: yes"),
        section("The name that drafts had", "branch: master\ncode-deploy:\n  my-app: {}"),
        section("A slip of the pen", "branch: master\ncodedeploi:\n  my-app: {}"),
        section(
            "Keys that a section does not have",
            "brnach: master\ncodedeploy:\n  stored:\n    deployment_group: g\nregion: us-east-1"),
        section(
            "Neither branch nor tag", "codedeploy:\n  stored:\n    deployment_group: g"),
        section(
            "Branches that are none",
            """
            branch: [/release-, //, /(/, [a], "", ~]
            tag: {v1: v2}
            codedeploy:
              stored:
                deployment_group: g
            """),
        section(
            "Regular expressions that are too much, and what Java has beyond slipway",
            """
            branch:
            - /((a|b){100}){100}/
            - /(a+)\\1/
            - /(?x) a b/
            - /[z-a]/
            - /\\p{Greek}+/
            - /\(String(repeating: "a?", count: 600))/
            codedeploy: {stored: {deployment_group: g}}
            """),
        tooSlow,
        section("An empty list of branches", "branch: []\ncodedeploy: {stored: {}}"),
        section(
            "Commands beside codedeploy",
            "branch: master\ncommands: [./notify]\ncodedeploy: {stored: {}}"),
        section("No application", "branch: master\ncodedeploy: {}"),
        section("An application for a mapping", "branch: master\ncodedeploy: my-app"),
        section(
            "A name that CodeDeploy refuses, and a list for settings",
            "branch: master\ncodedeploy:\n  my app:\n    region: us-east-1\n  other: [g]"),
        BrokenFile(
            "A section, an application and a key that stand twice",
            """
            deployment:
              a:
                branch: master
                branch: develop
                codedeploy:
                  stored: {deployment_group: g}
                  stored: {deployment_group: h}
              a:
                branch: other
            """),
        BrokenFile(
            "A key that is no text, and a merge of a text",
            """
            deployment:
              ? [a]
              : {branch: master}
              b:
                branch: master
                codedeploy:
                  stored:
                    <<: defaults
                    deployment_group: g
            """),
    ]

    private static let tooSlow: BrokenFile = {
        var file = section(
            "A regular expression that takes too long on a branch of 1,000 letters",
            """
            branch: /(?=(.{0,60}){0,40}x).*/
            codedeploy: {stored: {deployment_group: g}}
            """)
        file.branch = String(repeating: "a", count: 1_000)
        return file
    }()

    private static let applications: [BrokenFile] = [
        application(
            "Everything missing", "deployment_config: CodeDeployDefault.OneAtATime", of: "my-app"),
        application(
            "Everything missing but the group, which only circle.yml has", "deployment_group: g",
            of: "my-app"),
        section("Only the group missing", "branch: master\ncodedeploy: {stored: }"),
        application(
            "Keys that older documents and other tools have",
            """
            deployment_group_name: g
            application-root: /
            revision_root: /app
            bucket: my-bucket
            s3_location: {bucket_name: b}
            regoin: us-east-1
            xyzzy: 1
            """),
        application(
            "Values that are none",
            """
            deployment_group: my group
            deployment_config: half/half
            application_root: app
            region: us-east1
            """),
        application("A root that leaves the repository", "application_root: /app/../../etc"),
        application(
            "Values of the wrong kind",
            "deployment_group: [a, b]\nregion: {us: east}\napplication_root:"),
        application(
            "A group that is too long", "deployment_group: " + String(repeating: "g", count: 101)),
        section(
            "A key that needs a build number",
            """
            branch: master
            codedeploy:
              stored:
                deployment_group: g
                revision_location:
                  s3_location: {bucket: revisions, key_pattern: "{COMMIT}/{BUILD_NUM}"}
            """),
        section(
            "A key with a segment for the folder above",
            """
            branch: master
            codedeploy:
              stored:
                deployment_group: g
                revision_location:
                  s3_location: {bucket: revisions, key_pattern: "../{BRANCH}"}
            """),
    ]

    private static let locations: [BrokenFile] = [
        application(
            "A bucket without a key pattern",
            """
            deployment_group: g
            revision_location:
              revision_type: S3
              s3_location:
                bucket: production-bucket
            """),
        application(
            "A key pattern without a bucket",
            "revision_location: {s3_location: {key_pattern: apps/x}}"),
        application("A location without anything", "revision_location: {revision_type: S3}"),
        application("A location that is empty", "revision_location:"),
        application(
            "A revision on GitHub",
            "revision_location: {revision_type: GitHub, s3_location: {bucket: b1b, key_pattern: k}}"
        ),
        application(
            "Bucket and pattern that are none",
            """
            revision_location:
              revision_type: s3
              s3_location:
                bucket: s3://My_Bucket/apps
                key_pattern: apps/{SHORT_COMIT}-{BRANCH
            """),
        application(
            "The name that documents had until December 2014",
            "revision_location: {s3_location: {bucket_name: my-bucket, key_pattern: k}}"),
        application(
            "A key pattern in braces alone",
            "revision_location:\n  s3_location:\n    bucket: my-bucket\n    key_pattern: {COMMIT}"),
        application(
            "A KMS key without KMS",
            """
            revision_location:
              s3_location:
                bucket: my-bucket
                key_pattern: "{COMMIT}"
                server_side_encryption: AES256
                kms_key_id: alias/revisions
            """),
    ]

    private static let options: [BrokenFile] = [
        application(
            "Options that are none",
            """
            file_exists_behavior: overwrit
            ignore_application_stop_failures: "true"
            auto_rollback: DEPLOYMENT_FAILURE
            update_outdated_instances_only: 1
            timeout: 30 minutes
            description: [a, b]
            """),
        application(
            "Events and encryption that AWS does not know",
            """
            auto_rollback: [FAILURE, DEPLOYMENT_STOP_ON_ALARMS]
            revision_location:
              s3_location:
                bucket: my-bucket
                key_pattern: "{COMMIT}"
                server_side_encryption: aws-kms
                kms_key_id: "my key"
            """),
    ]
}
