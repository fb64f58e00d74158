import TestSupport

/// The built program with a home of its own.
struct Slipway {
    let home = TemporaryFolder()
    var environment: [String: String]

    init() {
        environment = [
            "HOME": home.path, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC",
        ]
    }

    var database: String { home(".local/share/slipway/slipway.db") }
    var keyFile: String { home(".config/slipway/unlock.key") }

    static let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

    @discardableResult
    func callAsFunction(_ arguments: String..., input: String = "") throws -> Program.Outcome {
        try Program.built("slipway").run(
            arguments, input: Array(input.utf8), environment: environment)
    }

    /// A project with keys and settings, as the README's first steps make it.
    func prepare() throws {
        try self("project", "add", "acme/shop")
        try self(
            "keys", "set", "AKIAIOSFODNN7EXAMPLE", "--project", "acme/shop", input: Self.secret)
        try self(
            "settings", "set", "my-app", "--project", "acme/shop", "--region", "us-east-1",
            "--bucket", "acme-revisions", "--key-pattern", "apps/my-app-{SHORT_COMMIT}",
            "--application-root", "/")
    }

    /// What differs from run to run, made the same: paths, times, ids.
    func steady(_ text: String) -> String {
        var text = text.replacing(home.path, with: "HOME")
        text = text.replacing(#/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#, with: "TIME")
        text = text.replacing(#/\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z/#, with: "TIME")
        text = text.replacing(#/\d{4}-\d\d-\d\d \d\d:\d\d UTC/#, with: "TIME")
        text = text.replacing(#/[0-9a-f]{8}-[0-9a-f-]{27}/#, with: "UUID")
        text = text.replacing(#/\b[0-9a-f]{64}\b/#, with: "HEAD")
        text = text.replacing(#/\b[0-9a-f]{16}\b/#, with: "UNLOCKER")
        text = text.replacing(#/by \w+$/#.anchorsMatchLineEndings(), with: "by USER")
        text = text.replacing(#/"saved_by": "\w+"/#, with: "\"saved_by\": \"USER\"")
        text = text.replacing(#/"created_by": "\w+"/#, with: "\"created_by\": \"USER\"")
        return text.replacing(#/\w+@[\w.-]+  /#, with: "USER@HOST  ")
    }

    /// Runs commands one after the other and puts down what each said.
    func transcript(
        _ commands: [[String]], in folder: String? = nil, input: String = ""
    ) throws -> String {
        try commands.map { command in
            let outcome = try Program.built("slipway").run(
                command, in: folder, input: Array(input.utf8), environment: environment)
            let words = command.map { $0.contains(" ") || $0.isEmpty ? "'\($0)'" : $0 }
            return steady("$ slipway \(words.joined(separator: " "))\n" + outcome.transcript)
        }.joined(separator: "\n")
    }
}
