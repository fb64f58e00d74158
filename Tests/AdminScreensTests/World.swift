import AdminScreens
import Screens
import SlipwayCore
import TextGrid

/// A store in memory that answers the effects of the admin UI, and the UI upon it.
struct World {
    struct Project {
        var keys: AWSKeysSummary?
        /// Every version of each application, oldest first.
        var applications: [ApplicationName: [SettingsVersion]] = [:]
    }

    var projects: [ProjectName: Project] = [:]
    var audit: [AuditEntry] = []
    var deployments: [DeploymentRow]?
    var context: AdminContext
    /// Problems that the next change meets.
    var nextFailure: [Problem]?
    private(set) var session: Session<AdminInterface>
    private(set) var performed: [AdminEffect] = []
    /// Answers that are held back while it is true.
    var isSlow = false
    private var waiting: [AdminRequest] = []

    static let moment = Timestamp(stored: "2026-11-24T15:04:05.678Z")
    static let shop = try! ProjectName("acme/shop")
    static let application = try! ApplicationName("my-app")

    init(width: Int = 80, height: Int = 24, context: AdminContext? = nil) {
        self.context = context ?? AdminContext(storePath: "/home/ada/slipway.db")
        session = Session(AdminInterface(self.context), width: width, height: height)
    }

    /// The UI on a store with a project, keys and two versions of an application's settings.
    static func prepared(width: Int = 80, height: Int = 24) -> World {
        var world = World(width: width, height: height)
        let keys = AWSKeysSummary(
            accessKeyID: try! AccessKeyID("AKIAIOSFODNN7EXAMPLE"), hasSessionToken: false,
            version: 3, savedAt: moment, savedBy: "ada")
        world.projects[shop] = Project(
            keys: keys,
            applications: [
                application: [
                    version(1, [.region: "us-east-1"]),
                    version(
                        2,
                        [
                            .region: "us-east-1", .applicationRoot: "/",
                            .bucket: "acme-revisions", .keyPattern: "apps/my-app-{SHORT_COMMIT}",
                        ]),
                ]
            ])
        world.projects[try! ProjectName("acme/worker")] = Project()
        world.audit = [
            AuditEntry(
                sequence: 2, at: moment, author: Author(user: "ada", host: "ci"),
                project: "acme/shop", action: "settings-set", subject: "my-app",
                old: nil, new: #"{"region":"us-east-1"}"#),
            AuditEntry(
                sequence: 1, at: moment, author: Author(user: "ada", host: "ci"),
                project: "acme/shop", action: "project-add", subject: nil, old: nil, new: nil),
        ]
        world.begin()
        return world
    }

    static func version(
        _ number: Int, _ fields: [ApplicationSettings.Field: String], by user: String = "ada"
    ) -> SettingsVersion {
        SettingsVersion(
            application: application, settings: try! ApplicationSettings(fields: fields),
            version: number, savedAt: moment, savedBy: user)
    }

    mutating func begin() { perform(session.begin()) }

    @discardableResult
    mutating func press(_ keys: Key...) -> World {
        for key in keys { perform(session.handle(.key(key)).effects) }
        return self
    }

    mutating func handle(_ event: TerminalEvent) { perform(session.handle(event).effects) }

    mutating func type(_ text: String) {
        for character in text { press(.character(character)) }
    }

    mutating func paste(_ text: String) {
        handle(.paste(PastedText(copying: Array(text.utf8))))
    }

    /// Comes back after deployments were shown.
    mutating func resume() {
        var root = session.screen
        let requests = root.resume([])
        session = Session(root, width: session.width, height: session.height)
        perform(requests)
        begin()
    }

    mutating func resize(_ width: Int, _ height: Int) {
        handle(.resize(width: width, height: height))
    }

    /// Carries out what was held back.
    mutating func catchUp() {
        isSlow = false
        let requests = waiting
        waiting = []
        perform(requests)
    }

    mutating func answer(_ answer: AdminAnswer, token: Int = 0) {
        perform(session.receive(.answer(answer, token: token)))
    }

    var shown: String { session.frame.lines.joined(separator: "\n") }
    /// What is shown as one line, however it is wrapped.
    var said: String {
        session.frame.lines.flatMap { $0.split { " │".contains($0) } }.joined(separator: " ")
    }

    var title: String { session.frame.lines[0] }

    private mutating func perform(_ requests: [AdminRequest]) {
        for request in requests {
            performed.append(request.effect)
            if isSlow {
                waiting.append(request)
                continue
            }
            for answer in answers(to: request.effect) {
                perform(session.receive(.answer(answer, token: request.token)))
            }
        }
    }

    private mutating func answers(to effect: AdminEffect) -> [AdminAnswer] {
        if let failure = nextFailure, isChange(effect) {
            nextFailure = nil
            return [.failed(failure, .store)]
        }
        switch effect {
        case .show, .close, .quit, .watch, .answerPassphrase: return []
        case .openStore: return [.opened(context)]
        case .loadProjects:
            let summaries = projects.sorted { $0.key < $1.key }.map { summary($0.key, $0.value) }
            return [.projects(summaries, isFirst: true, isLast: true)]
        case .addProject(let name):
            if projects[name] != nil {
                return [.failed([Problem(code: "project-exists", "there is one already")], .store)]
            }
            projects[name] = Project()
            return [.done("Added \(name).")]
        case .renameProject(let old, let new):
            projects[new] = projects.removeValue(forKey: old)
            return [.done("\(old) is now \(new).")]
        case .removeProject(let name):
            projects[name] = nil
            return [.done("Removed \(name).")]
        case .loadProject(let name): return [.project(detail(name))]
        case .saveKeys(let name, let keys, let expected):
            let old = projects[name]?.keys
            guard expected == old?.version ?? 0 else { return [.keysConflict(old)] }
            let new = AWSKeysSummary(
                accessKeyID: keys.accessKeyID, hasSessionToken: keys.sessionToken != nil,
                version: expected + 1, savedAt: Self.moment, savedBy: "ada")
            projects[name]?.keys = new
            return [
                .keysSaved(
                    new, warnings: [keys.secretAccessKey.warning].compactMap(\.self))
            ]
        case .removeKeys(let name):
            projects[name]?.keys = nil
            return [.done("Removed the AWS keys.")]
        case .testKeys: return [.keysTested(["account 123456789012", "user deployer"])]
        case .saveSettings(let name, let application, let settings, let expected):
            return [save(settings, name, application, expected)]
        case .unsetSettings(let name, let application, let expected):
            _ = save(nil, name, application, expected)
            return [.done("Unset \(application).")]
        case .loadHistory(let name, let application):
            return [.history((projects[name]?.applications[application] ?? []).reversed())]
        case .revertSettings(let name, let application, let number):
            let versions = projects[name]?.applications[application] ?? []
            let old = versions.first { $0.version == number }
            return [save(old?.settings, name, application, versions.last?.version ?? 0)]
        case .loadAudit: return [.audit(audit, isCut: false)]
        case .loadDeployments: return [.deployments(deployments ?? [])]
        }
    }

    private func isChange(_ effect: AdminEffect) -> Bool {
        switch effect {
        case .addProject, .renameProject, .removeProject, .saveKeys, .removeKeys, .saveSettings,
            .unsetSettings, .revertSettings:
            true
        default: false
        }
    }

    private mutating func save(
        _ settings: ApplicationSettings?, _ name: ProjectName, _ application: ApplicationName,
        _ expected: Int
    ) -> AdminAnswer {
        let last = projects[name]?.applications[application]?.last
        guard expected == last?.version ?? 0 else { return .settingsConflict(last) }
        if let last, last.settings == settings { return .settingsSaved(last, isNew: false) }
        let new = SettingsVersion(
            application: application, settings: settings, version: expected + 1,
            savedAt: Self.moment, savedBy: "ada")
        projects[name]?.applications[application, default: []].append(new)
        return .settingsSaved(new, isNew: true)
    }

    /// Somebody else saves settings meanwhile.
    mutating func saveElsewhere(_ fields: [ApplicationSettings.Field: String]) {
        let number = (projects[Self.shop]?.applications[Self.application]?.last?.version ?? 0) + 1
        projects[Self.shop]?.applications[Self.application, default: []].append(
            Self.version(number, fields, by: "bob"))
    }

    private func summary(_ name: ProjectName, _ project: Project) -> ProjectSummary {
        ProjectSummary(
            name: name, createdAt: Self.moment, createdBy: "ada",
            applicationCount: project.applications.values.count { $0.last?.settings != nil },
            accessKeyID: project.keys?.accessKeyID)
    }

    private func detail(_ name: ProjectName) -> ProjectDetail {
        let project = projects[name] ?? Project()
        return ProjectDetail(
            name: name, createdAt: Self.moment, createdBy: "ada", keys: project.keys,
            applications: project.applications.sorted { $0.key < $1.key }.compactMap {
                $0.value.last?.settings == nil ? nil : $0.value.last
            })
    }
}

extension World {
    /// Opens a screen of `acme/shop` from the projects.
    mutating func openKeys() { press(.enter, .enter) }

    mutating func openApplications() { press(.enter, .down, .down, .enter) }

    mutating func openApplication() {
        openApplications()
        press(.enter)
    }
}
