import Testing

@testable import SlipwayCore

@Suite("A regular expression")
struct RegularExpressionTests {
    @Test(arguments: [
        // Repetitions, greedy or not.
        ("a{2}", "aa", true), ("a{2}", "aaa", false), ("a{2,}", "aaaa", true),
        ("a{1,2}", "aaa", false), ("a{0}", "", true), ("(ab)+?", "abab", true),
        ("a??b", "ab", true), ("x*", "", true), ("(a*)*", "aaa", true), ("(a|b*)*c", "abbac", true),
        ("(|a)+", "aa", true), ("", "", true), ("a|", "", true), ("(a|b)(c|)", "bc", true),
        // What is taken once is not given back.
        ("a*+a", "aaa", false), ("(?>a|ab)c", "abc", false), ("(?>ab|a)c", "abc", true),
        ("a++b", "aab", true), ("(?>a*?)a", "a", true),
        // Classes.
        ("[\\w-]+", "a-b_9", true), ("[a-c&&[^b]]+", "ac", true), ("[a-c&&[^b]]+", "ab", false),
        ("[^/]+", "a/b", false), ("[]a]+", "]a", true), ("[^]]", "]", false), ("[a-]+", "a-", true),
        ("[a-d[m-p]]+", "dm", true), ("[\\d.]+", "1.2", true), ("[\\]]", "]", true),
        ("\\d+\\D", "12x", true), ("\\d", "٣", false), ("\\p{L}+", "éß", true),
        ("\\p{Lower}", "é", false), ("\\P{Upper}", "A", false), ("\\pL", "x", true),
        ("[\\p{Lu}x]", "É", true), ("\\s", " ", true), ("\\S", " ", false), ("\\h", "\t", true),
        (".", "é", true), (".", "\n", false), ("(?s).", "\n", true), (".", "\u{1F600}", true),
        ("[\\x41-\\u0043]", "B", true), ("\\x{1F600}", "\u{1F600}", true), ("\\t", "\t", true),
        // Capitals.
        ("(?i)release", "ReLease", true), ("(?i:A)b", "aB", false), ("(?i)a(?-i)B", "AB", true),
        ("(?i)a(?-i)B", "Ab", false), ("((?i)a)B", "Ab", false), ("(?i)É", "é", false),
        ("(?iu)É", "é", true), ("(?i)[a-c]", "B", true),
        // Edges and what stands around.
        ("^a$", "a", true), ("a^", "a", false), ("\\Aa\\z", "a", true), ("\\bab\\b", "ab", true),
        ("a\\bb", "ab", false), ("a\\Bb", "ab", true), ("(?=ab).*", "abc", true),
        ("(?!ab).*", "abc", false), ("(?<=^a)b", "ab", false), ("a(?<=a)b", "ab", true),
        ("a(?<!a)b", "ab", false), (".*(?<!-wip)", "x-wip", false), (".*(?<!-wip)", "x", true),
        ("(?:a)(?<name>b)", "ab", true), ("((?!master).)*", "develop", true),
        ("((?!master).)*", "a-master", false), ("\\Qa.b\\E+", "a.bb", true),
        ("\\Q.*", ".*", true), ("release\\/v\\d+\\.\\d+", "release/v1.2", true),
        ("]", "]", true), ("a}", "a}", true), ("-", "-", true),
    ])
    func `matches what Java matches`(expression: String, text: String, matches: Bool) throws {
        let isMatch = try Self.matches(expression, text)
        #expect(isMatch == matches)
    }

