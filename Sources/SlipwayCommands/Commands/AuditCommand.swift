import ArgumentParser
import FoundationEssentials
import ProjectStore
import SlipwayCore

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Show who changed what and who read secrets, and check the log.",
        subcommands: [List.self, Verify.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Show the audit log, newest first.",
            discussion: """
                Examples:
                  slipway audit --project acme/shop
                  slipway audit --all --json
                """)

        @Option(
            help: ArgumentHelp(
                "Only what was done to this project; else everything.", valueName: "owner/name"))
        var project: String?
        @Option(help: ArgumentHelp("How many rows at the most.", valueName: "rows"))
        var limit = 50
        @Flag(help: "Every row.")
        var all = false
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            guard limit > 0 else {
                throw UsageProblem(
                    Problem(
                        code: "invalid-limit", "--limit \(limit) shows nothing",
                        fix: "give a number from 1, or --all"))
            }
            let project = try project.map { try ProjectName($0) }
            let store = try store.open(.read)
            let limit = all ? nil : limit
            let console = Services.current.console
            if output.json {
                try console.jsonArray { emit in
                    try store.forEachAuditEntry(project: project, limit: limit) {
                        try emit($0.json)
                    }
                }
                return
            }
            var isEmpty = true
            try store.forEachAuditEntry(project: project, limit: limit) {
                try console.line($0.summary)
                isEmpty = false
            }
            if isEmpty, let project {
                console.note("nothing was ever done to \(shownWord(project.rawValue))")
            }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Check that no row of the audit log is missing or changed.",
            discussion: """
                Needs an unlocker. Keep the head that it prints elsewhere to notice later that a \
                whole older store was put in this one's place.

                Example:
                  slipway audit verify
                """)

        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let verdict = try store.open(.read).verifyAudit()
            let console = Services.current.console
            switch verdict {
            case .intact(let count, let head):
                if output.json {
                    try console.json([
                        "intact": true, "rows": .integer(count), "head": .string(head),
                        "problem": .null,
                    ])
                } else {
                    try console.facts([
                        ("audit log", "intact"), ("rows", String(count)), ("head", head),
                    ])
                }
            case .missing(let sequence), .changed(let sequence):
                let isMissing = verdict == .missing(sequence: sequence)
                let problem = Problem(
                    code: isMissing ? "audit-row-missing" : "audit-row-changed",
                    "row \(sequence) of the audit log \(isMissing ? "is missing" : "was changed")",
                    why: "its chain of tags breaks there: somebody wrote to the file directly",
                    fix: "compare with a backup: slipway audit --database BACKUP", file: store.path)
                if output.json {
                    try console.json(["intact": false, "problem": problem.json])
                }
                console.show([problem])
                throw EarlyExit(.store)
            }
        }
    }
}

extension AuditEntry {
    /// `12  2026-11-24 15:04 UTC  root@ci  keys-set acme/shop AKIA…`, then old and new.
    fileprivate var summary: String {
        var parts = ["\(sequence)", "\(at)", "\(author.user)@\(author.host)", action]
        if let project { parts.append(project) }
        if let subject { parts.append(subject) }
        parts += change
        return parts.joined(separator: "  ")
    }

    /// What became of what: of settings only the fields that changed.
    private var change: [String] {
        guard let old else { return new.map { [$0] } ?? [] }
        guard let new else { return ["was \(old)"] }
        let (before, after) = (Self.fields(old), Self.fields(new))
        guard !before.isEmpty, !after.isEmpty else { return ["\(old) -> \(new)"] }
        return after.compactMap { field in
            let value = before.first { $0.name == field.name }?.value ?? "null"
            return value == field.value ? nil : "\(field.name): \(value) -> \(field.value)"
        }
    }

    /// The members of a flat JSON object, as text; none for anything else.
    private static func fields(_ json: String) -> [(name: String, value: String)] {
        guard let object = try? JSONDecoder().decode([String: Field].self, from: Data(json.utf8))
        else { return [] }
        return object.sorted { $0.key < $1.key }.map { ($0.key, $0.value.text) }
    }

    /// A value in an audit row's JSON.
    private struct Field: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let string = try? container.decode(String.self) {
                text = string
            } else if let boolean = try? container.decode(Bool.self) {
                text = String(boolean)
            } else {
                text = "null"
            }
        }
    }

    /// What a row holds as JSON, put in as it is; what somebody made of it that is none, as text.
    private static func embedded(_ json: String?) -> JSONValue {
        struct Anything: Decodable { init(from decoder: any Decoder) throws {} }
        guard let json else { return .null }
        let isJSON = (try? JSONDecoder().decode(Anything.self, from: Data(json.utf8))) != nil
        return isJSON ? .verbatim(json) : .string(json)
    }

    fileprivate var json: JSONValue {
        [
            "sequence": .integer(sequence), "at": .string(at.rawValue),
            "user": .string(author.user), "host": .string(author.host),
            "project": JSONValue(project), "action": .string(action),
            "subject": JSONValue(subject), "old": Self.embedded(old), "new": Self.embedded(new),
        ]
    }
}
