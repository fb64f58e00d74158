import ConfigurationFiles
import SlipwayCore
import Testing

/// What only the files of the revision tell.
@Suite struct AppSpecTreeTests {
    private static let head = "version: 0.0\nos: linux\n"

    private func summaries(
        _ body: String, _ files: [String], contents: [String: String] = [:]
    ) -> [String] {
        var contents = contents
        contents["appspec.yml"] = Self.head + body
        let tree = FileTree.listing(["appspec.yml"] + files, contents: contents)
        return AppSpecCheck.check(tree).findings.map(\.summary)
    }

    // MARK: - Scripts

    private static func hook(_ location: String) -> String {
        "hooks:\n  AfterInstall:\n    - location: \(location)\n"
    }

    @Test(
        arguments: [
            ("a.sh", ["a.sh*"], []),
            ("/a.sh", ["a.sh*"], []),
            ("./scripts//a.sh", ["scripts/a.sh*"], []),
            ("scripts/../a.sh", ["scripts/", "a.sh*"], []),
            ("a.sh", ["a.sh -> real.sh", "real.sh*"], []),
            ("run/a.sh", ["run -> scripts", "scripts/a.sh*"], []),
            ("a.sh", ["b.sh*"], ["error script-missing 5:17"]),
            ("a.sh --flag", ["a.sh*"], ["error script-missing 5:17"]),
            ("A.sh", ["a.sh*"], ["error script-missing 5:17"]),
            ("a.sh/b", ["a.sh*"], ["error script-missing 5:17"]),
            ("a.sh", ["a.sh -> nowhere"], ["error script-missing 5:17"]),
            ("a.sh", ["a.sh -> a.sh"], ["error script-missing 5:17"]),
            ("a.sh", ["a.sh -> /bin/true"], ["error script-outside 5:17"]),
            ("../a.sh", ["a.sh*"], ["error script-outside 5:17"]),
            ("scripts", ["scripts/a.sh*"], ["error script-is-folder 5:17"]),
            ("my script.sh", ["my script.sh*"], ["error script-path-unquoted 5:17"]),
            ("a.sh", ["a.sh"], ["warning script-not-executable 5:17"]),
        ] as [(String, [String], [String])])
    func `a script must be a file of the revision`(
        _ location: String, _ files: [String], _ expected: [String]
    ) {
        #expect(summaries(Self.hook(location), files) == expected)
    }

    @Test(
        arguments: [
            ("#!/bin/sh\necho\n", []),
            ("\u{7F}ELF\r\n", []),
            ("", ["warning script-empty 5:17"]),
            ("echo\n", ["warning script-without-interpreter 5:17"]),
            ("#!/bin/sh\r\necho\r\n", ["error script-interpreter-crlf 5:17"]),
            ("#!/bin/sh\r", ["error script-interpreter-crlf 5:17"]),
            ("#!/bin/sh\necho\r\n", ["warning script-crlf 5:17"]),
            ("\u{FEFF}#!/bin/sh\n", ["warning script-byte-order-mark 5:17"]),
        ] as [(String, [String])])
    func `a script's first line and line ends are looked at`(
        _ content: String, _ expected: [String]
    ) {
        let found = summaries(Self.hook("a.sh"), ["a.sh*"], contents: ["a.sh": content])
        #expect(found == expected)
    }

    @Test func `the interpreter that the kernel would look for is named`() throws {
        let tree = FileTree.listing(
            ["appspec.yml", "a.sh*"],
            contents: [
                "appspec.yml": Self.head + Self.hook("a.sh"),
                "a.sh": "#!/usr/bin/env bash\r\necho\r\n",
            ])
        let problem = try #require(AppSpecCheck.check(tree).problems(file: "appspec.yml").first)
        #expect(problem.why?.contains("an interpreter called bash\\r") == true)
    }

    @Test func `one script under two events is looked at once`() {
        let body = """
            hooks:
              BeforeInstall:
                - location: a.sh
              AfterInstall:
                - location: a.sh
            """
        #expect(summaries(body, ["a.sh"]) == ["warning script-not-executable 5:17"])
    }

    @Test func `scripts of an event that runs none are not looked for`() {
        let body = "hooks:\n  Install:\n    - location: a.sh\n"
        #expect(summaries(body, []) == ["warning unscriptable-event 4:3"])
    }

    @Test func `on windows a backslash separates folders, and no mode counts`() {
        let contents = [
            "appspec.yml":
                "version: 0.0\nos: windows\nhooks:\n  AfterInstall:\n    - location: \\s\\a.ps1\n",
            "s/a.ps1": "Write-Host\r\n",
        ]
        let tree = FileTree.listing(["appspec.yml", "s/a.ps1"], contents: contents)
        #expect(AppSpecCheck.check(tree).findings == [])
    }

    // MARK: - Files

    private static func files(_ pairs: (String, String)...) -> String {
        "files:\n"
            + pairs.map { "  - source: \($0.0)\n    destination: \($0.1)\n" }.joined()
    }

