import ExampleRepository
import SlipwayCore

/// The folder that a demo happens in, which is also the home folder of its commands.
///
/// `shop` is the repository, `aws` is what the sandbox keeps, `instances/GROUP-NUMBER` are the
/// machines that are deployed to, `environment` is for a shell that goes on there.
struct DemoFolder {
    let path: String
    private let services = Services.current.demo

    init() throws { path = try services.makeFolder() }

    var repository: String { path + "/shop" }
    var sandbox: String { path + "/aws" }
    var store: String { path + "/.local/share/slipway/slipway.db" }
    var unlockKey: String { path + "/.config/slipway/unlock.key" }

    func remove() throws { try services.remove(path) }

    /// Lays the repository's files down, not yet a repository of git.
    func writeRepository() throws {
        for file in ExampleRepository.files {
            try services.write(
                "\(repository)/\(file.path)", file.contents, file.isExecutable ? 0o755 : 0o644)
        }
    }

    /// Makes what leads to this program and to the sandbox: a command that is called `slipway`, the
    /// secret key as `keys set` reads it, and the instances by the names of their groups.
    func write(for sandbox: SandboxAnnouncement) throws {
        try services.link("\(path)/bin/slipway", try services.program())
        let secret = sandbox.keys.secretAccessKey.bytes
        try services.write("\(path)/secret-key", secret.withUnsafeExposedBytes { Array($0) }, 0o600)
        for group in sandbox.groups {
            for (number, instance) in group.instances.enumerated() {
                try services.link("\(path)/instances/\(group.name)-\(number + 1)", instance.root)
            }
        }
        let text = """
            export SLIPWAY_DATABASE=\(quoted(store))
            export SLIPWAY_UNLOCK_KEY_FILE=\(quoted(unlockKey))

            """
        try services.write("\(path)/environment", Array(text.utf8), 0o644)
    }

    /// The variables of its commands. Commits have fixed dates and authors, so that they are the
    /// same in every demo and need no configuration of git.
    func variables(endpoint: String) -> [EnvironmentValue] {
        let inherited = Services.current.variable("PATH") ?? "/usr/bin:/bin"
        let date = "2026-01-05T09:00:00Z"
        return [
            ("HOME", path), ("PATH", "\(path)/bin:\(inherited)"), ("AWS_ENDPOINT_URL", endpoint),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "slipway demo"), ("GIT_AUTHOR_EMAIL", "demo@example.com"),
            ("GIT_AUTHOR_DATE", date), ("GIT_COMMITTER_NAME", "slipway demo"),
            ("GIT_COMMITTER_EMAIL", "demo@example.com"), ("GIT_COMMITTER_DATE", date),
        ].map { EnvironmentValue(name: $0, value: SecretBytes(copying: $1.utf8)) }
    }

    /// As one word of a shell.
    private func quoted(_ text: String) -> String {
        "'\(text.replacing("'", with: #"'\''"#))'"
    }
}
