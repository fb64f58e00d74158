import ArgumentParser
import ProjectStore
import SlipwayCore

struct ProjectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "project",
        abstract: "Add, list, show, rename and remove projects.",
        subcommands: [Add.self, List.self, Show.self, Rename.self, Remove.self])

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Add a project; the first one makes the store.",
            discussion: """
                Example:
                  slipway project add acme/shop
                """)

        @Argument(help: ArgumentHelp("The repository.", valueName: "owner/name"))
        var name: String
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let name = try ProjectName(name)
            try store.openOrCreate().addProject(name)
            let console = Services.current.console
            if output.json { try console.json(["project": .string(name.rawValue)]) }
            console.note("added \(name)")
            console.note("next: slipway keys set ACCESS_KEY_ID --project \(name)")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List the projects.",
            discussion: """
                Example:
                  slipway project list --json
                """)

        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let store = try store.open(.read)
            let console = Services.current.console
            if output.json {
                try console.jsonArray { emit in
                    try store.forEachProject { try emit(.object($0.json)) }
                }
                return
            }
            // Twice through the projects, for the widths first: no list of them is kept.
            var widths = Self.headings.map(\.count)
            try store.forEachProject { project in
                for (column, cell) in Self.cells(project).enumerated() {
                    widths[column] = max(widths[column], cell.count)
                }
            }
            try console.line(Console.row(Self.headings, widths))
            try store.forEachProject { try console.line(Console.row(Self.cells($0), widths)) }
        }

        private static let headings = ["PROJECT", "APPLICATIONS", "AWS KEYS"]

        private static func cells(_ project: ProjectSummary) -> [String] {
            [
                project.name.rawValue, String(project.applicationCount),
                project.accessKeyID?.rawValue ?? "none",
            ]
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show one project.",
            discussion: """
                Example:
                  slipway project show acme/shop
                """)

        @Argument(
            help: ArgumentHelp(
                "The repository; else found as --project is.", valueName: "owner/name"))
        var name: String?
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let name = try ProjectOption.parsed(name)
            let store = try store.open(.read)
            let project = try store.project(name)
            let settings = try store.settings(in: name)
            let console = Services.current.console
            if output.json {
                let applications = JSONValue.array(settings.map { .object($0.json) })
                try console.json(
                    .object(project.json + [.init(key: "settings", value: applications)]))
                return
            }
            try console.facts([
                ("project", project.name.rawValue),
                ("added", "\(project.createdAt) by \(project.createdBy)"),
                ("AWS keys", project.accessKeyID?.rawValue ?? "none"),
            ])
            try console.line("")
            try SettingsCommand.show(settings)
        }
    }

    struct Rename: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rename",
            abstract: "Give a project another name; its settings and keys stay.",
            discussion: """
                Example:
                  slipway project rename acme/shop acme/store
                """)

        @Argument(help: ArgumentHelp("The name now.", valueName: "owner/name"))
        var name: String
        @Argument(help: ArgumentHelp("The new name.", valueName: "new-owner/name"))
        var newName: String
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let (old, new) = (try ProjectName(name), try ProjectName(newName))
            try store.open(.write).renameProject(old, to: new)
            let console = Services.current.console
            if output.json {
                try console.json(["project": .string(new.rawValue), "was": .string(old.rawValue)])
            }
            console.note("\(old) is now \(new)")
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove",
            abstract: "Remove a project with its keys, settings and history.",
            discussion: """
                Asks for the project's name to be typed. The audit log stays.

                Example:
                  slipway project remove acme/shop --yes
                """)

        @Argument(help: ArgumentHelp("The repository.", valueName: "owner/name"))
        var name: String
        @OptionGroup var consent: ConsentOption
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let name = try ProjectName(name)
            let store = try store.open(.write)
            let project = try store.project(name)
            try consent.confirm(
                "This removes \(name) with "
                    + "\(counted(project.applicationCount, "application")), the history of its "
                    + "settings, and \(project.accessKeyID == nil ? "no" : "its") AWS keys.",
                typing: name.rawValue)
            try store.removeProject(name)
            let console = Services.current.console
            if output.json { try console.json(["project": .string(name.rawValue)]) }
            console.note("removed \(name)")
        }
    }
}

extension ProjectOption {
    /// A project given as an argument, or found as the option would be.
    static func parsed(_ text: String?) throws -> ProjectName {
        var option = ProjectOption()
        option.project = text
        return try option.resolve()
    }
}

extension ProjectSummary {
    var json: [JSONValue.Member] {
        [
            .init(key: "project", value: .string(name.rawValue)),
            .init(key: "created_at", value: .string(createdAt.rawValue)),
            .init(key: "created_by", value: .string(createdBy)),
            .init(key: "applications", value: .integer(applicationCount)),
            .init(key: "access_key_id", value: JSONValue(accessKeyID?.rawValue)),
        ]
    }
}
