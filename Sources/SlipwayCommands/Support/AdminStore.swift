import AdminScreens
import DeployEngine
import Dispatch
import FoundationEssentials
import KeyVault
import ProjectStore
import Screens
import SlipwayCore
import Synchronization

/// Carries out what the admin UI wants done, one thing after the other on a thread of its own, by
/// the functions of the store that the commands use.
final class AdminStore: Sendable {
    private let path: String
    private let author: Author
    private let services: Services
    private let isReadOnly: Bool
    private let sources: UnlockSources
    private let passphrase: PassphraseQuestion
    private let post: @Sendable (AdminAnswer, Int) -> Void
    private let queue = DispatchQueue(label: "slipway.admin-store")
    private let state = Mutex(State())

    private struct State {
        var store: ProjectStore?
        /// Whether every project was handed over before: then they come in one piece.
        var hasShownProjects = false
    }

    /// Rows of the audit log that the screen shows.
    static let auditLimit = 1000
    /// How many deployments a screen gets: the newest.
    static let deploymentLimit = 1000

    /// `sources` builds the unlock sources, given a way to ask for a passphrase.
    init(
        path: String, isReadOnly: Bool, services: Services,
        sources: (@escaping @Sendable (String) throws -> SecretBytes) throws -> UnlockSources,
        post: @escaping @Sendable (AdminAnswer, Int) -> Void
    ) throws {
        self.path = path
        self.isReadOnly = isReadOnly
        self.services = services
        self.post = post
        author = services.author()
        let question = PassphraseQuestion { post(.passphraseWanted(prompt: $0), 0) }
        passphrase = question
        self.sources = try sources { try question.ask($0) }
    }

    /// What a screen knows before the store was looked at.
    var context: AdminContext {
        AdminContext(
            storePath: path,
            readOnlyReason: isReadOnly ? "slipway was started with --read-only" : nil)
    }

    /// Begins to carry a request out, and returns at once. The answer is posted.
    func begin(_ request: AdminRequest) {
        if case .answerPassphrase(let secret) = request.effect {
            passphrase.answer(secret)
            return
        }
        queue.async { self.perform(request) }
    }

    /// Waits until everything that was begun is done, so that no change is lost on the way out;
    /// `notice` is called where that takes a while.
    func finish(_ notice: () -> Void) {
        passphrase.stopAsking()
        let end = DispatchSemaphore(value: 0)
        queue.async { end.signal() }
        guard end.wait(timeout: .now() + .milliseconds(500)) == .timedOut else { return }
        notice()
        end.wait()
    }

    /// Carries a request out before it returns.
    func perform(_ request: AdminRequest) {
        do {
            try carryOut(request.effect) { self.post($0, request.token) }
        } catch let error as any ProblemReporting {
            post(.failed(error.problems, error.exitStatus), request.token)
        } catch is Cancelled {
            post(
                .failed(
                    [Problem(code: "cancelled", "nothing was done: no passphrase was given")],
                    .store), request.token)
        } catch {
            let problem = Problem(
                code: "unknown", "slipway met something that it does not know how to explain",
                why: String(describing: type(of: error)))
            post(.failed([problem], .store), request.token)
        }
    }

    private func carryOut(_ effect: AdminEffect, _ answer: (AdminAnswer) -> Void) throws {
        switch effect {
        case .show, .close, .quit, .watch, .answerPassphrase: break
        case .openStore: try answer(.opened(open()))
        case .loadProjects: try loadProjects(answer)
        case .loadProject(let name): try answer(.project(detail(of: name)))
        case .loadHistory(let project, let application):
            try answer(.history(store().history(of: application, in: project)))
        case .loadAudit(let project):
            var entries: [AuditEntry] = []
            try store().forEachAuditEntry(project: project, limit: Self.auditLimit + 1) {
                entries.append($0)
            }
            answer(
                .audit(
                    Array(entries.prefix(Self.auditLimit)), isCut: entries.count > Self.auditLimit)
            )
        case .loadDeployments(let project):
            try answer(
                .deployments(
                    store().deployments(of: project, limit: Self.deploymentLimit)
                        .map(DeploymentRow.init)))
        case .testKeys(let project):
            try answer(.keysTested(test(project)))
        default: try change(effect, answer)
        }
    }

