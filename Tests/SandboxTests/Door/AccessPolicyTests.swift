import Testing

@testable import Sandbox

@Suite struct AccessPolicyTests {
    private func policy(_ statements: String) throws -> AccessPolicy {
        let text = "{\"Version\": \"2012-10-17\", \"Statement\": [\(statements)]}"
        return try AccessPolicy(json: Array(text.utf8))
    }

    private func decide(
        _ policy: AccessPolicy, _ action: String, _ resource: String,
        _ context: [String: String] = [:]
    ) -> AccessPolicy.Decision {
        policy.decide(
            Authorization(action: action, resource: resource), RequestContext(context))
    }

    /// The document's policy for one bucket, application and group.
    @Test func `with the reference policy exactly its actions pass`() throws {
        let policy = try policy(
            """
            {"Effect": "Allow", "Action": ["s3:PutObject"],
             "Resource": ["arn:aws:s3:::revisions/apps/*"]},
            {"Effect": "Allow", "Action": ["codedeploy:RegisterApplicationRevision",
             "codedeploy:GetApplicationRevision"],
             "Resource": ["arn:aws:codedeploy:us-east-1:123456789012:application:my-app"]},
            {"Effect": "Allow", "Action": ["codedeploy:CreateDeployment", "codedeploy:GetDeployment"],
             "Resource": ["arn:aws:codedeploy:us-east-1:123456789012:deploymentgroup:my-app/*"]},
            {"Effect": "Allow", "Action": ["codedeploy:GetDeploymentConfig"],
             "Resource": ["arn:aws:codedeploy:us-east-1:123456789012:deploymentconfig:*"]}
            """)
        let home = "arn:aws:codedeploy:us-east-1:123456789012:"
        let allowed = [
            ("s3:PutObject", "arn:aws:s3:::revisions/apps/a/b"),
            ("s3:putobject", "arn:aws:s3:::revisions/apps/"),
            ("codedeploy:RegisterApplicationRevision", home + "application:my-app"),
            ("codedeploy:CreateDeployment", home + "deploymentgroup:my-app/staging"),
            ("codedeploy:GetDeployment", home + "deploymentgroup:my-app/staging"),
            ("codedeploy:GetDeploymentConfig", home + "deploymentconfig:CodeDeployDefault.X"),
        ]
        for (action, resource) in allowed {
            #expect(decide(policy, action, resource) == .allowed, "\(action) \(resource)")
        }
        let denied = [
            ("s3:PutObject", "arn:aws:s3:::revisions/other/a"),
            ("s3:PutObject", "arn:aws:s3:::Revisions/apps/a"),
            ("s3:GetObject", "arn:aws:s3:::revisions/apps/a"),
            ("s3:PutObjectTagging", "arn:aws:s3:::revisions/apps/a"),
            ("codedeploy:CreateDeployment", home + "deploymentgroup:other/staging"),
            ("codedeploy:ListDeploymentTargets", "*"),
            ("codedeploy:StopDeployment", "*"),
        ]
        for (action, resource) in denied {
            #expect(decide(policy, action, resource) == .denied, "\(action) \(resource)")
        }
    }

    @Test func `a denial wins, wherever it stands`() throws {
        let policy = try policy(
            """
            {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/secret*"},
            {"Effect": "Allow", "Action": "*", "Resource": "*"}
            """)
        #expect(decide(policy, "s3:GetObject", "arn:aws:s3:::b/secrets") == .forbidden)
        #expect(decide(policy, "s3:GetObject", "arn:aws:s3:::b/public") == .allowed)
    }

    @Test func `what is excluded is all but that`() throws {
        let policy = try policy(
            """
            {"Effect": "Allow", "NotAction": ["s3:Delete*"], "NotResource": "arn:aws:s3:::b/x*"}
            """)
        #expect(decide(policy, "s3:GetObject", "arn:aws:s3:::b/a") == .allowed)
        #expect(decide(policy, "s3:DeleteObject", "arn:aws:s3:::b/a") == .denied)
        #expect(decide(policy, "s3:GetObject", "arn:aws:s3:::b/x1") == .denied)
    }

