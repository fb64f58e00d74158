import ArgumentParser
import ProjectStore
import SlipwayCore

extension KeysCommand {
    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "test",
            abstract: "Ask AWS whose keys a project's AWS keys are.",
            discussion: """
                Needs no permission: AWS tells everyone who they are. Ends with 3 where AWS does \
                not accept the keys.

                Example:
                  slipway keys test --project acme/shop
                """)

        @Option(
            help: ArgumentHelp(
                "The region to ask in; else that of the settings, or $AWS_REGION.",
                valueName: "region"))
        var region: String?
        @OptionGroup var project: ProjectOption
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let project = try project.resolve()
            let keys = try AWSKeys(of: project, in: store, for: "keys test")
            let console = Services.current.console
            if let notice = keys.notice { console.show([notice]) }
            let region = try region.map { try Region($0) } ?? self.region(of: project)
            let connection = try Services.current.aws.connect(keys.pair, .few) { problem in
                console.show([problem])
            }
            let identity = try waiting { try await connection.identity(region) }
            if output.json {
                try console.json([
                    "project": .string(project.rawValue),
                    "access_key_id": .string(keys.pair.accessKeyID.rawValue),
                    "account": JSONValue(identity.account?.rawValue),
                    "arn": identity.arn.json, "user_id": identity.userID.json,
                ])
                return
            }
            try console.facts([
                ("access key id", keys.pair.accessKeyID.rawValue),
                ("account", identity.account?.rawValue), ("arn", identity.arn.escaped),
                ("user id", identity.userID.escaped),
            ])
        }

        /// Any region knows: one that the project uses is the likeliest to be allowed.
        private func region(of project: ProjectName) throws -> Region {
            let settings = try? store.open(.read).settings(in: project)
            if let region = settings?.compactMap({ $0.settings?.region }).first { return region }
            let services = Services.current
            let name = services.variable("AWS_REGION") ?? services.variable("AWS_DEFAULT_REGION")
            return try Region(name ?? "us-east-1")
        }
    }
}
