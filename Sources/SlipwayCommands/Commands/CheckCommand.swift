import ArgumentParser
import ConfigurationFiles
import SlipwayCore

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find what is wrong before AWS does.",
        discussion: """
            Reads circle.yml, all of its deployment sections, the project's settings, the \
            AppSpec of every application root with the files that it names, and what plan would \
            say of this build. Needs no network and no unlocker, and changes nothing.

            Prints all problems at once. Ends with status 2 where one of them is an error, with 0 \
            where there are only warnings.

            With --json: {"problems": [{"severity", "file", "line", "column", "code", "message", \
            "why", "fix"}]}; what does not apply is null.

            Examples:
              slipway check
              slipway check --appspec appspec.yml
              slipway check --json | jq -r '.problems[].code'
            """)

    @Option(
        help: ArgumentHelp(
            "Judge only this AppSpec file, against the folder that it is in.", valueName: "file"))
    var appspec: String?
    @OptionGroup var build: BuildOptions
    @OptionGroup var project: ProjectOption
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        if let appspec {
            try report(Self.problems(ofAppSpec: appspec), subject: appspec)
            return
        }
        let report = try PlanReport(build, project, store, scope: .everything)
        try self.report(report.problems, subject: "circle.yml and what it names")
    }

    /// What both agents would say of a file, and of the files beside it. A folder means the AppSpec
    /// in it.
    private static func problems(ofAppSpec path: String) -> [Problem] {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let tree = Services.current.fileTree(folder)
        if !path.isEmpty, tree.kind(name) == .folder {
            return problems(
                ofAppSpec: (name.isEmpty ? folder : path) + "/" + AppSpecCheck.fileName)
        }
        return AppSpecCheck.check(name, in: tree).problems(file: path)
    }

    private func report(_ problems: [Problem], subject: String) throws {
        let console = Services.current.console
        let errorCount = problems.count { $0.severity == .error }
        if output.json {
            try console.json(["problems": .array(problems.map(\.json))])
        } else if problems.isEmpty {
            console.note("\(subject): nothing to complain of")
        } else {
            console.show(problems)
            let counts = [
                errorCount == 0 ? nil : counted(errorCount, "error"),
                errorCount == problems.count
                    ? nil : counted(problems.count - errorCount, "warning"),
            ]
            console.note(counts.compactMap(\.self).joined(separator: ", "))
        }
        if errorCount > 0 {
            try console.flush()
            throw EarlyExit(.configuration)
        }
    }
}
