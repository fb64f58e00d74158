import SlipwayCore
import Testing

@Suite("Text from others")
struct UntrustedTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("tab\tline\n", #"tab\tline\n"#), ("\u{1B}[31mred", #"\e[31mred"#),
        ("a\rb", #"a\rb"#), ("\u{9B}31m", #"\u{9B}31m"#), ("\u{7F}", #"\u{7F}"#),
        ("abc\u{202E}fed", #"abc\u{202E}fed"#), ("\u{2066}x\u{2069}", #"\u{2066}x\u{2069}"#),
        ("zero\u{200B}width", #"zero\u{200B}width"#), ("\u{E0041}", #"\u{E0041}"#),
        ("汉字 e\u{301} ñ 🚀", "汉字 e\u{301} ñ 🚀"),
    ])
    func `is shown with its controls escaped and its letters as they are`(
        raw: String, shown: String
    ) {
        #expect(UntrustedText(raw).escaped == shown)
        #expect("\(UntrustedText(raw))" == shown)
    }

    @Test func `is what AWS calls its things, too`() throws {
        let raw = "x\u{1B}[2J\u{202E}"
        let names: [any CustomStringConvertible] = [
            TargetID(raw), try #require(ETag(raw)), try #require(ObjectVersion(raw)),
        ]
        for name in names { #expect("\(name)" == #"x\e[2J\u{202E}"#) }
    }

    @Test func `leaves no character that a terminal acts on`() {
        for value in (0...0x10FFFF as ClosedRange<UInt32>) {
            guard let scalar = Unicode.Scalar(value), scalar.properties.generalCategory == .control
            else { continue }
            #expect(!UntrustedText(String(scalar)).escaped.unicodeScalars.contains(scalar))
        }
        for value in [0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069] {
            #expect(UntrustedText.isUnsafe(Unicode.Scalar(UInt32(value))!))
        }
    }
}

@Suite("JSON")
struct JSONValueTests {
    @Test func `keeps the order of members and says null`() {
        let value: JSONValue = [
            "b": 1, "a": .null, "list": [true, "x"], "none": [], "empty": .object([]),
        ]
        #expect(value.compact == #"{"b":1,"a":null,"list":[true,"x"],"none":[],"empty":{}}"#)
        #expect(
            value.pretty() == """
                {
                  "b": 1,
                  "a": null,
                  "list": [
                    true,
                    "x"
                  ],
                  "none": [],
                  "empty": {}
                }
                """)
    }

    @Test(arguments: [
        ("\"\\\n\r\t", #""\"\\\n\r\t""#), ("\u{1B}\u{9B}\u{202E}", #""\u001b\u009b\u202e""#),
        ("\u{E0041}", #""\udb40\udc41""#), ("é汉🚀", "\"é汉🚀\""),
    ])
    func `escapes what a terminal could act on`(text: String, json: String) {
        #expect(JSONValue.string(text).compact == json)
    }
}
