/// What a code of CodeDeploy means, and what to look at next, each in one plain sentence.
package struct Explanation: Equatable, Sendable {
    package let meaning: String
    package let nextCheck: String

    package init(_ meaning: String, check nextCheck: String) {
        self.meaning = meaning
        self.nextCheck = nextCheck
    }
}

extension ErrorInformation {
    /// What the deployment's error code means; nil for a code that AWS has added since.
    package var explanation: Explanation? { Explanation.ofDeployment[code.rawValue] }
}

extension LifecycleEventRecord {
    /// What a failed event means. Nil unless it failed.
    ///
    /// `previous` is what the group had before, where that is known: ApplicationStop and the two
    /// events around BlockTraffic run its scripts.
    package func explanation(previous: Revision? = nil) -> Explanation? {
        guard status == .failed else { return nil }
        let code = diagnostics?.errorCode
        if event.runsPreviousRevision {
            let owner = Self.name(of: previous)
            return Explanation(
                "\(event) runs the scripts of \(owner); there "
                    + (hasUnreadableOutput ? Self.unreadableOutput : Self.whatFailed(code)),
                check: "that old script; a mend in the new revision does not help, but "
                    + "ignore_application_stop_failures: true gets past it once")
        }
        if hasUnreadableOutput {
            return Explanation(
                "at \(event) \(Self.unreadableOutput)",
                check: "the log on the instance, in deployment-logs below "
                    + "/opt/codedeploy-agent/deployment-root, and have the script write UTF-8")
        }
        if event == .downloadBundle {
            return Explanation(
                "the instance could not fetch or unpack the revision",
                check: "that the instance profile allows s3:GetObject and, in a versioned bucket, "
                    + "s3:GetObjectVersion, and that the disk has room")
        }
        if event == .install {
            return Explanation(
                "the files could not be put in place",
                check: "the message: a file that exists already needs file_exists_behavior, and a "
                    + "source, owner or mode may be wrong in appspec.yml")
        }
        return Self.ofScript(code, event)
    }

    /// Whether a script wrote what is not UTF-8: then all that the agent reports is that it could not
    /// report what happened, as an error of its own.
    private var hasUnreadableOutput: Bool {
        diagnostics?.message?.escaped == "Attempting minimal diagnostics"
            && diagnostics?.logTail?.escaped.contains("JSON::GeneratorError") == true
    }

    private static let unreadableOutput =
        "a script failed whose output is not UTF-8, so that the agent could report neither its exit "
        + "status nor its log"

    private static func name(of previous: Revision?) -> String {
        guard case .s3(let location)? = previous else { return "the previous revision" }
        let version = location.version.map { ", version \($0)" } ?? ""
        return "the previous revision, \(location.bucket)/\(location.key)\(version)"
    }

    private static func whatFailed(_ code: LifecycleErrorCode?) -> String {
        switch code {
        case .scriptMissing?: "a script is missing"
        case .scriptNotExecutable?: "a script could not be run"
        case .scriptTimedOut?: "a script took longer than its timeout"
        case .scriptFailed?: "a script ended with another status than 0"
        default: "something failed"
        }
    }

    private static func ofScript(
        _ code: LifecycleErrorCode?, _ event: LifecycleEvent
    ) -> Explanation {
        switch code {
        case .scriptMissing?:
            Explanation(
                "a script that appspec.yml names is not in the revision",
                check: "its location, which is relative to the application root: slipway check")
        case .scriptNotExecutable?:
            Explanation(
                "a script could not be made executable",
                check: "that it is a file, not a folder, and that the agent may change its mode")
        case .scriptTimedOut?:
            Explanation(
                "a script took longer than its timeout, or left a child that holds its output open",
                check: "its log; send the output of background processes elsewhere, or raise "
                    + "timeout in appspec.yml")
        case .scriptFailed?:
            Explanation(
                "a script of \(event) ended with another status than 0",
                check: "its log, then the script by hand on that instance")
        case .unknownError? where event == .beforeInstall:
            Explanation(
                "the agent did not accept appspec.yml, which it reads first at BeforeInstall, or "
                    + "could not run a script",
                check: "slipway check, then the message")
        default:
            Explanation(
                "the agent failed outside of any script",
                check: "the message, then /var/log/aws/codedeploy-agent/ on the instance")
        }
    }
}

