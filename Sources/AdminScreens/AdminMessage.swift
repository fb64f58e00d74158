package import Screens
package import SlipwayCore

/// What happens to a screen of the admin UI.
package enum AdminMessage: Equatable, Sendable {
    case input(Input)
    /// An answer of the linear mode.
    case outline(OutlineAnswer)
    /// What came of an effect.
    case answer(AdminAnswer)
    /// The screen is on top again.
    case resumed
    /// One level up.
    case back
    case quit
    /// Enter on what is chosen.
    case open
    case refresh
    case add
    case rename
    case remove
    case audit
    case save
    case undo
    case redo
    case test
    case history
    case revert
    case example
    case toggleWatch
    case takeMine
    case takeTheirs
    case takeAllMine
    case takeAllTheirs
    case mark
    /// Shows the deployments that are not known to be over.
    case watchUnfinished
}

/// What a screen of the admin UI wants done. The first ones move between screens; the others are
/// carried out by whoever runs the UI, through the same functions as the commands.
package enum AdminEffect: Equatable, Sendable {
    case show(Destination)
    /// Closes the screen, and hands the one below it an answer.
    case close(AdminAnswer?)
    case quit
    /// Shows deployments of the project on the live screen, then comes back.
    case watch(ProjectName, [DeploymentID])

    case openStore
    case loadProjects
    case addProject(ProjectName)
    case renameProject(ProjectName, to: ProjectName)
    case removeProject(ProjectName)
    case loadProject(ProjectName)
    case saveKeys(ProjectName, AWSKeyPair, expecting: Int)
    case removeKeys(ProjectName)
    case testKeys(ProjectName)
    case saveSettings(ProjectName, ApplicationName, ApplicationSettings, expecting: Int)
    case unsetSettings(ProjectName, ApplicationName, expecting: Int)
    case loadHistory(ProjectName, ApplicationName)
    case revertSettings(ProjectName, ApplicationName, to: Int)
    case loadAudit(ProjectName?)
    case loadDeployments(ProjectName)
    /// What was typed when a passphrase was asked for; nil, nothing.
    case answerPassphrase(SecretBytes?)
}

/// What comes of an effect.
package enum AdminAnswer: Equatable, Sendable {
    case opened(AdminContext)
    /// The projects, or the next of them.
    case projects([ProjectSummary], isFirst: Bool, isLast: Bool)
    case project(ProjectDetail)
    /// A change was made; what to say of it.
    case done(String)
    case keysSaved(AWSKeysSummary, warnings: [Problem])
    /// Somebody else saved keys since the form was opened, or removed them.
    case keysConflict(AWSKeysSummary?)
    case keysTested([String])
    case settingsSaved(SettingsVersion, isNew: Bool)
    /// Somebody else saved since; nil where there is no version at all.
    case settingsConflict(SettingsVersion?)
    case history([SettingsVersion])
    /// The newest rows of the audit log, and whether there are older ones.
    case audit([AuditEntry], isCut: Bool)
    case deployments([DeploymentRow])
    case passphraseWanted(prompt: String)
    /// Effects of another kind can not be carried out.
    case failed([Problem], ExitStatus)
}

/// A request of a screen, with its number, by which the answer finds it.
package struct AdminRequest: Equatable, Sendable {
    package let effect: AdminEffect
    package let token: Int

    package init(_ effect: AdminEffect, token: Int) {
        self.effect = effect
        self.token = token
    }
}

/// Another screen.
package enum Destination: Equatable, Sendable {
    case project(ProjectName)
    case keys(ProjectName)
    case applications(ProjectName)
    /// A form for an application; `version` nil for one without settings. `template` is what a new
    /// one begins with.
    case application(
        ProjectName, ApplicationName, version: SettingsVersion?, template: ApplicationSettings?)
    case history(ProjectName, ApplicationName)
    case conflict(SettingsConflict)
    case policy(ProjectName)
    case audit(ProjectName?)
    case deployments(ProjectName)
}

/// What holds for every screen: the store and what can be done with it.
package struct AdminContext: Equatable, Sendable {
    /// Where the store is.
    package var storePath: String
    /// Whether it is there yet.
    package var storeExists: Bool
    /// Why nothing can be changed; nil where it can.
    package var readOnlyReason: String?

    package init(
        storePath: String, storeExists: Bool = true, readOnlyReason: String? = nil
    ) {
        self.storePath = storePath
        self.storeExists = storeExists
        self.readOnlyReason = readOnlyReason
    }
}

/// A project with what its screens show.
package struct ProjectDetail: Equatable, Sendable {
    package var name: ProjectName
    package var createdAt: Timestamp
    package var createdBy: String
    package var keys: AWSKeysSummary?
    package var applications: [SettingsVersion]

    package init(
        name: ProjectName, createdAt: Timestamp, createdBy: String, keys: AWSKeysSummary?,
        applications: [SettingsVersion]
    ) {
        self.name = name
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.keys = keys
        self.applications = applications
    }
}

/// A deployment as the list shows it. Its texts may come from AWS or git.
package struct DeploymentRow: Equatable, Sendable {
    package var id: String
    package var startedAt: Timestamp
    package var application: String
    package var group: String
    package var branch: String?
    package var commit: String?
    /// `succeeded`, `failed`, `stopped`, or what AWS calls it.
    package var result: String
    package var duration: String?
    /// Whether it is not known to be over.
    package var isOpen: Bool

    package init(
        id: String, startedAt: Timestamp, application: String, group: String, branch: String?,
        commit: String?, result: String, duration: String?, isOpen: Bool = false
    ) {
        self.id = id
        self.startedAt = startedAt
        self.application = application
        self.group = group
        self.branch = branch
        self.commit = commit
        self.result = result
        self.duration = duration
        self.isOpen = isOpen
    }
}
