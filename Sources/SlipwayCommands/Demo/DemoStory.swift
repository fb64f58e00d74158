import SlipwayCore

/// What the demo says and runs, in order: chapters of commands.
enum DemoStory {
    /// A command as a person would type it, in the repository.
    struct Step {
        let line: String
        /// What it must end with.
        var status = ExitStatus.success
        /// Whether it is told of. The others only set the scene.
        var isShown = true
    }

    struct Chapter {
        let title: String
        let steps: [Step]
    }

    /// The story for a project with this access key.
    static func chapters(accessKeyID: AccessKeyID) -> [Chapter] {
        [
            Chapter(
                title: "A settings store: a project, its AWS keys, its CodeDeploy application",
                steps: repository + [
                    Step(line: "slipway project add example/shop"),
                    Step(line: "slipway keys set \(accessKeyID.rawValue) < ../secret-key"),
                    Step(
                        line: """
                            slipway settings set shop --region us-east-1 --bucket shop-revisions \\
                                --key-pattern 'shop/{SHORT_COMMIT}.zip' --application-root /
                            """),
                ]),
            Chapter(
                title: "The repository says which branch goes where",
                steps: [Step(line: "cat circle.yml")]),
            Chapter(
                title: "A build of development goes to staging",
                steps: [
                    Step(line: "git checkout -q development"), Step(line: "slipway plan"),
                    Step(line: "slipway deploy"),
                    Step(line: "cat ../instances/staging-1/var/www/shop/index.html"),
                ]),
            Chapter(
                title: "A build of master goes to production, one instance at a time",
                steps: [Step(line: "git checkout -q master"), Step(line: "slipway deploy")]),
            Chapter(
                title: "A mistake: tea.html was never added. A hook notices, CodeDeploy rolls back",
                steps: [
                    Step(line: "echo '<p>New: <a href=\"tea.html\">tea</a>.' >> site/index.html"),
                    Step(line: "git commit -qam 'Sell tea'"),
                    Step(line: "slipway deploy", status: .deploymentFailed),
                    Step(line: "slipway deployments"),
                    Step(line: "cat ../instances/production-1/var/www/shop/index.html"),
                ]),
        ]
    }

    /// Makes a repository of git out of the files: two branches, a commit each.
    private static let repository = [
        "git init -q --template=", "git symbolic-ref HEAD refs/heads/master", "git add .",
        "git commit -qm 'Open the shop'",
        "git remote add origin git@github.com:example/shop.git", "git checkout -qb development",
        "sed -i s/Roasted.*/'Roasted this morning, ground while you wait.'/ site/coffee.html",
        "git commit -qam 'Grind coffee'",
    ].map { Step(line: $0, isShown: false) }
}
