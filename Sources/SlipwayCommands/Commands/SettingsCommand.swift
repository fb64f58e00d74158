import ArgumentParser
import ProjectStore
import SlipwayCore

struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "Set, get and list the defaults of a project's CodeDeploy applications.",
        discussion: """
            The deployment section of circle.yml wins over them, value by value; the bucket and \
            the key pattern go together.
            """,
        subcommands: [
            Set.self, Get.self, List.self, Unset.self, History.self, Revert.self,
        ])

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Set some of an application's settings; the others stay.",
            discussion: """
                Key patterns may have {BRANCH}, {COMMIT}, {SHORT_COMMIT} and {BUILD_NUM}.

                Example:
                  slipway settings set my-app --project acme/shop \\
                    --region us-east-1 --bucket acme-revisions \\
                    --key-pattern 'apps/my-app-{SHORT_COMMIT}' --application-root /
                """)

        @Argument(help: "The CodeDeploy application.")
        var application: String
        @Option(
            help: ArgumentHelp("The folder to package; / is the repository.", valueName: "root"))
        var applicationRoot: String?
        @Option(help: "The application's AWS region.")
        var region: String?
        @Option(help: "The S3 bucket for revisions.")
        var bucket: String?
        @Option(help: ArgumentHelp("The pattern for S3 keys.", valueName: "pattern"))
        var keyPattern: String?
        @Option(
            help: ArgumentHelp(
                "Save only if the settings still have this version; 0: only if new.",
                valueName: "version"))
        var ifVersion: Int?
        @OptionGroup var project: ProjectOption
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            var patch = SettingsPatch()
            if let applicationRoot { patch.set(.applicationRoot, to: applicationRoot) }
            if let region { patch.set(.region, to: region) }
            if let bucket { patch.set(.bucket, to: bucket) }
            if let keyPattern { patch.set(.keyPattern, to: keyPattern) }
            guard !patch.isEmpty else {
                throw UsageProblem(
                    Problem(
                        code: "nothing-to-set", "there is nothing to set",
                        fix: "give --region, --bucket, --key-pattern or --application-root"))
            }
            let application = try ApplicationName(application)
            let project = try project.resolve()
            let (version, isNew) = try store.open(.write).changeSettings(
                of: application, in: project, expecting: ifVersion
            ) { try patch.applied(to: $0) }
            let console = Services.current.console
            if output.json { try console.json(.object(version.json)) }
            if let pattern = version.settings?.revisionLocation?.keyPattern,
                !pattern.isUniquePerBuild
            {
                console.show([
                    Problem(
                        .warning, code: "key-not-unique",
                        "the key pattern \(pattern) gives every build of a branch the same key",
                        why: "each revision overwrites the one before, unless the bucket keeps "
                            + "versions",
                        fix: "add {SHORT_COMMIT} or {BUILD_NUM}, or switch versioning on")
                ])
            }
            SettingsCommand.note(
                "saved \(application) of \(project), version \(version.version)",
                version, isNew: isNew)
        }
    }

    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get",
            abstract: "Print an application's settings, or one value bare.",
            discussion: """
                Examples:
                  slipway settings get my-app --project acme/shop
                  region=$(slipway settings get my-app region)
                """)

        @Argument(help: "The CodeDeploy application.")
        var application: String
        @Argument(help: "application_root, region, bucket or key_pattern.")
        var field: String?
        @OptionGroup var project: ProjectOption
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let field = try field.map(SettingsCommand.field)
            let application = try ApplicationName(application)
            let project = try project.resolve()
            let version = try store.open(.read).settings(of: application, in: project)
            let console = Services.current.console
            if let field {
                let value = version.settings?[field]
                if output.json { return try console.json(JSONValue(value)) }
                guard let value else {
                    throw Problem(
                        code: "not-set", "\(field.rawValue) of \(application) is not set",
                        fix: "slipway settings set \(application) "
                            + "--\(field.rawValue.replacing("_", with: "-")) VALUE "
                            + "--project \(project)")
                }
                return try console.line(value)
            }
            if output.json { return try console.json(.object(version.json)) }
            try console.facts(
                [("application", version.application.rawValue)]
                    + ApplicationSettings.Field.allCases.map {
                        ($0.rawValue, version.settings?[$0] ?? "-")
                    } + [
                        ("version", String(version.version)),
                        ("saved", "\(version.savedAt) by \(version.savedBy)"),
                    ])
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List the applications of a project with their settings.",
            discussion: """
                Example:
                  slipway settings list --project acme/shop
                """)

        @OptionGroup var project: ProjectOption
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let project = try project.resolve()
            let settings = try store.open(.read).settings(in: project)
            if output.json {
                let console = Services.current.console
                return try console.json(.array(settings.map { .object($0.json) }))
            }
            try SettingsCommand.show(settings)
        }
    }

    struct Unset: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "unset",
            abstract: "Unset some settings of an application, or all of them.",
            discussion: """
                The history stays: settings revert brings them back.

                Examples:
                  slipway settings unset my-app region
                  slipway settings unset my-app bucket key_pattern
                  slipway settings unset my-app
                """)

        @Argument(help: "The CodeDeploy application.")
        var application: String
        @Argument(help: "application_root, region, bucket or key_pattern.")
        var fields: [String] = []
        @OptionGroup var project: ProjectOption
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let fields = try fields.map(SettingsCommand.field)
            let application = try ApplicationName(application)
            let project = try project.resolve()
            let store = try store.open(.write)
            let console = Services.current.console
            if fields.isEmpty {
                try store.unsetSettings(of: application, in: project)
                if output.json {
                    try console.json(["application": .string(application.rawValue)])
                }
                console.note("unset \(application) of \(project)")
                return
            }
            var patch = SettingsPatch()
            for field in fields { patch.unset(field) }
            _ = try store.settings(of: application, in: project)
            let (version, isNew) = try store.changeSettings(of: application, in: project) {
                try patch.applied(to: $0)
            }
            if output.json { try console.json(.object(version.json)) }
            SettingsCommand.note(
                "saved \(application) of \(project), version \(version.version)",
                version, isNew: isNew)
        }
    }

    struct History: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "history",
            abstract: "Show every version of an application's settings, newest first.",
            discussion: """
                Example:
                  slipway settings history my-app --project acme/shop
                """)

        @Argument(help: "The CodeDeploy application.")
        var application: String
        @OptionGroup var project: ProjectOption
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let application = try ApplicationName(application)
            let project = try project.resolve()
            let versions = try store.open(.read).history(of: application, in: project)
            let console = Services.current.console
            if output.json { return try console.json(.array(versions.map { .object($0.json) })) }
            for (index, version) in versions.enumerated() {
                try console.line(
                    "version \(version.version), \(version.savedAt) by \(version.savedBy)")
                let before = index + 1 < versions.count ? versions[index + 1].settings : nil
                for line in settingsDifference(before, version.settings) {
                    try console.line("  \(line)")
                }
            }
        }
    }

    struct Revert: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revert",
            abstract: "Make an old version of an application's settings the newest.",
            discussion: """
                Nothing is lost: it is saved as a new version.

                Example:
                  slipway settings revert my-app 3
                """)

        @Argument(help: "The CodeDeploy application.")
        var application: String
        @Argument(help: "The version to go back to; see settings history.")
        var version: Int
        @OptionGroup var project: ProjectOption
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let application = try ApplicationName(application)
            let project = try project.resolve()
            let (new, isNew) = try store.open(.write).revertSettings(
                of: application, in: project, to: version)
            let console = Services.current.console
            if output.json { try console.json(.object(new.json)) }
            SettingsCommand.note(
                "\(application) is as it was in version \(version): now \(new.version)",
                new, isNew: isNew)
        }
    }

    /// Says what a change did, or that it changed nothing.
    private static func note(_ news: String, _ version: SettingsVersion, isNew: Bool) {
        Services.current.console.note(
            isNew ? news : "nothing changed: version \(version.version) says the same")
    }

    /// A table of applications.
    static func show(_ settings: [SettingsVersion]) throws {
        let console = Services.current.console
        try console.table(
            ["APPLICATION", "REGION", "BUCKET", "KEY PATTERN", "ROOT"],
            settings.map { version in
                [version.application.rawValue]
                    + [.region, .bucket, .keyPattern, .applicationRoot].map {
                        version.settings?[$0] ?? "-"
                    }
            })
    }

    static func field(_ text: String) throws -> ApplicationSettings.Field {
        if let field = ApplicationSettings.Field(userText: text) { return field }
        let names = ApplicationSettings.Field.allCases.map(\.rawValue)
        throw UsageProblem(
            Problem(
                code: "unknown-field", "there is no setting \(shownWord(text))",
                why: "an application has \(names.joined(separator: ", "))",
                fix: nearestName(to: text, among: names).map { "did you mean \($0)?" }
                    ?? "name one of them"))
    }
}

extension SettingsVersion {
    var json: [JSONValue.Member] {
        [.init(key: "application", value: .string(application.rawValue))]
            + (settings ?? ApplicationSettings()).json
            + [
                .init(key: "version", value: .integer(version)),
                .init(key: "saved_at", value: .string(savedAt.rawValue)),
                .init(key: "saved_by", value: .string(savedBy)),
            ] + (settings == nil ? [.init(key: "removed", value: true)] : [])
    }
}
