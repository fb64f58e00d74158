import Glibc
import TestSupport
import Testing

/// `plan`, `check`, `iam-policy` and `import --from` of the built program, in a real repository.
@Suite("Plans and checks")
struct PlanTests {
    let slipway = Slipway()

    /// A repository with two sections and two application roots, whose commit is always the same.
    private func makeRepository() throws -> String {
        let script = """
            set -e
            git init -q -b master "$1" && cd "$1"
            git remote add origin git@github.com:acme/shop.git
            mkdir -p scripts worker
            printf '#!/bin/sh\\n' > scripts/start.sh
            chmod 755 scripts/start.sh
            cat > appspec.yml <<'END'
            version: 0.0
            os: linux
            files:
              - {source: /, destination: /srv/shop}
            hooks:
              ApplicationStart:
                - {location: scripts/start.sh, timeout: 60}
            END
            printf 'version: 0.0\\nos: linux\\n' > worker/appspec.yml
            cat > circle.yml <<'END'
            deployment:
              production:
                branch: master
                codedeploy:
                  my-app: {deployment_group: instances}
                  worker:
                    deployment_group: workers
                    deployment_config: CodeDeployDefault.OneAtATime
                    application_root: /worker
                    region: us-east-1
                    revision_location:
                      s3_location: {bucket: acme-revisions, key_pattern: "worker/{BUILD_NUM}"}
              staging:
                branch: [develop, /feature-.*/]
                codedeploy:
                  my-app: {deployment_group: staging}
            END
            git add -A
            git -c user.name=n -c user.email=n@example.com commit -qm first
            """
        let repository = slipway.home("repository")
        var environment = slipway.environment
        environment["GIT_AUTHOR_DATE"] = "2015-01-01T00:00:00Z"
        environment["GIT_COMMITTER_DATE"] = "2015-01-01T00:00:00Z"
        let outcome = try Program("/bin/sh").run(
            ["-c", script, "sh", repository], environment: environment)
        try #require(outcome.status == 0, "\(outcome.errorText)")
        return repository
    }

    private static let build = ["--build-num", "42"]

    @Test func `say in text what would be deployed, and what is wrong`() throws {
        try slipway.prepare()
        let repository = try makeRepository()
        var text = try slipway.transcript(
            [
                ["plan"] + Self.build, ["plan", "--branch", "feature-x"],
                ["plan", "--branch", "other"], ["check"] + Self.build, ["iam-policy"],
                ["iam-policy", "--account-id", "123456789012", "--watch"],
                ["check", "--appspec", "appspec.yml"], ["check", "--appspec", "worker"],
                ["check", "--appspec", "worker/"], ["check", "--appspec", "."],
            ], in: repository)
        // A folder of the repository is as good as its top.
        text += "\n" + (try slipway.transcript([["plan"] + Self.build], in: repository + "/worker"))
        expectSnapshot(text, named: "plan-text")
    }

    @Test func `say the same in JSON`() throws {
        try slipway.prepare()
        let repository = try makeRepository()
        expectSnapshot(
            try slipway.transcript(
                [
                    ["plan", "--json"] + Self.build, ["plan", "--json", "--branch", "other"],
                    ["check", "--json"] + Self.build, ["iam-policy", "--json"],
                ], in: repository), named: "plan-json")
    }

    @Test func `say what is wrong, where, why, and the mend`() throws {
        let repository = try makeRepository()
        let home = slipway.home
        var text = try slipway.transcript(
            [["plan"] + Self.build, ["check", "--branch", "develop"], ["iam-policy"]],
            in: repository)
        try slipway.prepare()
        text += "\n" + (try slipway.transcript([["plan"], ["check"]], in: repository))
        home.write("repository/scripts/start.sh", "#!/bin/sh\r\n", mode: 0o644)
        home.write(
            "repository/worker/appspec.yml", "version: 1.0\nos: linux\nhooks: {Start: [{}]}\n")
        text +=
            "\n"
            + (try slipway.transcript(
                [
                    ["plan"] + Self.build, ["plan", "--json"] + Self.build, ["check"] + Self.build,
                ], in: repository))
        unlink(home("repository/worker/appspec.yml"))
        home.write(
            "repository/circle.yml", "deployment:\n  production:\n    branch: \u{1B}[31m\n")
        text +=
            "\n" + (try slipway.transcript([["plan"], ["check"], ["iam-policy"]], in: repository))
        unlink(home("repository/circle.yml"))
        text +=
            "\n"
            + (try slipway.transcript(
                [["plan"], ["check"], ["check", "--appspec", "nothing.yml"]], in: repository))
        // Outside of any repository.
        home.write("elsewhere", "")
        text += "\n" + (try slipway.transcript([["plan"], ["check"]], in: home.path))
        expectSnapshot(text, named: "plan-errors")
    }

