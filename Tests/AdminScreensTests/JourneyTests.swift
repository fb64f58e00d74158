import AdminScreens
import Screens
import SlipwayCore
import Testing
import TextGrid

@Suite("Admin journeys")
struct JourneyTests {
    @Test func `a project is added, and chosen in the list`() {
        var world = World.prepared()
        world.press(.character("a"))
        world.type("acme/zebra")
        world.press(.enter)
        #expect(world.performed.contains(.addProject(try! ProjectName("acme/zebra"))))
        #expect(world.shown.contains("▸ acme/zebra"))
        #expect(world.shown.contains("✓ Added acme/zebra."))
    }

    @Test func `a name that is none is refused where it was typed`() {
        var world = World.prepared()
        world.press(.character("a"))
        world.type("acme")
        world.press(.enter)
        #expect(world.said.contains("write it as owner/name"))
        #expect(!world.performed.contains { if case .addProject = $0 { true } else { false } })
        world.type("/x")
        world.press(.enter)
        #expect(world.performed.contains(.addProject(try! ProjectName("acme/x"))))
    }

    @Test func `removing a project asks for its name`() {
        var world = World.prepared()
        world.press(.character("X"))
        world.press(.enter)
        #expect(world.projects.count == 2)
        world.type("acme/shop")
        world.press(.enter)
        #expect(world.projects.count == 1)
        #expect(world.shown.contains("Removed acme/shop."))
    }

    @Test func `keys are saved whole, and the secret is shown nowhere`() {
        var world = World.prepared()
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        world.openKeys()
        #expect(world.shown.contains("stored; blank leaves it unchanged"))
        world.press(.down, .enter)
        world.paste(secret)
        #expect(!world.shown.contains(secret))
        world.press(.control("s"))
        #expect(world.shown.contains("✓ Saved AKIAIOSFODNN7EXAMPLE, version 4."))
        let saved = world.performed.compactMap { effect -> AWSKeyPair? in
            if case .saveKeys(_, let keys, 3) = effect { keys } else { nil }
        }
        #expect(saved.map(\.secretAccessKey.bytes) == [SecretBytes(copying: Array(secret.utf8))])
        var dumped = ""
        dump(world.session.screen, to: &dumped)
        #expect(!"\(dumped)\(world.performed)".contains("wJalrXUtn"))
        #expect(!world.session.screen.top.isDirty)
    }

    @Test func `nothing is saved while nothing changed, and another id needs its secret`() {
        var world = World.prepared()
        world.openKeys()
        world.press(.character("s"))
        #expect(world.shown.contains("nothing was changed"))
        world.press(.enter, .control("u"))
        world.type("AKIAANOTHERKEYEXAMPL")
        world.press(.control("s"))
        #expect(world.shown.contains("needs its secret too"))
        #expect(!world.performed.contains { if case .saveKeys = $0 { true } else { false } })
    }

    @Test func `an unusual secret is saved, and said`() {
        var world = World.prepared()
        world.openKeys()
        world.press(.down, .enter)
        world.paste("short")
        world.press(.control("s"))
        #expect(world.said.contains("unlike AWS's own: it has 5 bytes"))
    }

    @Test func `losing a race over keys shows all three, and overwrites nothing unasked`() {
        var world = World.prepared()
        world.openKeys()
        world.press(.down, .enter)
        world.paste("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        let theirs = AWSKeysSummary(
            accessKeyID: try! AccessKeyID("AKIAANOTHERKEYEXAMPL"), hasSessionToken: false,
            version: 4, savedAt: World.moment, savedBy: "bob")
        world.projects[World.shop]?.keys = theirs
        world.press(.control("s"))
        #expect(world.shown.contains("bob"))
        world.press(.escape)
        #expect(world.projects[World.shop]?.keys == theirs)
        #expect(world.session.screen.top.isDirty)
        world.press(.character("s"), .tab)
        world.press(.enter)
        #expect(world.projects[World.shop]?.keys?.version == 5)
    }

