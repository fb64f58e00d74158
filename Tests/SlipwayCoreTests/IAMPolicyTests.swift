import SlipwayCore
import Testing

@Suite("An IAM policy")
struct IAMPolicyTests {
    private static func application(_ name: String) throws -> ApplicationName {
        try ApplicationName(name)
    }

    private static func settings(
        region: String = "us-east-1", bucket: String = "my-bucket", pattern: String
    ) throws -> ApplicationSettings {
        try ApplicationSettings(fields: [
            .region: region, .bucket: bucket, .keyPattern: pattern,
        ])
    }

    private static func section(
        _ name: String, group: String, configuration: String? = nil,
        _ edit: (inout ApplicationSection) throws -> Void = { _ in }
    ) throws -> DeploymentSection {
        let place = SourcePlace(file: "circle.yml", line: 2, column: 3)
        var application = ApplicationSection(
            application: Placed(try ApplicationName("my-app"), at: place))
        application.deploymentGroup = .value(Placed(try DeploymentGroup(group), at: place))
        if let configuration {
            application.deploymentConfiguration = .value(
                Placed(try DeploymentConfiguration(configuration), at: place))
        }
        try edit(&application)
        return DeploymentSection(name: Placed(name, at: place), applications: [application])
    }

    /// The resources of every statement, in order.
    private static func resources(_ policy: IAMPolicy) -> [[String]] {
        guard case .object(let members) = policy.json,
            case .array(let statements) = members[1].value
        else { return [] }
        return statements.map { statement in
            guard case .object(let members) = statement, case .array(let values) = members[2].value
            else { return [] }
            return values.compactMap { if case .string(let text) = $0 { text } else { nil } }
        }
    }

    @Test func `of the reference document's example is the document's own`() throws {
        let scope = PolicyScope(
            settings: [
                try Self.application("my-app"): try Self.settings(pattern: "my-app{COMMIT}")
            ],
            sections: [])
        let account = try #require(AWSAccountID("80398EXAMPLE"))
        let expected: JSONValue = [
            "Version": "2012-10-17",
            "Statement": [
                [
                    "Effect": "Allow", "Action": ["s3:PutObject"],
                    "Resource": ["arn:aws:s3:::my-bucket/my-app*"],
                ],
                [
                    "Effect": "Allow",
                    "Action": [
                        "codedeploy:RegisterApplicationRevision",
                        "codedeploy:GetApplicationRevision",
                    ],
                    "Resource": ["arn:aws:codedeploy:us-east-1:80398EXAMPLE:application:my-app"],
                ],
                [
                    "Effect": "Allow",
                    "Action": ["codedeploy:CreateDeployment", "codedeploy:GetDeployment"],
                    "Resource": [
                        "arn:aws:codedeploy:us-east-1:80398EXAMPLE:deploymentgroup:my-app/*"
                    ],
                ],
                [
                    "Effect": "Allow", "Action": ["codedeploy:GetDeploymentConfig"],
                    "Resource": [
                        "arn:aws:codedeploy:us-east-1:80398EXAMPLE:deploymentconfig:CodeDeployDefault.OneAtATime",
                        "arn:aws:codedeploy:us-east-1:80398EXAMPLE:deploymentconfig:CodeDeployDefault.HalfAtATime",
                        "arn:aws:codedeploy:us-east-1:80398EXAMPLE:deploymentconfig:CodeDeployDefault.AllAtOnce",
                    ],
                ],
            ],
        ]
        #expect(IAMPolicy(scope: scope, account: account, watches: false).json == expected)
    }