    @Test func `translate another service's file, and store nothing`() throws {
        let repository = try makeRepository()
        slipway.home.write(
            "repository/.travis.yml",
            """
            deploy:
              provider: codedeploy
              access_key_id: AKIAIOSFODNN7EXAMPLE
              secret_access_key: \(Slipway.secret)
              bucket: acme-revisions
              key: shop-$TRAVIS_COMMIT
              application: shop
              deployment_group: production
              on: {branch: ["\\e[31m", release]}
            """)
        slipway.home.write(
            "repository/steps.yml",
            "- {tag: master, command: codeship_aws codedeploy_deploy . shop all acme-revisions/x}\n"
        )
        let text = try slipway.transcript(
            [
                ["import", "--from", "travis", ".travis.yml"],
                ["import", "--from", "travis", ".travis.yml", "--json"],
                ["import", "--from", "codeship", "steps.yml"],
                ["import", "--from", "codeship", "steps.yml", "--json"],
                ["import", "--from", "bitbucket", "steps.yml"],
                ["import", "--from", "jenkins", "steps.yml"],
                ["import", "steps.yml", "--project", "acme/shop"], ["project", "list"],
            ], in: repository)
        #expect(!text.contains(Slipway.secret))
        #expect(!text.contains("\u{1B}"))
        expectSnapshot(text, named: "plan-import-from")
    }

    @Test func `make settings that import takes`() throws {
        let repository = try makeRepository()
        slipway.home.write(
            "repository/steps.yml",
            "- {tag: master, command: codedeploy_deploy / my-app all acme-revisions/x}\n")
        let script = """
            set -e
            "$1" import --from codeship steps.yml > circle.yml
            "$1" import --from codeship steps.yml --json | sed -n '/"settings"/,/^  },/p' \
                | sed 's/^  "settings": //; s/^  },/  }/' | "$1" import - --yes
            "$1" settings set my-app --region us-east-1
            "$1" plan --json --build-num 1
            """
        let outcome = try Program("/bin/sh").run(
            ["-c", script, "sh", Program.built("slipway").path], in: repository,
            environment: slipway.environment)
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(outcome.text.contains("\"origin\": \"project settings\""))
        #expect(outcome.text.contains("\"section\": \"master\""))
    }

    @Test func `tell when standard output cannot take what they print`() throws {
        let repository = try makeRepository()
        let script = """
            "$1" plan --json > /dev/full; echo $?
            "$1" check --json > /dev/full; echo $?
            "$1" import --from travis circle.yml --json > /dev/full; echo $?
            """
        let outcome = try Program("/bin/sh").run(
            ["-c", script, "sh", Program.built("slipway").path], in: repository,
            environment: slipway.environment)
        #expect(outcome.text == "2\n2\n2\n")
        let complaints = outcome.errorText.split(separator: "\n").filter {
            $0.hasPrefix("error: cannot write to standard output")
        }
        #expect(complaints.count == 3, "\(outcome.errorText)")
    }

    @Test func `need no unlocker and no network`() throws {
        try slipway.prepare()
        let repository = try makeRepository()
        let program = Program.built("slipway")
        let commands = [
            ["plan", "--json"] + Self.build, ["check", "--json"] + Self.build, ["iam-policy"],
        ]
        func run(_ launcher: [String]) throws -> [Program.Outcome] {
            try commands.map { command in
                let words = launcher + [program.path] + command
                return try Program(words[0]).run(
                    Array(words.dropFirst()), in: repository, environment: slipway.environment)
            }
        }
        let open = try run([])
        #expect(open.map(\.status) == [0, 0, 0])
        #expect(unlink(slipway.keyFile) == 0)
        // The store is shut now, and stays as it was.
        #expect(try slipway("env", "--project", "acme/shop").status == 7)
        let before = contents(of: slipway.database)
        #expect(try run([]).map(\.output) == open.map(\.output))
        let alone = ["/usr/bin/bwrap", "--unshare-net", "--dev-bind", "/", "/", "--"]
        let probe =
            access(alone[0], X_OK) == 0
            ? try Program(alone[0]).run(Array(alone.dropFirst()) + ["/bin/true"]) : nil
        if probe?.status == 0 {
            let outcomes = try run(alone)
            #expect(outcomes.map(\.output) == open.map(\.output))
            #expect(outcomes.map(\.status) == [0, 0, 0])
        }
        #expect(contents(of: slipway.database) == before)
    }
}
