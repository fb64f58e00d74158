package import Screens
import SlipwayCore
package import TextGrid

/// Project Settings: the menu of one project, in the groups that CircleCI's had.
package struct ProjectScreen: AdminScreen {
    enum Entry: Equatable, Sendable { case keys, applications, deployments, policy, audit }

    struct Row: ListItem {
        let entry: Entry?
        let label: String
        var summary = ""
        var searchText: String { label }
        var isHeading: Bool { entry == nil }
    }

    package var context: AdminContext
    let name: ProjectName
    package private(set) var notice: Notice?
    private var detail: ProjectDetail?
    private var list = ListView<Row>(canFilter: false)

    init(_ name: ProjectName, context: AdminContext) {
        self.name = name
        self.context = context
        list.replace(rows)
    }

    package var path: [String] { ["Projects", name.rawValue] }

    package var help: [String] {
        [
            "Project Settings of \(name). Permissions: the AWS keys that its builds deploy with. "
                + "Continuous Deployment: the defaults of its CodeDeploy applications, over which "
                + "the deployment section of circle.yml wins."
        ]
    }

    package var bindings: [Binding<AdminMessage>] {
        [
            Binding(.enter, .right, .character("l"), label: "open", message: .open),
            .back(), .refresh, .quit,
        ]
    }

    private var rows: [Row] {
        let keys =
            detail.map { detail in
                detail.keys.map { "\($0.accessKeyID), saved \($0.savedAt) by \($0.savedBy)" }
                    ?? "none: builds of this project cannot deploy with it yet"
            } ?? ""
        let applications =
            detail.map { detail in
                let names = detail.applications.map(\.application.rawValue)
                return names.isEmpty ? "no application yet" : names.joined(separator: ", ")
            } ?? ""
        return [
            Row(entry: nil, label: "Permissions"),
            Row(entry: .keys, label: "AWS keys", summary: keys),
            Row(entry: .policy, label: "IAM policy", summary: "the least that the keys need"),
            Row(entry: nil, label: ""), Row(entry: nil, label: "Continuous Deployment"),
            Row(entry: .applications, label: "AWS CodeDeploy", summary: applications),
            Row(
                entry: .deployments, label: "Deployments",
                summary: "what was deployed, and how it went"),
            Row(entry: nil, label: ""), Row(entry: nil, label: "History"),
            Row(
                entry: .audit, label: "Audit log", summary: "who changed what, and who read secrets"
            ),
        ]
    }

    package mutating func update(_ message: AdminMessage) -> [AdminEffect] {
        switch message {
        case .input(let input):
            if list.handle(input) { notice = nil }
        case .outline(.choose(let number)):
            if list.choose(numbered: number) { return update(.open) }
        case .answer(.project(let detail)):
            self.detail = detail
            list.replace(rows)
        case .answer(.failed(let problems, _)): notice = Notice(problems)
        case .resumed, .refresh: return [.loadProject(name)]
        case .open:
            notice = nil
            switch list.selection?.entry {
            case .keys: return [.show(.keys(name))]
            case .applications: return [.show(.applications(name))]
            case .deployments: return [.show(.deployments(name))]
            case .policy: return [.show(.policy(name))]
            case .audit: return [.show(.audit(name))]
            case nil: return []
            }
        case .back: return [.close(nil)]
        case .quit: return [.quit]
        default: break
        }
        return []
    }

    package var outline: Outline {
        list.outline { row in
            row.summary.isEmpty ? row.label : "\(row.label): \(row.summary)"
        }
    }

    package func draw(in grid: inout CellGrid) {
        let labelWidth = 16
        list.draw(
            in: &grid, grid.bounds.inset(top: grid.height > 10 ? 1 : 0, left: 1, right: 1),
            line: { row, width in
                row.isHeading || width < labelWidth + 12
                    ? row.label : padded(row.label, to: labelWidth) + "  " + row.summary
            })
    }
}
