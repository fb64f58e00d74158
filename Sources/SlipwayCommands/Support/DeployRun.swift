import ArgumentParser
import DeployEngine
import FoundationEssentials
import ProjectStore
import SlipwayCore

/// How a running deployment is told of.
struct ProgressOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "auto, screen, plain, json (one object a line) or quiet.", valueName: "mode"))
    var progress: ProgressMode = .auto

    /// `isWatched` says whether there will be anything to see on a screen.
    func form(isWatched: Bool = true) -> ProgressPrinter.Form {
        switch progress {
        case .json: .json
        case .quiet: .quiet
        case .screen: .screen
        case .auto where isWatched && Self.canShowScreen: .screen
        case .auto, .plain: .lines(hasBar: Services.current.terminal.isError)
        }
    }

    private static var canShowScreen: Bool {
        let services = Services.current
        return services.screens.isTerminal && services.variable("TERM") != "dumb"
            && services.variable("SLIPWAY_ACCESSIBLE") != "1"
    }

    func validate() throws {
        guard progress == .screen, Services.scoped?.screens.isTerminal == false else { return }
        throw ValidationError(
            "--progress screen needs a terminal on standard input and output; --progress plain "
                + "prints lines anywhere")
    }

    var printer: ProgressPrinter {
        let services = Services.current
        return ProgressPrinter(
            form(isWatched: false), console: services.console, now: services.now,
            uptime: services.aws.uptime)
    }

    /// Ends before anything began: with the same last line as every run.
    func end(_ result: DeployResult) throws -> Never {
        var printer = printer
        try printer.show(.result(result))
        throw EarlyExit(result.exitStatus)
    }

    /// Does what a command is for. What keeps it from that is, where JSON is printed, told in its
    /// last lines, as every end is: a result for each deployment that was named; nil is one that was
    /// to be found.
    func endingInResults(
        of named: [String?] = [nil], _ work: () throws -> Void
    ) throws {
        guard progress == .json else { return try work() }
        let failure: DeployFailure
        do {
            return try work()
        } catch let error as any ProblemReporting {
            failure = DeployFailure(error)
        } catch is Cancelled {
            failure = DeployFailure(
                meaning: nil, problems: [Problem(code: "no-consent", "nothing was done")],
                exitStatus: .interrupted)
        }
        var printer = printer
        for id in named {
            var result = DeployResult(failure)
            result.deployment = id.flatMap(DeploymentID.init)
            try printer.show(.result(result))
        }
        throw EarlyExit(failure.exitStatus)
    }
}

/// How long a command waits for a deployment.
struct TimeLimitOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long to watch, such as 90s, 30m or 2h; none for ever. Without it circle.yml "
                + "decides, or an hour.", valueName: "time"))
    var timeout: String?

    private static let standard = Duration.seconds(3600)

    /// What the option says, else what is given, else an hour; nil for ever.
    func limit(else planned: WatchTimeout? = nil) throws -> Duration? {
        guard let timeout else { return planned?.duration ?? Self.standard }
        if timeout == "none" { return nil }
        guard let limit = WatchTimeout(timeout) else {
            throw UsageProblem(
                Problem(
                    code: "invalid-timeout", "\(shownWord(timeout)) is no time limit",
                    why: "it is 1 second to 7 days: 45s, 30m, 2h, 1h30m, or none",
                    fix: "--timeout 30m"))
        }
        return limit.duration
    }
}

/// A machine that is run to its end and told of.
struct DeployRun: Sendable {
    let machine: DeployMachine
    let session: AWSSession
    let form: ProgressPrinter.Form
    /// The deployment, where it is made already.
    var watched: DeploymentID?
    /// The top of the repository whose application roots are packed.
    var repository = "."
    /// For the live screen, of each application that is deployed; asked for only where there is one.
    let context: @Sendable (DeployJob?) -> LiveContext

    /// Runs it. `fold` gets every change too, and may have something to say of it.
    ///
    /// Where nobody reads the progress any more, that is a wish to leave. Throws where it cannot be
    /// written otherwise; the result is told already.
    func callAsFunction(
        fold: @escaping @Sendable (DeployChange) -> Problem? = { _ in nil }
    ) throws -> DeployResult {
        if form == .screen, let taken = Services.current.screens.take() {
            let result = try LiveRuns([self]).show(on: taken, fold)[0]
            try tell(result)
            return result
        }
        let interruptions = Services.current.aws.interruptions()
        return try waiting { try await run(interruptions, fold) }
    }

    /// What is told on the normal screen after the live one.
    func tell(_ result: DeployResult) throws {
        var printer = printer(.screen)
        try printer.show(.result(result))
    }

    /// The form off the live screen: a terminal that cannot show screens gets lines.
    var lineForm: ProgressPrinter.Form {
        form == .screen ? .lines(hasBar: Services.current.terminal.isError) : form
    }

