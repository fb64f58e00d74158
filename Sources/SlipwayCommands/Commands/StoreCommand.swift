import ArgumentParser
import KeyVault
import ProjectStore
import SlipwayCore

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Show the store, rotate its key, say what opens it.",
        subcommands: [Show.self, Rotate.self, UnlockersCommand.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show where the store is and what is in it.",
            discussion: """
                Needs no unlocker.

                Example:
                  slipway store show --json
                """)

        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let info = try store.open(.read).info()
            let console = Services.current.console
            if output.json { return try console.json(info.json(path: store.path)) }
            try console.facts(
                [
                    ("store", store.path),
                    ("id", info.id),
                    ("made", info.createdAt.description),
                    ("schema", info.schema.last),
                    ("projects", String(info.projectCount)),
                    ("audit rows", String(info.auditCount)),
                    ("unlockers", String(info.unlockerCount)),
                ]
                    + info.generations.map {
                        (
                            "store key \($0.number)",
                            "since \($0.createdAt), protects the AWS keys of "
                                + counted($0.keysCount, "project")
                        )
                    })
            if info.generations.count > 1 {
                console.note("a rotation was not finished: slipway store rotate finishes it")
            }
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate",
            abstract: "Make a new store key and wrap every secret's key under it.",
            discussion: """
                Others go on reading meanwhile. It can be stopped at any moment and run again: it \
                then finishes what was begun. One unlocker is enough, and all of them open the \
                store afterwards.

                If AWS keys may have been seen, have AWS replace those: a new store key does not \
                take back what was read.

                Example:
                  slipway store rotate
                """)

        @Flag(help: "Only say what it would do.")
        var plan = false
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let console = Services.current.console
            if plan {
                let info = try store.open(.read).info()
                let isBegun = info.generations.count > 1
                let newest = info.generations.last?.number ?? 0
                let new = isBegun ? newest : newest + 1
                let count = info.generations.filter { $0.number < new }.reduce(0) {
                    $0 + $1.keysCount
                }
                if output.json {
                    return try console.json(Self.json(new, resumed: isBegun, count: count))
                }
                return try console.line(
                    isBegun
                        ? "would finish the rotation to store key \(new): "
                            + "\(counted(count, "project")) to go"
                        : "would make store key \(new) for the AWS keys of "
                            + counted(count, "project"))
            }
            let progress = try store.open(.write).rotate()
            if output.json {
                try console.json(
                    Self.json(
                        progress.generation, resumed: progress.isResumed,
                        count: progress.rewrappedCount))
            }
            if progress.isResumed { console.note("finished a rotation that was begun earlier") }
            console.note(
                "store key \(progress.generation) protects everything now; wrapped anew: the AWS "
                    + "keys of \(counted(progress.rewrappedCount, "project"))")
        }

        private static func json(_ generation: Int, resumed: Bool, count: Int) -> JSONValue {
            [
                "generation": .integer(generation), "resumed": .boolean(resumed),
                "rewrapped": .integer(count),
            ]
        }
    }
}

