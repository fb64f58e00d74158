import ArgumentParser
import ConfigurationFiles
import ProjectStore
import SlipwayCore

struct IAMPolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iam-policy",
        abstract: "Print the least IAM policy with which this project can deploy.",
        discussion: """
            Covers what the project's settings and all sections of circle.yml name: buckets with \
            the fixed beginning of their keys, applications, groups and configurations. The \
            account is found in the id of the project's AWS keys, where it stands in it.

            Examples:
              slipway iam-policy --project acme/shop > policy.json
              slipway iam-policy --watch --account-id 123456789012
            """)

    @Flag(help: "Add what the live screen shows and does.")
    var watch = false
    @Option(help: ArgumentHelp("The AWS account; else that of the AWS keys.", valueName: "id"))
    var accountID: String?
    @OptionGroup var project: ProjectOption
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let account = try accountID.map(Self.account)
        let console = Services.current.console
        let name = try project.resolveIfKnown()
        let stored = try StoredSettings(of: name, in: store)
        let repository = Services.current.repository.root()
        var problems: [Problem] = []
        var sections: [DeploymentSection] = []
        do {
            let file = try PlanReport.readFile(in: repository)
            sections = file.sections
            problems += file.problems.filter { $0.severity == .error }
        } catch let error as Problem where !stored.applications.isEmpty {
            // The settings alone make a policy; the file would make it tighter.
            var warning = error
            warning.severity = .warning
            problems.append(warning)
        }
        let scope = PolicyScope(settings: stored.applications, sections: sections)
        problems += scope.problems
        if scope.places.isEmpty {
            problems.append(
                Problem(
                    code: "nothing-to-allow", "neither settings nor circle.yml name an application",
                    fix: "slipway settings set APPLICATION, or add codedeploy to circle.yml"))
        }
        let hasErrors = problems.contains { $0.severity == .error }
        if hasErrors, let absence = stored.absence { problems.append(absence) }
        console.show(problems.inFileOrder)
        if hasErrors { throw EarlyExit(.configuration) }
        let found = try account ?? keyAccount(of: name)
        try console.json(IAMPolicy(scope: scope, account: found, watches: watch).json)
        if found == nil {
            console.note("replace \(IAMPolicy.accountPlaceholder) by your account's 12 digits")
            console.note("  fix: --account-id ID; aws sts get-caller-identity says it")
        } else if account == nil {
            console.note("the account is the one that the id of the project's AWS keys names")
        }
    }

    /// The account that the project's access key id names. Needs no unlocker.
    private func keyAccount(of project: ProjectName?) throws -> AWSAccountID? {
        guard let project else { return nil }
        do {
            return try store.open(.read).project(project).accessKeyID.flatMap(
                AWSAccountID.init(of:))
        } catch StoreError.missing, StoreError.unknownProject {
            return nil
        }
    }

    private static func account(_ text: String) throws -> AWSAccountID {
        if let account = AWSAccountID(text) { return account }
        throw UsageProblem(
            Problem(
                code: "invalid-account", "\"\(UntrustedText(text))\" is not the id of an account",
                why: "it has 12 digits", fix: "aws sts get-caller-identity says it"))
    }
}
