import TestSupport
import Testing
import TextGrid

@Suite("Display width")
struct WidthTests {
    @Test func `agrees with an independent table`() throws {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast().joined(separator: "/")
        let lines = String(decoding: contents(of: folder + "/Vectors/width.txt"), as: UTF8.self)
            .split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count > 50)
        for line in lines {
            let parts = line.split(separator: " ")
            let (first, last) = (
                try #require(UInt32(parts[0], radix: 16)), try #require(UInt32(parts[1], radix: 16))
            )
            let width = try #require(Int(parts[2]))
            for value in first...last {
                guard let scalar = Unicode.Scalar(value) else { continue }
                let isKnown = scalar.properties.generalCategory != .unassigned
                if isKnown {
                    #expect(displayWidth(String(scalar)) == width, "U+\(String(value, radix: 16))")
                }
            }
        }
    }

    @Test(arguments: [
        ("", 0), ("abc", 3), ("日本語", 6), ("e\u{301}", 1), ("\u{301}", 1), ("👍", 2),
        ("👍🏽", 2), ("👨\u{200D}👩\u{200D}👧", 6), ("❤\u{FE0F}", 1), ("🇩🇪", 2), ("각", 2),
        ("\u{1100}\u{1161}\u{11A8}", 2), ("שלום", 4), ("\u{1B}[31m", 6), ("a\nb", 4),
        ("\u{202E}abc", 11), ("\u{AD}", 6), ("ﬁ", 1), ("ｆ", 2),
    ])
    func `counts what a terminal will show`(text: String, width: Int) {
        #expect(displayWidth(text) == width)
        var grid = CellGrid(width: 40, height: 1)
        let end = grid.put(text, row: 0, column: 0)
        #expect(end == width)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 4, "abc…"), ("abcdef", 1, "…"), ("abcdef", 0, ""),
        ("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日 …"), ("日本語", 3, "日…"),
        ("日", 1, "…"), ("e\u{301}e\u{301}", 1, "…"), ("e\u{301}e\u{301}", 2, "e\u{301}e\u{301}"),
    ])
    func `clips to columns, never in the middle of a character`(
        text: String, width: Int, clip: String
    ) {
        #expect(clipped(text, to: width) == clip)
        #expect(displayWidth(clipped(text, to: width)) <= width)
        #expect(displayWidth(padded(text, to: width)) == width)
    }

    @Test func `wraps at spaces and keeps every word`() {
        #expect(wrapped("one two three", to: 7) == ["one two", "three"])
        #expect(wrapped("unbreakable", to: 4) == ["unbr", "eaka", "ble"])
        #expect(wrapped("a\n\nb", to: 4) == ["a", "", "b"])
        #expect(wrapped("日本語", to: 4) == ["日本", "語"])
        #expect(wrapped("  indented text", to: 20) == ["  indented text"])
        #expect(wrapped("", to: 4) == [""])
        #expect(wrapped("abc", to: 0) == [])
        for width in 1...30 {
            for line in wrapped("the quick 棕色 fox\njumps e\u{301} \u{1B}over", to: width) {
                #expect(displayWidth(line) <= width)
            }
        }
    }
}
