import ArgumentParser
import ConfigurationFiles
import RevisionArchive
import SlipwayCore

struct PackageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "package",
        abstract: "Write the revision that this build would deploy to a zip file.",
        discussion: """
            The same bytes that deploy uploads: everything under the application root but .git. \
            Checks appspec.yml first. Without -o each application gets APPLICATION.zip in the \
            current folder. A zip file that is there is replaced once the new one is complete.

            Examples:
              slipway package
              slipway package -o /tmp/my-app.zip --branch master
              slipway package -o - | unzip -l /dev/stdin
            """)

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "The file, or the folder, to write to; - is standard output.", valueName: "file"))
    var output: String?
    @Option(
        help: ArgumentHelp(
            "Package this application only, where the section has several.", valueName: "name"))
    var application: String?
    @Flag(help: "Write over a file that is no zip file.")
    var force = false
    @OptionGroup var build: BuildOptions
    @OptionGroup var project: ProjectOption
    @OptionGroup var store: StoreOptions
    @OptionGroup var json: JSONOption

    func run() throws {
        try checkOutput()
        let report = try PlanReport(build, project, store, measuringRoots: false)
        let deployments = try chosen(report)
        var problems = report.problems
        let rules = deployments.map { rule($0, report) }
        if problems.contains(where: { $0.severity == .error }) {
            return try end(report, [], problems + rootProblems(deployments, report))
        }
        var files: [(PlannedDeployment, RevisionFile)] = []
        for (deployment, rule) in zip(deployments, rules) {
            do {
                let file = try Services.current.packRevision(
                    RevisionFileRequest(
                        root: deployment.applicationRoot.value, repository: report.repository,
                        rule: rule, destination: destination(deployment), replacing: force))
                problems += [RevisionFlaw].problems(file.warnings)
                if file.isInsideRoot { problems.append(Self.insideRoot(file)) }
                files.append((deployment, file))
            } catch let error as any ProblemReporting {
                problems += PlanReport.problems(error, at: deployment.applicationRoot.origin)
                return try end(report, files, problems)
            }
        }
        try end(report, files, problems)
    }

    private func checkOutput() throws {
        guard output == "-" else { return }
        if json.json {
            throw ValidationError("--json and -o - both take standard output")
        }
        if Services.current.terminal.isOutput {
            throw UsageProblem(
                Problem(
                    code: "output-is-terminal", "standard output is a terminal",
                    why: "a zip file is of no use there",
                    fix: "name a file with -o FILE, or write to a pipe"))
        }
    }

    /// The deployments of the plan that are wanted; none where there is no plan.
    private func chosen(_ report: PlanReport) throws -> [PlannedDeployment] {
        guard let plan = report.plan else { return [] }
        var deployments = plan.deployments
        let names = deployments.map(\.application.value.rawValue)
        if let application {
            deployments = deployments.filter { $0.application.value.rawValue == application }
            guard !deployments.isEmpty || names.isEmpty else {
                throw UsageProblem(
                    Problem(
                        code: "unknown-application",
                        "the section has no application \(UntrustedText(application))",
                        fix: "it has: \(names.joined(separator: ", "))"))
            }
        }
        let isOneFile = output == "-" || output.map { !Services.current.isFolder($0) } ?? false
        guard deployments.count < 2 || !isOneFile else {
            throw UsageProblem(
                Problem(
                    code: "several-applications",
                    "one file cannot hold the revisions of \(names.joined(separator: " and "))",
                    fix: "--application NAME, or a folder for -o"))
        }
        return deployments
    }

    /// Says which names clash where an application goes. Its AppSpec was judged with the plan.
    private func rule(_ deployment: PlannedDeployment, _ report: PlanReport) -> NameRule {
        let parts = deployment.applicationRoot.value.pathComponents
        let folder = ([report.repository] + parts).joined(separator: "/")
        let reading = AppSpecCheck.check(Services.current.fileTree(folder))
        return reading.appSpec?.os == .windows ? .caseInsensitive : .caseSensitive
    }

    /// What would be wrong next, once the AppSpec is right: all is told at once.
    private func rootProblems(
        _ deployments: [PlannedDeployment], _ report: PlanReport
    ) -> [Problem] {
        deployments.flatMap { deployment in
            do {
                let root = deployment.applicationRoot.value
                _ = try Services.current.repository.size(root, report.repository)
                return [Problem]()
            } catch {
                return PlanReport.problems(error, at: deployment.applicationRoot.origin)
            }
        }
    }

    private func destination(_ deployment: PlannedDeployment) -> RevisionDestination {
        if output == "-" { return .standardOutput }
        // An application's name may hold nothing that a path cannot but a slash.
        let name = deployment.application.value.rawValue.replacing("/", with: "-") + ".zip"
        return .path(output ?? ".", nameInFolder: name)
    }

    private static func insideRoot(_ file: RevisionFile) -> Problem {
        Problem(
            .warning, code: "package-in-root",
            "\(UntrustedText(file.path ?? "")) is in the application root",
            why: "this archive leaves it out, but what is packed next will hold it",
            fix: "remove it before deploying, or write it elsewhere with -o")
    }

    private func end(
        _ report: PlanReport, _ files: [(deployment: PlannedDeployment, file: RevisionFile)],
        _ problems: [Problem]
    ) throws {
        let console = Services.current.console
        let hasErrors = problems.contains { $0.severity == .error }
        if json.json {
            try console.json([
                "archives": .array(files.map(Self.json)),
                "problems": .array(problems.map(\.json)),
            ])
        }
        console.show(problems)
        for (deployment, file) in files { console.note(Self.text(deployment, file)) }
        if !hasErrors, files.isEmpty, let plan = report.plan {
            console.note("nothing to package: \(PlanText.reason(plan, report))")
        }
        if hasErrors {
            try console.flush()
            throw EarlyExit(.configuration)
        }
    }

    private static func text(_ deployment: PlannedDeployment, _ file: RevisionFile) -> String {
        return "packaged \(deployment.application.value.rawValue): "
            + "\(file.packed.size.words), as \(shownBytes(file.packed.archiveByteCount)) "
            + "in \(file.path.map { UntrustedText($0).escaped } ?? "standard output")"
    }

    private static func json(_ deployment: PlannedDeployment, _ file: RevisionFile) -> JSONValue {
        [
            "application": .string(deployment.application.value.rawValue),
            "application_root": .string(deployment.applicationRoot.value.rawValue),
            "file": JSONValue(file.path), "bytes": .integer(file.packed.archiveByteCount),
            "files": .integer(file.packed.size.fileCount),
            "content_bytes": .integer(file.packed.size.byteCount),
        ]
    }
}
