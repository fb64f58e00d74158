import Screens
import SlipwayCore
import TextGrid

/// One target's details in the whole of the screen, to be read from end to end. It stays with its
/// target, whatever else fails.
struct TargetReading: Equatable {
    let deployment: DeploymentID
    let target: TargetID
    var text = TextView()
}

extension LiveScreen {
    /// What is read, as far as it is known by now; nil while the table is shown.
    var readDetail: TargetDetail? {
        guard let reading, let run = live.runs.first(where: { $0.id == reading.deployment }),
            let target = run.targets[reading.target]
        else { return nil }
        return detail(of: target, in: run)
    }

    mutating func openReading() {
        reading = chosenDetail(visibleTargets).map { run, target in
            TargetReading(deployment: run.id, target: target.id)
        }
    }

    /// Scrolls what is read; Esc and q are bound to go back.
    mutating func read(_ key: Key) {
        guard let detail = readDetail, var reading else { return }
        // Room for the mark at the right is kept free, so that the end can be reached.
        let inner = readingFrame(in: Rect(row: 0, column: 0, width: width, height: height))
            .inset(top: 1, left: 1, bottom: 1, right: 3)
        reading.text.lines = detail.everyLine
        // A text view takes the height of what surrounds it, which is two rows more.
        _ = reading.text.handle(.resize(width: inner.width, height: inner.height + 2))
        _ = reading.text.handle(.key(key))
        self.reading = reading
    }

    /// Below what tabs there are, and a line on the deployment.
    private func readingFrame(in bounds: Rect) -> Rect {
        let area = bounds.inset(left: 1, right: 1)
        return area.inset(top: (tabs.count > 1 && area.height >= 4 ? 1 : 0) + 1)
    }

    func drawReading(_ detail: TargetDetail, in grid: inout CellGrid) {
        let frame = readingFrame(in: grid.bounds)
        grid.box(frame, title: detail.title)
        var text = reading?.text ?? TextView()
        text.lines = detail.everyLine
        text.draw(in: &grid, frame.inset(top: 1, left: 1, bottom: 1, right: 1))
    }
}

extension TargetDetail {
    fileprivate var everyLine: [TextView.Line] {
        lines.map { TextView.Line($0.text, role: $0.role) }
            + (log.isEmpty
                ? [] : [TextView.Line(""), TextView.Line("End of its log", role: .heading)])
            + log.map { TextView.Line($0) }
    }
}
