package import FoundationEssentials
package import SlipwayCore
import TextGrid

/// A conversation in lines: for screen readers, and terminals that cannot move their cursor.
package struct LinearTerminal: Sendable {
    package var print: @Sendable (String) -> Void
    /// Reads a line; nil at the end of input.
    package var ask: @Sendable (_ prompt: String) throws -> String?
    /// Reads a line that is not shown.
    package var askHidden: @Sendable (_ prompt: String) throws -> SecretBytes?

    package init(
        print: @escaping @Sendable (String) -> Void,
        ask: @escaping @Sendable (String) throws -> String?,
        askHidden: @escaping @Sendable (String) throws -> SecretBytes?
    ) {
        self.print = print
        self.ask = ask
        self.askHidden = askHidden
    }
}

/// Runs a screen as a conversation: reads its outline out, takes a number to choose or change, or
/// a key's name to do what it does.
///
/// `perform` carries an effect out before it returns; what comes of it is in the mailbox then.
package func runLinear<Root: Screen>(
    _ root: Root, on terminal: LinearTerminal, mailbox: Mailbox<Root.Message>,
    now: () -> Date = { Date() }, perform: (Root.Effect) -> Void
) throws -> SessionEnd<Root> {
    var screen = root
    func run(_ message: Root.Message?) {
        guard let message else { return }
        screen.update(message).forEach(perform)
        var waiting = mailbox.take()
        while !waiting.isEmpty {
            for answer in waiting { screen.update(answer).forEach(perform) }
            waiting = mailbox.take()
        }
    }
    run(screen.message(for: .resize(width: 80, height: 24)))
    if screen.tick != nil { run(screen.message(for: .tick(now()))) }
    var isSilent = false
    while !screen.isOver {
        if !isSilent { readOut(screen, on: terminal) }
        isSilent = false
        guard let line = try terminal.ask("> ") else {
            return SessionEnd(screen: screen, isInterrupted: true)
        }
        let word = String(line.drop { $0 == " " })
        if word.isEmpty { continue }
        if word == "?" {
            explain(screen, on: terminal)
            isSilent = true
        } else if screen.outline.canFilter, word.hasPrefix("/") {
            run(screen.message(answering: .filter(String(word.dropFirst()))))
        } else if let number = Int(word) {
            if let answer = try answer(number, to: screen, on: terminal) {
                run(screen.message(answering: answer))
            } else {
                terminal.print("There is no number \(number) here.")
                isSilent = true
            }
        } else if let binding = screen.bindings.first(where: { $0.isNamed(word) }) {
            if let reason = binding.reason {
                terminal.print("\(binding.label): \(reason)")
                isSilent = true
            } else {
                run(binding.message)
            }
        } else {
            terminal.print("\"\(word)\" is none of the commands here; ? lists them.")
            isSilent = true
        }
    }
    return SessionEnd(screen: screen, isInterrupted: false)
}

/// Asks for a field's value, or chooses an item. Nil where there is no such number.
private func answer<Root: Screen>(
    _ number: Int, to screen: Root, on terminal: LinearTerminal
) throws -> OutlineAnswer? {
    let parts = screen.outline.numbered
    guard parts.indices.contains(number - 1) else { return nil }
    switch parts[number - 1] {
    case .field(let label, _, isSecret: true, _):
        guard let secret = try terminal.askHidden("\(label): ") else { return nil }
        return .setSecret(number - 1, secret)
    case .field(let label, let value, isSecret: false, _):
        let prompt = value.isEmpty ? "\(label): " : "\(label), now \(value), empty for none: "
        guard let text = try terminal.ask(prompt) else { return nil }
        return .set(number - 1, text)
    case .item, .text: return .choose(number - 1)
    }
}

private func readOut<Root: Screen>(_ screen: Root, on terminal: LinearTerminal) {
    terminal.print("")
    terminal.print(screen.path.joined(separator: ", "))
    if !screen.badges.isEmpty {
        terminal.print("Note: " + screen.badges.map(\.text).joined(separator: ", "))
    }
    var number = 0
    for part in screen.outline.parts {
        switch part {
        case .text(let text): terminal.print(text)
        case .item(let text):
            number += 1
            terminal.print("\(number). \(text)")
        case .field(let label, let value, _, let notes):
            number += 1
            let shown = value.isEmpty ? "empty" : value
            terminal.print(
                "\(number). \(label): \(shown)"
                    + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"))
        }
    }
    if let notice = screen.notice {
        let word =
            switch notice.kind {
            case .failure: "Error: "
            case .warning: "Warning: "
            case .success: "Done: "
            case .news, .working: ""
            }
        terminal.print(word + notice.lines.joined(separator: ". "))
    }
    let commands = screen.bindings.filter { $0.isInFooter && $0.reason == nil }.compactMap {
        binding -> String? in
        binding.keys.first.map { "\($0.label) \(binding.label)" }
    }
    terminal.print("Commands: " + (commands + ["? help"]).joined(separator: ", "))
}

private func explain<Root: Screen>(_ screen: Root, on terminal: LinearTerminal) {
    for paragraph in screen.help { terminal.print(paragraph) }
    terminal.print("A number chooses what bears it, or changes its value.")
    if screen.outline.canFilter { terminal.print("/WORDS shows what has the words; / shows all.") }
    for binding in screen.bindings {
        let keys = binding.keys.map(\.label).joined(separator: " or ")
        let reason = binding.reason.map { ", now not: \($0)" } ?? ""
        terminal.print("\(keys): \(binding.detail)\(reason)")
    }
}

extension Binding {
    /// Whether somebody means it who types a key's name or the label.
    fileprivate func isNamed(_ word: String) -> Bool {
        keys.contains {
            $0.label == word || $0.label.lowercased() == word.lowercased() && word.count > 1
        }
            || label.lowercased() == word.lowercased()
    }
}
