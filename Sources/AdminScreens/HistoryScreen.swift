package import Screens
import SlipwayCore
package import TextGrid

/// Every version of an application's settings, what each changed, and the way back to one.
package struct HistoryScreen: AdminScreen {
    struct Row: ListItem {
        let version: SettingsVersion
        /// What it did to the version before it.
        let changes: [String]
        var searchText: String {
            "\(version.version) \(version.savedAt) \(version.savedBy) "
                + changes.joined(separator: " ")
        }
    }

    package var context: AdminContext
    let project: ProjectName
    let application: ApplicationName
    package private(set) var notice: Notice?
    private var list = ListView<Row>()
    private var dialog: Dialog?

    init(_ application: ApplicationName, of project: ProjectName, context: AdminContext) {
        self.application = application
        self.project = project
        self.context = context
    }

    package var path: [String] {
        ["Projects", project.rawValue, "AWS CodeDeploy", "History"]
    }
    package var capturesText: Bool { dialog != nil || list.isFiltering }

    package var help: [String] {
        [
            "Every version of the settings of \(application), newest first. Below stands what the "
                + "chosen one changed.",
            "Going back to a version makes it the newest; nothing is lost. The same by commands: "
                + "slipway settings history, revert.",
        ]
    }

    package var bindings: [Binding<AdminMessage>] {
        if let dialog { return dialog.bindings { .input($0) } }
        if list.isFiltering { return Binding.filtering }
        return [
            Binding(
                .character("r"), .enter, label: "revert",
                detail: "make the chosen version the newest; asks first", message: .revert,
                unless: readOnlyReason ?? revertReason),
            .filter(unless: list.items.isEmpty ? "there is no version yet" : nil), .back(),
            .refresh, .quit,
        ]
    }

    private var revertReason: String? {
        guard let chosen = list.selection else { return "there is no version yet" }
        if chosen.version.settings == nil { return "that version unset everything" }
        if chosen.version.settings == list.items.first?.version.settings {
            return "it says what the newest says"
        }
        return nil
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
                guard list.choose(numbered: number) else { break }
                if let reason = readOnlyReason ?? revertReason {
                    notice = Notice(.news, reason)
                } else {
                    return update(.revert)
                }
            case .filter(let words): list.setFilter(words)
            default: break
            }
        case .answer(.history(let versions)):
            list.replace(
                versions.enumerated().map { index, version in
                    let before = index + 1 < versions.count ? versions[index + 1].settings : nil
                    return Row(
                        version: version, changes: settingsDifference(before, version.settings))
                })
        case .answer(.settingsSaved(let version, _)):
            notice = Notice(
                .success, "\(application) is as it was: now version \(version.version).")
            list.setFilter("")
            return [.loadHistory(project, application)]
        case .answer(.failed(let problems, _)): notice = Notice(problems)
        case .revert:
            guard let chosen = list.selection?.version else { return [] }
            let now = list.items.first?.version.settings
            dialog = Dialog(
                "Revert \(application)",
                ["This makes version \(chosen.version) the newest again:"]
                    + settingsDifference(now, chosen.settings).map { "  \($0)" }
                    + ["Nothing is lost: it is saved as a new version."],
                kind: .confirm(yes: "Revert", no: "Keep"))
        case .resumed, .refresh: return [.loadHistory(project, application)]
        case .back: return [.close(nil)]
        case .quit: return [.quit]
        default: break
        }
        return []
    }

    private mutating func take(_ outcome: Dialog.Outcome, _ open: Dialog) -> [AdminEffect] {
        dialog = nil
        switch outcome {
        case .open: dialog = open
        case .confirmed:
            guard let chosen = list.selection?.version else { return [] }
            notice = Notice(.working, "Reverting…")
            return [.revertSettings(project, application, to: chosen.version)]
        default: break
        }
        return []
    }

    package var outline: Outline {
        if let dialog { return dialog.outline }
        return list.outline { row in
            "Version \(row.version.version), \(row.version.savedAt) by \(row.version.savedBy): "
                + row.changes.joined(separator: ", ")
        }
    }

    package func draw(in grid: inout CellGrid) {
        let body = grid.bounds.inset(left: 1, right: 1)
        let detail = min(max(4, body.height / 3), 8)
        let (upper, lower) = body.splitBottom(body.height >= 8 ? detail : 0)
        let table = TableLayout(
            [
                .init("VERSION", minimum: 7, wanted: 7, isTrailing: true),
                .init("SAVED", minimum: 20, wanted: 20),
                .init("BY", minimum: 6, wanted: 16, rank: 1),
                .init("CHANGED", minimum: 12, wanted: 80, rank: 2),
            ], width: upper.width - 4)
        list.draw(
            in: &grid, upper, heading: table.heading,
            line: { row, _ in
                table.line([
                    String(row.version.version), "\(row.version.savedAt)", row.version.savedBy,
                    row.changes.joined(separator: ", "),
                ])
            })
        if let row = list.selection, lower.height > 1 {
            grid.rule(row: lower.row, column: lower.column, width: lower.width)
            grid.put(
                " Version \(row.version.version) ", row: lower.row, column: lower.column + 2,
                role: .heading, limit: max(0, lower.width - 2))
            var line = lower.row + 1
            for change in row.changes {
                let isRemoval = change.hasSuffix("-> not set") || change == "unset"
                line = grid.paragraph(
                    change, in: lower.inset(top: line - lower.row),
                    role: isRemoval ? .removed : change.contains(" -> ") ? .changed : .added)
            }
        }
        dialog?.draw(in: &grid)
    }
}
