import AdminScreens
import ArgumentParser
import LiveScreens
import ProjectStore
import Screens
import SlipwayCore

/// The admin UI. It is what `slipway` alone means.
struct AdminCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin",
        abstract: "Open the admin UI; slipway alone does the same.",
        discussion: """
            Projects, their AWS keys and the defaults of their applications, in forms. Everything \
            that it does, a command does too. Off a terminal it prints the help.

            SLIPWAY_ACCESSIBLE=1 makes it a conversation in lines, for screen readers. NO_COLOR \
            and TERM are honoured.

            Examples:
              slipway
              slipway --read-only
              slipway --database /srv/slipway.db
            """)

    @Flag(help: "Change nothing: every key that would is off.")
    var readOnly = false
    @OptionGroup var store: StoreOptions

    func run() throws {
        let services = Services.current
        guard services.screens.isTerminal else {
            try services.console.document(wrappedUsage(SlipwayCommand.helpMessage()) + "\n")
            return
        }
        let mailbox = Mailbox<AdminInterface.Message>()
        let store = try AdminStore(
            path: store.path, isReadOnly: readOnly, services: services,
            sources: { try self.store.sources(asking: $0) },
            post: { mailbox.post(.answer($0, token: $1)) })
        var end = try session(AdminInterface(store.context), mailbox, store, services)
        while let watched = end.screen.watched {
            var root = end.screen
            for request in root.resume(try watch(watched.deployments, of: watched.project)) {
                store.begin(request)
            }
            end = try session(root, mailbox, store, services)
        }
        store.finish {
            services.console.note("the store is busy: what was begun is still being saved")
        }
        try tellLateAnswers(mailbox.take(), services)
        if end.isInterrupted { throw EarlyExit(.interrupted) }
        if let (problems, status) = end.screen.openingProblems {
            services.console.show(problems)
            throw EarlyExit(status)
        }
    }

    /// Runs the UI until it is left, or wants something else shown.
    private func session(
        _ root: AdminInterface, _ mailbox: Mailbox<AdminInterface.Message>, _ store: AdminStore,
        _ services: Services
    ) throws -> SessionEnd<AdminInterface> {
        guard services.variable("SLIPWAY_ACCESSIBLE") != "1" else {
            return try converse(root, mailbox, store, services)
        }
        guard let taken = services.screens.take() else {
            services.console.note("this terminal cannot show screens: a conversation instead")
            return try converse(root, mailbox, store, services)
        }
        defer { taken.close() }
        return runScreen(root, on: taken.terminal, mailbox: mailbox, now: services.now) {
            store.begin($0)
        }
    }

    /// Shows deployments until they are left. Returns what kept them from being shown.
    private func watch(_ deployments: [DeploymentID], of project: ProjectName) throws -> [Problem] {
        do {
            let history = try store.open(.read)
            let found = try deployments.compactMap { deployment in
                try history.deployment(deployment).map { record in
                    DeploymentPlace.Found(
                        deployment: deployment, region: record.attempt.region, record: record,
                        project: project)
                }
            }
            guard !found.isEmpty else { return [] }
            let isInLines = Services.current.variable("SLIPWAY_ACCESSIBLE") == "1"
            _ = try DeploymentPlace.watch(
                found, store, nil, isInLines ? .lines(hasBar: false) : .screen, ending: .onRequest)
            return []
        } catch let error as any ProblemReporting {
            return error.problems
        }
    }

    /// Says what became of changes that were under way when the screen was left, where they were not
    /// made.
    private func tellLateAnswers(
        _ messages: [AdminInterface.Message], _ services: Services
    ) throws {
        for message in messages {
            guard case .answer(let answer, _) = message else { continue }
            switch answer {
            case .failed(let problems, let status):
                services.console.show(problems)
                throw EarlyExit(status)
            case .settingsConflict, .keysConflict:
                services.console.note("not saved: somebody else saved first")
                throw EarlyExit(.configuration)
            default: break
            }
        }
    }

    /// The same screens in lines.
    private func converse(
        _ root: AdminInterface, _ mailbox: Mailbox<AdminInterface.Message>, _ store: AdminStore,
        _ services: Services
    ) throws -> SessionEnd<AdminInterface> {
        let terminal = LinearTerminal(
            print: { line in
                // What cannot be written shows when the console is flushed at the end.
                try? services.console.line(line)
            },
            ask: { prompt in
                try services.console.flush()
                return try services.terminal.ask(prompt)
            },
            askHidden: { prompt in
                try services.console.flush()
                return try services.terminal.askHidden(prompt)
            })
        return try runLinear(root, on: terminal, mailbox: mailbox, now: services.now) {
            store.perform($0)
        }
    }
}
