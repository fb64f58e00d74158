package import Screens
package import SlipwayCore
package import TextGrid

/// All projects of the store.
package struct ProjectsScreen: AdminScreen {
    package enum Phase: Equatable, Sendable {
        case opening
        case open
        /// The store cannot be used.
        case failed([Problem])
    }

    private enum Question: Equatable, Sendable {
        case add
        case rename(ProjectName)
        case remove(ProjectName)
    }

    struct Row: ListItem {
        let project: ProjectSummary
        var searchText: String { project.name.rawValue }
    }

    package var context: AdminContext
    package private(set) var phase = Phase.opening
    package private(set) var notice: Notice?
    private var list = ListView<Row>()
    private var isLoading = true
    private var dialog: Dialog?
    private var question: Question?
    /// A project that was just added, to be chosen once the list has it.
    private var added: ProjectName?

    init(context: AdminContext) { self.context = context }

    package var path: [String] { ["Projects"] }

    package var badges: [Badge] {
        list.items.isEmpty ? [] : [Badge(counted(list.items.count, "project"))]
    }

    package var capturesText: Bool { dialog != nil || list.isFiltering }

    package var help: [String] {
        [
            "Each project is a repository whose builds deploy with CodeDeploy. Open one to set its "
                + "AWS keys and the defaults of its applications.",
            "The store is \(context.storePath).",
        ]
    }

    package var bindings: [Binding<AdminMessage>] {
        if let dialog { return dialog.bindings { .input($0) } }
        if list.isFiltering { return Binding.filtering }
        if case .failed = phase {
            return [
                Binding(.character("R"), .enter, label: "try again", message: .refresh),
                Binding(.character("q"), .character("Q"), label: "quit", message: .quit),
            ]
        }
        let nothing: String? =
            list.selection != nil
            ? nil : isLoading ? "the projects are still being read" : "there is no project here"
        var bindings: [Binding<AdminMessage>] = [
            Binding(
                .enter, .right, .character("l"), label: "open",
                detail: "open the settings of the project", message: .open, unless: nothing),
            Binding(
                .character("a"), label: "add", detail: "add a project", message: .add,
                unless: readOnlyReason),
            Binding.filter(unless: nothing),
            Binding(
                .character("r"), label: "rename", detail: "give the project another name",
                message: .rename, unless: readOnlyReason ?? nothing),
            Binding(
                .character("X"), label: "remove",
                detail: "remove the project with its keys and settings; asks for its name",
                message: .remove, unless: readOnlyReason ?? nothing, isInFooter: false),
            Binding(
                .character("A"), label: "audit log",
                detail: "everything that was done to the store",
                message: .audit,
                unless: context.storeExists ? nil : "there is no store yet", isInFooter: false),
            .refresh,
        ]
        bindings.append(
            Binding(
                .character("q"), .character("Q"), label: "quit", detail: "leave slipway",
                message: .quit))
        return bindings
    }

    package mutating func update(_ message: AdminMessage) -> [AdminEffect] {
        switch message {
        case .input(let input): return take(input)
        case .outline(let answer): return take(answer)
        case .answer(let answer): return take(answer)
        case .resumed: return reload()
        case .refresh:
            notice = nil
            if case .failed = phase {
                phase = .opening
                return [.openStore]
            }
            return reload()
        case .open:
            guard let row = list.selection else { return [] }
            notice = nil
            return [.show(.project(row.project.name))]
        case .audit: return [.show(.audit(nil))]
        case .quit, .back: return [.quit]
        case .add:
            ask(
                .add,
                Dialog(
                    "Add a project",
                    context.storeExists
                        ? ["The repository that is deployed, as owner/name."]
                        : [
                            "The repository that is deployed, as owner/name.",
                            "This makes the store \(context.storePath), and a key beside your "
                                + "configuration that opens it.",
                        ], kind: .prompt(label: "Project")))
        case .rename:
            guard let name = list.selection?.project.name else { return [] }
            ask(
                .rename(name),
                Dialog(
                    "Rename \(name)", ["Its settings, keys and history stay with it."],
                    kind: .prompt(label: "New name"), text: name.rawValue))
        case .remove:
            guard let project = list.selection?.project else { return [] }
            ask(
                .remove(project.name),
                Dialog(
                    "Remove \(project.name)",
                    [
                        "This removes \(project.name) with "
                            + counted(project.applicationCount, "application")
                            + ", the history of its settings, and "
                            + (project.accessKeyID.map { "its AWS keys \($0)." } ?? "no AWS keys."),
                        "It cannot be undone.",
                    ], kind: .typed(word: project.name.rawValue)))
        default: break
        }
        return []
    }

    private mutating func reload() -> [AdminEffect] {
        isLoading = true
        return [.loadProjects]
    }

    private mutating func ask(_ question: Question, _ dialog: Dialog) {
        notice = nil
        self.question = question
        self.dialog = dialog
    }

    private mutating func take(_ input: Input) -> [AdminEffect] {
        if var open = dialog {
            if case .resize = input {} else { return take(open.handle(input), open) }
        }
        if list.handle(input) { notice = nil }
        return []
    }

    private mutating func take(_ answer: OutlineAnswer) -> [AdminEffect] {
        if let open = dialog { return take(open.outcome(answering: answer), open) }
        switch answer {
        case .filter(let words): list.setFilter(words)
        case .choose(let number):
            if list.choose(numbered: number) { return update(.open) }
        default: break
        }
        return []
    }

    private mutating func take(_ outcome: Dialog.Outcome, _ open: Dialog) -> [AdminEffect] {
        switch (outcome, question) {
        case (.open, _): dialog = open
        case (.text(let text), .add): return accept(text, open) { [.addProject($0)] }
        case (.text(let text), .rename(let old)):
            return accept(text, open) { $0 == old ? [] : [.renameProject(old, to: $0)] }
        case (.confirmed, .remove(let name)):
            dialog = nil
            notice = Notice(.working, "Removing \(name)…")
            return [.removeProject(name)]
        default: dialog = nil
        }
        return []
    }

    /// Takes a name, or says in the dialog why it is none.
    private mutating func accept(
        _ text: String, _ open: Dialog, _ effects: (ProjectName) -> [AdminEffect]
    ) -> [AdminEffect] {
        do {
            let name = try ProjectName(text)
            dialog = nil
            added = name
            return effects(name)
        } catch {
            dialog = open
            dialog?.problem = error.problems.first.map { problem in
                [problem.why, problem.fix].compactMap(\.self).joined(separator: "; ")
            }
            return []
        }
    }

    private mutating func take(_ answer: AdminAnswer) -> [AdminEffect] {
        switch answer {
        case .projects(let projects, let isFirst, let isLast):
            phase = .open
            isLoading = !isLast
            let rows = projects.map(Row.init)
            if isFirst { list.replace(rows) } else { list.append(rows) }
            if let added, list.select(where: { $0.project.name == added }) { self.added = nil }
        case .done(let news):
            notice = Notice(.success, news)
            return reload()
        case .failed(let problems, _):
            isLoading = false
            if phase == .opening { phase = .failed(problems) } else { notice = Notice(problems) }
        default: break
        }
        return []
    }

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

    private var emptyText: [String] {
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

    private func drawList(in grid: inout CellGrid, _ rect: Rect) {
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

    private func drawProblems(_ problems: [Problem], in grid: inout CellGrid, _ rect: Rect) {
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