    @Test func `clearing keys asks for the project's name`() {
        var world = World.prepared()
        world.openKeys()
        world.press(.character("X"), .enter)
        #expect(world.projects[World.shop]?.keys != nil)
        world.type("acme/shop")
        world.press(.enter)
        #expect(world.projects[World.shop]?.keys == nil)
        #expect(world.shown.contains("No keys are stored."))
    }

    @Test func `keys are tested by AWS's own word`() {
        var world = World.prepared()
        world.openKeys()
        world.press(.character("t"))
        #expect(world.shown.contains("account 123456789012"))
    }

    @Test func `a new application begins with what the project's others have`() {
        var world = World.prepared()
        world.openApplications()
        world.press(.character("a"))
        world.type("worker")
        world.press(.enter)
        #expect(world.shown.contains("acme-revisions"))
        #expect(world.shown.contains("apps/worker-0a1b2c3-128"))
        #expect(world.shown.contains("* unsaved"))
        world.press(.character("s"))
        #expect(world.shown.contains("✓ Saved worker, version 1."))
        world.press(.character("q"))
        #expect(world.shown.contains("worker"))
    }

    @Test func `the key and circle.yml change with every keystroke`() {
        var world = World.prepared()
        world.openApplication()
        world.press(.end, .enter, .control("u"))
        world.type("a/{")
        #expect(world.shown.contains("opens a brace that it does not close"))
        world.type("BRANCH}")
        #expect(world.shown.contains("a/feature/login"))
        #expect(world.shown.contains("gives every build of a branch the same key"))
        #expect(!world.shown.contains("revision_location"))
        world.press(.control("u"))
        #expect(world.shown.contains("revision_location"))
    }

    @Test func `everything that is wrong is said at once, beside its field`() {
        var world = World.prepared()
        world.openApplication()
        world.press(.enter, .control("u"))
        world.type("app")
        world.press(.tab, .tab, .control("u"))
        world.press(.control("s"))
        #expect(world.shown.contains("does not begin with /"))
        #expect(world.said.contains("there is a key pattern but no bucket"))
        #expect(world.shown.contains("Not saved: 2 fields are wrong."))
        #expect(!world.performed.contains { if case .saveSettings = $0 { true } else { false } })
    }

    @Test func `losing a race over settings is resolved field by field`() {
        var world = World.prepared()
        world.openApplication()
        world.press(.down, .enter, .control("u"))
        world.type("eu-west-1")
        world.press(.enter)
        world.saveElsewhere([
            .region: "ap-south-1", .applicationRoot: "/app", .bucket: "acme-revisions",
            .keyPattern: "apps/my-app-{SHORT_COMMIT}",
        ])
        world.press(.character("s"))
        #expect(world.title.contains("Saved meanwhile"))
        // Only the region was changed by both.
        world.press(.character("s"))
        #expect(world.shown.contains("choose first: Region"))
        world.press(.character("m"), .character("s"))
        let merged = world.projects[World.shop]?.applications[World.application]?.last
        #expect(merged?.version == 4)
        #expect(merged?.settings?[.region] == "eu-west-1")
        #expect(merged?.settings?[.applicationRoot] == "/app")
        #expect(world.title.hasSuffix("my-app"))
        #expect(!world.session.screen.top.isDirty)
    }

    @Test func `a conflict lost twice shows what is theirs now`() {
        var world = World.prepared()
        world.openApplication()
        world.press(.down, .enter, .control("u"))
        world.type("eu-west-1")
        world.press(.enter)
        world.saveElsewhere([.region: "ap-south-1"])
        world.press(.character("s"), .character("M"))
        world.saveElsewhere([.region: "sa-east-1"])
        world.press(.character("s"))
        #expect(world.shown.contains("They saved once more"))
        #expect(world.shown.contains("sa-east-1"))
        world.press(.character("M"), .character("s"))
        #expect(world.projects[World.shop]?.applications[World.application]?.last?.version == 5)
    }

