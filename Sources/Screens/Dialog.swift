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
        var lines = body.flatMap { wrapped($0, to: inside) }
        // Title, blank, answer, problem and border come on top of the text.
        let room = max(0, grid.height - 6)
        if lines.count > room { lines = Array(lines.prefix(room)) }
        let height = lines.count + (grid.height < 8 ? 4 : 6)
        let box = grid.bounds.centered(width: width, height: height)
        grid.clear(box)
        grid.box(box, title: title, role: .focusedBorder)
        grid.cursor = nil
        let inner = box.inset(top: 1, left: 2, bottom: 1, right: 2)
        var row = inner.row
        for line in lines where row < inner.endRow - 1 {
            grid.put(line, row: row, column: inner.column, limit: inner.width)
            row += 1
        }
        let answer = max(inner.row, min(inner.endRow - 1, row + (grid.height < 8 ? 0 : 1)))
        drawAnswer(in: &grid, inner, row: answer)
        if let problem, answer + 1 < inner.endRow {
            grid.put(
                "✗ \(problem)", row: answer + 1, column: inner.column, role: .failed,
                limit: inner.width)
        }
    }

    private func drawAnswer(in grid: inout CellGrid, _ inner: Rect, row: Int) {
        guard inner.height > 0 else { return }
        func drawField(_ label: String, isSecret: Bool) {
            let labelWidth = min(displayWidth(label) + 1, inner.width / 2)
            grid.put(
                label, row: row, column: inner.column, role: .label, limit: labelWidth - 1)
            let column = inner.column + labelWidth
            let width = inner.endColumn - column
            if isSecret {
                secretField.draw(
                    in: &grid, row: row, column: column, width: width, role: .editedField,
                    hasCursor: true)
            } else {
                field.draw(
                    in: &grid, row: row, column: column, width: width, role: .editedField,
                    hasCursor: true)
            }
        }
        switch kind {
        case .typed(let word): drawField("Type \(word):", isSecret: false)
        case .prompt(let label): drawField("\(label):", isSecret: false)
        case .secret(let label): drawField("\(label):", isSecret: true)
        case .confirm, .choose, .message:
            var column = inner.column
            for (index, text) in buttons.enumerated() {
                let isChosen = index == button
                let shown = isChosen ? "[▸\(text) ]" : "[ \(text) ]"
                if isChosen { grid.cursor = CellGrid.Position(row: row, column: column) }
                column = grid.put(
                    shown, row: row, column: column, role: isChosen ? .selected : .plain,
                    limit: inner.endColumn - column)
                column += 2
            }
        }
    }
}
