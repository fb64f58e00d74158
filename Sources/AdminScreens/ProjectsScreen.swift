package import Screens
package import SlipwayCore
import TextGrid

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
    var list = ListView<Row>()
    var isLoading = true
    var dialog: Dialog?
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
}
