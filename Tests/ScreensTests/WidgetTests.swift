import Screens
import SlipwayCore
import Testing
import TextGrid

private func input(_ text: String) -> Input { .paste(PastedText(copying: Array(text.utf8))) }

/// `#expect` cannot call what mutates.
private func expect<Value: Equatable>(
    _ value: Value, _ expected: Value, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(value == expected, sourceLocation: sourceLocation)
}

@Suite("Widgets")
struct WidgetTests {
    @Test func `a paste never submits, and loses what no line can hold`() {
        var play = Play()
        play.press(.enter)
        play.paste("  my-app\n")
        #expect(play.session.screen.form[.name] == "my-app")
        #expect(play.session.screen.form.isEditing)
        #expect(play.shown.contains("line breaks and control characters"))
        play.press(.control("u"))
        play.paste(" x ")
        #expect(play.shown.contains("spaces around"))
        #expect(play.effects == [])
    }

    @Test func `a paste out of editing begins to edit, and commands nothing`() {
        var play = Play()
        play.paste("q")
        #expect(!play.session.isOver)
        #expect(play.session.screen.form.isEditing)
        #expect(play.session.screen.form[.name] == "q")
    }

    @Test func `Esc leaves a field as it was, Enter takes over, undo and redo go to and fro`() {
        var play = Play()
        play.press(.enter)
        play.type("one")
        play.press(.escape)
        #expect(play.session.screen.form[.name] == "")
        play.press(.enter)
        play.type("one")
        play.press(.enter, .enter)
        play.type(" two")
        play.press(.enter)
        #expect(play.session.screen.form[.name] == "one two")
        play.press(.character("u"))
        #expect(play.session.screen.form[.name] == "one")
        play.press(.character("u"))
        #expect(!play.session.screen.form.isDirty)
        play.press(.character("U"), .character("U"))
        #expect(play.session.screen.form[.name] == "one two")
        play.press(.character("u"), .enter)
        play.type("!")
        play.press(.enter, .character("U"))
        #expect(play.session.screen.form[.name] == "one!")
    }

    @Test func `Tab takes over and edits the next field`() {
        var play = Play()
        play.press(.enter)
        play.type("a")
        play.press(.tab)
        #expect(play.session.screen.form.focusedID == .region)
        #expect(play.session.screen.form.isEditing)
        play.type("eu-c")
        play.press(.tab)
        #expect(play.session.screen.form[.region] == "eu-central-1")
        #expect(play.session.screen.form.focusedID == .secret)
        play.press(.backTab, .backTab)
        #expect(play.session.screen.form.focusedID == .name)
    }

    @Test func `a choice narrows, is chosen by arrows, and may be something else`() {
        var play = Play()
        play.press(.down, .enter)
        #expect(play.shown.contains("us-west-2"))
        play.press(.down, .down, .enter)
        #expect(play.session.screen.form[.region] == "us-west-2")
        play.press(.enter, .control("u"))
        play.type("mars-north-1")
        #expect(play.shown.contains("taken as typed"))
        play.press(.enter)
        #expect(play.session.screen.form[.region] == "mars-north-1")
    }

    @Test func `a text field moves, kills and inserts`() {
        var field = TextField("one two")
        for key: Key in [.home, .character("_"), .end, .control("w"), .character("3")] {
            expect(field.handle(.key(key)), true)
        }
        #expect(field.text == "_one 3")
        for key: Key in [
            .left, .left, .control("k"), .control("a"), .delete, .right, .control("u"),
        ] {
            expect(field.handle(.key(key)), true)
        }
        #expect(field.text == "ne")
        expect(field.handle(.key(.enter)), false)
        field = TextField("")
        expect(field.handle(input(String(repeating: "x", count: 9000))), true)
        #expect(field.text.count == TextField.characterLimit)
    }