    @Test(
        arguments: [
            ("(", .unclosed("(")), (")", .unopened), ("a)", .unopened), ("(?:a", .unclosed("(")),
            ("[", .unclosed("[")), ("[a", .unclosed("[")), ("[]", .unclosed("[")),
            ("*", .nothingToRepeat("*")), ("a|+", .nothingToRepeat("+")),
            ("a**", .nothingToRepeat("*")), ("a{2}{3}", .nothingToRepeat("{")),
            ("a{", .badRepetition), ("{x}", .badRepetition), ("a{2", .unclosed("{")),
            ("a{2,1}", .reversedRange), ("[b-a]", .reversedRange), ("[a-\\d]", .reversedRange),
            ("\\", .badEscape("\\")), ("\\y", .badEscape("\\y")), ("\\x4", .badEscape("\\x")),
            ("\\u12", .badEscape("\\u")), ("\\x{110000}", .badEscape("\\x")),
            ("\\p{Nonsense}", .unknownProperty("Nonsense")), ("(a)\\1", .backReference("\\1")),
            ("(?<n>a)\\k<n>", .backReference("\\k")), ("(?x)a", .unsupported("(?x")),
            ("(?<n", .unsupported("(?<")), ("\\G", .unsupported("\\G")), ("(?i", .unclosed("(")),
            ("a{9999999}", .tooLarge(instructionLimit: 5000)),
            ("(a{100}){100}", .tooLarge(instructionLimit: 5000)),
        ] as [(String, RegularExpressionError)])
    func `is refused where it is none`(expression: String, error: RegularExpressionError) {
        #expect(throws: error) { try RegularExpression(expression) }
        #expect(!error.text.isEmpty)
    }

    @Test func `is neither long nor deep`() throws {
        _ = try RegularExpression(String(repeating: "a", count: 1000))
        #expect(throws: RegularExpressionError.tooLong(characterLimit: 1000)) {
            try RegularExpression(String(repeating: "a", count: 1001))
        }
        func nested(_ open: String, _ close: String, _ count: Int) -> String {
            String(repeating: open, count: count) + "a" + String(repeating: close, count: count)
        }
        let isMatch = try Self.matches(nested("(", ")", 49), "a")
        #expect(isMatch)
        for (open, close) in [("(", ")"), ("[", "]"), ("(?=", ")")] {
            #expect(throws: RegularExpressionError.tooDeep(depthLimit: 50)) {
                try RegularExpression(nested(open, close, 60))
            }
        }
    }

    /// Expressions on which engines that try everything take longer than anybody lives.
    @Test(arguments: [
        "(a+)+b", "(a|a)*b", "(a*)*b", "(.*)*x", "(a|aa)+$b", "((a+)+)+b", "(a+){1,20}b",
        "(?=(a+)+b)a*", "(?!(a|a)*c)(a|a)*b", "(?>(a|a)*)b", ".*.*.*.*.*.*.*.*.*.*x",
        "(?=.*(?=.*(?=.*(?=.*(?=.*(?=.*(?=.*x))))))).*", "(?<=(a|a)*)b", "(a?){60}a{60}b",
    ])
    func `takes few steps, however it could be split`(expression: String) throws {
        let text = String(repeating: "a", count: 60)
        let isMatch = try Self.matches(expression, text)
        #expect(!isMatch)
    }

    @Test func `is given up where even that is too much`() throws {
        let text = String(repeating: "a", count: 1000)
        #expect(throws: RegularExpression.TooManySteps.self) {
            try Self.matches("(?=(.{0,60}){0,40}x).*", text)
        }
        #expect(throws: ReferencePatternError.tooSlow("/(?=(.{0,60}){0,40}x).*/")) {
            var budget = ReferencePattern.stepLimit
            let pattern = try ReferencePattern("/(?=(.{0,60}){0,40}x).*/")
            return try pattern.matches(text, budget: &budget)
        }
    }

    @Test func `takes its steps from what all have together`() throws {
        let expression = try RegularExpression("(a|b)*")
        var budget = 2_000
        var count = 0
        while (try? expression.matchesWhole("abab", budget: &budget)) == true { count += 1 }
        #expect((5...200).contains(count))
        #expect(budget < 0)
    }

    @Test(arguments: [
        "a", "a|b|c", "(a|b)*", "(ab?){2,5}", "(a{3}){4,}", "(?=a)(?!b)(?>c+)d++", "[a-c]{0,7}|",
    ])
    func `is no larger than what was reckoned`(expression: String) throws {
        var parser = RegularExpressionParser(expression)
        let node = try parser.parse()
        let size = RegularExpressionProgram.size(of: node)
        #expect((1...size + 1).contains(RegularExpressionProgram(node).instructions.count))
    }

    private static func matches(_ expression: String, _ text: String) throws -> Bool {
        var budget = RegularExpression.stepLimit
        return try RegularExpression(expression).matchesWhole(text, budget: &budget)
    }
}
