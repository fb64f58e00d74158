import DeployEngine
import SlipwayCore
import TextGrid

/// What is known of one target: its events, its failure, and the end of its log.
struct TargetDetail: Equatable {
    struct Line: Equatable {
        let text: String
        let role: Role
    }

    var title: String
    /// Shown from its beginning; the last ones first give way to the log.
    var lines: [Line] = []
    /// Shown to its end, below.
    var log: [String] = []

    /// The rows of each line.
    private func wrappedLines(width: Int) -> [[Line]] {
        lines.map { line in
            wrapped(line.text, to: max(1, width)).map { Line(text: $0, role: line.role) }
        }
    }

    private func wrappedLog(width: Int) -> [Line] {
        log.flatMap { wrapped($0, to: max(1, width)).map { Line(text: $0, role: .plain) } }
    }

    func wantedHeight(width: Int) -> Int {
        2 + wrappedLines(width: width - 2).joined().count + wrappedLog(width: width - 2).count
    }

    /// The first lines, each whole, and the log to its end: at least a few rows of it, which mostly
    /// say what is wrong, even where that leaves the first line for everything else.
    func draw(in grid: inout CellGrid, _ rect: Rect) {
        guard rect.height >= 2 else { return }
        let isBoxed = rect.height >= 8
        if isBoxed {
            grid.box(rect, title: title)
        } else {
            grid.rule(row: rect.row, column: rect.column, width: rect.width)
            grid.put(
                " \(clipped(title, to: max(0, rect.width - 6))) ", row: rect.row,
                column: rect.column + 2, role: .border, limit: max(0, rect.width - 2))
        }
        let inner =
            isBoxed
            ? rect.inset(top: 1, left: 1, bottom: 1, right: 1) : rect.inset(top: 1)
        let tail = wrappedLog(width: inner.width)
        let kept = min(tail.count, max(2, inner.height * 2 / 3))
        var head: [Line] = []
        for rows in wrappedLines(width: inner.width) {
            guard head.isEmpty || head.count + rows.count <= inner.height - kept else { break }
            head += rows
        }
        let shown = head + tail.suffix(max(0, inner.height - head.count))
        for (offset, line) in shown.prefix(inner.height).enumerated() {
            grid.put(
                line.text, row: inner.row + offset, column: inner.column, role: line.role,
                limit: inner.width)
        }
    }
}

extension LiveScreen {
    /// The details of the row that is chosen; while following, what failed in the deployment that
    /// is rolled back goes before what goes well in its rollback. Nil without targets.
    func detailText(_ rows: [TargetID]) -> TargetDetail? {
        chosenDetail(rows).map { run, target in detail(of: target, in: run) }
    }

    func chosenDetail(_ rows: [TargetID]) -> (LiveRun, DeploymentTarget)? {
        if isFollowing, shownRun == nil, live.runs.count > 1, let original = live.runs.first,
            live.run?.counts.failed == 0, let id = original.order.first,
            let target = original.targets[id], target.status == .failed
        {
            return (original, target)
        }
        guard let run, let id = chosenTarget(in: rows), let target = run.targets[id] else {
            return nil
        }
        return (run, target)
    }

    func detail(of target: DeploymentTarget, in run: LiveRun) -> TargetDetail {
        let id = target.id
        var detail = TargetDetail(
            title: live.runs.count > 1 ? "\(id) in \(run.id)" : "\(id): \(target.status.words)")
        if let failure = target.failure {
            add(failure, previous: run.info?.previousRevision, to: &detail)
            detail.lines.append(.init(text: Self.eventsLine(target), role: .quiet))
        } else {
            if target.status == .failed {
                detail.lines.append(
                    .init(
                        text: run.status == .stopped
                            ? "✗ the deployment was stopped before this was through"
                            : "✗ failed before any lifecycle event: mostly an agent that does not "
                                + "answer", role: .failed))
            }
            detail.lines += target.events.map { record in
                .init(text: Self.eventLine(record), role: record.status.role)
            }
            if target.events.isEmpty {
                detail.lines.append(.init(text: "no lifecycle event yet", role: .quiet))
            }
        }
        return detail
    }

    private func add(
        _ failure: LifecycleEventRecord, previous: Revision?, to detail: inout TargetDetail
    ) {
        let code = failure.diagnostics?.errorCode.map { ": \(UntrustedText($0.rawValue).escaped)" }
        let time = failure.seconds.map { " after \(shownSeconds($0))" } ?? ""
        let script = failure.diagnostics?.scriptName.map(\.escaped) ?? ""
        detail.lines.append(
            .init(
                text: "✗ \(failure.event.words)\(code ?? " failed")"
                    + (script.isEmpty ? "" : "  \(script)") + time, role: .failed))
        if let message = failure.diagnostics?.message, !message.isEmpty {
            detail.lines += message.escapedLines.map { .init(text: $0, role: .plain) }
        }
        if let explanation = failure.explanation(previous: previous) {
            // A line each, so that where there is little room one of them is whole.
            detail.lines += ["\(explanation.meaning).", "Next, check \(explanation.nextCheck)."]
                .map { .init(text: $0, role: .quiet) }
        }
        detail.log = failure.diagnostics?.logTail?.escapedLines ?? []
    }

    private static func eventLine(_ record: LifecycleEventRecord) -> String {
        let time = record.seconds.map { "  \(shownSeconds($0))" } ?? ""
        return "\(record.status.sign) \(padded(record.event.words, to: 18)) "
            + record.status.words + time
    }

    /// All events on one line, for below a failure.
    private static func eventsLine(_ target: DeploymentTarget) -> String {
        target.events.map { record in
            let time = record.seconds.map { " \(shownSeconds($0))" } ?? ""
            return "\(record.status.sign) \(record.event.words)\(time)"
        }.joined(separator: "  ")
    }
}
