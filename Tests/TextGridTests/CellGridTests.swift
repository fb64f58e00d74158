import Testing
import TextGrid

/// Texts that have broken terminals or layouts somewhere.
let hostileTexts = [
    "\u{1B}[2J\u{1B}[1;1H", "\u{1B}]0;title\u{7}", "\u{9B}31m", "a\rb\nc\td", "\u{202E}evil",
    "日本語テキスト", "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}", "👨\u{200D}👩\u{200D}👧",
    "שלום עולם", "\u{0}\u{7F}\u{85}", "\u{FEFF}\u{200B}", "", " ", "🇩🇪", "\u{301}",
    String(repeating: "x", count: 5000), String(repeating: "界", count: 300), "\u{E0041}",
]

@Suite("Cell grid")
struct CellGridTests {
    @Test(arguments: [(0, 0), (1, 1), (2, 1), (1, 3), (7, 2), (80, 24)])
    func `holds no control character, whatever is put, and never grows`(width: Int, height: Int) {
        for text in hostileTexts {
            for column in [-3, 0, 1, width - 1, width, 100] {
                var grid = CellGrid(width: width, height: height)
                grid.put(text, row: 0, column: column, role: .failed)
                grid.put(text, row: height, column: column)
                grid.putTrailing(text, row: 0, in: grid.bounds)
                grid.paragraph(text, in: grid.bounds)
                grid.box(grid.bounds, title: text)
                grid.bar(0.5, row: 0, column: column, width: width)
                grid.scrollMark(in: grid.bounds, first: 0, shown: 1, count: 10)
                check(grid)
                #expect(grid.cells.count == width * height)
            }
        }
    }

    @Test func `a short gap takes the looks of what is before it, where a blank shows none`() {
        var grid = CellGrid(width: 60, height: 3)
        grid.put("a", row: 0, column: 2, role: .failed)
        grid.put("界", row: 0, column: 6, role: .failed)
        grid.put("b", row: 0, column: 40)
        grid.put("c", row: 1, column: 0, role: .selected)
        grid.put(" ", row: 1, column: 4, role: .selected)
        grid.put("d", row: 1, column: 8, role: .running)
        grid.put("e", row: 1, column: 59)
        let joined = grid.joiningGaps { $0 != .selected }
        let roles = (0..<60).map { joined[0, $0].role }
        #expect(roles[0...1].allSatisfy { $0 == .plain })
        #expect(roles[2...7].allSatisfy { $0 == .failed })
        #expect(roles[8...].allSatisfy { $0 == .plain }, "the gap is long")
        #expect(
            (0..<60).allSatisfy { joined[1, $0] == grid[1, $0] }, "what is selected shows, and ends"
        )
        #expect(joined.cells.map(\.text) == grid.cells.map(\.text))
        #expect((0..<60).allSatisfy { joined[2, $0] == .blank })
    }

    /// Each wide character has its second half beside it, and nothing in a cell acts.
    private func check(_ grid: CellGrid) {
        for row in 0..<grid.height {
            var columns = 0
            for column in 0..<grid.width {
                let text = grid[row, column].text
                #expect(text.unicodeScalars.count <= Glyph.scalarLimit)
                #expect(
                    text.unicodeScalars.allSatisfy {
                        $0.properties.generalCategory != .control
                            && $0.properties.generalCategory != .format
                    })
                columns += displayWidth(text)
                if text.isEmpty {
                    #expect(column > 0 && displayWidth(grid[row, column - 1].text) == 2)
                }
            }
            #expect(columns == grid.width)
        }
    }

    @Test func `loses the other half of a wide character that is overwritten`() {
        for column in 0..<6 {
            for text in ["x", "界", "e\u{301}"] {
                var grid = CellGrid(width: 6, height: 1)
                grid.put("日本語", row: 0, column: 0)
                grid.put(text, row: 0, column: column)
                check(grid)
                grid.clear(Rect(row: 0, column: column, width: 1, height: 1))
                check(grid)
            }
        }
        var small = CellGrid(width: 3, height: 1)
        small.put("日", row: 0, column: 1)
        for column in -3..<6 {
            var grid = CellGrid(width: 4, height: 1)
            grid.put("界界", row: 0, column: 0)
            grid.lay(small, row: 0, column: column)
            check(grid)
        }
    }

    @Test func `shows what a terminal of ASCII can show, cell by cell`() {
        var grid = CellGrid(width: 12, height: 3)
        grid.box(grid.bounds, title: "e\u{301}…")
        grid.put("日✓é▸", row: 1, column: 1)
        let ascii = grid.inASCII
        #expect(
            ascii.lines
                == ["+- e~ ----+", "|??+?>     |", "+----------+"].map { line in
                    line.count == 11 ? "+- e~ -----+" : line
                })
        #expect(ascii.cells.allSatisfy { $0.text.utf8.count == 1 })
        #expect(ascii.cells.map(\.role) == grid.cells.map(\.role))
    }

    @Test func `shares a table's room by minimum, rank and want`() {
        let columns = [
            TableLayout.Column("NAME", minimum: 6, wanted: 30),
            TableLayout.Column("REGION", minimum: 9, wanted: 9, rank: 1),
            TableLayout.Column("BUCKET", minimum: 8, wanted: 20, rank: 2),
        ]
        #expect(TableLayout(columns, width: 100).widths == [30, 9, 20])
        #expect(TableLayout(columns, width: 30).widths == [9, 9, 8])
        #expect(TableLayout(columns, width: 20).widths == [9, 9, 0])
        #expect(TableLayout(columns, width: 10).widths == [10, 0, 0])
        #expect(TableLayout(columns, width: 3).widths == [3, 0, 0])
        #expect(TableLayout(columns, width: 0).widths == [0, 0, 0])
        #expect(TableLayout(columns, width: 20).line(["a", "b", "c"]) == "a          b        ")
        #expect(TableLayout(columns, width: 20).offset(of: 1) == 11)
        #expect(TableLayout(columns, width: 20).offset(of: 2) == nil)
        for width in 0...80 {
            #expect(displayWidth(TableLayout(columns, width: width).heading) <= max(width, 0))
        }
    }

    @Test func `splits rects without losing or inventing cells`() {
        for height in 0...5 {
            let rect = Rect(row: 2, column: 3, width: 10, height: height)
            for count in -1...6 {
                let (top, rest) = rect.splitTop(count)
                #expect(top.height + rest.height == height && rest.row == top.endRow)
                let (upper, bottom) = rect.splitBottom(count)
                #expect(upper.height + bottom.height == height && bottom.row == upper.endRow)
            }
            let middle = rect.centered(width: 4, height: 9)
            #expect(middle.height == height && middle.column == 6)
        }
        #expect(Rect(row: 0, column: 0, width: -4, height: 2).isEmpty)
    }

    @Test func `gives every role a letter of its own`() {
        #expect(Set(Role.allCases.map(\.letter)).count == Role.allCases.count)
    }

    @Test func `shows a pasted text in no description`() {
        let pasted = PastedText(copying: Array("hunter2".utf8))
        var dumped = ""
        dump(TerminalEvent.paste(pasted), to: &dumped)
        #expect(!"\(pasted) \(dumped) \(String(reflecting: pasted))".contains("hunter2"))
        #expect(pasted.exposedText == "hunter2")
        #expect(pasted == PastedText(copying: Array("hunter2".utf8)))
    }
}
