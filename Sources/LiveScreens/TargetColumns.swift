import DeployEngine
import FoundationEssentials
import SlipwayCore
import TextGrid

/// The columns of the table of targets: the target, a cell for each lifecycle event, and in words
/// what it is at. What does not fit is left out, the words last.
struct TargetColumns {
    private let events: [LifecycleEvent]
    private let idWidth: Int
    /// Of a lifecycle event's cell, the gap behind it included; 0 where there is no room for cells.
    private let cellWidth: Int
    private let width: Int

    init(run: LiveRun, ids: some Collection<TargetID>, width: Int) {
        events = run.events
        self.width = width
        let longest = ids.map { displayWidth($0.description) }.max() ?? 0
        idWidth = max(6, min(longest, max(19, width / 3), max(6, width - 6)))
        let room = width - idWidth - 5 - Self.wordsMinimum
        let count = max(1, run.events.count)
        cellWidth = [18, 9, 5, 2].first { $0 * count <= room } ?? 0
    }

    private static let wordsMinimum = 16

    private var wordsColumn: Int { 4 + idWidth + 1 + events.count * cellWidth }

    func drawHeading(in grid: inout CellGrid, _ rect: Rect) {
        grid.put(
            "instance", row: rect.row, column: rect.column + 4, role: .heading, limit: idWidth)
        if cellWidth >= 5 {
            for (index, event) in events.enumerated() {
                grid.put(
                    cellWidth >= 18 ? event.words : event.shortName, row: rect.row,
                    column: rect.column + 4 + idWidth + 1 + index * cellWidth, role: .heading,
                    limit: cellWidth - 1)
            }
        }
        grid.put(
            "last event", row: rect.row, column: rect.column + wordsColumn, role: .heading,
            limit: max(0, width - wordsColumn))
    }

    /// `now` is by AWS's clock, as the events' times are.
    func draw(
        _ target: DeploymentTarget, in grid: inout CellGrid, row: Int, column: Int,
        isChosen: Bool, now: Date
    ) {
        let line = Rect(row: row, column: column, width: width, height: 1)
        if isChosen { grid.clear(line, role: .selected) }
        func role(_ role: Role) -> Role { isChosen ? .selected : role }
        grid.put(isChosen ? "▸" : " ", row: row, column: column, role: role(.plain))
        grid.put(target.status.sign, row: row, column: column + 2, role: role(target.status.role))
        grid.put(
            target.id.description, row: row, column: column + 4,
            role: role(target.status == .failed ? .failed : .plain), limit: idWidth)
        if cellWidth > 0 {
            for (index, event) in events.enumerated() {
                guard let record = target.events.first(where: { $0.event == event }) else {
                    continue
                }
                grid.put(
                    cell(record), row: row,
                    column: column + 4 + idWidth + 1 + index * cellWidth,
                    role: role(record.status.role), limit: cellWidth - 1)
            }
        }
        grid.put(
            words(target, now), row: row, column: column + wordsColumn,
            role: role(target.status.role), limit: max(0, width - wordsColumn))
    }

    private func cell(_ record: LifecycleEventRecord) -> String {
        guard cellWidth >= 9, let seconds = record.seconds else { return record.status.sign }
        return "\(record.status.sign) \(shownSeconds(seconds))"
    }

    /// What it is at, or ended with: the event and how long that took, or how it failed.
    private func words(_ target: DeploymentTarget, _ now: Date) -> String {
        func name(_ event: LifecycleEvent) -> String {
            width - wordsColumn >= 32 || cellWidth < 5 ? event.words : event.shortName
        }
        if let failure = target.failure {
            let code = failure.diagnostics?.errorCode.map { UntrustedText($0.rawValue).escaped }
            return "\(name(failure.event)) \(code ?? "failed")"
        }
        if target.status == .skipped { return "skipped" }
        guard let last = target.lastEvent else { return target.status.words }
        if let seconds = last.seconds { return "\(name(last.event)) \(shownSeconds(seconds))" }
        if last.status == .inProgress, let start = last.startedAt {
            return "\(name(last.event)) \(shownSeconds(now.timeIntervalSince(start)))…"
        }
        return "\(name(last.event)) \(last.status.words)"
    }
}
