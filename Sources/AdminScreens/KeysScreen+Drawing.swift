package import Screens
import SlipwayCore
package import TextGrid

extension KeysScreen {
    package var outline: Outline {
        if let dialog { return dialog.outline }
        return Outline([.text(warning), .text(storedText)] + form.outline)
    }

    var storedText: String {
        guard isLoaded else { return "Reading…" }
        guard let stored else { return "No keys are stored." }
        let token = stored.hasSessionToken ? " with a session token" : ""
        return "Stored: \(stored.accessKeyID)\(token), version \(stored.version), saved "
            + "\(stored.savedAt) by \(stored.savedBy)."
    }

    package func draw(in grid: inout CellGrid) {
        let body = grid.bounds.inset(left: 1, right: 1)
        var row = body.row
        let isLow = grid.height < 14
        if !isLow {
            row = grid.paragraph("! " + warning, in: body.inset(top: 1), role: .warning) + 1
            row = grid.paragraph(storedText, in: body.inset(top: row)) + 1
        }
        let fields = body.inset(top: row)
        row = form.draw(in: &grid, fields)
        if !isLow { row += 1 }
        row = grid.paragraph(form.focusedHelp, in: body.inset(top: row), role: .quiet)
        if isLow {
            row = grid.paragraph("! " + warning, in: body.inset(top: row), role: .warning)
            grid.paragraph(storedText, in: body.inset(top: row))
        }
        dialog?.draw(in: &grid)
    }
}
