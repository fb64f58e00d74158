import ArgumentParser
import ConfigurationFiles
import ProjectStore
import SlipwayCore

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print the settings of all projects, or one, as YAML or JSON.",
        discussion: """
            Without secrets. slipway import reads it back.

            Examples:
              slipway export > settings.yml
              slipway export --project acme/shop --json
            """)

    @Option(
        help: ArgumentHelp("Only this project; else all of them.", valueName: "owner/name"))
    var project: String?
    @Option(help: ArgumentHelp("yaml or json.", valueName: "format"))
    var format: SettingsDocumentWriter.Format = .yaml
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let project = try project.map { try ProjectName($0) }
        let store = try store.open(.read)
        let console = Services.current.console
        // Before anything is printed: a part of a document must not look like a whole one.
        if let project { _ = try store.project(project) }
        var writer = SettingsDocumentWriter(output.json ? .json : format)
        try console.document(writer.opening)
        try store.forEachProjectDocument(project: project) {
            try console.document(writer.project($0))
        }
        try console.document(writer.closing)
    }
}

extension SettingsDocumentWriter.Format: ExpressibleByArgument {}

extension ForeignService: ExpressibleByArgument {}

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Read settings of projects from YAML or JSON.",
        discussion: """
            Prints what it will change, asks, and changes all of it or nothing. What the file says \
            of an application replaces all of its settings; projects and applications that it does \
            not name stay as they are. A second import changes nothing.

            With --from the file is another service's: .travis.yml, codeship-steps.yml or \
            bitbucket-pipelines.yml. Then nothing is changed: the sections of circle.yml and the \
            settings that say the same are printed, and what cannot be carried over is told. \
            Secrets in the file are neither printed nor kept.

            With --from and --json: {"circle_yml", "settings", "commands", "problems"}; settings \
            is a document that slipway import takes.

            Examples:
              slipway import settings.yml
              slipway export --database old.db | slipway import - --yes
              slipway import --from travis .travis.yml
              slipway import --from bitbucket bitbucket-pipelines.yml --json \
                | jq .settings | slipway import - --yes
            """)

    @Argument(help: ArgumentHelp("The file; - is standard input.", valueName: "file"))
    var file: String
    @Option(
        help: ArgumentHelp(
            "Translate a file of travis, codeship or bitbucket.", valueName: "service"))
    var from: ForeignService?
    @Option(
        help: ArgumentHelp(
            "With --from, the project that the settings are of; else the one around this folder.",
            valueName: "owner/name"))
    var project: String?
    @Flag(help: "Only print what would change.")
    var dryRun = false
    @OptionGroup var consent: ConsentOption
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: JSONOption

    func validate() throws {
        if from == nil, project != nil {
            throw ValidationError("--project goes with --from: a settings document names its own")
        }
    }

    func run() throws {
        let services = Services.current
        if let from {
            try ImportFrom(service: from, file: file, project: project, json: output.json).run()
            return
        }
        let limit = SettingsDocumentReader.byteLimit
        let bytes =
            file == "-" ? try services.readInput(limit) : try services.readFile(file, limit)
        let name = file == "-" ? "standard input" : file
        guard let text = bytes.withUnsafeExposedBytes({ String(validating: $0, as: UTF8.self) })
        else {
            throw Problem(
                code: "not-utf-8", "the file is not UTF-8",
                fix: "save it as UTF-8; check that it is the file you mean", file: name)
        }
        let document = try SettingsDocumentReader.read(text, file: name)
        let store = dryRun ? try store.open(.read) : try store.openOrCreate()
        let changes = try store.changes(importing: document)
        if !output.json { try show(changes) }
        if !changes.isEmpty, !dryRun {
            try services.console.flush()
            try consent.confirm("This makes \(counted(changes.count, "change")).")
            try store.apply(document, expecting: changes)
        }
        if output.json {
            try services.console.json([
                "applied": .boolean(!dryRun), "changes": .array(changes.map(Self.json)),
            ])
        }
        services.console.note(Self.closing(changes.count, dryRun: dryRun))
    }

    private static func closing(_ count: Int, dryRun: Bool) -> String {
        guard count > 0 else { return "nothing to change" }
        return dryRun
            ? "nothing was changed: this was a dry run" : "made \(counted(count, "change"))"
    }

    private func show(_ changes: [ImportChange]) throws {
        let console = Services.current.console
        for change in changes {
            switch change {
            case .addProject(let name): try console.line("add project \(name)")
            case .set(let project, let application, let old, let new):
                try console.line("\(old == nil ? "add" : "change") \(project) \(application)")
                for line in settingsDifference(old, new) { try console.line("  \(line)") }
            }
        }
    }

    private static func json(_ change: ImportChange) -> JSONValue {
        switch change {
        case .addProject(let name):
            ["change": "add_project", "project": .string(name.rawValue)]
        case .set(let project, let application, let old, let new):
            [
                "change": "set", "project": .string(project.rawValue),
                "application": .string(application.rawValue),
                "old": old.map { .object($0.json) } ?? .null, "new": .object(new.json),
            ]
        }
    }
}
