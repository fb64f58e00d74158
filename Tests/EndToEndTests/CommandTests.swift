import Glibc
import TestSupport
import Testing

@Suite("Commands")
struct CommandTests {
    let slipway = Slipway()

    @Test func `say what they did, in text`() throws {
        try slipway.prepare()
        expectSnapshot(
            try slipway.transcript([
                ["project", "list"], ["project", "show", "acme/shop"],
                ["keys", "show", "--project", "acme/shop"],
                ["settings", "get", "my-app", "--project", "acme/shop"],
                ["settings", "get", "my-app", "key-pattern", "--project", "acme/shop"],
                ["settings", "set", "my-app", "--region", "eu-west-1", "--project", "acme/shop"],
                ["settings", "set", "my-app", "--region", "eu-west-1", "--project", "acme/shop"],
                ["settings", "unset", "my-app", "region", "--project", "acme/shop"],
                ["settings", "history", "my-app", "--project", "acme/shop"],
                ["settings", "revert", "my-app", "1", "--project", "acme/shop"],
                ["settings", "list", "--project", "acme/shop"],
                ["export"], ["audit", "--limit", "3"], ["audit", "verify"],
                ["store", "show"], ["store", "rotate", "--plan"], ["store", "rotate"],
                ["store", "unlockers"], ["backup", slipway.home("backup.db")],
                ["restore", slipway.home("backup.db"), "--yes"],
                ["doctor", "--offline", "--project", "acme/shop"],
                ["project", "rename", "acme/shop", "acme/store"],
                ["keys", "remove", "--yes", "--project", "acme/store"],
                ["project", "remove", "acme/store", "--yes"], ["project", "list"],
            ]), named: "text")
    }

    @Test func `say the same in JSON`() throws {
        try slipway.prepare()
        expectSnapshot(
            try slipway.transcript([
                ["project", "list", "--json"], ["project", "show", "acme/shop", "--json"],
                ["keys", "show", "--project", "acme/shop", "--json"],
                ["settings", "get", "my-app", "--project", "acme/shop", "--json"],
                ["settings", "get", "my-app", "region", "--project", "acme/shop", "--json"],
                ["settings", "list", "--project", "acme/shop", "--json"],
                ["settings", "unset", "my-app", "--project", "acme/shop", "--json"],
                ["settings", "history", "my-app", "--project", "acme/shop", "--json"],
                ["export", "--json"], ["audit", "--limit", "2", "--json"],
                ["audit", "verify", "--json"], ["store", "show", "--json"],
                ["store", "rotate", "--json"], ["store", "unlockers", "list", "--json"],
                ["doctor", "--offline", "--project", "acme/shop", "--json"],
            ]), named: "json")
    }

    @Test func `say what is wrong, where, why, and the mend`() throws {
        let none = try slipway.transcript([["project", "list"], ["keys", "show"], ["projct"]])
        try slipway.prepare()
        let document = slipway.home.write(
            "wrong.yml", "projects:\n  acme/shop:\n    aws:\n      servces: {}\n")
        expectSnapshot(
            none + "\n"
                + (try slipway.transcript([
                    ["project", "add", "shop"], ["project", "add", "acme/shop"],
                    ["project", "add", ""], ["project", "add"],
                    ["project", "show", "acme/shpo"],
                    ["project", "remove", "acme/shop"],
                    ["keys", "set", "not-an-id", "--project", "acme/shop"],
                    ["keys", "set", "AKIAIOSFODNN7EXAMPLE", "--project", "acme/shop"],
                    ["keys", "set", "AKIAIOSFODNN7EXAMPLE", Slipway.secret],
                    ["keys", "set", "AKIAIOSFODNN7EXAMPLE", "--secret", Slipway.secret],
                    ["keys", "set", "AKIAIOSFODNN7EXAMPLE", "--secret=\(Slipway.secret)"],
                    ["keys", Slipway.secret],
                    ["keys", "set", "AKIAIOSFODNN7EXAMPLE", "--if-version=\(Slipway.secret)"],
                    ["store", "unlockers", "add", "passphrase", "hunter2hunter2"],
                    ["settings", "list", "--project", Slipway.secret],
                    ["settings", "set", "my-app", "--project", "acme/shop"],
                    ["settings", "set", "my app", "--region", "x", "--project", "acme/shop"],
                    [
                        "settings", "set", "my-app", "--region", "us-east", "--bucket",
                        "s3://bucket", "--key-pattern", "{SHORTCOMMIT}", "--application-root",
                        "app", "--project", "acme/shop",
                    ],
                    ["settings", "set", "new", "--bucket", "bucket", "--project", "acme/shop"],
                    ["settings", "get", "myapp", "--project", "acme/shop"],
                    ["settings", "get", "my-app", "regon", "--project", "acme/shop"],
                    ["settings", "revert", "my-app", "7", "--project", "acme/shop"],
                    ["settings", "revert", "my-app", "x", "--project", "acme/shop"],
                    [
                        "settings", "set", "my-app", "--region", "eu-west-1", "--if-version", "7",
                        "--project", "acme/shop",
                    ],
                    ["import", document], ["import", slipway.home("missing.yml")],
                    ["exec", "--project", "acme/shop"],
                    ["exec", "--project", "acme/shop", "--", "no-such-command"],
                    ["audit", "--limit", "0"], ["store", "unlockers", "remove", "x"],
                    ["store", "unlockers", "add", "key"],
                    ["backup", document], ["restore", document, "--yes"],
                    ["restore", slipway.home("missing.db"), "--yes"],
                    ["project", "list", "--database", slipway.home.path],
                    ["export", "--format", "xml"],
                    ["settings", "list", "--project", "acme/sh\u{1B}[31mop"],
                ])), named: "errors")
    }

