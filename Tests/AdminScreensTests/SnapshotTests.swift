import AdminScreens
import Screens
import SlipwayCore
import TestSupport
import Testing
import TextGrid

private let hostile =
    "\u{1B}[2J日本語 e\u{301}\u{302} \u{202E}שלום\u{7}\r\n👨\u{200D}👩\u{200D}👧"
    + String(repeating: "界x", count: 80)

/// Every screen, in the states that a reviewer should see.
private let scenes: [(name: String, play: @Sendable (inout World) -> Void)] = [
    ("projects", { _ in }),
    (
        "projects-filter",
        { world in
            world.press(.character("/"))
            world.type("work")
        }
    ),
    (
        "projects-add",
        { world in
            world.press(.character("a"))
            world.type("acme")
            world.press(.enter)
        }
    ),
    (
        "projects-remove",
        { world in
            world.press(.character("X"))
            world.type("acme/shp")
            world.press(.enter)
        }
    ),
    ("project", { $0.press(.enter) }),
    ("keys", { $0.openKeys() }),
    (
        "keys-edit",
        { world in
            world.openKeys()
            world.press(.down, .enter)
            world.paste("secret")
        }
    ),
    (
        "keys-wrong",
        { world in
            world.openKeys()
            world.press(.enter, .control("u"))
            world.type("akia")
            world.press(.control("s"))
        }
    ),
    (
        "keys-clear",
        { world in
            world.openKeys()
            world.press(.character("X"))
        }
    ),
    (
        "keys-conflict",
        { world in
            world.openKeys()
            world.press(.down, .enter)
            world.paste("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            world.projects[World.shop]?.keys = AWSKeysSummary(
                accessKeyID: try! AccessKeyID("AKIAANOTHERKEYEXAMPL"), hasSessionToken: true,
                version: 4, savedAt: World.moment, savedBy: "bob")
            world.press(.control("s"))
        }
    ),
    ("applications", { $0.openApplications() }),
    (
        "application-new",
        { world in
            world.openApplications()
            world.press(.character("a"))
            world.type("worker")
            world.press(.enter)
        }
    ),
    ("application", { $0.openApplication() }),
    (
        "application-fixed-key",
        { world in
            world.openApplication()
            world.press(.end, .enter, .control("u"))
            world.type("apps/my-app")
        }
    ),
    (
        "application-region",
        { world in
            world.openApplication()
            world.press(.down, .enter, .control("u"))
            world.type("eu")
        }
    ),
    (
        "application-wrong",
        { world in
            world.openApplication()
            world.press(.enter, .control("u"))
            world.type("app")
            world.press(.tab, .control("u"))
            world.type("us-eest-1x")
            world.press(.control("s"))
        }
    ),
    (
        "application-leave",
        { world in
            world.openApplication()
            world.press(.end, .enter)
            world.type("x")
            world.press(.enter, .character("q"))
        }
    ),
    (
        "application-example",
        { world in
            world.openApplications()
            world.press(.character("a"))
            world.type("new")
            world.press(.enter, .character("y"))
        }
    ),
    (
        "conflict",
        { world in
            world.openApplication()
            world.press(.down, .enter, .control("u"))
            world.type("eu-west-1")
            world.saveElsewhere([
                .region: "ap-south-1", .applicationRoot: "/app", .bucket: "acme-revisions",
                .keyPattern: "apps/my-app-{SHORT_COMMIT}",
            ])
            world.press(.control("s"))
        }
    ),
    (
        "history",
        { world in
            world.openApplication()
            world.press(.character("H"))
        }
    ),
    (
        "history-revert",
        { world in
            world.openApplication()
            world.press(.character("H"), .down, .character("r"))
        }
    ),
    ("policy", { $0.press(.enter, .down, .enter) }),
    ("deployments-none", { $0.press(.enter, .down, .down, .down, .enter) }),
    (
        "deployments",
        { world in
            world.deployments = [
                DeploymentRow(
                    id: "d-1", startedAt: World.moment, application: "my-app", group: "staging",
                    branch: "master", commit: "0a1b2c3d4e", result: "failed", duration: "4:12"),
                DeploymentRow(
                    id: "d-2", startedAt: World.moment, application: "my-app", group: "staging",
                    branch: "feature/login", commit: "1a1b2c3d4e", result: "succeeded",
                    duration: "2:01"),
            ]
            world.press(.enter, .down, .down, .down, .enter)
        }
    ),
    ("audit", { $0.press(.enter, .end, .enter) }),
    (
        "hostile",
        { world in
            world.deployments = [
                DeploymentRow(
                    id: hostile, startedAt: Timestamp(stored: hostile), application: hostile,
                    group: hostile, branch: hostile, commit: hostile, result: hostile,
                    duration: hostile)
            ]
            world.press(.enter, .down, .down, .down, .enter)
        }
    ),
    (
        "hostile-audit",
        { world in
            world.audit = [
                AuditEntry(
                    sequence: 1, at: Timestamp(stored: hostile),
                    author: Author(user: hostile, host: hostile), project: hostile,
                    action: hostile, subject: hostile, old: hostile, new: hostile)
            ]
            world.press(.character("A"))
        }
    ),
    (
        "hostile-problem",
        { world in
            world.nextFailure = [Problem(code: "x", hostile, why: hostile, fix: hostile)]
            world.press(.character("a"))
            world.type("acme/new")
            world.press(.enter)
        }
    ),
    ("help", { $0.press(.character("?")) }),
    ("palette", { $0.press(.character(":")) }),
]

