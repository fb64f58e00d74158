package import Screens
import SlipwayCore
import TextGrid

/// The defaults of one CodeDeploy application: the form, the key that its pattern gives, and the
/// `circle.yml` that goes with it, all as they are typed.
package struct ApplicationScreen: AdminScreen {
    typealias Field = ApplicationSettings.Field

    package var context: AdminContext
    let project: ProjectName
    let application: ApplicationName
    package private(set) var notice: Notice?
    var form: Form<Field>
    /// The version that the form was opened on; nil for an application without one.
    private var base: SettingsVersion?
    private var isSaving = false
    private var leavesWhenSaved = false
    /// What was asked for when there was something unsaved: to go up, or to quit.
    private var leaving = AdminEffect.close(nil)
    var dialog: Dialog?
    /// The example by itself, where there is no room for it beside the form.
    var example: TextView?

    init(
        _ application: ApplicationName, of project: ProjectName, version: SettingsVersion?,
        template: ApplicationSettings?, context: AdminContext
    ) {
        self.application = application
        self.project = project
        self.context = context
        base = version
        form = Self.form(version?.settings ?? ApplicationSettings(), application)
        if let template {
            for field in Field.allCases {
                if let text = template[field] { form.set(field, to: text) }
            }
            if template.revisionLocation == nil {
                form.set(.keyPattern, to: "apps/\(application)-{SHORT_COMMIT}-{BUILD_NUM}")
            }
        }
    }

    private static func form(
        _ settings: ApplicationSettings, _ application: ApplicationName
    ) -> Form<Field> {
        func text(_ field: Field) -> Form<Field>.Content { .text(settings[field] ?? "") }
        return Form([
            .init(
                .applicationRoot, label: "Application root", placeholder: "for example / or /app",
                help:
                    "The folder that is packaged, counted from the repository's root: / is all of "
                    + "it, /app a folder in it. appspec.yml must stand at its root.",
                content: text(.applicationRoot)),
            .init(
                .region, label: "Region", placeholder: "for example us-east-1",
                help: "Where the CodeDeploy application is. The bucket must be in the same region. "
                    + "Choose one, or type any other.",
                content: .choice(
                    ChoiceField(settings[.region] ?? "", suggestions: Region.suggestions))),
            .init(
                .bucket, label: "Bucket", placeholder: "the S3 bucket for revisions",
                help: "The S3 bucket that revisions go to: its name alone. It goes together with "
                    + "the key pattern.", content: text(.bucket)),
            .init(
                .keyPattern, label: "Key pattern",
                placeholder: "apps/\(application)-{SHORT_COMMIT}-{BUILD_NUM}",
                help:
                    "The name of a revision in the bucket. {BRANCH}, {COMMIT}, {SHORT_COMMIT} and "
                    + "{BUILD_NUM} are put in for each build.", content: text(.keyPattern)),
        ])
    }

    package var path: [String] {
        ["Projects", project.rawValue, "AWS CodeDeploy", application.rawValue]
    }
    package var isDirty: Bool { form.isDirty }
    package var badges: [Badge] { form.isDirty ? [Badge("* unsaved", role: .changed)] : [] }
    package var capturesText: Bool { form.isEditing || dialog != nil }

    package var help: [String] {
        [
            "The project-wide defaults of \(application). Every one is optional: what is empty here "
                + "must stand in the deployment section of circle.yml, which wins over what is set.",
            "The key is what the pattern gives for an example: branch feature/login, commit "
                + "0a1b2c3, build 128.",
            "The same by commands: slipway settings set \(application) --project \(project).",
        ]
    }

    package var bindings: [Binding<AdminMessage>] {
        if let dialog { return dialog.bindings { .input($0) } }
        if example != nil {
            return [
                Binding(
                    .escape, .character("q"), .character("y"), .enter, .left, .character("h"),
                    label: "close", message: .example)
            ]
        }
        let saving = Binding<AdminMessage>(
            .control("s"), label: "save", detail: "save the settings", message: .save,
            unless: saveReason, isInFooter: form.isEditing)
        if form.isEditing { return form.editingBindings { .input($0) } + [saving] }
        return [
            Binding(
                .enter, .character("i"), label: "edit", detail: "edit the field in focus",
                message: .input(.key(.enter)), unless: readOnlyReason),
            Binding(
                .character("s"), label: "save", detail: "save the settings", message: .save,
                unless: saveReason),
            Binding(
                .character("u"), label: "undo", detail: "take the last change back",
                message: .undo, unless: form.canUndo ? nil : "nothing to undo"),
            Binding(
                .character("U"), label: "redo", detail: "do what was undone again",
                message: .redo, unless: form.canRedo ? nil : "nothing to redo",
                isInFooter: false),
            Binding(
                .character("y"), label: "circle.yml",
                detail: "show the circle.yml to write, alone on the screen", message: .example),
            Binding(
                .character("H"), label: "history",
                detail: "every version of these settings; go back to one", message: .history,
                unless: base == nil ? "nothing was saved yet" : nil),
            saving, .back(), .refresh, .quit,
        ]
    }

    private var saveReason: String? {
        if let readOnlyReason { return readOnlyReason }
        if isSaving { return "saving already" }
        return form.isDirty ? nil : "nothing was changed"
    }

    /// The fields that hold something.
    var texts: [Field: String] {
        Field.allCases.reduce(into: [:]) { texts, field in
            if !form[field].isEmpty { texts[field] = form[field] }
        }
    }

    package mutating func update(_ message: AdminMessage) -> [AdminEffect] {
        switch message {
        case .input(let input): return take(input)
        case .outline(let answer):
            if let open = dialog { return leave(open.outcome(answering: answer), open) }
            guard context.readOnlyReason == nil else { return [] }
            if case .accepted(let field) = form.answer(answer) { check(field) }
        case .answer(let answer): return take(answer)
        case .refresh:
            guard !form.isDirty else {
                notice = Notice(.news, "There are unsaved changes: save them, or undo them first.")
                return []
            }
            notice = nil
            return [.loadProject(project)]
        case .save: return save()
        case .undo:
            notice = nil
            form.undo()
        case .redo:
            notice = nil
            form.redo()
        case .example:
            example = example == nil ? TextView(exampleLines) : nil
        case .history: return [.show(.history(project, application))]
        case .back, .quit:
            leaving = message == .quit ? .quit : .close(nil)
            guard form.isDirty else { return [leaving] }
            dialog = LeaveDialog.dialog
        default: break
        }
        return []
    }

    private mutating func take(_ input: Input) -> [AdminEffect] {
        if var text = example {
            _ = text.handle(input)
            example = text
            return []
        }
        if case .resize = input { return [] }
        if var open = dialog { return leave(open.handle(input), open) }
        guard !leavesWhenSaved else { return [] }
        let isReadOnly = context.readOnlyReason != nil
        if isReadOnly {
            if case .paste = input { return [] }
            if input == .key(.enter) || input == .key(.character("i")) { return [] }
        }
        switch form.handle(input) {
        case .ignored: break
        case .moved, .changed: notice = nil
        case .accepted(let field):
            notice = nil
            check(field)
        }
        return []
    }

    private mutating func leave(_ outcome: Dialog.Outcome, _ open: Dialog) -> [AdminEffect] {
        dialog = nil
        switch LeaveDialog.choice(outcome) {
        case nil: dialog = open
        case .save:
            leavesWhenSaved = true
            return save()
        case .discard:
            form.markSaved()
            return [leaving]
        case .stay: break
        }
        return []
    }

    /// Judges a field when it is left. That bucket and pattern go together is judged on saving.
    private mutating func check(_ field: Field) {
        let text = form[field]
        form.setProblem(nil, of: field)
        guard !text.isEmpty else { return }
        do {
            _ = try ApplicationSettings(fields: [field: text])
        } catch {
            let flaw = error.flaws.first {
                if case .halfALocation = $0 { false } else { $0.field == field }
            }
            form.setProblem(flaw?.problem, of: field)
        }
    }

    private mutating func save() -> [AdminEffect] {
        form.endEditing()
        notice = nil
        for field in Field.allCases { form.setProblem(nil, of: field) }
        do {
            let settings = try ApplicationSettings(fields: texts)
            isSaving = true
            notice = Notice(.working, "Saving…")
            return [
                .saveSettings(project, application, settings, expecting: base?.version ?? 0)
            ]
        } catch {
            leavesWhenSaved = false
            for flaw in error.flaws { form.setProblem(flaw.problem, of: flaw.field) }
            form.focusOnProblem()
            notice = Notice(
                .failure,
                "Not saved: \(counted(error.flaws.count, "field")) "
                    + (error.flaws.count == 1 ? "is" : "are") + " wrong.")
            return []
        }
    }

    private mutating func take(_ answer: AdminAnswer) -> [AdminEffect] {
        switch answer {
        case .settingsSaved(let version, let isNew):
            isSaving = false
            base = version
            form = Self.form(version.settings ?? ApplicationSettings(), application)
                .focused(as: form)
            let warnings = preview.problems.map(\.message)
            let saved =
                isNew
                ? "Saved \(application), version \(version.version)."
                : "Nothing changed: version \(version.version) says the same."
            notice =
                warnings.isEmpty
                ? Notice(.success, saved)
                : Notice(.warning, saved, warnings.joined(separator: "; "))
            if leavesWhenSaved { return [leaving == .quit ? .quit : .close(answer)] }
        case .settingsConflict(let current):
            (isSaving, leavesWhenSaved) = (false, false)
            notice = Notice(.warning, "Not saved yet: somebody else saved first.")
            let conflict = SettingsConflict(
                project: project, application: application, base: base?.settings, theirs: current,
                mine: texts)
            return [.show(.conflict(conflict))]
        case .project(let detail):
            guard !form.isDirty else { return [] }
            base = detail.applications.first { $0.application == application }
            form = Self.form(base?.settings ?? ApplicationSettings(), application)
                .focused(as: form)
        case .failed(let problems, _):
            (isSaving, leavesWhenSaved) = (false, false)
            notice = Notice(problems)
        default: break
        }
        return []
    }

    var preview: KeyPreview {
        KeyPreview(application: application.rawValue, fields: texts)
    }

    /// The example, said to be complete or short.
    var exampleLines: [TextView.Line] {
        let text = CircleExample(application: application.rawValue, stored: texts).text
        return text.split(separator: "\n").map { TextView.Line(String($0)) }
    }
}

extension Form where ID == ApplicationSettings.Field {
    /// The form with the focus where another has it.
    fileprivate func focused(as other: Form) -> Form {
        var copy = self
        if let id = other.focusedID { copy.focus(on: id) }
        return copy
    }
}
