import ArgumentParser
import ProjectStore
import SlipwayCore

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Set, show, test and remove a project's AWS keys.",
        discussion: """
            Builds of the project can read its keys, and so can everyone who can commit to it: \
            give the keys only what a deployment needs.
            """,
        subcommands: [Set.self, Show.self, Test.self, Remove.self])

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Save AWS keys; the secret is asked for, or read from standard input.",
            discussion: """
                The secret never stands on the command line, where every user of the machine could \
                read it. From standard input, one line break behind it is dropped. With \
                --session-token the token follows on the next line.

                Examples:
                  slipway keys set AKIAIOSFODNN7EXAMPLE --project acme/shop
                  vault read … | slipway keys set AKIAIOSFODNN7EXAMPLE
                """)

        @Argument(help: ArgumentHelp("The access key id.", valueName: "access-key-id"))
        var accessKeyID: String
        @Argument(help: .hidden)
        var misplaced: [String] = []
        @Flag(help: "The keys are temporary: read a session token too.")
        var sessionToken = false
        @Option(
            help: ArgumentHelp(
                "Save only if the keys still have this version; 0: only if there are none.",
                valueName: "version"))
        var ifVersion: Int?
        @OptionGroup var project: ProjectOption
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            guard misplaced.isEmpty else { throw Self.misplacedSecret }
            let services = Services.current
            let id = try AccessKeyID(accessKeyID)
            let project = try project.resolve()
            let store = try store.open(.write)
            _ = try store.project(project)
            if id.isTemporary, !sessionToken {
                services.console.show([Self.noTokenWarning])
            }
            let keys = try readKeys(id, services)
            warn(keys, services.console)
            let saved = try store.saveKeys(keys, of: project, expecting: ifVersion)
            if output.json { try services.console.json(saved.json(project)) }
            services.console.note(
                "saved the AWS keys of \(project): \(id), version \(saved.version)")
            services.console.note("next: slipway settings set APPLICATION --project \(project)")
        }

        private func readKeys(_ id: AccessKeyID, _ services: Services) throws -> AWSKeyPair {
            if services.terminal.isInput {
                func asked(_ prompt: String) throws -> SecretBytes {
                    guard let line = try services.terminal.askHidden(prompt) else {
                        throw Cancelled()
                    }
                    let trimmed = Self.trimmed(line)
                    guard
                        !trimmed.withUnsafeExposedBytes({ $0.contains { $0 < 0x20 || $0 == 0x7F } })
                    else { throw Self.typedControl }
                    if trimmed.count < line.count {
                        services.console.note("left out the white space around it")
                    }
                    return trimmed
                }
                return AWSKeyPair(
                    accessKeyID: id,
                    secretAccessKey: try SecretAccessKey(asked("Secret access key: ")),
                    sessionToken: try sessionToken
                        ? SessionToken(asked("Session token: ")) : nil)
            }
            let input = withoutLineBreak(try services.readInput(64 << 10))
            guard sessionToken else {
                return AWSKeyPair(
                    accessKeyID: id, secretAccessKey: try SecretAccessKey(input),
                    sessionToken: nil)
            }
            let (secret, token) = Self.lines(input)
            return AWSKeyPair(
                accessKeyID: id, secretAccessKey: try SecretAccessKey(secret),
                sessionToken: try SessionToken(token))
        }

        /// What looks unlike AWS's own secrets is saved as it is, and said.
        private func warn(_ keys: AWSKeyPair, _ console: Console) {
            let bytes = keys.secretAccessKey.bytes
            let isUsual = bytes.withUnsafeExposedBytes { bytes in
                bytes.count == SecretAccessKey.usualByteCount
                    && bytes.allSatisfy { byte in
                        Unicode.Scalar(byte).isASCIILetterOrDigit || "/+=".utf8.contains(byte)
                    }
            }
            guard !isUsual else { return }
            let oddity = bytes.withUnsafeExposedBytes { bytes in
                if bytes.contains(UInt8(ascii: "\n")) { return "it has a line break in it" }
                if bytes.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
                    return "it has spaces, control or other unusual characters in it"
                }
                return "it has \(counted(bytes.count, "byte"))"
            }
            console.show([
                Problem(
                    .warning, code: "unusual-secret",
                    "the secret is unlike AWS's own: \(oddity)",
                    why: "AWS's secret access keys have 40 letters, digits, / and +",
                    fix: "if something else was pasted along, set the keys again")
            ])
        }

        private static let misplacedSecret = UsageProblem(
            Problem(
                code: "secret-on-command-line", "a secret is never taken from the command line",
                why: "every user of this machine can read it there, and the shell keeps it",
                fix: "give the access key id alone; the secret is asked for, or read from "
                    + "standard input; and have AWS replace a key that stood here"))

        private static let typedControl = Problem(
            code: "control-character", "what was typed has a control character in it",
            why: "an arrow key, Ctrl-Z or a paste may have put it there; nothing was saved",
            fix: "run it again")

        private static let noTokenWarning = Problem(
            .warning, code: "no-session-token",
            "these are temporary keys, which do not work without a session token",
            why: "an access key id that begins with ASIA is of temporary keys",
            fix: "add --session-token")

        private static func trimmed(_ line: SecretBytes) -> SecretBytes {
            let space = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r")]
            return line.withUnsafeExposedBytes { bytes in
                let start = bytes.firstIndex { !space.contains($0) } ?? bytes.endIndex
                let end = bytes.lastIndex { !space.contains($0) }.map { $0 + 1 } ?? start
                return SecretBytes(copying: bytes[start..<end])
            }
        }

        private static func lines(_ input: SecretBytes) -> (SecretBytes, SecretBytes) {
            input.withUnsafeExposedBytes { bytes in
                let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
                let first = bytes[..<end]
                let rest = bytes[min(end + 1, bytes.endIndex)...]
                let secret = first.last == UInt8(ascii: "\r") ? first.dropLast() : first
                return (SecretBytes(copying: secret), SecretBytes(copying: rest))
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show a project's access key id, its age and who saved it.",
            discussion: """
                The secret is never shown. slipway env, exec and credential-process give it to \
                programs.

                Example:
                  slipway keys show --project acme/shop
                """)

        @OptionGroup var project: ProjectOption
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let project = try project.resolve()
            let keys = try store.open(.read).keysSummary(of: project)
            let services = Services.current
            if output.json {
                try services.console.json(keys.json(project))
                return
            }
            try services.console.facts([
                ("project", project.rawValue),
                ("access key id", keys.accessKeyID.rawValue),
                ("session token", keys.hasSessionToken ? "yes" : nil),
                ("age", keys.savedAt.age(at: services.now())),
                ("saved", "\(keys.savedAt) by \(keys.savedBy)"),
                ("version", String(keys.version)),
            ])
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove",
            abstract: "Remove a project's AWS keys.",
            discussion: """
                Example:
                  slipway keys remove --project acme/shop --yes
                """)

        @OptionGroup var consent: ConsentOption
        @OptionGroup var project: ProjectOption
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let project = try project.resolve()
            let store = try store.open(.write)
            let keys = try store.keysSummary(of: project)
            try consent.confirm(
                "This removes the AWS keys \(keys.accessKeyID) of \(project).",
                typing: project.rawValue)
            try store.removeKeys(of: project)
            let console = Services.current.console
            if output.json { try console.json(keys.json(project)) }
            console.note("removed the AWS keys of \(project)")
            console.note("they still work until AWS is told: delete or deactivate them there too")
        }
    }
}

extension AWSKeysSummary {
    func json(_ project: ProjectName) -> JSONValue {
        [
            "project": .string(project.rawValue),
            "access_key_id": .string(accessKeyID.rawValue),
            "session_token": .boolean(hasSessionToken),
            "version": .integer(version),
            "saved_at": .string(savedAt.rawValue),
            "saved_by": .string(savedBy),
        ]
    }
}
