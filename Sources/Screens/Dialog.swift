package import SlipwayCore
package import TextGrid

/// A question in front of a screen. Nothing else takes keys until it is answered.
package struct Dialog: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// Yes or no; no is chosen at first.
        case confirm(yes: String, no: String)
        /// Three ways out, the last of which does nothing and is chosen at first.
        case choose([String])
        /// The name of what will be destroyed must be typed.
        case typed(word: String)
        /// A line of text.
        case prompt(label: String)
        /// A line that is not shown.
        case secret(label: String)
        /// Something to read.
        case message
    }

    package enum Outcome: Equatable, Sendable {
        case open
        case cancelled
        /// Yes, or the right word.
        case confirmed
        /// The number of a choice.
        case chosen(Int)
        case text(String)
        case secret(SecretBytes)
    }

    package let title: String
    package var body: [String]
    package let kind: Kind
    /// What is wrong with what was typed.
    package var problem: String?
    private var field: TextField
    private var secretField = SecretField()
    private var button: Int

    package init(_ title: String, _ body: [String], kind: Kind, text: String = "") {
        self.title = title
        self.body = body
        self.kind = kind
        field = TextField(text)
        button =
            switch kind {
            case .confirm: 1
            case .choose(let choices): max(0, choices.count - 1)
            default: 0
            }
    }

    private var buttons: [String] {
        switch kind {
        case .confirm(let yes, let no): [yes, no]
        case .choose(let choices): choices
        case .message: ["Close"]
        case .typed, .prompt, .secret: []
        }
    }

    /// The keys, for the footer.
    package func bindings<Message>(_ make: (Input) -> Message) -> [Binding<Message>] {
        func binding(_ key: Key, _ label: String) -> Binding<Message> {
            Binding(key, label: label, message: make(.key(key)))
        }
        switch kind {
        case .confirm(let yes, let no):
            return [
                binding(.character("y"), yes), binding(.character("n"), no),
                binding(.tab, "next button"), binding(.enter, "press it"),
            ]
        case .choose: return [binding(.tab, "next button"), binding(.enter, "press it")]
        case .message: return [binding(.enter, "close")]
        case .typed: return [binding(.enter, "confirm"), binding(.escape, "cancel")]
        case .prompt, .secret: return [binding(.enter, "accept"), binding(.escape, "cancel")]
        }
    }

    package mutating func handle(_ input: Input) -> Outcome {
        if input == .key(.escape) { return .cancelled }
        switch kind {
        case .confirm, .choose, .message: return handleButtons(input)
        case .typed(let word):
            if input == .key(.enter) {
                if field.text == word { return .confirmed }
                problem = field.isEmpty ? "type \(word)" : "that is not \(word)"
                return .open
            }
        case .prompt:
            if input == .key(.enter) { return .text(field.text) }
        case .secret:
            if input == .key(.enter) { return .secret(secretField.secret) }
            if secretField.handle(input) { problem = secretField.note }
            return .open
        }
        if field.handle(input) { problem = field.note }
        return .open
    }

    private mutating func handleButtons(_ input: Input) -> Outcome {
        switch input {
        case .key(.tab), .key(.right), .key(.down), .key(.character("l")), .key(.character("j")):
            button = (button + 1) % buttons.count
        case .key(.backTab), .key(.left), .key(.up), .key(.character("h")),
            .key(.character("k")):
            button = (button + buttons.count - 1) % buttons.count
        case .key(.enter): return outcome(of: button)
        case .key(.character("y")), .key(.character("Y")):
            if case .confirm = kind { return .confirmed }
        case .key(.character("n")), .key(.character("N")), .key(.character("q")):
            if case .choose = kind { break }
            return .cancelled
        default: break
        }
        return .open
    }

    private func outcome(of button: Int) -> Outcome {
        switch kind {
        case .confirm: button == 0 ? .confirmed : .cancelled
        case .choose: .chosen(button)
        default: .cancelled
        }
    }

    /// An answer in the linear mode, where buttons are items and what is typed is a field.
    package func outcome(answering answer: OutlineAnswer) -> Outcome {
        switch (kind, answer) {
        case (.confirm, .choose(let number)), (.choose, .choose(let number)):
            buttons.indices.contains(number) ? outcome(of: number) : .open
        case (.message, _): .cancelled
        case (.typed(let word), .set(0, let text)): text == word ? .confirmed : .cancelled
        case (.prompt, .set(0, let text)): .text(text)
        case (.secret, .setSecret(0, let secret)): .secret(secret)
        default: .open
        }
    }

    package var outline: Outline {
        var parts: [Outline.Part] = [.text(title)] + body.map { .text($0) }
        if let problem { parts.append(.text(problem)) }
        switch kind {
        case .confirm, .choose, .message: parts += buttons.map { .item($0) }
        case .typed(let word):
            parts.append(
                .field(label: "Type \(word) to go on", value: "", isSecret: false, notes: []))
        case .prompt(let label):
            parts.append(.field(label: label, value: field.text, isSecret: false, notes: []))
        case .secret(let label):
            parts.append(.field(label: label, value: "", isSecret: true, notes: []))
        }
        return Outline(parts)
    }

    package func draw(in grid: inout CellGrid) {
        let width = min(grid.width, max(30, min(72, grid.width - 4)))
        let inside = max(1, width - 4)
        let answers = answerRows(width: inside)
        let problems = problem.map { Array(wrapped("✗ \($0)", to: inside).prefix(2)) } ?? []
        var lines = body.flatMap { wrapped($0, to: inside) }
        let needed = answers + problems.count + 2
        let room = max(0, grid.height - needed)
        if lines.count > room {
            lines = Array(lines.prefix(room))
            if let last = lines.popLast() { lines.append(clipped(last + " …", to: inside)) }
        }
        // A line of air above the answer, where there is room for it.
        let air = grid.height - needed - lines.count > 0 && !lines.isEmpty ? 1 : 0
        let box = grid.bounds.centered(width: width, height: lines.count + air + needed)
        grid.clear(box)
        grid.box(box, title: title, role: .focusedBorder)
        grid.cursor = nil
        let inner = box.inset(top: 1, left: 2, bottom: 1, right: 2)
        var row = inner.row
        for line in lines where row < inner.endRow {
            grid.put(line, row: row, column: inner.column, limit: inner.width)
            row += 1
        }
        row += air
        drawAnswer(in: &grid, inner.inset(top: row - inner.row))
        row += answers
        for line in problems where row < inner.endRow {
            grid.put(line, row: row, column: inner.column, role: .failed, limit: inner.width)
            row += 1
        }
    }

    /// Buttons stand side by side where they fit, else below each other.
    private func areButtonsStacked(width: Int) -> Bool {
        let total = buttons.reduce(0) { $0 + displayWidth($1) + 5 } + 2 * (buttons.count - 1)
        return total > width
    }

    private func answerRows(width: Int) -> Int {
        areButtonsStacked(width: width) ? buttons.count : 1
    }

    private func drawAnswer(in grid: inout CellGrid, _ inner: Rect) {
        guard inner.height > 0 else { return }
        switch kind {
        case .typed(let word): drawField("Type \(word):", isSecret: false, in: &grid, inner)
        case .prompt(let label): drawField("\(label):", isSecret: false, in: &grid, inner)
        case .secret(let label): drawField("\(label):", isSecret: true, in: &grid, inner)
        case .confirm, .choose, .message: drawButtons(in: &grid, inner)
        }
    }

    private func drawButtons(in grid: inout CellGrid, _ inner: Rect) {
        let isStacked = areButtonsStacked(width: inner.width)
        var (row, column) = (inner.row, inner.column)
        for (index, text) in buttons.enumerated() where row < inner.endRow {
            let isChosen = index == button
            if isChosen { grid.cursor = CellGrid.Position(row: row, column: column) }
            let end = grid.put(
                isChosen ? "[▸\(text) ]" : "[ \(text) ]", row: row, column: column,
                role: isChosen ? .selected : .plain, limit: inner.endColumn - column)
            if isStacked { row += 1 } else { column = end + 2 }
        }
    }

    private func drawField(
        _ label: String, isSecret: Bool, in grid: inout CellGrid, _ inner: Rect
    ) {
        let labelWidth = min(displayWidth(label) + 1, inner.width / 2)
        grid.put(
            label, row: inner.row, column: inner.column, role: .label, limit: labelWidth - 1)
        let column = inner.column + labelWidth
        let width = inner.endColumn - column
        if isSecret {
            secretField.draw(
                in: &grid, row: inner.row, column: column, width: width, role: .editedField,
                hasCursor: true)
        } else {
            field.draw(
                in: &grid, row: inner.row, column: column, width: width, role: .editedField,
                hasCursor: true)
        }
    }
}
