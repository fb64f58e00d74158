package import SlipwayCore

/// The sections and settings that say what another service's file said.
package struct CircleFileDraft: Equatable, Sendable {
    /// The `deployment:` section, as YAML.
    package private(set) var circleFile = ""
    /// What is the same wherever an application is deployed.
    package private(set) var settings: SettingsDocument
    /// What is missing, or could not be said.
    package private(set) var problems: [Problem] = []

    private typealias Condition = ForeignDeployment.Condition
    private let defaults: [ApplicationName: ApplicationSettings]

    /// Drafts both. An application's settings are what its first deployment with such a value has;
    /// a section says only what differs.
    package init(_ deployments: [ForeignDeployment], project: ProjectName) {
        var names: [ApplicationName] = []
        var defaults: [ApplicationName: ApplicationSettings] = [:]
        for deployment in deployments {
            let name = deployment.application
            if !names.contains(name) { names.append(name) }
            var settings = defaults[name] ?? ApplicationSettings()
            settings.applicationRoot = settings.applicationRoot ?? deployment.applicationRoot
            settings.region = settings.region ?? deployment.region
            settings.revisionLocation = settings.revisionLocation ?? deployment.location
            defaults[name] = settings
        }
        self.defaults = defaults
        settings = SettingsDocument(projects: [
            .init(
                name: project,
                applications: names.map { ($0, defaults[$0] ?? ApplicationSettings()) })
        ])
        for name in names { reportMissing(name, deployments) }
        let sections = Self.sections(deployments)
        reportOverlaps(sections)
        var labels: Set<String> = []
        let members = sections.map { section in
            JSONValue.Member(
                key: Self.label(section, among: &labels), value: .object(body(section)))
        }
        circleFile = YAMLText.lines([.init(key: "deployment", value: .object(members))])
    }

    /// The document of the settings, as `import` takes it.
    package var settingsJSON: JSONValue {
        [
            "projects": .object(
                settings.projects.map { project in
                    .init(key: project.name.rawValue, value: SettingsDocumentWriter.json(project))
                })
        ]
    }

    /// The same as YAML.
    package var settingsYAML: String {
        guard case .object(let members) = settingsJSON else { return "" }
        return YAMLText.lines(members)
    }

    /// Commands that set the same, one for each application.
    package var commands: [String] {
        settings.projects.flatMap { project in
            ["slipway project add \(project.name)"]
                + project.applications.compactMap { name, settings in
                    let options = ApplicationSettings.Field.allCases.compactMap { field in
                        settings[field].map { value in
                            "--\(field.rawValue.replacing("_", with: "-")) \(shellWord(value))"
                        }
                    }
                    guard !options.isEmpty else { return nil }
                    return "slipway settings set \(shellWord(name.rawValue)) "
                        + "--project \(project.name) " + options.joined(separator: " ")
                }
        }
    }

    // MARK: - Sections

    private struct Section {
        let condition: Condition
        var deployments: [ForeignDeployment]
    }

    /// What deploys under one condition belongs into one section, since only the first section that
    /// matches is taken.
    private static func sections(_ deployments: [ForeignDeployment]) -> [Section] {
        var sections: [Section] = []
        for deployment in deployments {
            if let index = sections.firstIndex(where: { $0.condition == deployment.condition }) {
                sections[index].deployments.append(deployment)
            } else {
                sections.append(Section(condition: deployment.condition, deployments: [deployment]))
            }
        }
        // The first section that matches is taken: what reaches far stands behind what does not.
        return [.named, .everything, .rest].flatMap { reach in
            sections.filter { $0.condition.reach == reach }
        }
    }

    private mutating func reportOverlaps(_ sections: [Section]) {
        for section in sections {
            var seen: [ApplicationName] = []
            for deployment in section.deployments {
                if seen.contains(deployment.application) {
                    problems.append(
                        Problem(
                            .warning, code: "not-carried-over",
                            "\(deployment.application) is deployed here to the group "
                                + "\(deployment.group) too, which is left out",
                            why: "a section deploys an application to one group",
                            fix: "slipway deploy for one section, then for another with --section"
                        ).at(deployment.place))
                }
                seen.append(deployment.application)
            }
        }
        for (index, section) in sections.enumerated() {
            let names = section.condition.branches + section.condition.tags
            let isOvertaken = sections[..<index].contains { earlier in
                let taken = earlier.condition.branches + earlier.condition.tags
                return section.condition.reach == .everything
                    ? section.condition.tags.isEmpty == earlier.condition.tags.isEmpty
                    : names.contains(where: taken.contains)
            }
            guard isOvertaken, let first = section.deployments.first else { continue }
            problems.append(
                Problem(
                    .warning, code: "sections-overlap",
                    "another section takes some of the builds that this one is for",
                    why: "of several sections that match, only the first deploys",
                    fix: "let their branches differ, or put the applications into one section"
                ).at(first.place))
        }
    }

    private static func isLabel(_ text: String) -> Bool {
        !text.isEmpty && text.count <= 60
            && !text.unicodeScalars.contains(where: UntrustedText.isUnsafe)
    }

    private static func label(_ section: Section, among taken: inout Set<String>) -> String {
        let first = section.deployments.first
        let candidates =
            [first?.label]
            + (section.condition.branches + section.condition.tags).filter { !$0.hasPrefix("/") }
            + [first?.group.rawValue]
        let label =
            candidates.compactMap(\.self).first(where: isLabel) ?? "deploy"
        var unique = label
        var number = 2
        while !taken.insert(unique).inserted {
            unique = "\(label)-\(number)"
            number += 1
        }
        return unique
    }

    private func body(_ section: Section) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        for (key, values) in [
            ("branch", section.condition.branches), ("tag", section.condition.tags),
        ] where !values.isEmpty {
            let value: JSONValue =
                values.count == 1 ? .string(values[0]) : .array(values.map(JSONValue.string))
            members.append(.init(key: key, value: value))
        }
        if let owner = section.condition.owner {
            members.append(.init(key: "owner", value: .string(owner)))
        }
        var applications: [JSONValue.Member] = []
        for deployment in section.deployments
        where !applications.contains(where: { $0.key == deployment.application.rawValue }) {
            applications.append(
                .init(
                    key: deployment.application.rawValue,
                    value: .object(body(deployment))))
        }
        members.append(.init(key: "codedeploy", value: .object(applications)))
        return members
    }

    private func body(_ deployment: ForeignDeployment) -> [JSONValue.Member] {
        let defaults = defaults[deployment.application]
        var members = [
            JSONValue.Member(key: "deployment_group", value: .string(deployment.group.rawValue))
        ]
        func add(_ key: String, _ value: JSONValue?) {
            if let value { members.append(.init(key: key, value: value)) }
        }
        add("deployment_config", deployment.configuration.map { .string($0.rawValue) })
        if deployment.applicationRoot != defaults?.applicationRoot {
            add("application_root", deployment.applicationRoot.map { .string($0.rawValue) })
        }
        if deployment.region != defaults?.region {
            add("region", deployment.region.map { .string($0.rawValue) })
        }
        add("file_exists_behavior", deployment.fileExistsBehavior.map { .string($0.rawValue) })
        if deployment.ignoresStopFailures { add("ignore_application_stop_failures", true) }
        if let location = deployment.location, location != defaults?.revisionLocation {
            add(
                "revision_location",
                [
                    "revision_type": "S3",
                    "s3_location": [
                        "bucket": .string(location.bucket.rawValue),
                        "key_pattern": .string(location.keyPattern.rawValue),
                    ],
                ])
        }
        return members
    }

    // MARK: - What is missing

    private mutating func reportMissing(
        _ name: ApplicationName, _ deployments: [ForeignDeployment]
    ) {
        let own = deployments.filter { $0.application == name }
        let explained = own.reduce(into: Set()) { $0.formUnion($1.explained) }
        let settings = defaults[name]
        let missing = ApplicationSettings.Field.allCases.filter {
            settings?[$0] == nil && !explained.contains($0)
        }
        guard !missing.isEmpty, let first = own.first else { return }
        let options = missing.map { "--\($0.rawValue.replacing("_", with: "-")) VALUE" }
        problems.append(
            Problem(
                .warning, code: "not-in-file",
                "the file does not say \(missing.map(\.rawValue).joined(separator: ", ")) of \(name)",
                fix: "slipway settings set \(name) \(options.joined(separator: " "))"
            ).at(first.place))
    }
}
