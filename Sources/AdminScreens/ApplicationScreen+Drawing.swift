package import Screens
import SlipwayCore
package import TextGrid

extension ApplicationScreen {
    package var outline: Outline {
        if let dialog { return dialog.outline }
        if let example { return Outline(example.outline) }
        return Outline(form.outline + previewLines.map { .text($0.text) })
    }

    var previewLines: [TextView.Line] {
        let preview = preview
        var lines: [TextView.Line] = []
        if let key = preview.key { lines.append(TextView.Line("Key      \(key)", role: .notice)) }
        for problem in preview.problems {
            let isError = problem.severity == .error
            lines.append(
                TextView.Line(
                    "\(isError ? "✗" : "!") \(problem.message)", role: isError ? .failed : .warning)
            )
            if let fix = problem.fix { lines.append(TextView.Line("  fix: \(fix)", role: .quiet)) }
        }
        return lines
    }

    package func draw(in grid: inout CellGrid) {
        let body = grid.bounds.inset(left: 1, right: 1)
        if let example {
            grid.put("Write this into circle.yml:", row: 0, column: 1, role: .heading)
            example.draw(in: &grid, body.inset(top: 1))
            return
        }
        let wanted = (exampleLines.map { displayWidth($0.text) }.max() ?? 0) + 4
        let isWide = body.width >= wanted + 52
        let exampleWidth = isWide ? wanted : 0
        let left = body.inset(top: grid.height > 11 ? 1 : 0, right: isWide ? exampleWidth + 2 : 0)
        // In a low window the fields scroll, so that what their values give stays in view.
        let given = previewLines.flatMap { wrapped($0.text, to: left.width) }.count
        let fields = left.splitTop(max(3, left.height - min(given, 4))).top
        var row = form.draw(in: &grid, fields)
        if row < left.endRow { row += grid.height > 11 ? 1 : 0 }
        for line in previewLines {
            row = grid.paragraph(line.text, in: left.inset(top: row - left.row), role: line.role)
        }
        row = grid.paragraph(
            form.focusedHelp, in: left.inset(top: row - left.row + (grid.height > 11 ? 1 : 0)),
            role: .quiet)
        if isWide {
            let box = Rect(
                row: 0, column: body.endColumn - exampleWidth, width: exampleWidth,
                height: min(grid.height, exampleLines.count + 2))
            drawExample(in: &grid, box)
        } else {
            let rest = body.inset(top: row + 1)
            if rest.height >= 5 { drawExample(in: &grid, rest) }
        }
        form.drawSuggestions(in: &grid, fields)
        dialog?.draw(in: &grid)
    }

    func drawExample(in grid: inout CellGrid, _ rect: Rect) {
        let lines = exampleLines
        let box = Rect(
            row: rect.row, column: rect.column, width: rect.width,
            height: min(rect.height, lines.count + 2))
        let isCut = lines.count > box.height - 2
        grid.box(box, title: isCut ? "circle.yml, y shows all" : "circle.yml")
        for (offset, line) in lines.prefix(max(0, box.height - 2)).enumerated() {
            grid.put(
                line.text, row: box.row + 1 + offset, column: box.column + 2,
                limit: box.width - 4)
        }
    }
}
