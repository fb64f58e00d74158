/// A project as lists show it.
package struct ProjectSummary: Equatable, Sendable {
    package let name: ProjectName
    package let createdAt: Timestamp
    package let createdBy: String
    /// Applications that have settings now.
    package let applicationCount: Int
    /// Nil where the project has no AWS keys.
    package let accessKeyID: AccessKeyID?

    package init(
        name: ProjectName, createdAt: Timestamp, createdBy: String, applicationCount: Int,
        accessKeyID: AccessKeyID?
    ) {
        self.name = name
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.applicationCount = applicationCount
        self.accessKeyID = accessKeyID
    }
}

/// One version of an application's settings.
package struct SettingsVersion: Equatable, Sendable {
    package let application: ApplicationName
    /// Nil where this version unset the application.
    package let settings: ApplicationSettings?
    /// Counted from 1 for each application; never used twice.
    package let version: Int
    package let savedAt: Timestamp
    package let savedBy: String

    package init(
        application: ApplicationName, settings: ApplicationSettings?, version: Int,
        savedAt: Timestamp, savedBy: String
    ) {
        self.application = application
        self.settings = settings
        self.version = version
        self.savedAt = savedAt
        self.savedBy = savedBy
    }
}

/// What can be told of a project's AWS keys without opening them.
package struct AWSKeysSummary: Equatable, Sendable {
    package let accessKeyID: AccessKeyID
    package let hasSessionToken: Bool
    package let version: Int
    package let savedAt: Timestamp
    package let savedBy: String

    package init(
        accessKeyID: AccessKeyID, hasSessionToken: Bool, version: Int, savedAt: Timestamp,
        savedBy: String
    ) {
        self.accessKeyID = accessKeyID
        self.hasSessionToken = hasSessionToken
        self.version = version
        self.savedAt = savedAt
        self.savedBy = savedBy
    }
}

/// Who changes the store, from where: as far as the system can tell.
package struct Author: Equatable, Sendable {
    package let user: String
    package let host: String

    package init(user: String, host: String) {
        self.user = user
        self.host = host
    }
}

/// One row of the audit log. The texts of old and new are JSON and never hold a secret.
package struct AuditEntry: Equatable, Sendable {
    package let sequence: Int
    package let at: Timestamp
    package let author: Author
    package let project: String?
    package let action: String
    package let subject: String?
    package let old: String?
    package let new: String?

    package init(
        sequence: Int, at: Timestamp, author: Author, project: String?, action: String,
        subject: String?, old: String?, new: String?
    ) {
        self.sequence = sequence
        self.at = at
        self.author = author
        self.project = project
        self.action = action
        self.subject = subject
        self.old = old
        self.new = new
    }
}

/// Project-wide settings of several projects: what `export` writes and `import` reads.
package struct SettingsDocument: Equatable, Sendable {
    package struct Project: Equatable, Sendable {
        package let name: ProjectName
        package var applications: [(name: ApplicationName, settings: ApplicationSettings)]

        package init(
            name: ProjectName,
            applications: [(name: ApplicationName, settings: ApplicationSettings)] = []
        ) {
            self.name = name
            self.applications = applications
        }

        package static func == (lhs: Self, rhs: Self) -> Bool {
            lhs.name == rhs.name
                && lhs.applications.elementsEqual(rhs.applications) {
                    $0.name == $1.name && $0.settings == $1.settings
                }
        }
    }

    package var projects: [Project]

    package init(projects: [Project] = []) { self.projects = projects }
}

/// One thing that an import would change.
package enum ImportChange: Equatable, Sendable {
    case addProject(ProjectName)
    case set(ProjectName, ApplicationName, old: ApplicationSettings?, new: ApplicationSettings)
}

extension ApplicationSettings {
    /// The four fields, in their order; what is missing is null.
    package var json: [JSONValue.Member] {
        Field.allCases.map { JSONValue.Member(key: $0.rawValue, value: JSONValue(self[$0])) }
    }
}
