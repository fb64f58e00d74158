import Screens
import SlipwayCore
import Synchronization
import TestSupport
import Testing
import TextGrid

@Suite("Session")
struct SessionTests {
    @Test(arguments: [(80, 24), (40, 12), (24, 6)])
    func `draws frame, form, help, palette and dialog`(width: Int, height: Int) {
        var pictures: [String] = []
        func picture(_ name: String, _ steps: (inout Play) -> Void) {
            var play = Play(width: width, height: height)
            steps(&play)
            pictures.append("# \(name)\n" + play.session.frame.snapshot)
        }
        picture("at first") { _ in }
        picture("typed") { play in
            play.press(.enter)
            play.type("my app 日本")
        }
        picture("choosing") { play in
            play.press(.down, .enter)
            play.type("eu")
        }
        picture("unsaved") { play in
            play.press(.enter)
            play.type("x")
            play.press(.enter)
        }
        picture("help") { $0.press(.character("?")) }
        picture("palette") { play in
            play.press(.character(":"))
            play.type("sav")
        }
        picture("dialog") { play in
            play.press(.character("X"))
            play.type("acme")
            play.press(.enter)
        }
        picture("reason") { $0.press(.character("s")) }
        expectSnapshot(pictures.joined(separator: "\n"), named: "session-\(width)x\(height)")
    }

    @Test func `a letter is typed while text is captured, and a command otherwise`() {
        var play = Play()
        play.press(.enter)
        play.type("sqX?:/")
        #expect(play.session.screen.form[.name] == "sqX?:/")
        play.press(.enter, .character("s"))
        #expect(play.effects == [.save(name: "sqX?:/", region: "")])
    }

    @Test func `a key that cannot be used now says why, and does nothing`() {
        var play = Play()
        play.press(.character("s"))
        #expect(play.effects == [])
        #expect(play.shown.contains("s: nothing changed"))
        play.press(.down)
        #expect(!play.shown.contains("nothing changed"))
    }

    @Test func `the palette finds a command by any of its words`() {
        var play = Play()
        play.press(.enter)
        play.type("a")
        play.press(.enter, .character(":"))
        play.type("form save")
        play.press(.enter)
        #expect(play.effects == [.save(name: "a", region: "")])
        #expect(!play.session.isPaletteOpen)
    }

    @Test func `Ctrl-C cancels, and twice in a row leaves`() {
        var play = Play()
        play.press(.character("X"), .control("c"))
        #expect(play.session.screen.dialog == nil)
        #expect(!play.session.isOver)
        play.press(.down, .control("c"), .down, .control("c"))
        #expect(!play.session.isOver)
        play.press(.control("c"))
        #expect(play.session.isInterrupted)
    }

    @Test func `Ctrl-Z and Ctrl-L are the loop's`() {
        var play = Play()
        let actions = [play.press(.control("z")), play.press(.control("l"))]
        #expect(actions == [.suspend, .repaint])
    }

    @Test func `the worst is typed by name`() {
        var play = Play()
        play.press(.character("X"))
        play.type("acme/shp")
        play.press(.enter)
        #expect(play.shown.contains("that is not acme/shop"))
        #expect(!play.session.isOver)
        play.press(.backspace, .backspace)
        play.type("hop")
        play.press(.enter)
        let isOver = play.session.isOver
        #expect(isOver)
    }

    @Test func `every size is survived, in every state`() {
        var play = Play()
        let states: [[Key]] = [
            [], [.enter], [.escape, .down, .enter], [.escape, .character("?")],
            [.escape, .character(":")], [.escape, .character("X")],
        ]
        for keys in states {
            for key in keys where key != .escape || play.session.screen.capturesText {
                play.press(key)
            }
            for (width, height) in [
                (0, 0), (1, 1), (1, 80), (80, 1), (3, 3), (11, 4), (12, 4), (13, 5), (20, 200),
                (500, 2), (80, 24),
            ] {
                _ = play.session.handle(.resize(width: width, height: height))
                let frame = play.session.frame
                #expect(frame.width == width && frame.height == height)
            }
        }
    }

    @Test func `a script of a terminal runs a whole session`() {
        let script = Mutex<[TerminalEvent]>([
            .key(.enter), .key(.character("a")), .key(.enter), .key(.control("s")),
            .key(.control("z")),
            .woken, .resize(width: 30, height: 8), .key(.character("q")),
        ])
        let shown = Mutex<[CellGrid]>([])
        let suspensions = Mutex(0)
        let mailbox = Mailbox<TestScreen.Message>()
        let terminal = ScreenTerminal(
            size: { (60, 14) },
            nextEvent: { _ in script.withLock { $0.isEmpty ? .end : $0.removeFirst() } },
            show: { grid in shown.withLock { $0.append(grid) } },
            repaint: { grid in shown.withLock { $0.append(grid) } },
            suspend: { suspensions.withLock { $0 += 1 } }, wake: {})
        var performed: [TestScreen.Effect] = []
        let end = runScreen(TestScreen(), on: terminal, mailbox: mailbox) { effect in
            performed.append(effect)
            mailbox.post(.answer("b"))
        }
        #expect(!end.isInterrupted)
        #expect(performed == [.save(name: "a", region: "")])
        #expect(end.screen.form[.name] == "b")
        #expect(suspensions.withLock(\.self) == 1)
        #expect(shown.withLock { $0.last?.width } == 30)
    }

    @Test func `a mailbox wakes the loop once for all that waits there`() {
        let mailbox = Mailbox<Int>()
        let wakes = Mutex(0)
        mailbox.post(0)
        mailbox.setWake { wakes.withLock { $0 += 1 } }
        #expect(mailbox.take() == [0])
        for number in 1...3 { mailbox.post(number) }
        #expect(wakes.withLock(\.self) == 1)
        #expect(mailbox.take() == [1, 2, 3])
        mailbox.post(4)
        #expect(wakes.withLock(\.self) == 2)
        #expect(mailbox.take() == [4])
        #expect(mailbox.take().isEmpty)
    }

    @Test func `100,000 random keys and 1,000 sizes crash nothing`() {
        var random = SplitMix(seed: 20_261_124)
        let keys: [Key] =
            [
                .enter, .escape, .tab, .backTab, .backspace, .delete, .insert, .up, .down, .left,
                .right, .home, .end, .pageUp, .pageDown, .function(1), .function(12),
                .control("c"), .control("l"), .control("s"), .control("u"), .control("w"),
                .control("p"), .alternate("x"),
            ] + "hjkl?:/quUsXynGgi aZ日é\u{1F600}".map(Key.character)
        var play = Play()
        for step in 0..<100_000 {
            if step % 100 == 0 {
                _ = play.session.handle(
                    .resize(width: Int(random.next() % 130), height: Int(random.next() % 50)))
            }
            if step % 97 == 0 { play.paste("line\nbreak \u{1B}[2J \u{0}end") }
            play.press(keys[Int(random.next() % UInt64(keys.count))])
            if play.session.isOver { play = Play() }
            if step % 10 == 0 { _ = play.session.frame }
        }
    }
}

/// Numbers that are the same in every run.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
