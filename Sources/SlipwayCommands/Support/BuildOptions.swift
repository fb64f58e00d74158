import ArgumentParser
import SlipwayCore

/// What was built, where nobody else says it or says it wrongly.
struct BuildOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The branch; else $SLIPWAY_BRANCH, what CI says, or git.", valueName: "name"))
    var branch: String?
    @Option(
        help: ArgumentHelp(
            "The commit; else $SLIPWAY_COMMIT, what CI says, or git.", valueName: "id"))
    var commit: String?
    @Option(
        help: ArgumentHelp(
            "The build number; else $SLIPWAY_BUILD_NUM, or what CI says.", valueName: "number"))
    var buildNum: String?
    @Option(
        help: ArgumentHelp(
            "The tag, for a tag's build; else $SLIPWAY_TAG, or what CI says.", valueName: "name"))
    var tag: String?
    @Option(
        help: ArgumentHelp(
            "Take this deployment section, whatever was built.", valueName: "name"))
    var section: String?
    @Flag(help: "Deploy a fork's pull request too.")
    var allowFork = false

    /// The build. Throws everything that is wrong with it at once.
    func build() throws -> Build {
        let services = Services.current
        return try BuildSources(
            flags: .init(branch: branch, commit: commit, buildNumber: buildNum, tag: tag),
            environment: services.environment, continuousIntegration: services.ciEnvironment,
            gitBranch: services.repository.branch, gitCommit: services.repository.commit
        ).build()
    }
}

extension Services {
    /// What the CI service says, if there is one.
    var ciEnvironment: CIEnvironment? {
        CIEnvironment(environment) { path in
            guard let bytes = try? readFile(path, 8 << 20) else { return nil }
            return bytes.withUnsafeExposedBytes { String(decoding: $0, as: UTF8.self) }
        }
    }
}
