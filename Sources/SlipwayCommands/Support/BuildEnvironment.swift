import ArgumentParser
import ProjectStore
import SlipwayCore

/// Whose AWS keys a command hands out, and the region that goes with them.
struct BuildEnvironmentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Take the region of this application, where they differ.", valueName: "application"))
    var application: String?
    @Flag(help: "Hand out the keys in a fork's pull request too.")
    var allowFork = false
    @OptionGroup var project: ProjectOption
    @OptionGroup var store: StoreOptions

    /// Opens the keys, which writes into the audit log what for.
    func open(for purpose: String) throws -> BuildEnvironment {
        try refuseFork()
        let project = try project.resolve()
        let store = try store.open(.write)
        let (region, isKnown) = try region(of: project, in: store)
        return BuildEnvironment(
            keys: try store.readKeys(of: project, for: purpose), region: region,
            replacesRegion: isKnown)
    }

    /// A pull request from a fork gets no keys: who wrote it would have them.
    private func refuseFork() throws {
        guard !allowFork, let origin = Services.current.ciEnvironment?.origin, origin != .own
        else { return }
        throw Problem(
            code: "fork", "a pull request from a fork gets no AWS keys",
            why: origin == .fork
                ? "whoever wrote it could read them"
                : "this is a pull request, and its event does not say from which repository",
            fix: "add --allow-fork if everyone who can open one may have the keys")
    }

    /// The region that the project's settings name, and whether they name any: where they do, one
    /// that is in the environment already is of something else.
    private func region(
        of project: ProjectName, in store: ProjectStore
    ) throws -> (region: Region?, isKnown: Bool) {
        if let application {
            let settings = try store.settings(of: ApplicationName(application), in: project)
                .settings
            return (settings?.region, settings?.region != nil)
        }
        let regions = Set(try store.settings(in: project).compactMap { $0.settings?.region })
        if regions.count > 1 {
            let names = regions.map(\.rawValue).sorted().joined(separator: ", ")
            Services.current.console.show([
                Problem(
                    .warning, code: "several-regions",
                    "no region is set: the applications are in \(names)",
                    fix: "--application NAME takes that one's")
            ])
        }
        return (regions.count == 1 ? regions.first : nil, !regions.isEmpty)
    }
}

/// A project's AWS keys and region, as the standard variables of the AWS SDKs.
struct BuildEnvironment {
    let keys: AWSKeyPair
    let region: Region?
    let replacesRegion: Bool

    /// Variables that must not be left from before.
    var stale: [String] {
        Self.identities + (replacesRegion ? ["AWS_REGION", "AWS_DEFAULT_REGION"] : [])
    }

    var values: [EnvironmentValue] {
        var values = [
            value("AWS_ACCESS_KEY_ID", keys.accessKeyID.rawValue),
            EnvironmentValue(name: "AWS_SECRET_ACCESS_KEY", value: keys.secretAccessKey.bytes),
        ]
        if let token = keys.sessionToken {
            values.append(EnvironmentValue(name: "AWS_SESSION_TOKEN", value: token.bytes))
        }
        if let region {
            values.append(value("AWS_REGION", region.rawValue))
            values.append(value("AWS_DEFAULT_REGION", region.rawValue))
        }
        return values
    }

    private func value(_ name: String, _ text: String) -> EnvironmentValue {
        EnvironmentValue(name: name, value: SecretBytes(copying: Array(text.utf8)))
    }

    /// Variables of another identity, which would win over the keys or mix with them.
    static let identities = [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
        "AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_CREDENTIAL_EXPIRATION", "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CREDENTIAL_FILE",
        "AWS_CONFIG_FILE", "AWS_SDK_LOAD_CONFIG", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
        "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    ]

    /// What else a program that runs with the keys is not told: what opens the store.
    static let unlocking = ["SLIPWAY_UNLOCK_KEY"]
}
