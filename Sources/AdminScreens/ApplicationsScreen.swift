package import Screens
import SlipwayCore
package import TextGrid

/// Continuous Deployment > AWS CodeDeploy: the applications of a project with their defaults.
package struct ApplicationsScreen: AdminScreen {
    struct Row: ListItem {
        let version: SettingsVersion
        var searchText: String { version.application.rawValue }
    }

    private enum Question: Equatable, Sendable {
        case add
        case remove(SettingsVersion)
    }

    package var context: AdminContext
    let project: ProjectName
    package private(set) var notice: Notice?
    private var list = ListView<Row>()
    private var isLoaded = false
    private var dialog: Dialog?
    private var question: Question?

    init(_ project: ProjectName, context: AdminContext) {
        self.project = project
        self.context = context
    }

    package var path: [String] { ["Projects", project.rawValue, "AWS CodeDeploy"] }
    package var capturesText: Bool { dialog != nil || list.isFiltering }

    package var help: [String] {
        [
            "The CodeDeploy applications of \(project) and their project-wide defaults. What the "
                + "deployment section of circle.yml says wins over them, value by value; bucket "
                + "and key pattern go together.",
            "The same by commands: slipway settings list, set, get, unset, history, revert.",
        ]
    }

    package var bindings: [Binding<AdminMessage>] {
        if let dialog { return dialog.bindings { .input($0) } }
        if list.isFiltering { return Binding.filtering }
        let nothing = list.selection == nil ? "there is no application yet" : nil
        return [
            Binding(
                .enter, .right, .character("l"), label: "open",
                detail: "edit the defaults of the application", message: .open, unless: nothing),
            Binding(
                .character("a"), label: "add", detail: "add an application", message: .add,
                unless: readOnlyReason),
            Binding(
                .character("H"), label: "history",
                detail: "every version of the settings; go back to one", message: .history,
                unless: nothing),
            Binding(
                .character("X"), label: "unset",
                detail: "unset the application's settings; their history stays", message: .remove,
                unless: readOnlyReason ?? nothing),
            .filter(unless: nothing), .back(), .refresh, .quit,
        ]
    }

    package mutating func update(_ message: AdminMessage) -> [AdminEffect] {
        switch message {
        case .input(let input):
            if var open = dialog {
                if case .resize = input {} else { return take(open.handle(input), open) }
            }
            if list.handle(input) { notice = nil }
        case .outline(let answer):
            if let open = dialog { return take(open.outcome(answering: answer), open) }
            switch answer {
            case .choose(let number):
                if list.choose(numbered: number) { return update(.open) }
            case .filter(let words): list.setFilter(words)
            default: break
            }
        case .answer(let answer): return take(answer)
        case .resumed: return [.loadProject(project)]
        case .refresh:
            notice = nil
            return [.loadProject(project)]
        case .open:
            guard let version = list.selection?.version else { return [] }
            notice = nil
            return [
                .show(
                    .application(project, version.application, version: version, template: nil))
            ]
        case .history:
            guard let name = list.selection?.version.application else { return [] }
            return [.show(.history(project, name))]
        case .add:
            notice = nil
            question = .add
            dialog = Dialog(
                "Add an application",
                ["Its name, as CodeDeploy knows it. It need not be there yet."],
                kind: .prompt(label: "Application"))
        case .remove:
            guard let version = list.selection?.version else { return [] }
            question = .remove(version)
            dialog = Dialog(
                "Unset \(version.application)",
                [
                    "This unsets all defaults of \(version.application) in \(project). Builds then "
                        + "need every value in circle.yml.",
                    "The history stays, and brings them back.",
                ], kind: .confirm(yes: "Unset", no: "Keep"))
        case .back: return [.close(nil)]
        case .quit: return [.quit]
        default: break
        }
        return []
    }

    private mutating func take(_ outcome: Dialog.Outcome, _ open: Dialog) -> [AdminEffect] {
        switch (outcome, question) {
        case (.open, _): dialog = open
        case (.text(let text), .add):
            do {
                let name = try ApplicationName(text)
                dialog = nil
                let known = list.items.first { $0.version.application == name }?.version
                return [
                    .show(
                        .application(
                            project, name, version: known,
                            template: known == nil ? template(for: name) : nil))
                ]
            } catch {
                dialog = open
                dialog?.problem = error.problems.first.map { $0.why ?? $0.message }
            }
        case (.confirmed, .remove(let version)):
            dialog = nil
            notice = Notice(.working, "Unsetting \(version.application)…")
            return [
                .unsetSettings(project, version.application, expecting: version.version)
            ]
        default: dialog = nil
        }
        return []
    }

    /// What a new application begins with: region and bucket as the project's others have them,
    /// the whole repository, and keys that no two builds share.
    private func template(for name: ApplicationName) -> ApplicationSettings {
        let settings = list.items.compactMap(\.version.settings)
        var template = ApplicationSettings()
        template.applicationRoot = try? ApplicationRoot("/")
        template.region = settings.compactMap(\.region).first
        let bucket = settings.compactMap(\.revisionLocation?.bucket).first
        let pattern = try? KeyPattern("apps/\(name)-{SHORT_COMMIT}-{BUILD_NUM}")
        if let bucket, let pattern {
            template.revisionLocation = RevisionLocation(bucket: bucket, keyPattern: pattern)
        }
        return template
    }

    private mutating func take(_ answer: AdminAnswer) -> [AdminEffect] {
        switch answer {
        case .project(let detail):
            isLoaded = true
            list.replace(detail.applications.map(Row.init))
        case .done(let news):
            notice = Notice(.success, news)
            return [.loadProject(project)]
        case .settingsSaved(let version, _):
            notice = Notice(
                .success, "Saved \(version.application), version \(version.version).")
        case .settingsConflict(let current):
            notice = Notice(
                .warning,
                "\(current?.savedBy ?? "Somebody") changed it meanwhile; nothing was unset. "
                    + "Look at it, then try again.")
            return [.loadProject(project)]
        case .failed(let problems, _): notice = Notice(problems)
        default: break
        }
        return []
    }

    private var emptyText: [String] {
        guard isLoaded else { return ["Reading…"] }
        return [
            "No application has defaults yet.",
            "Defaults are optional: a deployment section of circle.yml can say everything itself. "
                + "With defaults, it only needs its deployment group."
                + (context.readOnlyReason == nil ? " Press a to add an application." : ""),
        ]
    }

    package var outline: Outline {
        if let dialog { return dialog.outline }
        if list.items.isEmpty { return Outline(emptyText.map { .text($0) }) }
        return list.outline { row in
            let settings = row.version.settings
            let values = ApplicationSettings.Field.allCases.compactMap { field in
                settings?[field].map { "\(field.rawValue) \($0)" }
            }
            return ([row.version.application.rawValue] + values).joined(separator: ", ")
        }
    }

    package func draw(in grid: inout CellGrid) {
        let body = grid.bounds.inset(left: 1, right: 1)
        if list.items.isEmpty {
            var row = 1
            for (index, text) in emptyText.enumerated() {
                row =
                    grid.paragraph(
                        text, in: body.inset(top: row), role: index == 0 ? .heading : .plain) + 1
            }
        } else {
            let table = TableLayout(
                [
                    .init("APPLICATION", minimum: 14, wanted: 32),
                    .init("REGION", minimum: 14, wanted: 14, rank: 1),
                    .init("BUCKET", minimum: 12, wanted: 30, rank: 3),
                    .init("KEY PATTERN", minimum: 14, wanted: 60, rank: 2),
                    .init("ROOT", minimum: 6, wanted: 20, rank: 4),
                ], width: body.width - 4)
            list.draw(
                in: &grid, body, heading: table.heading,
                line: { row, _ in
                    let settings = row.version.settings
                    return table.line(
                        [row.version.application.rawValue]
                            + [.region, .bucket, .keyPattern, .applicationRoot].map {
                                settings?[$0] ?? "-"
                            })
                })
        }
        dialog?.draw(in: &grid)
    }
}
