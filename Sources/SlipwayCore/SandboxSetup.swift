/// What a sandbox is to have when it starts, wherever it is written: flags or a file.
package struct SandboxSetup: Equatable, Sendable {
    /// A bucket.
    package struct Bucket: Equatable, Sendable {
        package var name: BucketName
        package var isVersioned: Bool
        /// Nil for the sandbox's own.
        package var region: Region?

        package init(name: BucketName, isVersioned: Bool = false, region: Region? = nil) {
            self.name = name
            self.isVersioned = isVersioned
            self.region = region
        }
    }

    /// A deployment group and its application.
    package struct Group: Equatable, Sendable {
        package var application: ApplicationName
        package var name: DeploymentGroup
        package var instances: Int
        /// Nil for CodeDeploy's own choice.
        package var configuration: DeploymentConfiguration?

        package init(
            application: ApplicationName, name: DeploymentGroup, instances: Int,
            configuration: DeploymentConfiguration? = nil
        ) {
            self.application = application
            self.name = name
            self.instances = instances
            self.configuration = configuration
        }
    }

    package var region: Region?
    package var buckets: [Bucket] = []
    /// Applications without groups of their own; those of ``groups`` need not be among them.
    package var applications: [ApplicationName] = []
    package var groups: [Group] = []
    /// In the words of the sandbox, each with its place in a file.
    package var faults: [String] = []

    package init() {}

    /// The most instances of a group: what CodeDeploy deploys to at once.
    package static let instanceLimit = 1000

    /// Adds what another setup has; its region wins.
    package mutating func add(_ other: SandboxSetup) {
        region = other.region ?? region
        buckets += other.buckets
        applications += other.applications
        groups += other.groups
        faults += other.faults
    }
}

extension SandboxSetup.Bucket {
    /// Parses `NAME`, `NAME,versioned` and `NAME,region=REGION`.
    ///
    /// Throws ``SandboxSetupError``, ``BucketNameError``, ``RegionError``.
    package init(_ text: String) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        self.init(name: try BucketName(parts[0]))
        for part in parts.dropFirst() {
            if part == "versioned" {
                isVersioned = true
            } else if part.hasPrefix("region=") {
                region = try Region(String(part.dropFirst("region=".count)))
            } else {
                throw SandboxSetupError.bucketOption(part)
            }
        }
    }
}

extension SandboxSetup.Group {
    /// Parses `APPLICATION/GROUP` and `APPLICATION/GROUP:INSTANCES`.
    ///
    /// Throws ``SandboxSetupError``, ``NameError``, ``CodeDeployNameError``.
    package init(_ text: String, instances: Int) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw SandboxSetupError.group(text) }
        let last = parts[1].split(separator: ":", omittingEmptySubsequences: false)
            .map(String.init)
        guard last.count <= 2 else { throw SandboxSetupError.group(text) }
        self.init(
            application: try ApplicationName(parts[0]), name: try DeploymentGroup(last[0]),
            instances: try last.count == 2 ? Self.count(last[1]) : instances)
    }

    /// A number of instances. Throws ``SandboxSetupError/instances(_:)``.
    package static func count(_ text: String) throws(SandboxSetupError) -> Int {
        guard let count = Int(text), (0...SandboxSetup.instanceLimit).contains(count) else {
            throw .instances(text)
        }
        return count
    }
}

/// Why a text describes no part of a sandbox.
package enum SandboxSetupError: Error, Equatable, Sendable {
    case bucketOption(String)
    case group(String)
    case instances(String)
    case eventSeconds(String)
}

extension SandboxSetupError: ProblemReporting {
    package var exitStatus: ExitStatus { .usage }

    package var problems: [Problem] {
        switch self {
        case .bucketOption(let text):
            [
                Problem(
                    code: "sandbox-bucket", "\(UntrustedText(text)) says nothing about a bucket",
                    fix: "write NAME, NAME,versioned or NAME,region=REGION")
            ]
        case .group(let text):
            [
                Problem(
                    code: "sandbox-group",
                    "\(UntrustedText(text)) is not APPLICATION/GROUP:INSTANCES",
                    fix: "write it as my-app/staging:3")
            ]
        case .instances(let text):
            [
                Problem(
                    code: "sandbox-instances",
                    "\(UntrustedText(text)) is not a number of instances",
                    fix: "write a number from 0 to \(SandboxSetup.instanceLimit)")
            ]
        case .eventSeconds(let text):
            [
                Problem(
                    code: "sandbox-event-seconds",
                    "\(UntrustedText(text)) does not say how long a lifecycle event takes",
                    why: "it is a number of seconds, or two with - between them, up to 3600",
                    fix: "write it as 2-8")
            ]
        }
    }
}
