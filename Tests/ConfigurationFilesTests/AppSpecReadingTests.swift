import ConfigurationFiles
import SlipwayCore
import Testing

/// The value that is read, the limits, and the words.
@Suite struct AppSpecReadingTests {
    private static let head = "version: 0.0\nos: linux\n"

    private func read(_ text: String) -> AppSpecReading { AppSpecReader.read(Array(text.utf8)) }

    @Test func `a complete file is read with its places`() throws {
        let reading = read(
            """
            version: 0.0
            os: linux
            file_exists_behavior: OVERWRITE
            files:
              - source: /dist
                destination: /srv/app
            permissions:
              - object: " /srv/app "
                pattern: "*.sh"
                except: [a.sh]
                type: [directory]
                owner: deploy
                group: 1000
                mode: 4755
                acls:
                  - u:web:r-x
                  - d:m::7
                  - mask::rwx
                context:
                  name: system_u
                  type: httpd_t
                  range: s0-s1:c5,c0.c2
            hooks:
              ApplicationStop:
                - location: " stop.sh "
                  timeout: 60
                  runas: " root "
                  sudo: true
                - location: more.sh
            """)
        #expect(reading.findings.map(\.summary) == ["warning numeric-owner 13:12"])
        let appSpec = try #require(reading.appSpec)
        let place = AppSpec.Place.init
        let acls = try [
            AccessControlEntry("user:web:5", agent: .v20),
            AccessControlEntry("default:mask::rwx", agent: .v20),
            AccessControlEntry("mask::7", agent: .v20),
        ]
        let expected = AppSpec(
            os: .linux, fileExistsBehavior: .overwrite,
            files: [
                AppSpec.FileMapping(
                    source: "/dist", destination: "/srv/app", sourcePlace: place(5, 13),
                    destinationPlace: place(6, 18))
            ],
            permissions: [
                AppSpec.Permission(
                    object: "/srv/app", pattern: "*.sh", except: ["a.sh"], types: [.directory],
                    owner: .name("deploy"), group: .number("1000"), mode: FileMode(bits: 0o4755),
                    acls: acls,
                    context: AppSpec.SELinuxContext(
                        name: "system_u", type: "httpd_t",
                        range: try SELinuxRange("s0-s1:c0,c1,c2,c5", agent: .v20)),
                    place: place(8, 13))
            ],
            hooks: [
                AppSpec.Hook(
                    event: .applicationStop,
                    scripts: [
                        AppSpec.Script(
                            location: "stop.sh", timeout: .seconds(60), runAs: "root",
                            usesSudo: true, place: place(25, 17)),
                        AppSpec.Script(location: "more.sh", place: place(29, 17)),
                    ], place: place(24, 3))
            ])
        #expect(appSpec == expected)
        #expect(
            appSpec.permissions[0].acls?.map(\.description) == [
                "user:web:r-x", "default:mask::rwx", "mask::rwx",
            ])
        #expect(appSpec.scripts(for: .applicationStop).count == 2)
        #expect(appSpec.scripts(for: .beforeInstall).isEmpty)
    }

    // MARK: - The same typed values as the agent

    @Test(
        arguments: [
            ("30", 30), ("30.9", 30), ("1,800", 1800), ("1:30", 5400), ("1:30:00", 5400),
            ("010", 8),
            ("08", 8), ("0x1E", 30), ("0b11", 3), ("1e3", 1), ("30s", 30), ("\"30s\"", 30),
            ("' 30'", 30), ("1_800", 1800), ("", 3600), ("~", 3600), ("false", 3600), ("no", 3600),
            ("-1:30:90", nil), ("0", nil), ("soon", nil), ("yes", nil), ("\"\"", nil),
        ] as [(String, Int64?)])
    func `a timeout is the number that Ruby makes of it`(_ text: String, _ seconds: Int64?) {
        let reading = read(
            Self.head + "hooks:\n  AfterInstall:\n    - location: a\n      timeout: \(text)\n")
        let timeout = reading.appSpec?.scripts(for: .afterInstall).first?.timeout
        #expect(timeout == seconds.map { .seconds($0) })
    }

    @Test(
        arguments: [
            ("644", "0644"), ("\"0644\"", "0644"), ("0644", "0420"), ("0777", "0511"),
            ("7", "0007"),
            ("0x1ff", "0511"), ("04755", "2541"), ("\"\"", "0000"), ("!!str 0644", "0644"),
            ("0755", nil), ("\"04755\"", nil), ("u+x", nil), ("6.4", nil), ("true", nil),
        ] as [(String, String?)])
    func `a mode is the text of the number that Ruby makes of it`(_ text: String, _ mode: String?) {
        let reading = read(Self.head + "permissions:\n  - object: /srv\n    mode: \(text)\n")
        #expect(reading.appSpec?.permissions.first?.mode?.description == mode)
    }

    @Test(
        arguments: [
            ("yes", true), ("no", false), ("off", false), ("\"false\"", true), ("0", true),
            ("~", false),
        ] as [(String, Bool)])
    func `sudo is what Ruby takes for true`(_ text: String, _ usesSudo: Bool) {
        let reading = read(
            Self.head + "hooks:\n  AfterInstall:\n    - location: a\n      sudo: \(text)\n")
        #expect(reading.appSpec?.scripts(for: .afterInstall).first?.usesSudo == usesSudo)
    }

    @Test func `the last of equal keys counts, and only agent 2-0 minds`() {
        let reading = read("version: 0.0\nos: windows\nos: linux\n")
        #expect(reading.appSpec?.os == .linux)
        #expect(reading.findings.map(\.summary) == ["error duplicate-key 3:1"])
    }

    @Test func `an unknown event is part of the value, as the agent meets it at Install`() {
        let reading = read(Self.head + "hooks:\n  AfterInstal:\n    - location: a.sh\n")
        #expect(reading.appSpec?.hooks.first?.event == LifecycleEvent(rawValue: "AfterInstal"))
        #expect(reading.findings.isRefused(by: .v18))
    }

    // MARK: - Everything at once

    @Test func `all that is wrong is reported, in the file's order`() {
        let reading = read(
            """
            version: "0.0"
            os: Linux
            fileExistsBehavior: OVERWRITE
            file:
              - source: a
            files:
              - source: a
              - destination: /b
                mode: 644
                overwrite: true
            permissions:
              - objekt: /srv
                mode: u+x
                type: file
            hooks:
              afterinstall:
                - location: a.sh
              AfterInstall:
                - timeout: 0
                - location: b.sh
                  timeout: 30s
            """)
        #expect(
            reading.findings.map(\.summary) == [
                "error version 1:10", "error os 2:5", "warning ignored-key 3:1",
                "warning unknown-key 4:1", "error missing-key 7:5", "error missing-key 8:5",
                "warning ignored-key 9:5", "warning ignored-key 10:5", "warning unknown-key 12:5",
                "error missing-key 12:5", "error mode 13:11", "error wrong-type 14:11",
                "error unknown-event 16:3", "error missing-key 19:7", "error timeout 19:16",
                "error timeout-not-integer 21:16",
            ])
        #expect(reading.appSpec == nil)
    }

    @Test(
        arguments: [
            ("version: 0.0\nResources:\n  - f:\n      Type: AWS::Lambda::Function\n", "Lambda"),
            ("version: 0.0\nResources:\n  - s:\n      Type: AWS::ECS::Service\n", "ECS"),
            ("{\"version\": 0.0, \"Resources\": []}", "Lambda or ECS"),
        ] as [(String, String)])
    func `an AppSpec for another platform is refused by its name`(
        _ text: String, _ platform: String
    ) {
        #expect(read(text).findings.map(\.flaw) == [.otherPlatform(platform)])
    }

    @Test(
        arguments: [
            ("files:\n  - source: a\n    destination: b\n", "warning relative-destination 5:18"),
            ("hooks:\n  AfterInstall:\n", "warning event-without-scripts 4:3"),
            ("hooks:\n  DownloadBundle:\n    - location: a\n", "warning unscriptable-event 4:3"),
            (
                "hooks:\n  AfterInstall:\n    - location: a\n      timeout: 7200\n",
                "warning timeout-too-long 6:16"
            ),
            (
                "hooks:\n  AfterInstall:\n    - {location: a, timeout: 3000}\n    - {location: b, timeout: 3000}\n",
                "warning timeout-too-long 4:3"
            ),
            ("hooks:\n  AfterInstall:\n    - location: 010\n", "warning read-differently 5:17"),
            ("permissions:\n  - object: /a\n    type: []\n", "warning no-object-types 5:11"),
            ("permissions:\n  - object: /a\n    mode: 64\n", "warning short-mode 5:11"),
            (
                "permissions:\n  - object: /a\n    context: {type: a, user: b}\n",
                "warning ignored-key 5:24"
            ),
            ("x: {<<: {a: 1}}\n", "warning unknown-key 3:1"),
            (
                "hooks:\n  AfterInstall:\n    - {location: a}\n  AfterInstall:\n    - {location: b}\n",
                "warning duplicate-key 6:3"
            ),
            ("files:\n  - source: 5\n    destination: /a\n", "warning number-as-path 4:13"),
        ] as [(String, String)])
    func `what both agents take, and is hardly meant, is a warning`(
        _ body: String, _ expected: String
    ) {
        let reading = read(Self.head + body)
        #expect(reading.findings.map(\.summary) == [expected])
        #expect(reading.appSpec != nil)
    }

    @Test func `a key that another tool keeps in the file is left alone`() {
        #expect(read(Self.head + "branch_config:\n  main: {}\n").findings == [])
    }

    // MARK: - Hostile files

    /// A hang is what this would find: how long it takes is for a benchmark to say.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            .init(name: "an alias bomb in values", text: bomb(asKey: false)),
            .init(name: "an alias bomb in a key", text: bomb(asKey: true)),
            .init(
                name: "10,000 lists in each other",
                text: head + "x: " + String(repeating: "[", count: 10_000)),
            .init(
                name: "10,000 dashes", text: head + "x:\n" + String(repeating: "- ", count: 10_000)),
            .init(name: "10,000 question marks", text: String(repeating: "? ", count: 10_000)),
            .init(name: "a million keys", text: head + (0..<120_000).map { "k\($0):\n" }.joined()),
            .init(
                name: "a million equal keys", text: head + String(repeating: "a:\n", count: 300_000)
            ),
            .init(
                name: "keys that all stand twice",
                text: head + (0..<2000).map { "k\($0):\nk\($0):\n" }.joined()),
            .init(
                name: "one megabyte of text",
                text: head + "x: " + String(repeating: "a", count: 1_000_000)),
            .init(name: "one megabyte of brackets", text: String(repeating: "[", count: 1_000_000)),
            .init(name: "one megabyte of NULs", text: String(repeating: "\0", count: 1_000_000)),
            .init(
                name: "one megabyte of stars", text: String(repeating: "*a ", count: 300_000) + "&a"
            ),
            .init(
                name: "more than a megabyte", text: head + String(repeating: "#", count: 1 << 20)),
        ] as [HostileFile])
    func `a hostile file is answered soon`(_ file: HostileFile) {
        #expect(!AppSpecReader.read(Array(file.text.utf8)).findings.isEmpty)
    }

    /// A test's log shows the name: the text may have a million lines.
    struct HostileFile: CustomTestStringConvertible, Sendable {
        let name: String
        let text: String
        var testDescription: String { name }
    }

    private static func bomb(asKey: Bool) -> String {
        var lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        for level in 1...30 {
            let uses = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            lines.append("a\(level): &a\(level) [\(uses)]")
        }
        return head + lines.joined(separator: "\n") + (asKey ? "\n? *a30\n: 1\n" : "\n")
    }

    @Test func `the place of an alias is where it is used`() {
        let reading = read(Self.head + "a: &x 1 # *x\nb: '*x'\nc: [1, *x]\n")
        #expect(
            reading.findings.filter { $0.severity == .error }.map(\.summary)
                == ["error yaml-alias 5:8"])
    }

    @Test func `nothing of the file reaches a message unescaped`() {
        let problems = read("version: 0.0\nos: \"\\e[31m\\u202Elinux\"\n").problems(file: "f")
        #expect(problems.map(\.message) == ["the os is \\e[31m\\u{202E}linux"])
    }
}
