import ArgumentParser
import KeyVault
import ProjectStore
import SlipwayCore

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the store to a file, proved whole, while others use it.",
        discussion: """
            The copy is mode 0600 and holds no unlock key: keep that elsewhere. An older backup \
            under the same name is replaced.

            Example:
              slipway backup /var/backups/slipway.db
            """)

    @Argument(help: "The file to write.")
    var file: String
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let proof = try store.open(.write).backUp(to: file)
        let console = Services.current.console
        if output.json {
            try console.json(.object([.init(key: "file", value: .string(file))] + proof.json))
        }
        console.note("backed up to \(file): \(proof)")
    }
}

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup in the store's place.",
        discussion: """
            The backup is proved whole first. The store that is there is kept beside the new one. \
            Commands that are running go on with the restored store.

            Example:
              slipway restore /var/backups/slipway.db
            """)

    @Argument(help: "The backup.")
    var file: String
    @OptionGroup var consent: ConsentOption
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let services = Services.current
        try consent.confirm("This puts \(file) in the place of the store \(store.path).")
        let result = try ProjectStore.restore(
            file, to: store.path, author: services.author(), unlock: store.sources(),
            now: services.now)
        if output.json {
            try services.console.json(
                .object(
                    [
                        .init(key: "store", value: .string(store.path)),
                        .init(key: "previous", value: JSONValue(result.previous)),
                        .init(
                            key: "returning_unlockers",
                            value: .array(
                                result.returningUnlockers.map { .string($0.rawValue) })),
                    ] + result.proof.json))
        }
        services.console.note("restored \(store.path) from \(file): \(result.proof)")
        if let previous = result.previous {
            services.console.note("the store that was there is \(previous)")
        }
        if !result.returningUnlockers.isEmpty {
            let ids = result.returningUnlockers.map(\.rawValue).joined(separator: ", ")
            services.console.show([
                Problem(
                    .warning, code: "returning-unlockers",
                    "unlockers that had been removed open the store again: \(ids)",
                    why: "the backup is from before they were removed",
                    fix: "slipway store unlockers remove them, then slipway store rotate")
            ])
        }
    }
}

extension StoreProof: CustomStringConvertible {
    package var description: String {
        "\(counted(secretCount, "secret")) open, \(counted(auditCount, "audit row")) hold"
    }

    fileprivate var json: [JSONValue.Member] {
        [
            .init(key: "secrets", value: .integer(secretCount)),
            .init(key: "audit_rows", value: .integer(auditCount)),
            .init(key: "audit_head", value: .string(auditHead)),
        ]
    }
}
