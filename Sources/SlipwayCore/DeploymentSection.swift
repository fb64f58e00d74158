/// One named entry under `deployment:` in `circle.yml`.
package struct DeploymentSection: Equatable, Sendable {
    package var name: Placed<String>
    /// Branches whose builds it takes. circle.yml key: `branch`.
    package var branches: [Placed<ReferencePattern>]
    /// Tags whose builds it takes. circle.yml key: `tag`.
    package var tags: [Placed<ReferencePattern>]
    /// The only account in whose project it counts. circle.yml key: `owner`.
    package var owner: Placed<String>?
    /// What it deploys, in order; nil for a section without `codedeploy`, which is not ours.
    package var applications: [ApplicationSection]?

    package init(
        name: Placed<String>, branches: [Placed<ReferencePattern>] = [],
        tags: [Placed<ReferencePattern>] = [], owner: Placed<String>? = nil,
        applications: [ApplicationSection]?
    ) {
        self.name = name
        self.branches = branches
        self.tags = tags
        self.owner = owner
        self.applications = applications
    }
}

/// What a deployment section says of one CodeDeploy application: a layer over the project's
/// settings, every part of which but the group may be missing.
package struct ApplicationSection: Equatable, Sendable {
    package var application: Placed<ApplicationName>
    package var deploymentGroup: Written<DeploymentGroup> = .absent
    package var deploymentConfiguration: Written<DeploymentConfiguration> = .absent
    package var applicationRoot: Written<ApplicationRoot> = .absent
    package var region: Written<Region> = .absent
    /// Taken whole: both parts stand here, or the section leaves the location to the settings.
    package var revisionLocation: Written<S3LocationSection> = .absent
    package var description: Written<DeploymentDescription> = .absent
    package var fileExistsBehavior: Written<FileExistsBehavior> = .absent
    package var ignoreApplicationStopFailures: Written<Bool> = .absent
    /// An empty list switches automatic rollback off.
    package var autoRollback: Written<[AutoRollbackEvent]> = .absent
    package var updateOutdatedInstancesOnly: Written<Bool> = .absent
    package var timeout: Written<WatchTimeout> = .absent

    package init(application: Placed<ApplicationName>) { self.application = application }
}

/// A value that a file may leave out, or get wrong, which was then said.
package enum Written<Value> {
    case absent
    /// It is there, and is not one: nobody should call it missing.
    case unreadable
    case value(Placed<Value>)

    package var placed: Placed<Value>? {
        if case .value(let placed) = self { placed } else { nil }
    }
}

extension Written: Sendable where Value: Sendable {}
extension Written: Equatable where Value: Equatable {}

/// Where a section's revisions go.
///
/// circle.yml key: `revision_location.s3_location`.
package struct S3LocationSection: Equatable, Sendable {
    package var bucket: Placed<BucketName>
    package var keyPattern: Placed<KeyPattern>
    package var serverSideEncryption: Written<ServerSideEncryption>
    /// Only beside an encryption that uses KMS.
    package var kmsKeyID: Written<KMSKeyID>

    package init(
        bucket: Placed<BucketName>, keyPattern: Placed<KeyPattern>,
        serverSideEncryption: Written<ServerSideEncryption> = .absent,
        kmsKeyID: Written<KMSKeyID> = .absent
    ) {
        self.bucket = bucket
        self.keyPattern = keyPattern
        self.serverSideEncryption = serverSideEncryption
        self.kmsKeyID = kmsKeyID
    }
}
