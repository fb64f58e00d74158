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
