package import Screens
import SlipwayCore
package import TextGrid

/// Somebody else saved first: mine, theirs and what both began with, field by field.
package struct ConflictScreen: AdminScreen {
    struct Row: ListItem {
        let field: ApplicationSettings.Field
        var searchText: String { field.rawValue }
    }

    package var context: AdminContext
    package private(set) var conflict: SettingsConflict
    package private(set) var notice: Notice?
    private var list = ListView(ApplicationSettings.Field.allCases.map(Row.init), canFilter: false)

    init(_ conflict: SettingsConflict, context: AdminContext) {
        self.conflict = conflict
        self.context = context
        list.select { conflict.undecided.contains($0.field) }
    }

    package var path: [String] {
        ["Projects", conflict.project.rawValue, "Saved meanwhile"]
    }

    package var help: [String] {
        [
            "While the form was open somebody else saved the same settings. Nothing of theirs was "
                + "overwritten. Take their value or yours for each field, then save; that makes a "
                + "new version on top of theirs.",
            "Where only one of you changed a field, that change is taken already.",
        ]
    }

    package var bindings: [Binding<AdminMessage>] {
        let open = conflict.undecided.map(\.label).joined(separator: ", ")
        return [
            Binding(
                .character("m"), label: "take mine", detail: "take your value of this field",
                message: .takeMine),
            Binding(
                .character("t"), label: "take theirs", detail: "take their value of this field",
                message: .takeTheirs),
            Binding(
                .character("s"), .control("s"), label: "save",
                detail: "save what was taken as a new version", message: .save,
                unless: open.isEmpty ? readOnlyReason : "choose first: \(open)"),
            Binding(
                .character("M"), label: "all mine", detail: "take all of your values",
                message: .takeAllMine),
            Binding(
                .character("T"), label: "all theirs", detail: "take all of their values",
                message: .takeAllTheirs),
            .back("back to the form"),
        ]
    }

    package mutating func update(_ message: AdminMessage) -> [AdminEffect] {
        switch message {
        case .input(let input):
            if list.handle(input) { notice = nil }
        case .outline(.choose(let number)):
            guard list.choose(numbered: number), let field = list.selection?.field else { break }
            conflict.take(conflict.choices[field] == .mine ? .theirs : .mine, of: field)
        case .takeMine: take(.mine)
        case .takeTheirs: take(.theirs)
        case .takeAllMine: conflict.takeAll(.mine)
        case .takeAllTheirs: conflict.takeAll(.theirs)
        case .save: return save()
        case .answer(.settingsSaved(let version, let isNew)):
            return [.close(.settingsSaved(version, isNew: isNew))]
        case .answer(.settingsConflict(let current)):
            conflict.replaceTheirs(current)
            notice = Notice(.warning, "They saved once more: look at what is theirs now.")
        case .answer(.failed(let problems, _)): notice = Notice(problems)
        case .back: return [.close(nil)]
        case .quit: return [.quit]
        default: break
        }
        return []
    }

    private mutating func take(_ side: SettingsConflict.Side) {
        guard let field = list.selection?.field else { return }
        notice = nil
        conflict.take(side, of: field)
    }

    private mutating func save() -> [AdminEffect] {
        guard let merged = conflict.merged else { return [] }
        do {
            let settings = try ApplicationSettings(fields: merged)
            notice = Notice(.working, "Saving…")
            return [
                .saveSettings(
                    conflict.project, conflict.application, settings,
                    expecting: conflict.theirs?.version ?? 0)
            ]
        } catch {
            notice = Notice(error.problems)
            return []
        }
    }

    private var summary: String {
        guard let theirs = conflict.theirs else {
            return "The application has no settings any more."
        }
        let what =
            theirs.settings == nil ? "unset the application" : "saved version \(theirs.version)"
        return "\(theirs.savedBy) \(what) at \(theirs.savedAt). Nothing was overwritten."
    }

    private func lines(_ field: ApplicationSettings.Field) -> [(name: String, value: String)] {
        [
            ("base", conflict.base?[field] ?? "not set"),
            ("theirs", conflict.value(field, of: .theirs) ?? "not set"),
            ("mine", conflict.value(field, of: .mine) ?? "not set"),
        ]
    }

    private func sign(_ field: ApplicationSettings.Field) -> String {
        guard conflict.differs(field) else { return "same" }
        return switch conflict.choices[field] {
        case .mine: "mine"
        case .theirs: "theirs"
        case nil: "choose"
        }
    }

    package var outline: Outline {
        Outline(
            [.text(summary)]
                + ApplicationSettings.Field.allCases.map { field in
                    let values = lines(field).map { "\($0.name) \($0.value)" }
                    return .item(
                        "\(field.label): \(values.joined(separator: ", ")); taken: \(sign(field))")
                })
    }

    package func draw(in grid: inout CellGrid) {
        let body = grid.bounds.inset(left: 1, right: 1)
        var row = grid.paragraph("! " + summary, in: body, role: .warning)
        if grid.height > 14 { row += 1 }
        let rest = body.inset(top: row)
        if rest.width >= 70, rest.height >= 6 {
            drawTable(in: &grid, rest)
        } else {
            drawStacked(in: &grid, rest)
        }
    }

    private func drawTable(in grid: inout CellGrid, _ rect: Rect) {
        let value = max(10, (rect.width - 2 - 16 - 8 - 8) / 3)
        let table = TableLayout(
            [
                .init("", minimum: 16, wanted: 16), .init("TAKEN", minimum: 6, wanted: 6),
                .init("BASE", minimum: value, wanted: value),
                .init("THEIRS", minimum: value, wanted: value),
                .init("MINE", minimum: value, wanted: value),
            ], width: rect.width - 2)
        list.draw(
            in: &grid, rect, heading: table.heading,
            line: { row, _ in
                table.line(
                    [row.field.label, sign(row.field)] + lines(row.field).map(\.value))
            }, role: { conflict.choices[$0.field] == nil ? .warning : .plain })
        // The chosen field's values in full, which the columns may cut.
        let below = rect.inset(top: 6)
        guard let field = list.selection?.field else { return }
        var row = below.row
        for line in lines(field) {
            row = grid.paragraph(
                padded(line.name, to: 8) + line.value, in: below.inset(top: row - below.row),
                role: .quiet)
        }
    }

    private func drawStacked(in grid: inout CellGrid, _ rect: Rect) {
        let (top, below) = rect.splitTop(4)
        list.draw(
            in: &grid, top,
            line: { row, width in
                padded(row.field.label, to: min(18, width)) + sign(row.field)
            }, role: { conflict.choices[$0.field] == nil ? .warning : .plain })
        guard let field = list.selection?.field else { return }
        for (offset, line) in lines(field).enumerated() where offset < below.height {
            grid.put(
                padded(line.name, to: 8) + line.value, row: below.row + offset,
                column: below.column, role: .quiet, limit: below.width)
        }
    }
}
