package import SlipwayCore
import TextGrid

/// Fields with their values, one of which has the focus: what is typed, undone, wrong and unsaved.
///
/// Out of editing a letter is a command; Enter begins to edit the field in focus, Enter and Tab
/// take over what was typed, Esc does not.
package struct Form<ID: Hashable & Sendable>: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        case text(TextField)
        case choice(ChoiceField)
        case secret(SecretField)

        package static func text(_ value: String) -> Content { .text(TextField(value)) }

        /// Whether what will be saved is the same, wherever a cursor stands.
        fileprivate func says(_ other: Content) -> Bool {
            switch (self, other) {
            case (.text(let one), .text(let two)): one.text == two.text
            case (.choice(let one), .choice(let two)): one.text == two.text
            case (.secret(let one), .secret(let two)): one.secret == two.secret
            default: false
            }
        }
    }

    package struct Field: Equatable, Sendable {
        package let id: ID
        package let label: String
        /// Stands in an empty field.
        package var placeholder: String
        /// What the field is for; shown while it has the focus.
        package var help: String
        package fileprivate(set) var content: Content
        /// What was saved last.
        fileprivate var saved: Content
        /// What is wrong with the value; shown below it.
        package var problem: Problem?

        package init(
            _ id: ID, label: String, placeholder: String = "", help: String, content: Content
        ) {
            self.id = id
            self.label = label
            self.placeholder = placeholder
            self.help = help
            self.content = content
            saved = content
        }

        package var isDirty: Bool { !content.says(saved) }
    }

    package enum Outcome: Equatable, Sendable {
        /// The input means nothing to the form.
        case ignored
        /// The focus or the cursor moved.
        case moved
        /// A value changed, perhaps in the middle of typing.
        case changed
        /// Enter or Tab took over what was typed: the time to judge it.
        case accepted(ID)
    }

    package private(set) var fields: [Field]
    package private(set) var focus = 0
    package private(set) var isEditing = false
    private var undoStack: [[Content]] = []
    private var redoStack: [[Content]] = []
    /// The field's content when editing began.
    private var before: Content?

    package static var undoLimit: Int { 200 }

    package init(_ fields: [Field]) { self.fields = fields }

    package var focusedID: ID? { fields.indices.contains(focus) ? fields[focus].id : nil }
    package var isDirty: Bool { fields.contains { $0.isDirty } }
    package var canUndo: Bool { !undoStack.isEmpty }
    package var canRedo: Bool { !redoStack.isEmpty }
    package var hasProblems: Bool { fields.contains { $0.problem != nil } }

    /// The text of a field; empty for a secret.
    package subscript(id: ID) -> String {
        switch fields.first(where: { $0.id == id })?.content {
        case .text(let field): field.text
        case .choice(let field): field.text
        case .secret, nil: ""
        }
    }

    package func secret(_ id: ID) -> SecretBytes? {
        guard case .secret(let field) = fields.first(where: { $0.id == id })?.content,
            !field.isEmpty
        else { return nil }
        return field.secret
    }

    package mutating func setProblem(_ problem: Problem?, of id: ID) {
        guard let index = fields.firstIndex(where: { $0.id == id }) else { return }
        fields[index].problem = problem
    }

    package mutating func setPlaceholder(_ text: String, of id: ID) {
        guard let index = fields.firstIndex(where: { $0.id == id }) else { return }
        fields[index].placeholder = text
    }

    /// Moves the focus to a field, for example to the first with a problem.
    package mutating func focus(on id: ID) {
        guard let index = fields.firstIndex(where: { $0.id == id }) else { return }
        endEditing()
        focus = index
    }

    package mutating func focusOnProblem() {
        if let index = fields.firstIndex(where: { $0.problem != nil }) {
            endEditing()
            focus = index
        }
    }

    /// Takes the values as saved: nothing is dirty. Secrets are emptied and can not be undone to.
    package mutating func markSaved() {
        for index in fields.indices {
            if case .secret = fields[index].content {
                fields[index].content = .secret(SecretField())
            }
            fields[index].saved = fields[index].content
            fields[index].problem = nil
        }
        before = nil
        let holdsSecrets = fields.contains {
            if case .secret = $0.content { true } else { false }
        }
        if holdsSecrets { (undoStack, redoStack) = ([], []) }
    }

    /// Gives a field another value, as if it had been typed.
    package mutating func set(_ id: ID, to text: String) {
        guard let index = fields.firstIndex(where: { $0.id == id }) else { return }
        let old = contents
        switch fields[index].content {
        case .text: fields[index].content = .text(text)
        case .choice(var field):
            field.set(text)
            fields[index].content = .choice(field)
        case .secret: return
        }
        remember(old)
    }

    package mutating func setSecret(_ id: ID, to secret: SecretBytes) {
        guard let index = fields.firstIndex(where: { $0.id == id }),
            case .secret(var field) = fields[index].content
        else { return }
        field.set(secret)
        fields[index].content = .secret(field)
    }

    /// Puts a value in the place of the saved one, which the form then counts as unchanged.
    package mutating func setSaved(_ id: ID, to text: String) {
        set(id, to: text)
        guard let index = fields.firstIndex(where: { $0.id == id }) else { return }
        fields[index].saved = fields[index].content
    }

    package mutating func undo() {
        guard let last = undoStack.popLast() else { return }
        redoStack.append(contents)
        restore(last)
    }

    package mutating func redo() {
        guard let last = redoStack.popLast() else { return }
        undoStack.append(contents)
        restore(last)
    }

    private var contents: [Content] { fields.map(\.content) }

    private mutating func restore(_ contents: [Content]) {
        for (index, content) in contents.enumerated() {
            if !fields[index].content.says(content) { focus = index }
            fields[index].content = content
            fields[index].problem = nil
        }
    }

    private mutating func remember(_ old: [Content]) {
        guard !zip(old, contents).allSatisfy({ $0.says($1) }) else { return }
        undoStack.append(old)
        if undoStack.count > Self.undoLimit { undoStack.removeFirst() }
        redoStack = []
    }

    package mutating func beginEditing() {
        guard fields.indices.contains(focus), !isEditing else { return }
        isEditing = true
        before = fields[focus].content
        if case .choice(var field) = fields[focus].content {
            field.begin()
            fields[focus].content = .choice(field)
        }
    }

    /// Takes over what was typed.
    package mutating func endEditing() {
        guard isEditing, let before else { return }
        isEditing = false
        if case .choice(var field) = fields[focus].content {
            field.accept()
            fields[focus].content = .choice(field)
        }
        var old = contents
        old[focus] = before
        remember(old)
        self.before = nil
    }

    private mutating func cancelEditing() {
        guard isEditing, let before else { return }
        isEditing = false
        fields[focus].content = before
        self.before = nil
    }

    package mutating func handle(_ input: Input) -> Outcome {
        guard !fields.isEmpty else { return .ignored }
        return isEditing ? handleEditing(input) : handleMoving(input)
    }

    private mutating func handleMoving(_ input: Input) -> Outcome {
        switch input {
        case .key(.up), .key(.character("k")), .key(.backTab): focus = max(0, focus - 1)
        case .key(.down), .key(.character("j")): focus = min(fields.count - 1, focus + 1)
        case .key(.tab): focus = (focus + 1) % fields.count
        case .key(.home), .key(.character("g")): focus = 0
        case .key(.end), .key(.character("G")): focus = fields.count - 1
        case .key(.enter), .key(.character("i")): beginEditing()
        case .paste:
            // What is pasted goes into the field in focus, and is not yet taken over.
            beginEditing()
            return handleEditing(input)
        default: return .ignored
        }
        return .moved
    }

    private mutating func handleEditing(_ input: Input) -> Outcome {
        let id = fields[focus].id
        switch input {
        case .key(.escape):
            cancelEditing()
            return .changed
        case .key(.enter):
            endEditing()
            return .accepted(id)
        case .key(.tab): return moveEditing(1)
        case .key(.backTab): return moveEditing(-1)
        default: break
        }
        let old = fields[focus].content
        let isTaken: Bool
        switch fields[focus].content {
        case .text(var field):
            isTaken = field.handle(input)
            fields[focus].content = .text(field)
        case .choice(var field):
            isTaken = field.handle(input)
            fields[focus].content = .choice(field)
        case .secret(var field):
            isTaken = field.handle(input)
            fields[focus].content = .secret(field)
        }
        if !isTaken {
            switch input {
            case .key(.up): return moveEditing(-1)
            case .key(.down): return moveEditing(1)
            default: return .ignored
            }
        }
        if fields[focus].content.says(old) { return .moved }
        fields[focus].problem = nil
        return .changed
    }

    /// Takes over what was typed and goes on in another field.
    private mutating func moveEditing(_ distance: Int) -> Outcome {
        let id = fields[focus].id
        endEditing()
        let next = focus + distance
        if fields.indices.contains(next) {
            focus = next
            beginEditing()
        }
        return .accepted(id)
    }

    /// The keys while a field is edited, for the footer.
    package func editingBindings<Message>(_ make: (Input) -> Message) -> [Binding<Message>] {
        var bindings = [
            Binding(.enter, label: "take over", message: make(.key(.enter))),
            Binding(.tab, label: "next field", message: make(.key(.tab))),
            Binding(.escape, label: "leave as it was", message: make(.key(.escape))),
        ]
        if case .choice = fields[focus].content {
            bindings.insert(
                Binding(.down, .up, label: "choose", message: make(.key(.down))), at: 0)
        }
        return bindings
    }
}