    /// What carries machines out.
    var driver: DeployDriver {
        let services = Services.current
        let connection = session.connection
        return DeployDriver(
            codeDeploy: { connection.codeDeploy($0) }, looking: { connection.looking($0) },
            uploader: RevisionUploader(
                packer: services.aws.packer(repository), store: connection.objects),
            clock: EngineClock(
                uptime: services.aws.uptime, date: connection.now, sleep: services.aws.sleep),
            looks: services.aws.looks, recordedStop: session.recordedStops())
    }

    /// `deployment` is the one that is told of, where others are told of beside it.
    func printer(
        _ form: ProgressPrinter.Form, of deployment: DeploymentID? = nil
    ) -> ProgressPrinter {
        let services = Services.current
        return ProgressPrinter(
            form, of: deployment, console: services.console, now: services.now,
            uptime: services.aws.uptime)
    }

    private func run(
        _ interruptions: AsyncStream<Void>, _ fold: @Sendable (DeployChange) -> Problem?
    ) async throws -> DeployResult {
        var printer = printer(lineForm)
        if let notice = session.keysNotice { try printer.show(.notice(DeployNotice(notice))) }
        let console = Services.current.console
        let (leaving, leave) = AsyncStream.makeStream(of: Void.self)
        async let _ = Self.forward(interruptions, to: leave)
        var isAbandoned = false
        var failure: (any Error)?
        let result = await driver.run(
            machine, interruptions: leaving, notices: session.notices
        ) { change in
            // The result is written down before it is told: who reads it may look at once.
            let problem = fold(change)
            do {
                if let problem, case .result = change {
                    try printer.show(.notice(DeployNotice(problem)))
                }
                try printer.show(change)
                if let problem, !change.isResult {
                    try printer.show(.notice(DeployNotice(problem)))
                }
            } catch {
                failure = failure ?? error
            }
            if console.isAbandoned && !isAbandoned {
                isAbandoned = true
                leave.yield()
                // How to attach again is said where somebody may still read it.
                printer = self.printer(.quiet)
            }
        }
        do {
            try console.flush()
        } catch {
            failure = failure ?? error
        }
        if let failure, !console.isAbandoned { throw failure }
        return result
    }

    private static func forward(
        _ wishes: AsyncStream<Void>, to other: AsyncStream<Void>.Continuation
    ) async {
        for await _ in wishes { other.yield() }
    }
}

extension DeployChange {
    fileprivate var isResult: Bool { if case .result = self { true } else { false } }
}

/// AWS as one command speaks to it, and what it has to say on the way.
struct AWSSession: Sendable {
    let connection: AWSConnection
    /// The same, for what is not worth waiting long for.
    let hasty: AWSConnection
    private(set) var notices: AsyncStream<Problem>
    /// Where the AWS keys are from, if not the project's own.
    private(set) var keysNotice: Problem?
    /// The store that the keys are from, opened to be changed; nil where they are not from one.
    let store: ProjectStore?
    private let options: StoreOptions

    /// The store, wherever the keys are from. Throws where there is none or it cannot be written.
    func openStore() throws -> ProjectStore { try store ?? options.open(.write) }

    /// The same for another run: what there is to say of it is said by one.
    var silent: AWSSession {
        var other = self
        other.notices = AsyncStream { $0.finish() }
        other.keysNotice = nil
        return other
    }

    /// The store as a screen needs it, which has the terminal: what would need a passphrase is
    /// refused instead of asked for.
    func openStoreForScreen() throws -> ProjectStore {
        try store
            ?? options.open(
                .write,
                options.sources { _ in
                    throw Problem(
                        code: "passphrase-needed",
                        "the store opens with a passphrase, and the screen cannot ask for it",
                        fix: "--passphrase-fd, or another unlocker: slipway store unlockers add")
                })
    }

    /// Says who has a deployment stopped, as far as a store knows.
    func recordedStops() -> @Sendable (DeploymentID) -> DeploymentStop? {
        guard let store = store ?? (try? options.open(.read)) else { return { _ in nil } }
        return { try? store.stop(of: $0) }
    }

    /// Finds the AWS keys and connects.
    ///
    /// Throws as ``AWSKeys/init(of:in:for:)`` does.
    init(
        of project: ProjectName?, in options: StoreOptions, for purpose: String
    ) throws {
        let keys = try AWSKeys(of: project, in: options, for: purpose)
        let (notices, post) = AsyncStream.makeStream(of: Problem.self)
        connection = try Services.current.aws.connect(keys.pair, .many) { post.yield($0) }
        hasty = try Services.current.aws.connect(keys.pair, .few) { _ in }
        self.notices = notices
        keysNotice = keys.notice
        store = keys.store
        self.options = options
    }
}