extension Explanation {
    /// By the names of AWS's `ErrorCode`.
    static let ofDeployment: [String: Explanation] = [
        "AGENT_ISSUE": .init(
            "the CodeDeploy agent on the instances does not work as it should",
            check: "that it runs and is recent: systemctl status codedeploy-agent"),
        "ALARM_ACTIVE": .init(
            "a CloudWatch alarm of the deployment group went off",
            check: "the alarm; deploy again once it is quiet"),
        "APPLICATION_MISSING": .init(
            "the CodeDeploy application is gone",
            check: "that nobody deleted or renamed it, and its region"),
        "AUTOSCALING_VALIDATION_ERROR": .init(
            "the group's Auto Scaling groups do not pass CodeDeploy's checks",
            check: "that each exists and has its lifecycle hook"),
        "AUTO_SCALING_CONFIGURATION": .init(
            "the configuration of an Auto Scaling group does not allow the deployment",
            check: "its size limits and lifecycle hooks"),
        "AUTO_SCALING_IAM_ROLE_PERMISSIONS": .init(
            "the group's service role may not use Auto Scaling",
            check: "that it has AWSCodeDeployRole, and iam:PassRole for launch templates"),
        "CLOUDFORMATION_STACK_FAILURE": .init(
            "the CloudFormation stack of the deployment failed", check: "the events of the stack"),
        "CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND": .init(
            "something that the deployment needs is gone",
            check: "the application, the group and its configuration"),
        "CUSTOMER_APPLICATION_UNHEALTHY": .init(
            "the application did not become healthy",
            check: "its own logs and the target group's health checks"),
        "DEPLOYMENT_GROUP_MISSING": .init(
            "the deployment group is gone", check: "that nobody deleted or renamed it"),
        "ECS_UPDATE_ERROR": .init(
            "the ECS service could not be updated", check: "the events of the service"),
        "ELASTIC_LOAD_BALANCING_INVALID": .init(
            "the load balancer of the group is set up in a way that CodeDeploy cannot use",
            check: "the group's load balancer or target group"),
        "ELB_INVALID_INSTANCE": .init(
            "an instance is not one that the load balancer can register",
            check: "its subnet, its zone and the target group"),
        "HEALTH_CONSTRAINTS": .init(
            "too few instances stayed healthy to go on; this is the effect, not the cause",
            check: "the instances that failed: their script and log tell the cause"),
        "HEALTH_CONSTRAINTS_INVALID": .init(
            "the deployment configuration asks for as many healthy instances as there are, or more",
            check: "the group's size, and minimum healthy hosts of the configuration"),
        "HOOK_EXECUTION_FAILURE": .init(
            "a hook of the deployment failed", check: "the log of the function or script"),
        "IAM_ROLE_MISSING": .init(
            "the service role of the deployment group is gone",
            check: "the group's service role ARN"),
        "IAM_ROLE_PERMISSIONS": .init(
            "the service role of the deployment group may too little",
            check: "that it has AWSCodeDeployRole and trusts codedeploy.amazonaws.com"),
        "INTERNAL_ERROR": .init(
            "CodeDeploy itself failed", check: "AWS's health page; then deploy again"),
        "INVALID_ECS_SERVICE": .init(
            "the ECS service cannot be deployed to as it is",
            check: "its deployment controller and target groups"),
        "INVALID_LAMBDA_CONFIGURATION": .init(
            "the Lambda part of the deployment is not valid", check: "the alias and its versions"),
        "INVALID_LAMBDA_FUNCTION": .init(
            "the Lambda function cannot be deployed to", check: "that it and its alias exist"),
        "INVALID_REVISION": .init(
            "the revision is not one that CodeDeploy can deploy", check: "slipway check"),
        "MANUAL_STOP": .init(
            "somebody stopped the deployment",
            check: "who: CloudTrail's StopDeployment, or the description of the rollback"),
        "MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION": .init(
            "the group is blue/green without saying how", check: "its blue/green settings"),
        "MISSING_ELB_INFORMATION": .init(
            "the group has no load balancer, and its kind of deployment needs one",
            check: "its load balancer settings"),
        "MISSING_GITHUB_TOKEN": .init(
            "CodeDeploy has no token for GitHub", check: "the application's GitHub connection"),
        "NO_EC2_SUBSCRIPTION": .init(
            "the account does not have EC2", check: "that it is activated and in good standing"),
        "NO_INSTANCES": .init(
            "no running instance has the tags, or is in the Auto Scaling groups, of the group",
            check: "the group's tag filters, and that the instances are running in this region"),
        "OVER_MAX_INSTANCES": .init(
            "the group has more instances than one deployment may have",
            check: "the quota of instances in a deployment; narrow the group or ask for more"),
        "RESOURCE_LIMIT_EXCEEDED": .init(
            "a limit of the account is reached", check: "the Service Quotas page for CodeDeploy"),
        "REVISION_MISSING": .init(
            "the revision's object in S3 is gone, or another one took its place",
            check: "the bucket and key, and whether a newer build overwrote a fixed key"),
        "THROTTLED": .init(
            "AWS slowed CodeDeploy's own calls down until it gave up",
            check: "how much else uses the account's API limits; then deploy again"),
        "TIMEOUT": .init(
            "something took longer than CodeDeploy waits",
            check: "that the agents answer, and which event each instance hung in"),
    ]
}