    /// Asks AWS whose the project's keys are.
    private func test(_ project: ProjectName) throws -> [String] {
        let pair = try store().readKeys(of: project, for: "keys test")
        let settings = try store().settings(in: project)
        let region = try settings.compactMap { $0.settings?.region }.first ?? Region("us-east-1")
        let connection = try services.aws.connect(pair, .few) { _ in }
        let identity = try waiting { try await connection.identity(region) }
        return [
            "AWS knows these keys: account \(identity.account?.rawValue ?? "unknown")",
            identity.arn.escaped,
        ]
    }

    private func change(_ effect: AdminEffect, _ answer: (AdminAnswer) -> Void) throws {
        guard !isReadOnly else { return }
        switch effect {
        case .addProject(let name): try answer(.done(add(name)))
        case .renameProject(let old, let new):
            try store().renameProject(old, to: new)
            answer(.done("\(old) is now \(new)."))
        case .removeProject(let name):
            try store().removeProject(name)
            answer(.done("Removed \(name)."))
        case .saveKeys(let project, let keys, let version):
            try save(keys, of: project, expecting: version, answer)
        case .removeKeys(let project):
            try store().removeKeys(of: project)
            answer(
                .done("Removed the AWS keys. They still work until AWS is told: deactivate them."))
        case .saveSettings(let project, let application, let settings, let version):
            try answering(conflictOver: application, in: project, answer) {
                let (saved, isNew) = try store().changeSettings(
                    of: application, in: project, expecting: version
                ) { _ in settings }
                answer(.settingsSaved(saved, isNew: isNew))
            }
        case .unsetSettings(let project, let application, let version):
            try answering(conflictOver: application, in: project, answer) {
                try store().unsetSettings(of: application, in: project, expecting: version)
                answer(.done("Unset \(application). Its history stays."))
            }
        case .revertSettings(let project, let application, let version):
            let (saved, isNew) = try store().revertSettings(
                of: application, in: project, to: version)
            answer(.settingsSaved(saved, isNew: isNew))
        default: break
        }
    }

    /// Runs a change; where somebody else was first, answers with what they saved.
    private func answering(
        conflictOver application: ApplicationName, in project: ProjectName,
        _ answer: (AdminAnswer) -> Void, _ body: () throws -> Void
    ) throws {
        do {
            try body()
        } catch StoreError.conflict {
            let versions = try store().history(of: application, in: project)
            answer(.settingsConflict(versions.first))
        }
    }

    private func save(
        _ keys: AWSKeyPair, of project: ProjectName, expecting version: Int,
        _ answer: (AdminAnswer) -> Void
    ) throws {
        do {
            let saved = try store().saveKeys(keys, of: project, expecting: version)
            var warnings = [keys.secretAccessKey.warning].compactMap(\.self)
            if keys.accessKeyID.isTemporary, keys.sessionToken == nil {
                warnings.append(keys.accessKeyID.noTokenWarning)
            }
            answer(.keysSaved(saved, warnings: warnings))
        } catch StoreError.keysConflict {
            answer(.keysConflict(try summary(of: project)))
        }
    }

    /// Adds a project, in a store that is made for it where there is none.
    private func add(_ name: ProjectName) throws -> String {
        var news = "Added \(name)."
        if state.withLock({ $0.store == nil }) {
            do {
                let source = try ProjectStore.create(
                    at: path, author: author, unlock: sources, now: services.now)
                news =
                    "Made the store \(path). Its secrets open with \(source): keep a copy of "
                    + "that elsewhere. " + news
            } catch StoreError.exists {
                // Another process was first: its store is whole.
            }
            try post(.opened(open()), 0)
        }
        try store().addProject(name)
        return news
    }