@Suite("Admin screens")
struct SnapshotTests {
    @Test(arguments: [(80, 24), (40, 12), (120, 40)])
    func `look as reviewed`(width: Int, height: Int) {
        let pictures = scenes.map { scene -> String in
            var world = World.prepared(width: width, height: height)
            scene.play(&world)
            return "# \(scene.name)\n" + world.session.frame.snapshot
        }
        expectSnapshot(pictures.joined(separator: "\n"), named: "screens-\(width)x\(height)")
    }

    @Test func `survive any size, and hold no control character`() {
        for scene in scenes {
            var world = World.prepared()
            scene.play(&world)
            for (width, height) in [
                (0, 0), (1, 1), (2, 2), (5, 3), (12, 4), (13, 5), (20, 6), (39, 9), (300, 4),
                (14, 100), (80, 24),
            ] {
                world.resize(width, height)
                let frame = world.session.frame
                #expect(frame.width == width && frame.height == height, "\(scene.name)")
                let texts = frame.cells.map(\.text).joined()
                #expect(
                    !texts.unicodeScalars.contains {
                        $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || $0.value == 0x202E
                    }, "\(scene.name)")
            }
        }
    }

    @Test func `say the same in the linear mode`() {
        let outlines = scenes.map { scene -> String in
            var world = World.prepared()
            scene.play(&world)
            let lines = world.session.screen.outline.parts.map { "\($0)" }
            return "# \(scene.name)\n" + lines.map { displayed($0) }.joined(separator: "\n")
        }
        expectSnapshot(outlines.joined(separator: "\n\n") + "\n", named: "outlines")
    }

    /// A line that can stand in a file.
    private func displayed(_ text: String) -> String { UntrustedText(text).escaped }

    @Test func `have a first run, a locked store and a read-only one`() {
        var first = World(
            context: AdminContext(storePath: "/home/ada/slipway.db", storeExists: false))
        first.begin()
        var locked = World()
        locked.isSlow = true
        locked.begin()
        locked.answer(
            .failed(
                [
                    Problem(
                        code: "store-busy", "another process kept the store for 60 seconds",
                        fix: "see who has it open (lsof /home/ada/slipway.db), then try again")
                ], .store))
        var readOnly = World.prepared()
        readOnly.context.readOnlyReason = "slipway was started with --read-only"
        readOnly.begin()
        readOnly.answer(.opened(readOnly.context))
        readOnly.openApplication()
        readOnly.press(.enter)
        let pictures = [("first", first), ("locked", locked), ("read-only", readOnly)].map {
            "# \($0)\n" + $1.session.frame.snapshot
        }
        expectSnapshot(pictures.joined(separator: "\n"), named: "special-states")
        #expect(locked.session.screen.openingProblems?.status == .store)
    }

    @Test func `the key table is made of the bindings`() {
        var table = KeyTable()
        for scene in scenes where !scene.name.hasPrefix("hostile") {
            var world = World.prepared()
            scene.play(&world)
            table.add(
                world.session.screen.bindings.filter { binding in
                    // What dialogs and fields say of themselves is in the footer.
                    binding.detail != binding.label
                })
        }
        table.addUniversal()
        expectSnapshot(table.markdown, named: "key-table")
    }
}