    @Test(
        arguments: [
            (files(("/", "/srv")), []),
            (files((".", "/srv")), []),
            (files(("dist", "/srv")), []),
            (files(("dist/", "/srv"), ("a.txt", "/srv")), []),
            (files(("dist", "/srv"), ("other", "/srv")), []),
            (files(("dangling", "/srv")), []),
            (files(("nothing", "/srv")), ["error source-missing 4:13"]),
            (files(("dist/*", "/srv")), ["error source-missing 4:13"]),
            (files(("../dist", "/srv")), ["error source-outside 4:13"]),
            (files(("dist", "/srv"), ("dist", "/srv")), ["error destination-twice 6:13"]),
            (files(("dist/x", "/srv"), ("other/x", "/srv/")), ["error destination-twice 6:13"]),
            (
                files(("dist", "/srv"), ("other/x", "/a/..//srv/.")),
                ["error destination-twice 6:13"]
            ),
            (files(("dist", "/srv"), ("folder", "/srv")), ["error file-and-folder 6:13"]),
            (files(("folder", "/srv"), ("dist", "/srv")), ["error file-and-folder 6:13"]),
            (files(("linked", "/srv"), ("dist/x", "/srv")), ["error destination-twice 6:13"]),
            (files(("round", "/srv"), ("a.txt", "/srv")), []),
        ] as [(String, [String])])
    func `a source must be there, and a destination is written once`(
        _ body: String, _ expected: [String]
    ) {
        let files = [
            "dist/x", "dist/y", "other/z", "other/x", "a.txt", "folder/x/inner", "dangling -> gone",
            "linked -> dist", "round/back -> ../round",
        ]
        let listing = body.contains("(\"other\"") ? files.filter { $0 != "other/x" } : files
        let withoutClash =
            body.contains("source: other\n") ? listing.filter { $0 != "other/x" } : listing
        #expect(summaries(body, withoutClash) == expected)
    }

    // MARK: - Permissions

    @Test(
        arguments: [
            ("object: /srv\n    owner: deploy", []),
            ("object: /\n    owner: deploy", []),
            ("object: /srv/x\n    mode: 644", []),
            ("object: /srv/sub/..\n    mode: 644", []),
            ("object: /opt\n    mode: 644", ["warning permission-matches-nothing 7:13"]),
            (
                "object: /srv\n    type: [directory]\n    pattern: \"*.log\"\n    mode: 700",
                ["warning permission-matches-nothing 7:13"]
            ),
            (
                "object: /srv/x\n    pattern: \"*\"\n    mode: 644",
                ["warning pattern-with-files 7:5", "error pattern-on-file 7:13"]
            ),
            (
                "object: /srv/x\n    except: [a]\n    mode: 644",
                ["warning pattern-with-files 7:5", "error pattern-on-file 7:13"]
            ),
            (
                "object: /srv\n    acls: [\"d:u:a:7\"]",
                ["warning default-acl-with-files 7:5", "error default-acl-on-file 7:13"]
            ),
            ("object: /srv\n    type: [directory]\n    acls: [\"d:u:a:7\"]", []),
            ("object: /srv\n    owner: 1000", ["error numeric-owner 8:12"]),
            (
                "object: /opt\n    owner: 1000",
                ["warning permission-matches-nothing 7:13", "warning numeric-owner 8:12"]
            ),
            (
                "object: /srv\n    mode: 644\n  - object: /srv/x\n    mode: 600",
                ["error permission-twice 9:13"]
            ),
            (
                "object: /srv\n    type: [directory]\n    mode: 755\n  - object: /srv/x\n    mode: 600",
                []
            ),
        ] as [(String, [String])])
    func `a permission applies to what is copied, and once to each file`(
        _ entry: String, _ expected: [String]
    ) {
        let body =
            "files:\n  - source: dist\n    destination: /srv\npermissions:\n  - \(entry)\n"
        #expect(summaries(body, ["dist/x", "dist/sub/y"]) == expected)
    }

    @Test(
        arguments: [
            ("a.sh", "*.sh", true), ("a.sh", "*", true), ("", "*", true), ("", "", true),
            ("a.sh", "a.sh", true), ("a.sh", "?.sh", false), ("a.sh", "b*", false),
            ("abcabc", "a*c", true), ("abcab", "a*c", false), ("aXbXc", "a*b*c", true),
            ("a", "a**", true), ("[a]", "[a]", true), ("é.sh", "é*", true),
        ] as [(String, String, Bool)])
    func `in a pattern only the star is special`(_ name: String, _ pattern: String, _ match: Bool) {
        #expect(AppSpec.Permission.name(name, matches: pattern) == match)
    }

    // MARK: - The file's name

    @Test(
        arguments: [
            (["appspec.yml"], []),
            (["appspec.yml", "appspec.yaml"], ["warning second-appspec"]),
            (["appspec.yaml"], ["error appspec-name"]),
            (["AppSpec.yml"], ["error appspec-name"]),
            (["APPSPEC.YML", "appspec.yml"], ["warning second-appspec"]),
            (["app/appspec.yml"], ["error appspec-missing"]),
            ([], ["error appspec-missing"]),
            (["appspec.yml/x"], ["error appspec-missing"]),
        ] as [([String], [String])])
    func `the agent finds appspec-yml at the root, in this spelling`(
        _ files: [String], _ expected: [String]
    ) {
        let contents = Dictionary(uniqueKeysWithValues: files.map { ($0, Self.head) })
        let found = AppSpecCheck.check(FileTree.listing(files, contents: contents)).findings
        #expect(found.map(\.summary) == expected)
    }

    @Test func `appspec-yaml fails with agent 1-8 only`() {
        let tree = FileTree.listing(["appspec.yaml"], contents: ["appspec.yaml": Self.head])
        let findings = AppSpecCheck.check(tree).findings
        #expect(findings.isRefused(by: .v18))
        #expect(!findings.isRefused(by: .v20))
    }
}