    /// Opens the store and says what can be done with it. A store that is not there is no error.
    private func open() throws -> AdminContext {
        var context = context
        do {
            let store = try openStore()
            state.withLock { $0.store = store }
            if context.readOnlyReason == nil, !store.isWritable {
                context.readOnlyReason = "the store's file cannot be written by you"
            }
        } catch StoreError.missing {
            state.withLock { $0.store = nil }
            context.storeExists = false
        }
        return context
    }

    private func openStore() throws -> ProjectStore {
        func open(_ access: ProjectStore.Access) throws -> ProjectStore {
            try ProjectStore(
                opening: path, for: access, author: author, unlock: sources, now: services.now)
        }
        guard !isReadOnly else { return try open(.read) }
        do {
            return try open(.write)
        } catch StoreError.notWritable {
            return try open(.read)
        }
    }

    private func store() throws -> ProjectStore {
        if let store = state.withLock(\.store) { return store }
        throw StoreError.missing(path: path)
    }

    /// Hands the projects over; the first time the first screens of them by themselves.
    private func loadProjects(_ answer: (AdminAnswer) -> Void) throws {
        guard let store = state.withLock(\.store) else {
            answer(.projects([], isFirst: true, isLast: true))
            return
        }
        let comesInParts = state.withLock { state in
            defer { state.hasShownProjects = true }
            return !state.hasShownProjects
        }
        var batch: [ProjectSummary] = []
        var isFirst = true
        try store.forEachProject { project in
            batch.append(project)
            if comesInParts, isFirst, batch.count == 200 {
                answer(.projects(batch, isFirst: true, isLast: false))
                (batch, isFirst) = ([], false)
            }
        }
        answer(.projects(batch, isFirst: isFirst, isLast: true))
    }

    private func detail(of name: ProjectName) throws -> ProjectDetail {
        let store = try store()
        let project = try store.project(name)
        return ProjectDetail(
            name: name, createdAt: project.createdAt, createdBy: project.createdBy,
            keys: project.accessKeyID == nil ? nil : try summary(of: name),
            applications: try store.settings(in: name))
    }

    /// Nil where the keys were removed meanwhile.
    private func summary(of project: ProjectName) throws -> AWSKeysSummary? {
        do {
            return try store().keysSummary(of: project)
        } catch StoreError.noKeys {
            return nil
        }
    }
}

/// Asks for a passphrase on the screen from the thread that needs it, and waits for the answer.
final class PassphraseQuestion: Sendable {
    private let show: @Sendable (String) -> Void
    private let answered = DispatchSemaphore(value: 0)
    private let state = Mutex(State())

    private struct State {
        var isAsking = false
        var isOver = false
        var answer: SecretBytes?
    }

    init(_ show: @escaping @Sendable (String) -> Void) { self.show = show }

    /// Throws ``Cancelled`` where nothing was typed.
    func ask(_ prompt: String) throws -> SecretBytes {
        let mayAsk = state.withLock { state in
            state.isAsking = !state.isOver
            return state.isAsking
        }
        guard mayAsk else { throw Cancelled() }
        show(prompt)
        answered.wait()
        let answer = state.withLock { state in
            defer { state.answer = nil }
            return state.answer
        }
        guard let answer else { throw Cancelled() }
        return answer
    }

    func answer(_ secret: SecretBytes?) {
        let wasAsking = state.withLock { state in
            defer { state.isAsking = false }
            if state.isAsking { state.answer = secret }
            return state.isAsking
        }
        if wasAsking { answered.signal() }
    }

    /// Nobody is there any more to answer.
    func stopAsking() {
        state.withLock { $0.isOver = true }
        answer(nil)
    }
}

extension DeploymentRow {
    fileprivate init(_ record: DeploymentRecord) {
        self.init(
            id: record.deployment?.rawValue ?? "", startedAt: record.startedAt,
            application: record.attempt.application.rawValue,
            group: record.attempt.deploymentGroup.rawValue,
            branch: record.attempt.tag ?? record.attempt.branch,
            commit: record.attempt.commit?.short, result: record.standing.word,
            duration: record.seconds.map { shownTime(Int64($0)) }, isOpen: record.isOpen)
    }
}