    @Test func `a secret is never shown, dumped or compared by sight`() {
        var play = Play()
        play.press(.down, .down, .enter)
        play.paste(" wJalrXUtnFEMI\n")
        play.type("é")
        #expect(!play.shown.contains("wJalr"))
        #expect(play.shown.contains("••••••••••••••"))
        var dumped = ""
        dump(play.session.screen, to: &dumped)
        #expect(!dumped.contains("wJalr"))
        #expect(
            play.session.screen.form.secret(.secret)
                == SecretBytes(copying: Array("wJalrXUtnFEMIé".utf8)))
        play.press(.backspace)
        #expect(
            play.session.screen.form.secret(.secret)
                == SecretBytes(copying: Array("wJalrXUtnFEMI".utf8)))
    }

    @Test func `a pasted secret with a line break within is not taken`() {
        var field = SecretField()
        expect(field.handle(input("one\ntwo")), true)
        #expect(field.isEmpty)
        #expect(field.note?.contains("not taken") == true)
        expect(field.handle(input(String(repeating: "x", count: 5000))), true)
        #expect(field.isEmpty)
    }

    struct Row: ListItem {
        let name: String
        var isHeading = false
        var searchText: String { name }
    }

    @Test func `a list filters by words, keeps its choice, and passes headings over`() {
        var list = ListView([
            Row(name: "Fruit", isHeading: true), Row(name: "apple"), Row(name: "Pear"),
            Row(name: "Roots", isHeading: true), Row(name: "carrot"),
        ])
        #expect(list.selection?.name == "apple")
        for key: Key in [.down, .down] { expect(list.handle(.key(key)), true) }
        #expect(list.selection?.name == "carrot")
        expect(list.handle(.key(.up)), true)
        #expect(list.selection?.name == "Pear")
        for key: Key in [.home, .up, .end] { expect(list.handle(.key(key)), true) }
        #expect(list.selection?.name == "carrot")
        expect(list.handle(.key(.character("/"))), true)
        for character in "p ar" { expect(list.handle(.key(.character(character))), true) }
        #expect(list.selection?.name == "Pear")
        #expect(list.visible.count == 1)
        expect(list.handle(.key(.enter)), true)
        list.replace([Row(name: "Pear"), Row(name: "Spar"), Row(name: "x")])
        #expect(list.selection?.name == "Pear")
        #expect(list.visible.count == 2)
        expect(list.handle(.key(.escape)), true)
        #expect(list.visible.count == 3)
        expect(list.handle(.key(.escape)), false)
    }

    @Test func `an empty list has no choice and draws nothing`() {
        var list = ListView<Row>()
        for key: Key in [.up, .down, .pageDown, .end, .home] {
            expect(list.handle(.key(key)), true)
        }
        #expect(list.selection == nil)
        var grid = CellGrid(width: 20, height: 3)
        list.draw(in: &grid, grid.bounds, line: { row, _ in row.name })
        #expect(grid.lines == ["", "", ""])
    }

    @Test func `no is chosen at first, and y means yes`() {
        var dialog = Dialog("Sure?", ["It goes."], kind: .confirm(yes: "Remove", no: "Keep"))
        expect(dialog.handle(.key(.enter)), .cancelled)
        expect(dialog.handle(.key(.character("y"))), .confirmed)
        expect(dialog.handle(.key(.tab)), .open)
        expect(dialog.handle(.key(.enter)), .confirmed)
        expect(dialog.handle(.key(.escape)), .cancelled)
        expect(dialog.handle(input("y\n")), .open)
    }

    @Test func `a key table comes from the bindings`() {
        var table = KeyTable()
        table.add(TestScreen().bindings)
        table.add(TestScreen().bindings)
        table.addUniversal()
        #expect(table.rows.count == 6 + UniversalKey.all.count)
        #expect(table.markdown.contains("| `s` `^S` | save the form |"))
    }
}

@Suite("Linear mode")
struct LinearTests {
    /// Answers questions from a script and collects what is said.
    private func converse(_ lines: [String]) throws -> (said: [String], screen: TestScreen, Bool) {
        let script = Script(lines)
        let terminal = LinearTerminal(
            print: { script.say($0) }, ask: { script.answer($0) },
            askHidden: { script.answer($0).map { SecretBytes(copying: Array($0.utf8)) } })
        let end = try runLinear(TestScreen(), on: terminal, mailbox: Mailbox()) { _ in }
        return (script.said, end.screen, end.isInterrupted)
    }

    @Test func `reads out, takes numbers and keys, and leaves`() throws {
        let (said, screen, isInterrupted) = try converse(["1", "my-app", "?", "9", "what", "q"])
        #expect(said.contains("Projects, acme/shop"))
        #expect(said.contains("1. Name: empty (none)"))
        #expect(said.contains("1. Name: my-app (not saved yet)"))
        #expect(said.contains("Done: taken"))
        #expect(said.contains("There is no number 9 here."))
        #expect(said.contains { $0.contains("none of the commands") })
        #expect(screen.isOver && !isInterrupted)
    }

    @Test func `ends with the input`() throws {
        #expect(try converse(["s"]).2)
    }
}