    @Test(arguments: [
        (#""StringEquals": {"s3:prefix": ["a", "b"]}"#, ["s3:prefix": "b"], true),
        (#""StringEquals": {"s3:prefix": "a*"}"#, ["s3:prefix": "ab"], false),
        (#""StringLike": {"S3:Prefix": "a*"}"#, ["s3:prefix": "ab"], true),
        (#""StringEquals": {"s3:prefix": "a"}"#, [:], false),
        (#""StringEqualsIfExists": {"s3:prefix": "a"}"#, [:], true),
        (#""StringNotEquals": {"s3:prefix": "a"}"#, ["s3:prefix": "b"], true),
        (#""StringNotEquals": {"s3:prefix": ["a", "b"]}"#, ["s3:prefix": "b"], false),
        (#""StringNotLike": {"s3:prefix": "a*"}"#, [:], true),
        (#""StringEqualsIgnoreCase": {"s3:prefix": "AB"}"#, ["s3:prefix": "ab"], true),
        (#""NumericLessThanEquals": {"s3:max-keys": "10"}"#, ["s3:max-keys": "10"], true),
        (#""NumericLessThan": {"s3:max-keys": 10}"#, ["s3:max-keys": "10"], false),
        (#""Bool": {"aws:SecureTransport": "true"}"#, ["aws:securetransport": "false"], false),
        (#""Bool": {"aws:SecureTransport": false}"#, ["aws:securetransport": "false"], true),
        (#""Null": {"s3:prefix": "true"}"#, [:], true),
        (#""Null": {"s3:prefix": "true"}"#, ["s3:prefix": ""], false),
        (#""IpAddress": {"aws:SourceIp": "127.0.0.0/8"}"#, ["aws:sourceip": "127.0.0.1"], true),
        (#""NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}"#, ["aws:sourceip": "127.0.0.1"], true),
        (
            #""DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}"#,
            ["aws:currenttime": "2026-11-24T00:00:00Z"], true
        ),
        (
            #""DateGreaterThan": {"aws:EpochTime": "2030-01-01T00:00:00Z"}"#,
            ["aws:epochtime": "1700000000"], false
        ),
        (
            #""StringLike": {"s3:prefix": "home/${aws:username}/*"}"#,
            ["s3:prefix": "home/me/x", "aws:username": "me"], true
        ),
    ])
    func `conditions hold as IAM says`(
        condition: String, context: [String: String], holds: Bool
    ) throws {
        let policy = try policy(
            "{\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\", "
                + "\"Condition\": {\(condition)}}")
        let decision = decide(policy, "s3:ListBucket", "arn:aws:s3:::b", context)
        #expect(decision == (holds ? .allowed : .denied))
    }

    @Test func `all conditions of a statement must hold`() throws {
        let policy = try policy(
            """
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition":
             {"StringEquals": {"s3:prefix": "a", "s3:delimiter": "/"}}}
            """)
        #expect(decide(policy, "s3:X", "*", ["s3:prefix": "a", "s3:delimiter": "/"]) == .allowed)
        #expect(decide(policy, "s3:X", "*", ["s3:prefix": "a"]) == .denied)
    }

    @Test(arguments: [
        ("a*c", "abbbc", true), ("a*c", "ac", true), ("a*c", "ab", false), ("a?c", "abc", true),
        ("a?c", "ac", false), ("a?c", "aéc", true), ("*", "", true), ("", "", true),
        ("", "a", false),
        ("a*b*c", "axxbyyc", true), ("a*b*c", "axxbyy", false), ("**a", "bba", true),
        ("${*}", "*", true), ("${*}", "a", false), ("${?}", "?", true), ("${$}", "$", true),
    ])
    func `wildcards stand for what they stand for`(
        pattern: String, text: String, matches: Bool
    ) throws {
        #expect(try Wildcard(pattern).matches(text) == matches)
    }

    @Test func `a wildcard that tries hard is fast all the same`() throws {
        let pattern = try Wildcard(String(repeating: "a*", count: 200) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 20_000)))
    }
}
