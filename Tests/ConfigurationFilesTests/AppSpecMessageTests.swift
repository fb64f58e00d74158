import ConfigurationFiles
import SlipwayCore
import Testing

/// The words: what is wrong, why, which agent minds and when, what to do.
@Suite struct AppSpecMessageTests {
    private static let head = "version: 0.0\nos: linux\n"

    private func shown(_ body: String) -> String {
        let tree = FileTree.listing(
            ["appspec.yml", "a.sh*"], contents: ["appspec.yml": Self.head + body])
        return AppSpecCheck.check(tree).problems(file: "appspec.yml").map { problem in
            """
            \(problem.severity.rawValue): \(problem.place ?? ""): \(problem.message)
              why: \(problem.why ?? "")
              fix: \(problem.fix ?? "")

            """
        }.joined()
    }

    @Test func `what one agent refuses names it, and when it would have shown`() {
        let body = "hooks:\n  AfterInstall:\n    - location: a.sh\n      timeout: \"300\"\n"
        #expect(
            shown(body) == """
                error: appspec.yml:6:16: hooks.AfterInstall[1].timeout is "300", not a plain whole number
                  why: agent 2.0 fails at BeforeInstall, the first time that it reads the file; agent 1.8 takes it
                  fix: write whole seconds without quotation marks, unit or leading zero: timeout: 300

                """)
    }

    @Test func `what both refuse says so`() {
        #expect(
            shown("hooks:\n  AfterInstal:\n    - location: a.sh\n") == """
                error: appspec.yml:4:3: there is no lifecycle event AfterInstal that could be hooked
                  why: its scripts would never run; the agent, 1.8 and 2.0 alike, fails at Install, after the scripts of BeforeInstall ran
                  fix: did you mean AfterInstall?

                """)
    }

    @Test func `a mode that YAML reads as octal is explained`() {
        #expect(
            shown("permissions:\n  - object: /\n    mode: 0755\n").contains(
                """
                error: appspec.yml:5:11: permissions[1].mode is 0755, which is no mode
                  why: YAML reads it as the number 493; a mode has the digits 0 to 7; agent 1.8 fails at BeforeInstall, the first time that it reads the file; agent 2.0 takes it
                  fix: write it in quotation marks: mode: "0755"

                """))
        #expect(
            shown("permissions:\n  - object: /\n    mode: 0644\n").contains(
                """
                warning: appspec.yml:5:11: permissions[1].mode is 0644 without quotation marks
                  why: agent 1.8 sets the mode 0420, agent 2.0 the mode 0644: YAML reads a number with a leading zero as octal
                  fix: write it in quotation marks: mode: "0644"

                """))
    }

    @Test func `a script with arguments is told from one that is missing`() {
        #expect(
            shown("hooks:\n  AfterInstall:\n    - location: a.sh --now\n") == """
                error: appspec.yml:5:17: the script a.sh --now of AfterInstall is missing
                  why: a location is one path: it takes no arguments; the agent, 1.8 and 2.0 alike, fails at AfterInstall
                  fix: write location: a.sh, and put the arguments into the script

                """)
    }

    @Test func `each problem has a message, a why and a fix, or is a plain one`() {
        let bodies = AppSpecVerdictTests.cases.map(\.yaml)
        for text in bodies {
            for problem in AppSpecReader.read(Array(text.utf8)).problems(file: "appspec.yml") {
                #expect(!problem.message.isEmpty, "\(problem)")
                #expect(problem.why?.isEmpty == false, "\(problem)")
                #expect(problem.fix?.isEmpty == false, "\(problem)")
                #expect(problem.message.count < 250 && !problem.message.contains("\n"))
            }
        }
    }
}