    @Test func `leaving with changes asks, and each answer does what it says`() {
        for (moves, saves, leaves) in [(1, true, true), (2, false, true), (0, false, false)] {
            var world = World.prepared()
            world.openApplication()
            world.press(.end, .enter)
            world.type("-x")
            world.press(.enter, .character("q"))
            #expect(world.shown.contains("Unsaved changes"))
            for _ in 0..<moves { world.press(.tab) }
            world.press(.enter)
            let last = world.projects[World.shop]?.applications[World.application]?.last
            #expect(last?.version == (saves ? 3 : 2), "\(moves)")
            #expect(world.title.hasSuffix("my-app") || !leaves || !world.title.contains("my-app"))
            #expect(world.session.screen.top.isDirty == !leaves, "\(moves)")
        }
    }

    @Test func `quitting from above a changed form asks there`() {
        var world = World.prepared()
        world.openApplication()
        world.press(.end, .enter)
        world.type("-x")
        world.press(.enter, .character("H"), .character("Q"))
        #expect(!world.session.isOver)
        #expect(world.shown.contains("Unsaved changes"))
        world.press(.tab, .tab, .enter)
        #expect(world.session.isOver)
        #expect(world.projects[World.shop]?.applications[World.application]?.count == 2)
    }

    @Test func `quitting with save as the answer saves first`() {
        var world = World.prepared()
        world.openApplication()
        world.press(.end, .enter)
        world.type("-x")
        world.isSlow = true
        world.press(.enter, .character("Q"), .tab, .enter)
        #expect(!world.session.isOver)
        world.press(.enter)
        world.type("lost")
        world.catchUp()
        #expect(world.session.isOver)
        let last = world.projects[World.shop]?.applications[World.application]?.last
        #expect(last?.settings?[.keyPattern] == "apps/my-app-{SHORT_COMMIT}-x")
    }

    @Test func `an old version becomes the newest, after a question`() {
        var world = World.prepared()
        world.openApplication()
        world.press(.character("H"), .character("r"))
        #expect(world.shown.contains("it says what the newest says"))
        world.press(.down, .character("r"), .enter)
        #expect(world.projects[World.shop]?.applications[World.application]?.last?.version == 2)
        world.press(.character("r"), .character("y"))
        let last = world.projects[World.shop]?.applications[World.application]?.last
        #expect(last?.version == 3)
        #expect(last?.settings?[.bucket] == nil)
        world.press(.character("q"))
        #expect(world.shown.contains("us-east-1"))
    }

    @Test func `a save that fails keeps what was typed`() {
        var world = World.prepared()
        world.openApplication()
        world.press(.end, .enter)
        world.type("-x")
        world.nextFailure = [Problem(code: "full", "the disk is full", fix: "free some space")]
        world.press(.control("s"))
        #expect(world.shown.contains("✗ the disk is full"))
        #expect(world.shown.contains("fix: free some space"))
        #expect(world.session.screen.top.isDirty)
        world.press(.character("s"))
        #expect(world.shown.contains("version 3"))
    }

    @Test func `saving is shown while it lasts, and not begun twice`() {
        var world = World.prepared()
        world.openApplication()
        world.press(.end, .enter)
        world.type("-x")
        world.isSlow = true
        world.press(.control("s"))
        #expect(world.shown.contains("Saving…"))
        world.press(.character("s"))
        #expect(world.shown.contains("saving already"))
        world.catchUp()
        #expect(world.shown.contains("version 3"))
    }

    @Test func `several deployments are marked and watched together`() {
        var world = World.prepared()
        world.deployments = (1...4).map { number in
            DeploymentRow(
                id: number == 4 ? "" : "d-\(number)", startedAt: World.moment,
                application: "my-app", group: "staging", branch: "master", commit: nil,
                result: number == 1 ? "unfinished" : "failed", duration: nil,
                isOpen: number == 1 || number == 4)
        }
        func ids(_ numbers: Int...) -> AdminEffect {
            .watch(World.shop, numbers.compactMap { DeploymentID("d-\($0)") })
        }
        func watched() -> [DeploymentID] { world.session.screen.watched?.deployments ?? [] }
        world.press(.enter, .down, .down, .down, .enter)
        world.press(.down, .character("m"), .up, .up, .character("m"))
        #expect(world.shown.contains("+ failed"))
        #expect(world.shown.contains("watch 2"))
        world.press(.end, .character("m"))
        #expect(world.shown.contains("m: it was never made"))
        world.press(.enter)
        #expect(watched().map { "\($0)" } == ["d-1", "d-2"])
        world.resume()
        #expect(!world.shown.contains("+ "))
        world.press(.home, .character("m"), .home, .character("m"))
        #expect(!world.shown.contains("+ "))
        world.press(.home, .down, .enter)
        #expect(watched().map { "\($0)" } == ["d-2"])
        world.resume()
        world.press(.character("a"))
        #expect(watched().map { "\($0)" } == ["d-1"])
    }

