import ConfigurationFiles
import SlipwayCore

/// `import --from`: what another service's file says, as `circle.yml` and settings say it.
struct ImportFrom {
    let service: ForeignService
    let file: String
    let project: String?
    let json: Bool

    func run() throws {
        let services = Services.current
        let named = try project.map { try ProjectName($0) }
        let limit = ForeignFile.byteLimit + 1
        let bytes =
            file == "-" ? try services.readInput(limit) : try services.readFile(file, limit)
        let name = file == "-" ? "standard input" : file
        let foreign: ForeignFile
        do {
            foreign = try bytes.withUnsafeExposedBytes {
                try ForeignFile.read($0, file: name, from: service)
            }
        } catch {
            guard let found = (error as? any ProblemReporting)?.problems else { throw error }
            try fail(found)
        }
        if foreign.hasErrors { try fail(foreign.problems) }
        let found = try named ?? foreign.project ?? ProjectOption.foundIfKnown()
        let draft = CircleFileDraft(foreign.deployments, project: try found ?? Self.placeholder())
        var problems = foreign.problems
        problems += draft.problems
        if found == nil {
            problems.append(
                Problem(
                    .warning, code: "placeholder", "no project is known",
                    why: "OWNER/NAME stands for it in what is printed", fix: "--project OWNER/NAME")
            )
        }
        try show(draft, problems.inFileOrder)
    }

    private static func placeholder() throws -> ProjectName { try ProjectName("OWNER/NAME") }

    private func fail(_ problems: [Problem]) throws -> Never {
        let console = Services.current.console
        if json {
            try console.json([
                "circle_yml": .null, "settings": .null, "commands": [],
                "problems": .array(problems.map(\.json)),
            ])
        }
        console.show(problems)
        try console.flush()
        throw EarlyExit(.configuration)
    }

    private func show(_ draft: CircleFileDraft, _ problems: [Problem]) throws {
        let console = Services.current.console
        if json {
            try console.json([
                "circle_yml": .string(draft.circleFile), "settings": draft.settingsJSON,
                "commands": .array(draft.commands.map(JSONValue.string)),
                "problems": .array(problems.map(\.json)),
            ])
            return
        }
        try console.line("# circle.yml: what deploys when")
        try show(draft.circleFile)
        try console.line("")
        try console.line("# The settings of the project. Without this file they are:")
        for command in draft.commands { try console.line("#   \(command)") }
        try show(draft.settingsYAML)
        console.show(problems)
        console.note("nothing was changed")
        console.note("next: put deployment: into circle.yml, and run the commands above")
        console.note("      slipway keys set ACCESS_KEY_ID; slipway check")
    }

    private func show(_ document: String) throws {
        for line in document.split(separator: "\n") {
            try Services.current.console.line(String(line))
        }
    }
}