    @Test func `have a help with an example, within 80 columns`() throws {
        let commands = [
            [], ["project"], ["project", "add"], ["project", "list"], ["project", "show"],
            ["project", "rename"], ["project", "remove"], ["keys"], ["keys", "set"],
            ["keys", "show"], ["keys", "remove"], ["settings"], ["settings", "set"],
            ["settings", "get"], ["settings", "list"], ["settings", "unset"],
            ["settings", "history"], ["settings", "revert"], ["export"], ["import"], ["env"],
            ["exec"], ["credential-process"], ["audit"], ["audit", "list"], ["audit", "verify"],
            ["backup"], ["restore"], ["store"], ["store", "show"], ["store", "rotate"],
            ["store", "unlockers"], ["store", "unlockers", "list"], ["store", "unlockers", "add"],
            ["store", "unlockers", "add", "key-file"], ["store", "unlockers", "add", "key"],
            ["store", "unlockers", "add", "passphrase"], ["store", "unlockers", "remove"],
            ["doctor"], ["package"], ["sandbox"], ["demo"],
            ["plan"], ["check"], ["iam-policy"], ["deploy"], ["watch"], ["stop"], ["rollback"],
            ["redeploy"], ["deployments"], ["keys", "test"],
        ]
        for command in commands {
            let outcome = try Program.built("slipway").run(
                command + ["--help"], environment: slipway.environment)
            let name = "slipway " + command.joined(separator: " ")
            #expect(outcome.status == 0, "\(name)")
            #expect(outcome.errors == [], "\(name)")
            let long = outcome.text.split(separator: "\n").filter { $0.count > 80 }
            #expect(long == [], "\(name)")
            let hasSubcommands = outcome.text.contains("SUBCOMMANDS:")
            #expect(
                hasSubcommands || outcome.text.contains("Example")
                    || outcome.text.contains("config:"), "\(name)")
        }
        #expect(try slipway().text.contains("SUBCOMMANDS") || slipway().text.contains("USAGE"))
        #expect(try slipway().status == 0)
    }

    @Test func `take the project from CI or from git when it is left out`() throws {
        try slipway.prepare()
        var inCI = slipway
        inCI.environment["CIRCLECI"] = "true"
        inCI.environment["CIRCLE_PROJECT_USERNAME"] = "acme"
        inCI.environment["CIRCLE_PROJECT_REPONAME"] = "shop"
        #expect(try inCI("settings", "get", "my-app", "region").text == "us-east-1\n")

        let repository = slipway.home("repository")
        let script = """
            git init -q "$1" && cd "$1" && git remote add origin git@github.com:acme/shop.git \
            && mkdir deep && cd deep && exec "$2" settings get my-app region
            """
        let outcome = try Program("/bin/sh").run(
            ["-c", script, "sh", repository, Program.built("slipway").path],
            environment: slipway.environment)
        #expect(outcome.text == "us-east-1\n", "\(outcome.errorText)")
        let nowhere = try slipway("settings", "get", "my-app", "region")
        #expect(nowhere.status == 64)
    }

    @Test func `give a fork's pull request no keys`() throws {
        try slipway.prepare()
        var fork = slipway
        fork.environment.merge([
            "CIRCLECI": "true", "CIRCLE_PROJECT_USERNAME": "acme",
            "CIRCLE_PROJECT_REPONAME": "shop", "CIRCLE_PR_NUMBER": "7",
        ]) { $1 }
        for command in ["env", "credential-process"] {
            let outcome = try fork(command)
            #expect(outcome.status == 2)
            #expect(outcome.output == [])
            #expect(outcome.errorText.contains("--allow-fork"))
        }
        #expect(try fork("exec", "--", "true").status == 2)
        #expect(try fork("env", "--allow-fork").status == 0)
    }

    @Test func `import what they export, once`() throws {
        try slipway.prepare()
        let yaml = try slipway("export").text
        let other = Slipway()
        let file = other.home.write("settings.yml", yaml)
        let refused = try other("import", file)
        #expect(refused.status == 64)
        #expect(refused.text.contains("add project acme/shop"))
        let dry = try other("import", file, "--dry-run")
        #expect(dry.status == 0)
        let first = try other("import", file, "--yes")
        #expect(first.status == 0)
        #expect(try other("import", file, "--yes").errorText == "nothing to change\n")
        #expect(try other("export").text == yaml)
        #expect(
            try other("import", "-", "--yes", input: slipway("export", "--json").text)
                .errorText == "nothing to change\n")
    }

    @Test func `tell when standard output cannot take what they print`() throws {
        try slipway.prepare()
        let outcome = try Program("/bin/sh").run(
            ["-c", "\"$1\" export > /dev/full", "sh", Program.built("slipway").path],
            environment: slipway.environment)
        #expect(outcome.status == 2)
        #expect(outcome.errorText.contains("No space left"))
    }
}
