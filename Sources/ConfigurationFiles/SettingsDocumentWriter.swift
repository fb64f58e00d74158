package import SlipwayCore

/// Writes settings of projects as documents that ``SettingsDocumentReader`` reads back, one project
/// at a time, so that any number can be written.
package struct SettingsDocumentWriter: Sendable {
    package enum Format: String, CaseIterable, Sendable { case yaml, json }

    private let format: Format
    private var isFirst = true

    package init(_ format: Format) { self.format = format }

    /// What stands before the first project.
    package var opening: String {
        switch format {
        case .yaml: "projects:\n"
        case .json: "{\n  \"projects\": {"
        }
    }

    /// One project's part of the document.
    package mutating func project(_ project: SettingsDocument.Project) -> String {
        defer { isFirst = false }
        switch format {
        case .yaml: return Self.yaml(project)
        case .json:
            let value = Self.json(project).pretty(level: 2)
            let key = JSONValue.string(project.name.rawValue).compact
            return (isFirst ? "\n" : ",\n") + "    \(key): \(value)"
        }
    }

    /// What stands behind the last project.
    package var closing: String {
        switch format {
        case .yaml: isFirst ? "  {}\n" : ""
        case .json: isFirst ? "}\n}\n" : "\n  }\n}\n"
        }
    }

    /// One project's part of the document, without its name.
    static func json(_ project: SettingsDocument.Project) -> JSONValue {
        let applications = project.applications.map { application in
            JSONValue.Member(key: application.name.rawValue, value: json(application.settings))
        }
        return ["aws": ["services": ["codedeploy": .object(applications)]]]
    }

    /// Only what is set, in the shape that the settings of CircleCI had.
    private static func json(_ settings: ApplicationSettings) -> JSONValue {
        var members: [JSONValue.Member] = []
        if let root = settings.applicationRoot {
            members.append(.init(key: "application_root", value: .string(root.rawValue)))
        }
        if let region = settings.region {
            members.append(.init(key: "region", value: .string(region.rawValue)))
        }
        if let location = settings.revisionLocation {
            members.append(
                .init(
                    key: "revision_location",
                    value: [
                        "revision_type": "S3",
                        "s3_location": [
                            "bucket": .string(location.bucket.rawValue),
                            "key_pattern": .string(location.keyPattern.rawValue),
                        ],
                    ]))
        }
        return .object(members)
    }

    private static func yaml(_ project: SettingsDocument.Project) -> String {
        YAMLText.lines([.init(key: project.name.rawValue, value: json(project))], indentation: 2)
    }
}
