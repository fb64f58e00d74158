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
