import ArgumentParser
import ConfigurationFiles
import DeployEngine
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

            Prints the SHA-256 of each archive as sha256sum does.

            Examples:
              slipway package
              slipway package -o /tmp/my-app.zip --branch master | sha256sum --check
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
        var files: [Packaged] = []
        var printer = printer
        for (deployment, rule) in zip(deployments, rules) {
            do {
                let packaged = try pack(deployment, rule, report, &printer)
                problems += [RevisionFlaw].problems(packaged.file.warnings)
                if packaged.file.isInsideRoot { problems.append(Self.insideRoot(packaged)) }
                files.append(packaged)
            } catch let error as any ProblemReporting {
                // What is in the way of the file is no fault of circle.yml.
                problems +=
                    error is ArchiveFileError
                    ? error.problems
                    : PlanReport.problems(error, at: deployment.applicationRoot.origin)
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

    private var printer: ProgressPrinter {
        let services = Services.current
        return ProgressPrinter(
            json.json ? .quiet : .lines(hasBar: services.terminal.isError),
            console: services.console, now: services.now, uptime: services.aws.uptime)
    }

    private func pack(
        _ deployment: PlannedDeployment, _ rule: NameRule, _ report: PlanReport,
        _ printer: inout ProgressPrinter
    ) throws -> Packaged {
        let path = path(deployment)
        let root = deployment.applicationRoot.value
        printer.tell(
            "\(deployment.application.value): \(root.rawValue) as \(path ?? "standard output")")
        defer { printer.clearBar() }
        var failure: (any Error)?
        let file = try Services.current.packRevision(
            RevisionFileRequest(
                root: root, repository: report.repository, rule: rule,
                destination: path.map(RevisionDestination.file) ?? .standardOutput,
                replacing: force)
        ) { progress in
            do {
                try printer.show(.progress(progress))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        try printer.show(.packed(file.packed))
        return Packaged(deployment: deployment, path: path, file: file)
    }

    /// The file to write; nil for standard output.
    private func path(_ deployment: PlannedDeployment) -> String? {
        if output == "-" { return nil }
        // An application's name may hold nothing that a path cannot but a slash.
        let name = deployment.application.value.rawValue.replacing("/", with: "-") + ".zip"
        guard let output, output != "." else { return name }
        guard Services.current.isFolder(output) else { return output }
        return output.hasSuffix("/") ? output + name : "\(output)/\(name)"
    }

    private static func insideRoot(_ packaged: Packaged) -> Problem {
        Problem(
            .warning, code: "package-in-root",
            "\(UntrustedText(packaged.path ?? "")) is in the application root",
            why: "this archive leaves it out, but what is packed next will hold it",
            fix: "remove it before deploying, or write it elsewhere with -o")
    }

    private func end(
        _ report: PlanReport, _ files: [Packaged], _ problems: [Problem]
    ) throws {
        let console = Services.current.console
        let hasErrors = problems.contains { $0.severity == .error }
        if json.json {
            try console.json([
                "archives": .array(files.map(\.json)),
                "problems": .array(problems.map(\.json)),
            ])
        }
        console.show(problems)
        if !json.json {
            for packaged in files { try packaged.showDigest(console) }
        }
        if !hasErrors, files.isEmpty, let plan = report.plan {
            console.note("nothing to package: \(PlanText.reason(plan, report))")
        }
        if hasErrors {
            try console.flush()
            throw EarlyExit(.configuration)
        }
    }

}

/// An application whose archive was written.
private struct Packaged {
    let deployment: PlannedDeployment
    /// Nil for standard output.
    let path: String?
    let file: RevisionFile

    /// A line as sha256sum has it, which it checks too. Standard output may be taken.
    func showDigest(_ console: Console) throws {
        if let path {
            try console.line("\(file.sha256)  \(path)")
        } else {
            console.note("\(file.sha256)  -")
        }
    }

    /// The shape is stable: fields may be added.
    var json: JSONValue {
        [
            "application": .string(deployment.application.value.rawValue),
            "application_root": .string(deployment.applicationRoot.value.rawValue),
            "file": JSONValue(path), "bytes": .integer(file.packed.archiveByteCount),
            "files": .integer(file.packed.size.fileCount),
            "content_bytes": .integer(file.packed.size.byteCount),
            "sha256": .string(file.sha256),
        ]
    }
}
