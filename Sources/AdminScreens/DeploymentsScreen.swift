package import Screens
import SlipwayCore
package import TextGrid

/// What was deployed, newest first.
package struct DeploymentsScreen: AdminScreen {
    struct Row: ListItem {
        let record: DeploymentRow
        var deployment: DeploymentID? { DeploymentID(record.id) }
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
    /// The ids of those that are to be watched together.
    private var marked: Set<DeploymentID> = []

    init(_ project: ProjectName, context: AdminContext) {
        self.project = project
        self.context = context
    }

    package var path: [String] { ["Projects", project.rawValue, "Deployments"] }
    package var capturesText: Bool { list.isFiltering }

    package var help: [String] {
        [
            "What slipway deploy deployed for \(project), newest first: branch, commit, result.",
            "Several can be watched together, in tabs: mark them, then watch.",
        ]
    }

    package var bindings: [Binding<AdminMessage>] {
        if list.isFiltering { return Binding.filtering }
        let none =
            list.items.isEmpty
            ? "there is no deployment"
            : chosen == nil ? "it was never made: CodeDeploy has not named it" : nil
        return [
            Binding(
                .enter, .right, .character("l"),
                label: marked.isEmpty ? "watch" : "watch \(marked.count)",
                detail: "show the deployment on the live screen, or those that are marked",
                message: .open, unless: marked.isEmpty ? none : nil),
            .filter(unless: list.items.isEmpty ? "there is nothing to filter" : nil), .back(),
            Binding(
                .character("m"), label: chosen.map(marked.contains) == true ? "unmark" : "mark",
                detail: "mark the deployment, to watch several together", message: .mark,
                unless: none),
            Binding(
                .character("a"), label: "watch unfinished",
                detail: "show all that are not known to be over, each in a tab",
                message: .watchUnfinished, unless: unfinished.isEmpty ? "none is running" : nil),
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
            marked.formIntersection(list.items.compactMap(\.deployment))
        case .answer(.failed(let problems, _)):
            isLoaded = true
            notice = Notice(problems)
        case .resumed, .refresh: return [.loadDeployments(project)]
        case .open:
            let wanted = marked.isEmpty ? [chosen].compactMap(\.self) : listed(marked.contains)
            guard !wanted.isEmpty else { return [] }
            marked = []
            return [.watch(project, wanted)]
        case .mark:
            guard let chosen else { return [] }
            if marked.remove(chosen) == nil { marked.insert(chosen) }
            _ = list.handle(.key(.down))
        case .watchUnfinished:
            return unfinished.isEmpty ? [] : [.watch(project, unfinished)]
        case .back: return [.close(nil)]
        case .quit: return [.quit]
        default: break
        }
        return []
    }

    private var chosen: DeploymentID? { list.selection?.deployment }

    /// Deployments in the order of the list, the newest first.
    private func listed(_ isWanted: (DeploymentID) -> Bool) -> [DeploymentID] {
        list.items.compactMap(\.deployment).filter(isWanted)
    }

    /// As many as have a key on the live screen.
    private static let unfinishedLimit = 9

    /// The newest of those that are not known to be over.
    private var unfinished: [DeploymentID] {
        Array(
            list.items.filter(\.record.isOpen).compactMap(\.deployment)
                .prefix(Self.unfinishedLimit))
    }

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
                let isMarked = row.deployment.map(marked.contains) == true
                return table.line([
                    (isMarked ? "+" : Self.sign(record.result)) + " " + record.result,
                    "\(record.startedAt)",
                    record.application, record.group, record.branch ?? "",
                    String(record.commit?.prefix(7) ?? ""), record.duration ?? "",
                ])
            },
            role: { row in
                row.deployment.map(marked.contains) == true
                    ? .changed : Self.role(row.record.result)
            })
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
