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

    private static func json(_ project: SettingsDocument.Project) -> JSONValue {
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
        var text = "  \(scalar(project.name.rawValue)):"
        append(json(project), to: &text, indentation: 4)
        return text
    }

    /// Appends what stands behind a colon, with the line break after it.
    private static func append(_ value: JSONValue, to text: inout String, indentation: Int) {
        switch value {
        case .object(let members) where !members.isEmpty:
            text += "\n"
            for member in members {
                text += String(repeating: " ", count: indentation) + scalar(member.key) + ":"
                append(member.value, to: &text, indentation: indentation + 2)
            }
        case .string(let string): text += " \(scalar(string))\n"
        default: text += " \(value.compact)\n"
        }
    }

    /// A text as YAML reads it back: bare where nothing can be mistaken, else in double quotation
    /// marks, in which YAML reads JSON's escapes.
    private static func scalar(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy {
            $0.isASCIILetterOrDigit || "._/-".unicodeScalars.contains($0)
        }
        let first = text.unicodeScalars.first
        let beginsPlainly = first.map { $0.isASCIILetterOrDigit || $0 == "/" } ?? false
        // A number, a Boolean or a null in any version of YAML has one of these shapes.
        let reserved = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", ""]
        let mayBeOther =
            reserved.contains(text.lowercased()) || (first.map { ("0"..."9").contains($0) } ?? true)
        return isPlain && beginsPlainly && !mayBeOther ? text : JSONValue.string(text).compact
    }
}
