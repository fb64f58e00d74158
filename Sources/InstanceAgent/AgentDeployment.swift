package import SlipwayCore

/// What the agent is told about a deployment.
///
/// The deployment's and the group's id become names of folders; ``InstanceAgent`` refuses those
/// that cannot.
package struct AgentDeployment: Sendable, Equatable {
    /// Where the archive is, and what hooks are told about where it came from.
    package struct Bundle: Sendable, Equatable {
        /// AWS: `bundleType`.
        package enum Kind: String, Sendable, CaseIterable { case zip, tar, tgz }

        /// The files on this machine that are the archive, one after another. The agent reads them
        /// during DownloadBundle alone.
        package let files: [String]
        package let kind: Kind
        /// The hooks' `BUNDLE_BUCKET`.
        package let bucket: String
        /// The hooks' `BUNDLE_KEY`.
        package let key: String
        /// The hooks' `BUNDLE_VERSION`, which is not set without one.
        package let version: String?
        /// The hooks' `BUNDLE_ETAG`, which is not set without one. Without quotes.
        package let eTag: String?

        package init(
            files: [String], kind: Kind, bucket: String, key: String, version: String? = nil,
            eTag: String? = nil
        ) {
            self.files = files
            self.kind = kind
            self.bucket = bucket
            self.key = key
            self.version = version
            self.eTag = eTag
        }
    }

    /// The hooks' `DEPLOYMENT_ID`.
    package let id: String
    /// The hooks' `APPLICATION_NAME`.
    package let applicationName: String
    /// The hooks' `DEPLOYMENT_GROUP_NAME`.
    package let groupName: String
    /// The hooks' `DEPLOYMENT_GROUP_ID`. What is installed is remembered per group.
    package let groupID: String
    /// The deployment's own setting, which the AppSpec's beats.
    package let fileExistsBehavior: FileExistsBehavior
    package let bundle: Bundle

    package init(
        id: String, applicationName: String, groupName: String, groupID: String,
        fileExistsBehavior: FileExistsBehavior = .disallow, bundle: Bundle
    ) {
        self.id = id
        self.applicationName = applicationName
        self.groupName = groupName
        self.groupID = groupID
        self.fileExistsBehavior = fileExistsBehavior
        self.bundle = bundle
    }
}
