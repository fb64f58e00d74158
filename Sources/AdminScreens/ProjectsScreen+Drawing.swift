package import Screens
import SlipwayCore
package import TextGrid

extension ProjectsScreen {
    package var outline: Outline {
        if let dialog { return dialog.outline }
        switch phase {
        case .opening: return Outline([.text("Opening \(context.storePath).")])
        case .failed(let problems):
            return Outline(Notice(problems).lines.map { .text($0) })
        case .open:
            if list.items.isEmpty { return Outline(emptyText.map { .text($0) }) }
            return list.outline { row in
                let project = row.project
                return "\(project.name), \(counted(project.applicationCount, "application")), "
                    + (project.accessKeyID.map { "AWS keys \($0)" } ?? "no AWS keys")
            }
        }
    }

    var emptyText: [String] {
        if isLoading { return ["Reading the projects…"] }
        let first =
            context.readOnlyReason == nil
            ? "Press a to add the first one: a repository, as owner/name." : "Nothing to show."
        return context.storeExists
            ? ["There are no projects yet.", first]
            : [
                "Welcome to slipway.",
                "There is no settings store at \(context.storePath) yet. " + first
                    + (context.readOnlyReason == nil ? " That makes the store, too." : ""),
                "Another store: slipway --database PATH.",
            ]
    }

    package func draw(in grid: inout CellGrid) {
        let body = grid.bounds.inset(left: 1, right: 1)
        switch phase {
        case .opening:
            grid.put("Opening the store…", row: 1, column: 1, role: .quiet)
        case .failed(let problems): drawProblems(problems, in: &grid, body)
        case .open:
            if list.items.isEmpty {
                var row = 1
                for (index, text) in emptyText.enumerated() {
                    row =
                        grid.paragraph(
                            text, in: body.inset(top: row),
                            role: index == 0 ? .heading : .plain) + 1
                }
            } else {
                drawList(in: &grid, body)
            }
        }
        dialog?.draw(in: &grid)
    }

    func drawList(in grid: inout CellGrid, _ rect: Rect) {
        let width = rect.width - 4
        let table = TableLayout(
            [
                .init("PROJECT", minimum: 16, wanted: 60),
                .init("APPLICATIONS", minimum: 12, wanted: 12, rank: 2, isTrailing: true),
                .init("AWS KEYS", minimum: 20, wanted: 22, rank: 1),
            ], width: width)
        list.draw(
            in: &grid, rect, heading: table.heading,
            line: { row, _ in
                let project = row.project
                return table.line([
                    project.name.rawValue, String(project.applicationCount),
                    project.accessKeyID?.rawValue ?? "none",
                ])
            })
    }

    func drawProblems(_ problems: [Problem], in grid: inout CellGrid, _ rect: Rect) {
        var row = grid.paragraph(
            "The store cannot be used", in: rect.inset(top: 1), role: .heading)
        for problem in problems {
            row += 1
            row = grid.paragraph("✗ " + problem.message, in: rect.inset(top: row), role: .failed)
            if let why = problem.why {
                row = grid.paragraph("  why: \(why)", in: rect.inset(top: row))
            }
            if let fix = problem.fix {
                row = grid.paragraph("  fix: \(fix)", in: rect.inset(top: row))
            }
        }
    }
}
