package import SlipwayCore

/// A sandbox that is to run.
package struct SandboxRequest: Sendable {
    package var setup = SandboxSetup()
    /// 0 lets the system choose.
    package var port = 0
    package var stateFolder: String
    /// A policy document, where one is to be enforced.
    package var policy: [UInt8]?
    /// How many instances a group gets that is made through the API and whose tags name none.
    package var instances = 1
    /// Whether hooks may use the network.
    package var allowsHookNetwork = false
    /// Whether hooks run without bubblewrap.
    package var isUnconfined = false
    /// Whether deployments only pretend to run hooks.
    package var isSimulated = false
    /// How long pretended lifecycle events take; nil for no time.
    package var pace: EventPace?
    /// Whether it goes on when it has been announced, until it is interrupted or the command ends.
    package var lasts = true
    /// What to run with the sandbox in its environment; empty for nothing.
    package var command: [String] = []

    package init(stateFolder: String) { self.stateFolder = stateFolder }
}

/// A sandbox that listens.
package struct SandboxAnnouncement: Sendable {
    package struct Instance: Sendable, Equatable {
        package let id: String
        /// What an absolute destination of an AppSpec lies under.
        package let root: String

        package init(id: String, root: String) {
            self.id = id
            self.root = root
        }
    }

    package struct Group: Sendable, Equatable {
        package let application: String
        package let name: String
        package let instances: [Instance]

        package init(application: String, name: String, instances: [Instance]) {
            self.application = application
            self.name = name
            self.instances = instances
        }
    }

    /// `http://127.0.0.1:PORT`.
    package let endpoint: String
    package let region: Region
    package let stateFolder: String
    /// Of the user that a policy limits.
    package let keys: AWSKeyPair
    /// Of somebody who may do anything.
    package let adminKeys: AWSKeyPair
    package let groups: [Group]

    package init(
        endpoint: String, region: Region, stateFolder: String, keys: AWSKeyPair,
        adminKeys: AWSKeyPair, groups: [Group]
    ) {
        self.endpoint = endpoint
        self.region = region
        self.stateFolder = stateFolder
        self.keys = keys
        self.adminKeys = adminKeys
        self.groups = groups
    }

    /// The standard variables of the AWS SDKs. The keys are the sandbox's own, and good for nothing
    /// else.
    package var environment: [EnvironmentValue] {
        [
            EnvironmentValue(
                name: "AWS_ENDPOINT_URL", value: SecretBytes(copying: endpoint.utf8)),
            EnvironmentValue(
                name: "AWS_ACCESS_KEY_ID",
                value: SecretBytes(copying: keys.accessKeyID.rawValue.utf8)),
            EnvironmentValue(
                name: "AWS_SECRET_ACCESS_KEY", value: keys.secretAccessKey.bytes),
            EnvironmentValue(name: "AWS_REGION", value: SecretBytes(copying: region.rawValue.utf8)),
            EnvironmentValue(
                name: "AWS_DEFAULT_REGION", value: SecretBytes(copying: region.rawValue.utf8)),
        ]
    }

    /// Variables that would lead a client past the sandbox.
    package static let stale: [String] =
        BuildEnvironment.identities + [
            "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_CODEDEPLOY", "AWS_ENDPOINT_URL_STS",
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_CA_BUNDLE", "AWS_USE_FIPS_ENDPOINT",
            "AWS_USE_DUALSTACK_ENDPOINT",
        ]

    /// The spec's object.
    func json(showsAdmin: Bool) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init(key: "endpoint", value: .string(endpoint)),
            .init(key: "region", value: .string(region.rawValue)),
            .init(key: "access_key_id", value: .string(keys.accessKeyID.rawValue)),
            .init(key: "secret_access_key", value: .string(exposed(keys))),
        ]
        if showsAdmin {
            members += [
                .init(key: "admin_access_key_id", value: .string(adminKeys.accessKeyID.rawValue)),
                .init(key: "admin_secret_access_key", value: .string(exposed(adminKeys))),
            ]
        }
        members += [
            .init(key: "state", value: .string(stateFolder)),
            .init(key: "instances", value: instances),
        ]
        return .object(members)
    }

    /// By the group's name; with the application's before it where two have that name.
    private var instances: JSONValue {
        let names = groups.map(\.name)
        return .object(
            groups.map { group in
                let isAlone = names.count { $0 == group.name } == 1
                return JSONValue.Member(
                    key: isAlone ? group.name : "\(group.application)/\(group.name)",
                    value: .array(
                        group.instances.map { ["id": .string($0.id), "root": .string($0.root)] }))
            })
    }

    /// The sandbox's secrets are made to be told.
    private func exposed(_ keys: AWSKeyPair) -> String {
        keys.secretAccessKey.bytes.withUnsafeExposedBytes { String(decoding: $0, as: UTF8.self) }
    }
}

/// Runs a sandbox to its end.
package struct SandboxRunner: Sendable {
    /// Calls `whenListening` once, and `log` for every request; returns the exit status of the
    /// command that ran in it, and 0 where there was none.
    package var run:
        @Sendable (
            _ request: SandboxRequest,
            _ whenListening: (SandboxAnnouncement) throws -> Void,
            _ log: @escaping @Sendable (String) -> Void
        ) throws -> Int32
    /// Why hooks cannot be confined here; empty where they can.
    package var confinementProblems: @Sendable () -> [Problem]

    package init(
        run:
            @escaping @Sendable (
                SandboxRequest, (SandboxAnnouncement) throws -> Void,
                @escaping @Sendable (String) -> Void
            ) throws -> Int32,
        confinementProblems: @escaping @Sendable () -> [Problem] = { [] }
    ) {
        self.run = run
        self.confinementProblems = confinementProblems
    }

    /// For where there is none.
    package static let none = SandboxRunner { _, _, _ in
        throw Problem(code: "no-sandbox", "this slipway has no sandbox", fix: nil)
    }
}
