package import SlipwayCore

/// One deployment that is to be made: every value resolved.
package struct DeployJob: Equatable, Sendable {
    /// Where its revision comes from.
    package enum Source: Equatable, Sendable {
        /// An application root, which is packed and uploaded.
        case folder(UploadDestination)
        /// A revision that is in S3 already.
        case revision(S3Location)
    }

    package var application: ApplicationName
    package var deploymentGroup: DeploymentGroup
    package var region: Region
    package var source: Source
    package var deploymentConfiguration: DeploymentConfiguration?
    package var description: DeploymentDescription?
    package var fileExistsBehavior: FileExistsBehavior?
    package var ignoreApplicationStopFailures: Bool?
    package var autoRollback: [AutoRollbackEvent]?
    package var updateOutdatedInstancesOnly: Bool?
    /// How long to watch it, and before that how long to wait for a busy group; nil: for ever.
    package var timeLimit: Duration?
    /// Whether no other deployment has its description: a lost one is then known by it.
    package var isDescriptionUnique: Bool

    package init(
        application: ApplicationName, deploymentGroup: DeploymentGroup, region: Region,
        source: Source, deploymentConfiguration: DeploymentConfiguration? = nil,
        description: DeploymentDescription? = nil, fileExistsBehavior: FileExistsBehavior? = nil,
        ignoreApplicationStopFailures: Bool? = nil, autoRollback: [AutoRollbackEvent]? = nil,
        updateOutdatedInstancesOnly: Bool? = nil, timeLimit: Duration? = nil,
        isDescriptionUnique: Bool = false
    ) {
        self.application = application
        self.deploymentGroup = deploymentGroup
        self.region = region
        self.source = source
        self.deploymentConfiguration = deploymentConfiguration
        self.description = description
        self.fileExistsBehavior = fileExistsBehavior
        self.ignoreApplicationStopFailures = ignoreApplicationStopFailures
        self.autoRollback = autoRollback
        self.updateOutdatedInstancesOnly = updateOutdatedInstancesOnly
        self.timeLimit = timeLimit
        self.isDescriptionUnique = isDescriptionUnique
    }

    /// Deploys a revision that is in S3 already as another deployment was: with its options.
    package init(
        deploying revision: S3Location, as info: DeploymentInfo, _ application: ApplicationName,
        _ group: DeploymentGroup, in region: Region, description: DeploymentDescription?,
        timeLimit: Duration?
    ) {
        self.init(
            application: application, deploymentGroup: group, region: region,
            source: .revision(revision), deploymentConfiguration: info.deploymentConfiguration,
            description: description, fileExistsBehavior: info.fileExistsBehavior,
            ignoreApplicationStopFailures: info.ignoreApplicationStopFailures,
            autoRollback: info.autoRollback,
            updateOutdatedInstancesOnly: info.updateOutdatedInstancesOnly, timeLimit: timeLimit,
            isDescriptionUnique: true)
    }

    /// What is asked of CodeDeploy once the revision is there.
    package func request(_ revision: S3Location) -> DeploymentRequest {
        DeploymentRequest(
            application: application, deploymentGroup: deploymentGroup, revision: revision,
            deploymentConfiguration: deploymentConfiguration, description: description,
            fileExistsBehavior: fileExistsBehavior,
            ignoreApplicationStopFailures: ignoreApplicationStopFailures,
            autoRollback: autoRollback, updateOutdatedInstancesOnly: updateOutdatedInstancesOnly)
    }
}

/// What is packed, and where in S3 it goes.
package struct UploadDestination: Equatable, Sendable {
    package var root: ApplicationRoot
    package var bucket: BucketName
    package var key: S3Key
    /// Nil: the bucket's own.
    package var serverSideEncryption: ServerSideEncryption?
    package var kmsKeyID: KMSKeyID?

    package init(
        root: ApplicationRoot, bucket: BucketName, key: S3Key,
        serverSideEncryption: ServerSideEncryption? = nil, kmsKeyID: KMSKeyID? = nil
    ) {
        self.root = root
        self.bucket = bucket
        self.key = key
        self.serverSideEncryption = serverSideEncryption
        self.kmsKeyID = kmsKeyID
    }
}

/// What to do where another deployment runs in the group.
package enum BusyPolicy: String, CaseIterable, Sendable {
    case fail, wait
}
