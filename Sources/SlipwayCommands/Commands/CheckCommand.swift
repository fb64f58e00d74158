import ArgumentParser
import ConfigurationFiles
import SlipwayCore

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find what is wrong before AWS does.",
        discussion: """
            Prints all problems at once. Ends with status 2 where one of them is an error, with 0 \
            where there are only warnings.

            Example:
              slipway check --appspec appspec.yml
            """)

    @Option(
        help: ArgumentHelp(
            "Judge this AppSpec file against the folder that it is in.", valueName: "file"))
    var appspec: String?
    @OptionGroup var output: JSONOption

    func run() throws {
        guard let appspec else {
            throw ValidationError("--appspec FILE is missing")
        }
        try report(Self.problems(ofAppSpec: appspec), subject: appspec)
    }

    /// What both agents would say of a file, and of the files beside it.
    private static func problems(ofAppSpec path: String) -> [Problem] {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let tree = Services.current.fileTree(folder)
        return AppSpecCheck.check(name, in: tree).problems(file: path)
    }

    private func report(_ problems: [Problem], subject: String) throws {
        let console = Services.current.console
        if output.json {
            try console.json(["problems": .array(problems.map(\.json))])
        } else if problems.isEmpty {
            console.note("\(subject): nothing to complain of")
        } else {
            console.show(problems)
        }
        if problems.contains(where: { $0.severity == .error }) {
            try console.flush()
            throw EarlyExit(.configuration)
        }
    }
}
