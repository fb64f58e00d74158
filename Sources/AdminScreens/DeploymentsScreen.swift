package import Screens
import SlipwayCore
package import TextGrid

/// What was deployed, newest first.
package struct DeploymentsScreen: AdminScreen {
    struct Row: ListItem {
        let record: DeploymentRow
        var searchText: String {
            [
                record.id, record.application, record.group, record.branch ?? "",
                record.commit ?? "", record.result, record.startedAt.description,
            ].joined(separator: " ")
        }
    }

    package var context: AdminContext
    let project: ProjectName
    package private(set) var notice: Notice?
    private var list = ListView<Row>()
    private var isLoaded = false

    init(_ project: ProjectName, context: AdminContext) {
        self.project = project
        self.context = context
    }

    package var path: [String] { ["Projects", project.rawValue, "Deployments"] }
    package var capturesText: Bool { list.isFiltering }

    package var help: [String] {
        ["What slipway deploy deployed for \(project), newest first: branch, commit, result."]
    }

    package var bindings: [Binding<AdminMessage>] {
        if list.isFiltering { return Binding.filtering }
        return [
            Binding(
                .enter, .right, .character("l"), label: "watch",
                detail: "show the deployment on the live screen", message: .open,
                unless: list.items.isEmpty
                    ? "there is no deployment"
                    : chosen == nil ? "it was never made: CodeDeploy has not named it" : nil),
            .filter(unless: list.items.isEmpty ? "there is nothing to filter" : nil), .back(),
            .refresh, .quit,
        ]
    }

    package mutating func update(_ message: AdminMessage) -> [AdminEffect] {
        switch message {
        case .input(let input): _ = list.handle(input)
        case .outline(.filter(let words)): list.setFilter(words)
        case .answer(.deployments(let records)):
            isLoaded = true
            list.replace(records.map(Row.init))
        case .answer(.failed(let problems, _)):
            isLoaded = true
            notice = Notice(problems)
        case .resumed, .refresh: return [.loadDeployments(project)]
        case .open: return chosen.map { [.watch(project, $0)] } ?? []
        case .back: return [.close(nil)]
        case .quit: return [.quit]
        default: break
        }
        return []
    }

    private var chosen: DeploymentID? { list.selection.flatMap { DeploymentID($0.record.id) } }

    private var emptyText: String {
        if !isLoaded { return "Reading…" }
        return "Nothing was deployed yet. slipway deploy, after a green build, begins the list."
    }

    package var outline: Outline {
        guard !list.items.isEmpty else { return Outline([.text(emptyText)]) }
        return list.outline { row in
            let record = row.record
            return [
                "\(record.startedAt)", record.result, record.application, record.group,
                record.branch, record.commit, record.duration,
            ].compactMap(\.self).joined(separator: ", ")
        }
    }

    package func draw(in grid: inout CellGrid) {
        let body = grid.bounds.inset(left: 1, right: 1)
        guard !list.items.isEmpty else {
            grid.paragraph(emptyText, in: body.inset(top: 1), role: .quiet)
            return
        }
        let table = TableLayout(
            [
                .init("RESULT", minimum: 11, wanted: 12),
                .init("WHEN", minimum: 20, wanted: 20, rank: 1),
                .init("APPLICATION", minimum: 12, wanted: 24, rank: 2),
                .init("GROUP", minimum: 10, wanted: 24, rank: 4),
                .init("BRANCH", minimum: 8, wanted: 24, rank: 3),
                .init("COMMIT", minimum: 7, wanted: 7, rank: 5),
                .init("TOOK", minimum: 6, wanted: 8, rank: 6, isTrailing: true),
            ], width: body.width - 4)
        list.draw(
            in: &grid, body, heading: table.heading,
            line: { row, _ in
                let record = row.record
                return table.line([
                    Self.sign(record.result) + " " + record.result, "\(record.startedAt)",
                    record.application, record.group, record.branch ?? "",
                    String(record.commit?.prefix(7) ?? ""), record.duration ?? "",
                ])
            }, role: { Self.role($0.record.result) })
    }

    private static func sign(_ result: String) -> String {
        switch result {
        case "succeeded": "✓"
        case "failed": "✗"
        case "stopped": "–"
        case "running": "▸"
        default: "•"
        }
    }

    private static func role(_ result: String) -> Role {
        switch result {
        case "succeeded": .plain
        case "failed": .failed
        case "stopped", "interrupted", "unfinished": .warning
        default: .running
        }
    }
}