struct UnlockersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlockers",
        abstract: "List, add and remove what opens the store.",
        subcommands: [List.self, Add.self, Remove.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List the unlockers.",
            discussion: """
                Needs no unlocker.

                Example:
                  slipway store unlockers list
                """)

        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let unlockers = try store.open(.read).unlockers()
            let console = Services.current.console
            if output.json { return try console.json(.array(unlockers.map(\.json))) }
            try console.table(
                ["UNLOCKER", "KIND", "LABEL", "ADDED"],
                unlockers.map {
                    [
                        $0.unlocker.id.rawValue, $0.unlocker.isPassphrase ? "passphrase" : "key",
                        $0.unlocker.label, "\($0.createdAt) by \($0.createdBy)",
                    ]
                })
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Let another key or passphrase open the store.",
            subcommands: [AddKeyFile.self, AddKey.self, AddPassphrase.self])
    }

    struct AddKeyFile: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "key-file",
            abstract: "Add the key of a file, which is made if it is not there.",
            discussion: """
                The file's one line is also what SLIPWAY_UNLOCK_KEY takes in CI, and what \
                systemd-creds encrypts to the credential slipway-unlock-key.

                Example:
                  slipway store unlockers add key-file ci.key --label 'CI'
                """)

        @Argument(help: "The key file.")
        var file: String
        @Option(help: "What to call it in lists.")
        var label: String?
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let store = try store.open(.write)
            try store.unlock()
            let (key, isNew) = try KeyFile.readOrCreate(at: file)
            let id = try store.addUnlocker(key, kind: .key, label: label ?? "key file \(file)")
            try UnlockersCommand.added(id, output, isNew ? "made the key file \(file)" : nil)
        }
    }

    struct AddKey: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "key",
            abstract: "Add a key given on standard input, in base64.",
            discussion: """
                Example:
                  head -c 32 /dev/urandom | base64 | tee ci.key | slipway store unlockers add key
                """)

        @Option(help: "What to call it in lists.")
        var label = "key"
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let services = Services.current
            let store = try store.open(.write)
            let text: SecretBytes
            if services.terminal.isInput {
                guard let line = try services.terminal.askHidden("Unlock key (base64): ") else {
                    throw Cancelled()
                }
                text = line
            } else {
                text = try services.readInput(4096)
            }
            guard let key = KeyFile.parse(text) else {
                throw Problem(
                    code: "malformed-unlock-key", "that is not an unlock key",
                    why: "an unlock key is 32 bytes in base64: 44 characters on one line",
                    fix: "head -c 32 /dev/urandom | base64 makes one")
            }
            try UnlockersCommand.added(
                store.addUnlocker(key, kind: .key, label: label), output, nil)
        }
    }

    struct AddPassphrase: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "passphrase",
            abstract: "Add a passphrase, asked for twice, or read from standard input.",
            discussion: """
                Takes scrypt half a second and 128 MiB, each time it opens the store.

                Example:
                  slipway store unlockers add passphrase --label 'Ada'
                """)

        @Option(help: "What to call it in lists.")
        var label = "passphrase"
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let services = Services.current
            let store = try store.open(.write)
            try store.unlock()
            let passphrase = try newPassphrase(services)
            guard passphrase.count >= Self.shortest else {
                throw Problem(
                    code: "short-passphrase",
                    "the passphrase has fewer than \(Self.shortest) bytes",
                    why: "who has a copy of the store can try many each second",
                    fix: "take several words that nobody else would put together")
            }
            var generator = SystemRandomNumberGenerator()
            let salt = (0..<ScryptCost.saltByteCount).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let cost = ScryptCost.standard
            let key = UnlockKey(passphrase: passphrase, cost: cost, salt: salt)
            try UnlockersCommand.added(
                store.addUnlocker(key, kind: .passphrase(cost: cost, salt: salt), label: label),
                output, nil)
        }

        private static let shortest = 12

        private func newPassphrase(_ services: Services) throws -> SecretBytes {
            guard services.terminal.isInput else {
                return withoutLineBreak(try services.readInput(4096))
            }
            guard let first = try services.terminal.askHidden("New passphrase: "),
                let second = try services.terminal.askHidden("The same again: ")
            else { throw Cancelled() }
            guard first == second else {
                throw Problem(
                    code: "passphrases-differ", "the two passphrases differ", fix: "try again")
            }
            return first
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove",
            abstract: "Take an unlocker away; the last one stays.",
            discussion: """
                Whoever had its key may have kept the store key: slipway store rotate ends that.

                Example:
                  slipway store unlockers remove 0123456789abcdef
                """)

        @Argument(help: "The unlocker's id.")
        var id: String
        @OptionGroup var consent: ConsentOption
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let store = try store.open(.write)
            guard
                let unlocker = try store.unlockers().first(where: { $0.unlocker.id.rawValue == id })
            else { throw StoreError.unknownUnlocker(id) }
            try consent.confirm(
                "Nobody can open the store with \(id) (\(unlocker.unlocker.label)) then.")
            try store.removeUnlocker(unlocker.unlocker.id)
            let console = Services.current.console
            if output.json { try console.json(unlocker.json) }
            console.note("removed the unlocker \(id)")
            console.note("next: slipway store rotate, in case its holder kept the store key")
        }
    }

    fileprivate static func added(_ id: UnlockerID, _ output: JSONOption, _ news: String?) throws {
        let console = Services.current.console
        if output.json { try console.json(["id": .string(id.rawValue)]) }
        if let news { console.note(news) }
        console.note("the store opens with \(id) too")
    }
}

extension UnlockerSummary {
    fileprivate var json: JSONValue {
        [
            "id": .string(unlocker.id.rawValue),
            "kind": .string(unlocker.isPassphrase ? "passphrase" : "key"),
            "label": .string(unlocker.label),
            "created_at": .string(createdAt.rawValue),
            "created_by": .string(createdBy),
        ]
    }
}

extension StoreInfo {
    fileprivate func json(path: String) -> JSONValue {
        [
            "path": .string(path), "id": .string(id),
            "created_at": .string(createdAt.rawValue),
            "schema": .array(schema.map(JSONValue.string)),
            "projects": .integer(projectCount), "audit_rows": .integer(auditCount),
            "unlockers": .integer(unlockerCount),
            "store_keys": .array(
                generations.map {
                    [
                        "generation": .integer($0.number),
                        "created_at": .string($0.createdAt.rawValue),
                        "aws_keys": .integer($0.keysCount),
                    ]
                }),
        ]
    }
}
