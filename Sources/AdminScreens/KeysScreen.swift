package import Screens
import SlipwayCore
import TextGrid

/// Permissions > AWS keys: the form for a project's keys. The stored secret never comes here.
package struct KeysScreen: AdminScreen {
    enum Field: Hashable, Sendable { case accessKeyID, secret, token }

    private enum Question: Equatable, Sendable {
        case leave
        case clear
        case conflict(AWSKeysSummary?)
    }

    package var context: AdminContext
    let project: ProjectName
    package private(set) var notice: Notice?
    var form: Form<Field>
    /// What the store has; the form was opened on it.
    var stored: AWSKeysSummary?
    var isLoaded = false
    private var isSaving = false
    private var leavesWhenSaved = false
    /// What was asked for when there was something unsaved: to go up, or to quit.
    private var leaving = AdminEffect.close(nil)
    var dialog: Dialog?
    private var question: Question?
    /// Scrolls the explanation where there is no room for all of it.
    private var size: (width: Int, height: Int) = (80, 22)

    init(_ project: ProjectName, context: AdminContext) {
        self.project = project
        self.context = context
        form = Form([
            .init(
                .accessKeyID, label: "Access key ID", placeholder: "AKIA…",
                help: "The id of an IAM user's access key, made for this purpose alone. "
                    + "16 to 128 capital letters and digits.", content: .text("")),
            .init(
                .secret, label: "Secret access key", placeholder: "not set",
                help: "Sealed before it is stored, and never shown again. "
                    + "Blank leaves the stored one as it is.", content: .secret(SecretField())),
            .init(
                .token, label: "Session token", placeholder: "only for temporary keys",
                help: "Only for temporary keys, whose id begins with ASIA.",
                content: .secret(SecretField())),
        ])
    }

    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.context == rhs.context && lhs.project == rhs.project && lhs.notice == rhs.notice
            && lhs.form == rhs.form && lhs.stored == rhs.stored && lhs.isLoaded == rhs.isLoaded
            && lhs.isSaving == rhs.isSaving && lhs.dialog == rhs.dialog
            && lhs.question == rhs.question && lhs.leavesWhenSaved == rhs.leavesWhenSaved
    }

    package var path: [String] { ["Projects", project.rawValue, "AWS keys"] }
    package var isDirty: Bool { form.isDirty }
    package var badges: [Badge] { form.isDirty ? [Badge("* unsaved", role: .changed)] : [] }
    package var capturesText: Bool { form.isEditing || dialog != nil }

    package var help: [String] {
        [
            warning,
            "The secret is sealed with a key of its own before it is stored. It is never loaded "
                + "into this form: blank means unchanged. Builds get it by slipway env, exec, "
                + "credential-process and deploy; each reading is written into the audit log.",
            "The same by commands: slipway keys set, show, test, remove.",
        ]
    }

    var warning: String {
        "Every build of \(project) can read these keys, and so can everyone who can commit to it. "
            + "Give them only what a deployment needs: the IAM policy of this project."
    }

    package var bindings: [Binding<AdminMessage>] {
        if let dialog { return dialog.bindings { .input($0) } }
        let saving: [Binding<AdminMessage>] = [
            Binding(
                .control("s"), label: "save", detail: "save the keys", message: .save,
                unless: saveReason, isInFooter: form.isEditing)
        ]
        if form.isEditing { return form.editingBindings { .input($0) } + saving }
        return [
            Binding(
                .enter, .character("i"), label: "edit", detail: "edit the field in focus",
                message: .input(.key(.enter)), unless: readOnlyReason),
            Binding(
                .character("s"), label: "save", detail: "save the keys", message: .save,
                unless: saveReason),
            Binding(
                .character("t"), label: "test",
                detail: "ask AWS whose keys the stored ones are", message: .test,
                unless: noKeysReason),
            Binding(
                .character("X"), label: "clear",
                detail: "remove the keys from the store; asks for the project's name",
                message: .remove, unless: readOnlyReason ?? noKeysReason),
            Binding(
                .character("u"), label: "undo", detail: "take the last change back",
                message: .undo, unless: form.canUndo ? nil : "nothing to undo", isInFooter: false),
            Binding(
                .character("U"), label: "redo", detail: "do what was undone again",
                message: .redo, unless: form.canRedo ? nil : "nothing to redo", isInFooter: false),
        ] + saving + [.back(), .refresh, .quit]
    }

    private var saveReason: String? {
        if let readOnlyReason { return readOnlyReason }
        if isSaving { return "saving already" }
        return form.isDirty ? nil : "nothing was changed"
    }

    private var noKeysReason: String? { stored == nil ? "no keys are stored" : nil }

    package mutating func update(_ message: AdminMessage) -> [AdminEffect] {
        switch message {
        case .input(let input): return take(input)
        case .outline(let answer): return take(answer)
        case .answer(let answer): return take(answer)
        case .resumed: return [.loadProject(project)]
        case .refresh:
            notice = nil
            return [.loadProject(project)]
        case .save: return save(expecting: stored?.version ?? 0)
        case .undo:
            notice = nil
            form.undo()
        case .redo:
            notice = nil
            form.redo()
        case .test:
            notice = Notice(.working, "Asking AWS whose keys these are…")
            return [.testKeys(project)]
        case .remove:
            question = .clear
            dialog = Dialog(
                "Clear AWS keys",
                [
                    "This removes the AWS keys \(stored?.accessKeyID.rawValue ?? "") of "
                        + "\(project); its builds cannot deploy with them any more.",
                    "They still work until AWS is told: deactivate them there too.",
                ], kind: .typed(word: project.rawValue))
        case .back, .quit:
            leaving = message == .quit ? .quit : .close(nil)
            guard form.isDirty else { return [leaving] }
            question = .leave
            dialog = LeaveDialog.dialog
        default: break
        }
        return []
    }

    private mutating func take(_ input: Input) -> [AdminEffect] {
        if case .resize(let width, let height) = input {
            size = (width, height)
            return []
        }
        if var open = dialog { return take(open.handle(input), open) }
        guard !leavesWhenSaved else { return [] }
        guard context.readOnlyReason == nil || !startsEditing(input) else { return [] }
        switch form.handle(input) {
        case .ignored: break
        case .moved: notice = nil
        case .changed: notice = nil
        case .accepted(let field):
            notice = nil
            check(field)
        }
        return []
    }

    private func startsEditing(_ input: Input) -> Bool {
        if case .paste = input { return true }
        return input == .key(.enter) || input == .key(.character("i"))
    }

    private mutating func take(_ answer: OutlineAnswer) -> [AdminEffect] {
        if let open = dialog { return take(open.outcome(answering: answer), open) }
        guard context.readOnlyReason == nil else { return [] }
        if case .accepted(let field) = form.answer(answer) { check(field) }
        return []
    }

    private mutating func take(_ outcome: Dialog.Outcome, _ open: Dialog) -> [AdminEffect] {
        guard outcome != .open else {
            dialog = open
            return []
        }
        let asked = question
        (dialog, question) = (nil, nil)
        switch asked {
        case .leave:
            switch LeaveDialog.choice(outcome) {
            case .save:
                leavesWhenSaved = true
                return save(expecting: stored?.version ?? 0)
            case .discard:
                form.markSaved()
                return [leaving]
            case .stay, nil: return []
            }
        case .clear where outcome == .confirmed:
            notice = Notice(.working, "Removing the keys…")
            return [.removeKeys(project)]
        case .conflict(let theirs):
            switch outcome {
            case .chosen(0): return save(expecting: theirs?.version ?? 0)
            case .chosen(1):
                stored = theirs
                form.markSaved()
                fillIn()
                notice = Notice(.news, "Theirs were kept.")
            default: notice = Notice(.warning, "Nothing was saved; your changes are still here.")
            }
        default: break
        }
        return []
    }

    /// Judges one field when it is left.
    private mutating func check(_ field: Field) {
        guard field == .accessKeyID, !form[.accessKeyID].isEmpty else { return }
        do {
            _ = try AccessKeyID(form[.accessKeyID])
            form.setProblem(nil, of: .accessKeyID)
        } catch {
            form.setProblem(error.fieldProblem, of: .accessKeyID)
        }
    }

    private mutating func save(expecting version: Int) -> [AdminEffect] {
        form.endEditing()
        guard let keys = keysToSave() else {
            leavesWhenSaved = false
            form.focusOnProblem()
            return []
        }
        isSaving = true
        notice = Notice(.working, "Saving…")
        return [.saveKeys(project, keys, expecting: version)]
    }

    /// The keys in the form, or nil after its fields were told what is wrong.
    private mutating func keysToSave() -> AWSKeyPair? {
        notice = nil
        for field in [Field.accessKeyID, .secret, .token] { form.setProblem(nil, of: field) }
        let id: AccessKeyID
        do {
            id = try AccessKeyID(form[.accessKeyID])
        } catch {
            let isEmpty = form[.accessKeyID].isEmpty
            form.setProblem(
                isEmpty
                    ? Problem(code: "missing", "an access key id is needed") : error.fieldProblem,
                of: .accessKeyID)
            return nil
        }
        guard let secret = form.secret(.secret) else {
            form.setProblem(
                Problem(
                    code: "missing",
                    stored == nil
                        ? "the secret is needed too"
                        : "another id or token needs its secret too: the stored one is not read"),
                of: .secret)
            return nil
        }
        do {
            return AWSKeyPair(
                accessKeyID: id, secretAccessKey: try SecretAccessKey(secret),
                sessionToken: try form.secret(.token).map { try SessionToken($0) })
        } catch {
            form.setProblem(
                (error as? any ProblemReporting)?.problems.first
                    ?? Problem(code: "invalid", "this is no secret"), of: .secret)
            return nil
        }
    }

    private mutating func take(_ answer: AdminAnswer) -> [AdminEffect] {
        switch answer {
        case .project(let detail):
            isLoaded = true
            // What is being typed stays; saving will find out what changed under it.
            guard !form.isDirty, !form.isEditing else { return [] }
            stored = detail.keys
            fillIn()
        case .keysSaved(let summary, let warnings):
            isSaving = false
            stored = summary
            form.markSaved()
            fillIn()
            let saved = "Saved \(summary.accessKeyID), version \(summary.version)."
            notice =
                warnings.isEmpty
                ? Notice(.success, saved)
                : Notice(
                    .warning, "\(saved) But \(warnings.map(\.message).joined(separator: "; "))")
            if leavesWhenSaved { return [leaving] }
        case .keysConflict(let theirs):
            (isSaving, leavesWhenSaved) = (false, false)
            notice = nil
            askAboutConflict(theirs)
        case .keysTested(let lines): notice = Notice(.success, lines.joined(separator: ". "))
        case .done(let news):
            notice = Notice(.success, news)
            stored = nil
            form.setSaved(.accessKeyID, to: "")
            return [.loadProject(project)]
        case .failed(let problems, _):
            (isSaving, leavesWhenSaved) = (false, false)
            notice = Notice(problems)
        default: break
        }
        return []
    }

    private mutating func fillIn() {
        form.setSaved(.accessKeyID, to: stored?.accessKeyID.rawValue ?? "")
        form.setPlaceholder(
            stored == nil ? "not set" : "•••••••• stored; blank leaves it unchanged", of: .secret)
        form.setPlaceholder(
            stored?.hasSessionToken == true
                ? "•••••••• stored" : "only for temporary keys", of: .token)
    }

    private mutating func askAboutConflict(_ theirs: AWSKeysSummary?) {
        func line(_ keys: AWSKeysSummary?) -> String {
            keys.map {
                "\($0.accessKeyID), version \($0.version), saved \($0.savedAt) by \($0.savedBy)"
            }
                ?? "no keys"
        }
        question = .conflict(theirs)
        dialog = Dialog(
            "Saved meanwhile",
            [
                "Somebody else changed the keys meanwhile; nothing was saved.",
                "theirs: \(line(theirs))", "mine:   \(form[.accessKeyID]), not saved yet",
                "base:   \(line(stored))",
            ], kind: .choose(["Save mine", "Keep theirs", "Decide later"]))
    }
}

extension AWSKeyError {
    /// The problem in a form, which needs no advice about command lines.
    fileprivate var fieldProblem: Problem {
        let problem = problems[0]  // There is always one.
        return Problem(code: problem.code, problem.why ?? problem.message)
    }
}