    @Test func `is limited to the groups and configurations that are named`() throws {
        let stored = try Self.settings(pattern: "apps/{BRANCH}")
        let scope = PolicyScope(
            settings: [try Self.application("my-app"): stored],
            sections: [
                try Self.section("staging", group: "one", configuration: "mine"),
                try Self.section("production", group: "two", configuration: "mine"),
            ])
        let resources = Self.resources(IAMPolicy(scope: scope, account: nil, watches: false))
        #expect(scope.problems == [])
        #expect(
            resources == [
                ["arn:aws:s3:::my-bucket/apps/*"],
                ["arn:aws:codedeploy:us-east-1:ACCOUNT_ID:application:my-app"],
                [
                    "arn:aws:codedeploy:us-east-1:ACCOUNT_ID:deploymentgroup:my-app/one",
                    "arn:aws:codedeploy:us-east-1:ACCOUNT_ID:deploymentgroup:my-app/two",
                ],
                ["arn:aws:codedeploy:us-east-1:ACCOUNT_ID:deploymentconfig:mine"],
            ])
    }

    @Test func `covers the standard configurations where one is left out`() throws {
        let stored = try Self.settings(pattern: "k")
        let scope = PolicyScope(
            settings: [try Self.application("my-app"): stored],
            sections: [
                try Self.section("staging", group: "one", configuration: "mine"),
                try Self.section("production", group: "two"),
            ])
        #expect(
            scope.configurations.map(\.name.rawValue) == [
                "mine", "CodeDeployDefault.OneAtATime", "CodeDeployDefault.HalfAtATime",
                "CodeDeployDefault.AllAtOnce",
            ])
    }

    @Test func `to watch covers targets and stopping, and no more in S3`() throws {
        let scope = PolicyScope(
            settings: [try Self.application("my-app"): try Self.settings(pattern: "k")],
            sections: [])
        let least = IAMPolicy(scope: scope, account: nil, watches: false).json.compact
        let watching = IAMPolicy(scope: scope, account: nil, watches: true).json.compact
        #expect(!least.contains("StopDeployment"))
        #expect(watching.contains("codedeploy:BatchGetDeploymentTargets"))
        #expect(watching.contains("\"Resource\":[\"*\"]"))
        #expect(watching.hasPrefix(String(least.dropLast(2))))
    }

    @Test(arguments: [
        ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("eu-west-1", "aws"),
        ("us-iso-east-1", "aws-iso"), ("us-isob-east-1", "aws-iso-b"),
    ])
    func `names the region's partition`(region: String, partition: String) throws {
        let scope = PolicyScope(
            settings: [
                try Self.application("my-app"): try Self.settings(region: region, pattern: "k")
            ], sections: [])
        let resources = Self.resources(IAMPolicy(scope: scope, account: nil, watches: true))
        for resource in resources.joined() where resource != "*" {
            #expect(resource.hasPrefix("arn:\(partition):"))
        }
    }

    @Test(arguments: [
        ("my-app", "my-app"), ("my-app-{COMMIT}.zip", "my-app-*"), ("{BRANCH}/x", "*"),
        ("a*b?{COMMIT}", "a${*}b${?}*"), ("a$x", "a${$}x"),
    ])
    func `covers the keys that a pattern can give, and no wildcard of its own`(
        pattern: String, resource: String
    ) throws {
        #expect(try KeyPattern(pattern).policyResource == resource)
    }

    @Test func `lists what is missing and leaves out what is half`() throws {
        let scope = PolicyScope(
            settings: [
                try Self.application("half"): try ApplicationSettings(fields: [
                    .region: "us-east-1"
                ])
            ], sections: [try Self.section("staging", group: "one")])
        #expect(scope.problems.map(\.code) == ["missing-settings", "application-left-out"])
        #expect(scope.problems[0].message == "my-app has no region, bucket and key_pattern")
        #expect(scope.places.isEmpty)
    }

    @Test func `covers the KMS key that a section names`() throws {
        let place = SourcePlace(file: "circle.yml", line: 2, column: 3)
        let section = try Self.section("staging", group: "one") {
            $0.revisionLocation = .value(
                Placed(
                    S3LocationSection(
                        bucket: Placed(try BucketName("revisions"), at: place),
                        keyPattern: Placed(try KeyPattern("k"), at: place),
                        serverSideEncryption: .value(Placed(.kms, at: place)),
                        kmsKeyID: .value(Placed(try #require(KMSKeyID("1234-ab")), at: place))),
                    at: place))
        }
        let scope = PolicyScope(
            settings: [try Self.application("my-app"): try Self.settings(pattern: "k")],
            sections: [section])
        let resources = Self.resources(IAMPolicy(scope: scope, account: nil, watches: false))
        #expect(resources[1] == ["arn:aws:kms:us-east-1:ACCOUNT_ID:key/1234-ab"])
    }

    @Test(
        arguments: [
            ("ASIAQNZGKIQY56JQ7WML", "029608264753"), ("AKIAIOSFODNN7EXAMPLE", nil),
            ("AKIAJQABZJ2X3Y4Z5A6B", nil), ("AKIAQ1AAAAAAAAAAAAAA", nil),
        ] as [(String, String?)])
    func `finds the account in an access key id that has it`(id: String, account: String?) throws {
        #expect(AWSAccountID(of: try AccessKeyID(id))?.rawValue == account)
    }
}