    @Test func `an answer to a closed screen is dropped`() {
        var world = World.prepared()
        world.press(.enter)
        world.isSlow = true
        world.press(.enter, .character("q"), .character("q"))
        let before = world.session.screen
        world.catchUp()
        #expect(world.title == " Projects" + String(repeating: " ", count: 60) + "2 projects")
        #expect(before.path == world.session.screen.path)
    }

    @Test func `read-only changes nothing and says why`() {
        var world = World.prepared()
        world.context.readOnlyReason = "slipway was started with --read-only"
        world.answer(.opened(world.context))
        world.press(.character("a"))
        #expect(world.shown.contains("a: slipway was started with --read-only"))
        world.openKeys()
        world.press(.enter)
        world.paste("x")
        #expect(!world.session.screen.capturesText)
        world.press(.character("q"), .character("q"))
        world.openApplication()
        world.press(.enter)
        world.paste("x")
        #expect(!world.session.screen.top.isDirty)
        #expect(world.shown.contains("read-only"))
        let changes = world.performed.filter { effect in
            switch effect {
            case .loadProjects, .loadProject, .openStore: false
            default: true
            }
        }
        #expect(changes == [])
    }

    @Test func `a passphrase is asked for, and shown nowhere`() {
        var world = World.prepared()
        world.answer(.passphraseWanted(prompt: "unlocker 1234"))
        #expect(world.shown.contains("unlocker 1234"))
        world.type("four words")
        #expect(!world.shown.contains("four words"))
        world.press(.enter)
        let secret = SecretBytes(copying: Array("four words".utf8))
        #expect(world.performed.last == .answerPassphrase(secret))
        world.answer(.passphraseWanted(prompt: "again"))
        world.press(.escape)
        #expect(world.performed.last == .answerPassphrase(nil))
    }

    @Test func `10,000 projects are filtered by any words`() {
        var world = World()
        for number in 0..<10_000 {
            world.projects[try! ProjectName("acme/project-\(number)")] = World.Project()
        }
        world.begin()
        world.press(.character("/"))
        world.type("ject-99 ACME")
        #expect(world.shown.contains("111 of 10000"))
        world.type(" 9999")
        world.press(.enter, .enter)
        #expect(world.title.contains("acme/project-9999"))
    }

    @Test func `100,000 random keys and 1,000 sizes crash nothing and lose no save`() {
        var random = SplitMix(seed: 7)
        let keys: [Key] =
            [
                .enter, .enter, .escape, .tab, .backTab, .backspace, .delete, .up, .down, .down,
                .left, .right, .home, .end, .pageUp, .pageDown, .function(1), .control("s"),
                .control("u"), .control("l"),
            ] + "hjkl?:/quUsXynrRaAHmtMTwy gG-x日".map(Key.character)
        var world = World.prepared()
        for step in 0..<100_000 {
            if step % 100 == 0 {
                world.resize(Int(random.next() % 130), Int(random.next() % 45))
            }
            if step % 97 == 0 { world.paste("x\u{1B}[2J\ny") }
            if step % 501 == 0 { world.saveElsewhere([.region: "eu-west-\(step % 9)"]) }
            world.press(keys[Int(random.next() % UInt64(keys.count))])
            if step % 50 == 0 { _ = world.session.frame }
            if world.session.isOver || step % 2000 == 0 { world = .prepared() }
        }
        let versions = world.projects[World.shop]?.applications[World.application] ?? []
        #expect(versions.map(\.version) == Array(1...max(1, versions.count)))
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
