/// What a build will deploy: complete, every value with where it comes from.
package struct DeploymentPlan: Equatable, Sendable {
    package let build: Build
    /// The section taken; nil where there is nothing to deploy.
    package let section: Placed<String>?
    /// Sections that match too, and stand behind it.
    package let skippedSections: [Placed<String>]
    /// In the order in which they are deployed; empty where there is nothing to deploy.
    package let deployments: [PlannedDeployment]
    /// Why there is nothing to deploy.
    package let idleReason: IdleReason?
    /// What is no error and should be known.
    package let warnings: [Problem]
}

/// Why a build deploys nothing, which is no mistake.
package enum IdleReason: Equatable, Sendable {
    /// The file has no section of ours.
    case noSections
    case noMatch
    /// A pull request from a fork, or one of which CI does not say whose it is.
    case fork
}

/// One deployment of a plan.
package struct PlannedDeployment: Equatable, Sendable {
    package let application: Placed<ApplicationName>
    package let deploymentGroup: Sourced<DeploymentGroup>
    /// Nil: the group's own.
    package let deploymentConfiguration: Sourced<DeploymentConfiguration?>
    package let applicationRoot: Sourced<ApplicationRoot>
    package let region: Sourced<Region>
    package let bucket: Sourced<BucketName>
    package let keyPattern: Sourced<KeyPattern>
    package let key: S3Key
    package let description: Sourced<DeploymentDescription?>
    /// Nil: AWS's own, which is ``FileExistsBehavior/disallow``.
    package let fileExistsBehavior: Sourced<FileExistsBehavior?>
    package let ignoreApplicationStopFailures: Sourced<Bool?>
    /// Nil: the group's own.
    package let autoRollback: Sourced<[AutoRollbackEvent]?>
    package let updateOutdatedInstancesOnly: Sourced<Bool?>
    package let timeout: Sourced<WatchTimeout?>
    /// Nil: the bucket's own.
    package let serverSideEncryption: Sourced<ServerSideEncryption?>
    package let kmsKeyID: Sourced<KMSKeyID?>
}

/// Why there is no plan: everything that is missing or wrong, at once, warnings among it.
package struct PlanError: Error, Equatable, Sendable, ProblemReporting {
    package let section: Placed<String>?
    package let skippedSections: [Placed<String>]
    package let problems: [Problem]
    /// Whether something is missing that project settings could say.
    package var missesSettings = false

    package var exitStatus: ExitStatus { .configuration }
}
