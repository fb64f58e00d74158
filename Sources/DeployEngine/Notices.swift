import FoundationEssentials
import SlipwayCore

/// The words for what is met while deploying.
enum Notices {
    static let targetsDenied = Problem(
        .warning, code: DeployNotice.targetsDeniedCode,
        "instances and lifecycle events are not shown",
        why: "the AWS keys may not list them; counts and the result are not affected",
        fix: "allow codedeploy:ListDeploymentTargets and codedeploy:BatchGetDeploymentTargets: "
            + "slipway iam-policy --watch")

    static func cannotLook(at id: DeploymentID, _ failure: DeployFailure) -> Problem {
        Problem(
            .warning, code: DeployNotice.cannotLookCode, "AWS does not tell how far \(id) is",
            why: failure.problems.first?.message,
            fix: "nothing to do: the deployment goes on, and slipway keeps asking")
    }

    /// `end` is when CodeDeploy gives up on the first of them at the latest.
    static func silentAgents(_ targets: [TargetID], until end: Date) -> Problem {
        let first = targets.first?.description ?? ""
        let others = targets.count > 1 ? " and \(targets.count - 1) more" : ""
        return Problem(
            .warning, code: DeployNotice.silentAgentCode,
            "the agent on \(first)\(others) does not answer",
            why: "no lifecycle event has begun there for a minute; CodeDeploy gives up after 5 "
                + "minutes, by \(Timestamp(end))",
            fix: "look whether codedeploy-agent is running there")
    }

    static func answersAgain(_ id: DeploymentID) -> Problem {
        Problem(.warning, code: DeployNotice.answersAgainCode, "AWS answers again about \(id)")
    }

    static func rollingBack(_ id: DeploymentID, by rollback: DeploymentID) -> Problem {
        Problem(.warning, code: "rolling-back", "CodeDeploy rolls \(id) back: \(rollback)")
    }

    static func waiting(for group: DeploymentGroup, busyWith id: DeploymentID?) -> Problem {
        Problem(
            .warning, code: "waiting-for-group",
            "the group \(group) is busy with \(id?.rawValue ?? "another deployment"); waiting",
            fix: "--when-busy fail does not wait")
    }

    static let answerLost = Problem(
        .warning, code: "answer-lost",
        "the answer to CreateDeployment was lost; looking whether there is a deployment",
        why: "asking again at once could deploy twice")

    static func found(_ id: DeploymentID) -> Problem {
        Problem(.warning, code: "deployment-found", "the deployment was made: \(id)")
    }

    static let notFound = Problem(
        .warning, code: "deployment-not-found",
        "there is no deployment of this revision; asking again")

    static let finishingCreate = Problem(
        .warning, code: "finishing-create",
        "waiting for the answer to CreateDeployment, to tell you its id",
        fix: "interrupt again to leave at once")

    static func heartbeat(_ subject: String, _ seconds: Int64) -> DeployNotice {
        DeployNotice(
            Problem(.warning, code: "heartbeat", "still \(subject), \(shownTime(seconds))"),
            isHeartbeat: true)
    }

    static func busy(
        _ job: DeployJob, with id: DeploymentID?, waited: Bool
    ) -> Problem {
        let other = id?.rawValue ?? "another deployment"
        return Problem(
            code: "group-busy", "the group \(job.deploymentGroup) is busy with \(other)",
            why: waited
                ? "it was not over when the time limit passed"
                : "CodeDeploy runs one deployment of a group at a time",
            fix: (id.map { "slipway watch \($0) --region \(job.region) shows it; " } ?? "")
                + (waited ? "a longer --timeout waits longer" : "--when-busy wait waits for it"))
    }

    /// Whether it was made is not known.
    static func uncertain(_ job: DeployJob, _ why: String) -> Problem {
        Problem(
            code: "deployment-uncertain",
            "the answer to CreateDeployment was lost, and whether it was made cannot be told",
            why: why,
            fix: "look at the deployments of \(job.application) before deploying again; "
                + "codedeploy:ListDeployments lets slipway look itself")
    }

    static func usedMeanwhile(_ job: DeployJob) -> Problem {
        Problem(
            code: "deployment-uncertain",
            "a deployment was made, but its id and result are not known",
            why: "the answer to CreateDeployment was lost, the revision was deployed since, and "
                + "the AWS keys may not list deployments",
            fix: "look at the deployments of \(job.application) in the console, and allow "
                + "codedeploy:ListDeployments")
    }

    static func goesOn(_ id: DeploymentID, in region: Region) -> Problem {
        Problem(
            .warning, code: "goes-on", "the deployment \(id) goes on",
            fix: "slipway watch \(id) --region \(region) attaches again")
    }

    static func rollbackGoesOn(_ id: DeploymentID, in region: Region) -> Problem {
        Problem(
            .warning, code: "rollback-goes-on", "the rollback \(id) goes on",
            fix: "slipway watch \(id) --region \(region) attaches again")
    }

    static let nothingDeployed = Problem(
        .warning, code: "nothing-deployed", "interrupted: nothing was deployed")

    static func timeLimit(_ id: DeploymentID, _ limit: Duration, in region: Region) -> Problem {
        Problem(
            code: "time-limit",
            "the time limit of \(shownTime(limit.components.seconds)) passed; \(id) is running",
            why: "the deployment goes on",
            fix: "slipway watch \(id) --region \(region) attaches again; --timeout sets the limit")
    }

    static func notWatched(_ id: DeploymentID, _ problem: Problem) -> Problem {
        Problem(
            code: problem.code, "\(problem.message); \(id) cannot be watched", why: problem.why,
            fix: problem.fix)
    }
}
