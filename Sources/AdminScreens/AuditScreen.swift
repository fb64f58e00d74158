package import Screens
import SlipwayCore
package import TextGrid

/// The audit log, newest first: of one project, or of the whole store.
package struct AuditScreen: AdminScreen {
    struct Row: ListItem {
        let entry: AuditEntry
        var searchText: String {
            [
                String(entry.sequence), entry.at.description, entry.author.user, entry.author.host,
                entry.action, entry.project ?? "", entry.subject ?? "",
            ].joined(separator: " ")
        }
    }

    package var context: AdminContext
    let project: ProjectName?
    package private(set) var notice: Notice?
    private var list = ListView<Row>()
    private var isLoaded = false
    private var isCut = false

    init(_ project: ProjectName?, context: AdminContext) {
        self.project = project
        self.context = context
    }

    package var path: [String] {
        ["Projects", project.map(\.rawValue), "Audit log"].compactMap(\.self)
    }
    package var capturesText: Bool { list.isFiltering }

    package var help: [String] {
        [
            "Who changed what and who read secrets, newest first; below stands the chosen row in "
                + "full. No row ever holds a secret.",
            "The rows are chained: slipway audit verify finds one that is missing or changed.",
        ]
    }

    package var bindings: [Binding<AdminMessage>] {
        if list.isFiltering { return Binding.filtering }
        return [
            .filter(unless: list.items.isEmpty ? "there is nothing to filter" : nil), .back(),
            .refresh, .quit,
        ]
    }

    package mutating func update(_ message: AdminMessage) -> [AdminEffect] {
        switch message {
        case .input(let input): _ = list.handle(input)
        case .outline(.filter(let words)): list.setFilter(words)
        case .answer(.audit(let entries, let isCut)):
            isLoaded = true
            self.isCut = isCut
            notice =
                isCut
                ? Notice(
                    .news, "The newest \(entries.count) rows; slipway audit --all has them all.")
                : nil
            list.replace(entries.map(Row.init))
        case .answer(.failed(let problems, _)):
            isLoaded = true
            notice = Notice(problems)
        case .resumed, .refresh: return [.loadAudit(project)]
        case .back: return [.close(nil)]
        case .quit: return [.quit]
        default: break
        }
        return []
    }

    private func details(_ entry: AuditEntry) -> [TextView.Line] {
        [
            TextView.Line(
                "\(entry.at), \(entry.author.user)@\(entry.author.host)", role: .label),
            TextView.Line(
                [entry.action, entry.project, entry.subject].compactMap(\.self)
                    .joined(separator: "  ")),
        ]
            + (entry.old.map { [TextView.Line("old: \($0)", role: .removed)] } ?? [])
            + (entry.new.map { [TextView.Line("new: \($0)", role: .added)] } ?? [])
    }

    package var outline: Outline {
        guard isLoaded else { return Outline([.text("Reading…")]) }
        guard !list.items.isEmpty else { return Outline([.text("Nothing was ever done here.")]) }
        return list.outline { details($0.entry).map(\.text).joined(separator: ", ") }
    }

    package func draw(in grid: inout CellGrid) {
        let body = grid.bounds.inset(left: 1, right: 1)
        guard !list.items.isEmpty else {
            grid.put(
                isLoaded ? "Nothing was ever done here." : "Reading…", row: 1, column: 1,
                role: .quiet)
            return
        }
        let (upper, lower) = body.splitBottom(body.height >= 9 ? min(body.height / 3, 7) : 0)
        var columns: [TableLayout.Column] = [
            .init("#", minimum: 4, wanted: 6, rank: 2, isTrailing: true),
            .init("WHEN", minimum: 20, wanted: 20),
            .init("WHO", minimum: 8, wanted: 20, rank: 1),
            .init("WHAT", minimum: 10, wanted: 18),
        ]
        if project == nil { columns.append(.init("PROJECT", minimum: 12, wanted: 40, rank: 3)) }
        columns.append(.init("SUBJECT", minimum: 10, wanted: 40, rank: 4))
        let table = TableLayout(columns, width: upper.width - 4)
        list.draw(
            in: &grid, upper, heading: table.heading,
            line: { row, _ in
                let entry = row.entry
                var cells = [
                    String(entry.sequence), "\(entry.at)", entry.author.user, entry.action,
                ]
                if project == nil { cells.append(entry.project ?? "") }
                return table.line(cells + [entry.subject ?? ""])
            })
        if let entry = list.selection?.entry, lower.height > 1 {
            grid.rule(row: lower.row, column: lower.column, width: lower.width)
            grid.put(
                " Row \(entry.sequence) ", row: lower.row, column: lower.column + 2, role: .heading,
                limit: max(0, lower.width - 2))
            var line = lower.row + 1
            for detail in details(entry) {
                line = grid.paragraph(
                    detail.text, in: lower.inset(top: line - lower.row), role: detail.role)
            }
        }
    }
}
