import Screens
import SlipwayCore
import TextGrid

/// A screen with a bit of everything, for the tests of the toolkit.
struct TestScreen: Screen {
    enum Message: Equatable, Sendable {
        case input(Input)
        case save, remove, quit, undo, redo
        case answer(String)
    }

    enum Effect: Equatable, Sendable {
        case save(name: String, region: String)
    }

    enum Field: Hashable, Sendable { case name, region, secret }

    var form = Form<Field>([
        .init(
            .name, label: "Name", placeholder: "none", help: "What it is called.",
            content: .text("")),
        .init(
            .region, label: "Region", help: "Where it is.",
            content: .choice(
                ChoiceField(suggestions: ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1"]))),
        .init(.secret, label: "Secret", help: "Never shown.", content: .secret(SecretField())),
    ])
    var dialog: Dialog?
    var notice: Notice?
    var isOver = false

    var path: [String] { ["Projects", "acme/shop"] }
    var badges: [Badge] { form.isDirty ? [Badge("unsaved", role: .changed)] : [] }
    var capturesText: Bool { form.isEditing || dialog != nil }
    var help: [String] { ["A screen for tests."] }

    var bindings: [Binding<Message>] {
        if let dialog { return dialog.bindings { .input($0) } }
        if form.isEditing { return form.editingBindings { .input($0) } }
        return [
            Binding(.enter, label: "edit", message: .input(.key(.enter))),
            Binding(
                .character("s"), .control("s"), label: "save", detail: "save the form",
                message: .save, unless: form.isDirty ? nil : "nothing changed"),
            Binding(.character("u"), label: "undo", message: .undo),
            Binding(.character("U"), label: "redo", message: .redo),
            Binding(.character("X"), label: "remove", message: .remove),
            Binding(.character("q"), .escape, label: "back", message: .quit),
        ]
    }

    var outline: Outline { dialog?.outline ?? Outline(form.outline) }

    func message(for input: Input) -> Message? { .input(input) }

    func message(answering answer: OutlineAnswer) -> Message? {
        switch answer {
        case .set(_, let text): .answer(text)
        default: nil
        }
    }

    mutating func update(_ message: Message) -> [Effect] {
        switch message {
        case .input(let input):
            notice = nil
            if var open = dialog {
                switch open.handle(input) {
                case .open: dialog = open
                case .confirmed:
                    dialog = nil
                    isOver = true
                default: dialog = nil
                }
                return []
            }
            _ = form.handle(input)
        case .save:
            form.endEditing()
            return [.save(name: form[.name], region: form[.region])]
        case .undo: form.undo()
        case .redo: form.redo()
        case .remove:
            dialog = Dialog(
                "Remove", ["This removes acme/shop."], kind: .typed(word: "acme/shop"))
        case .quit: isOver = true
        case .answer(let text):
            if var open = dialog {
                let outcome = open.outcome(answering: .set(0, text))
                dialog = nil
                isOver = outcome == .confirmed
                open.problem = nil
            } else {
                _ = form.answer(.set(0, text))
                notice = Notice(.success, "taken")
            }
        }
        return []
    }

    func draw(in grid: inout CellGrid) {
        let row = form.draw(in: &grid, grid.bounds.inset(left: 1, right: 1))
        grid.paragraph(
            form.focusedHelp,
            in: Rect(row: row + 1, column: 1, width: grid.width - 2, height: grid.height - row - 1),
            role: .quiet)
        form.drawSuggestions(in: &grid, grid.bounds.inset(left: 1, right: 1))
        dialog?.draw(in: &grid)
    }
}

/// A screen and the keys that were pressed on it.
struct Play {
    var session: Session<TestScreen>
    private(set) var effects: [TestScreen.Effect] = []

    init(_ screen: TestScreen = TestScreen(), width: Int = 60, height: Int = 14) {
        session = Session(screen, width: width, height: height)
        effects = session.begin()
    }

    @discardableResult
    mutating func press(_ keys: Key...) -> Session<TestScreen>.Action {
        var last = Session<TestScreen>.Action.none
        for key in keys {
            let (new, action) = session.handle(.key(key))
            effects += new
            last = action
        }
        return last
    }

    mutating func type(_ text: String) {
        for character in text { press(.character(character)) }
    }

    mutating func paste(_ text: String) {
        effects += session.handle(.paste(PastedText(copying: Array(text.utf8)))).effects
    }

    var shown: String { session.frame.lines.joined(separator: "\n") }
}
