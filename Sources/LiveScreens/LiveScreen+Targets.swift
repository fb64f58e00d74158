import DeployEngine
import Screens
import SlipwayCore
import TextGrid

extension LiveScreen {
    func drawTargets(in grid: inout CellGrid, _ rect: Rect) {
        var rest = rect
        rest = drawHints(in: &grid, rest)
        rest = drawPinned(in: &grid, rest)
        let rows = visibleTargets
        rest = drawFilters(rows, in: &grid, rest)
        guard rest.height > 0, let run else { return }
        guard live.seesTargets || !run.targets.isEmpty else {
            drawWithoutTargets(run, in: &grid, rest)
            return
        }
        let detail = isPaneOpen ? detailText(rows) : nil
        guard let detail, rest.height >= 6 else {
            drawTable(rows, in: &grid, rest)
            return
        }
        if rest.width >= 150 {
            let (left, right) = rest.splitLeft(rest.width - 62)
            drawTable(rows, in: &grid, left.inset(right: 2))
            detail.draw(in: &grid, right)
        } else {
            let wanted = detail.wantedHeight(width: rest.width)
            // The heading stays, except where there is hardly room for a row.
            let fewest = grid.height >= 16 ? 3 : 2
            let table = max(
                fewest,
                min(rows.count + 1, rest.height / (rest.height < 10 ? 3 : 2), rest.height - 4))
            let height = max(2, min(wanted, rest.height - table))
            let (top, bottom) = rest.splitBottom(height)
            drawTable(rows, in: &grid, top)
            detail.draw(in: &grid, bottom)
        }
    }

    // MARK: Above the table

    /// From how many rows on there is room for what does not tell of an instance.
    static let roomyHeight = 10

    private func drawHints(in grid: inout CellGrid, _ rect: Rect) -> Rect {
        var lines: [(String, Role)] = []
        if case .silent = live.connection, let reason = live.silenceReason {
            lines.append(
                ("! AWS does not answer; asking again. \(UntrustedText(reason).escaped)", .warning))
        }
        let silent = live.silentTargets(at: now)
        if let first = silent.first {
            let others = silent.count > 1 ? " and \(silent.count - 1) more" : ""
            lines.append(
                (
                    "! The agent on \(first)\(others) does not "
                        + "answer: is codedeploy-agent running there? CodeDeploy gives up after 5 "
                        + "minutes.", .warning
                ))
        }
        if let result = live.result {
            lines += result.problems.flatMap { problem in
                [("! \(problem.message)", Role.warning)]
                    + (problem.fix.map { [("  \($0)", .quiet)] } ?? [])
            }
        } else if let last = live.notices.last, rect.height >= Self.roomyHeight {
            lines.append(("! \(last.message)", .warning))
        }
        var row = rect.row
        let limit = rect.row + max(1, rect.height / 3)
        for (text, role) in lines {
            for part in wrapped(text, to: max(1, rect.width)) where row < limit {
                grid.put(part, row: row, column: rect.column, role: role, limit: rect.width)
                row += 1
            }
        }
        return rect.inset(top: row - rect.row)
    }

    /// What failed in the deployment that is rolled back stays in sight.
    private func drawPinned(in grid: inout CellGrid, _ rect: Rect) -> Rect {
        guard shownRun == nil, let original = live.runs.first, live.runs.count > 1 else {
            return rect
        }
        let failed = original.order.compactMap { original.targets[$0] }
            .filter { $0.status == .failed }
        let room = max(1, min(3, rect.height / 4))
        // The script and the code must be seen: in a narrow window the first failure takes more rows.
        let limit = rect.row + max(room, min(3, rect.height / 2))
        var row = rect.row
        for target in failed.prefix(room) where row < limit {
            let more =
                failed.count > room && target.id == failed[room - 1].id
                ? "; \(failed.count - room) more failed" : ""
            let words =
                "✗ \(target.id)  \(Self.failureWords(target))\(more)"
            let place = " in \(original.id)"
            let text = displayWidth(words + place) <= rect.width ? words + place : words
            for part in wrapped(text, to: max(1, rect.width)) where row < limit {
                grid.put(
                    part, row: row, column: rect.column, role: .failed, limit: rect.width)
                row += 1
            }
        }
        return rect.inset(top: row - rect.row)
    }

    static func failureWords(_ target: DeploymentTarget) -> String {
        guard let record = target.failure else { return "failed before any lifecycle event" }
        let script = record.diagnostics?.scriptName.map { " \($0.escaped)" } ?? ""
        let code = record.diagnostics?.errorCode.map { ": \(UntrustedText($0.rawValue).escaped)" }
        return record.event.words + script + (code ?? "")
    }

    private func drawFilters(
        _ rows: [TargetID], in grid: inout CellGrid, _ rect: Rect
    ) -> Rect {
        guard isFiltering || !filter.isEmpty || statusFilter != nil, rect.height > 1 else {
            return rect
        }
        let (bar, rest) = rect.splitTop(1)
        var column = bar.column
        if let statusFilter {
            column = grid.put(
                "only \(statusFilter.words)  ", row: bar.row, column: column, role: .label)
        }
        let count = "\(rows.count) of \(run?.order.count ?? 0)"
        grid.putTrailing(count, row: bar.row, in: bar, role: .quiet)
        guard isFiltering || !filter.isEmpty else { return rest }
        grid.put("/", row: bar.row, column: column, role: .key)
        filter.draw(
            in: &grid, row: bar.row, column: column + 2,
            width: max(0, bar.endColumn - column - 4 - displayWidth(count)),
            role: isFiltering ? .editedField : .field, hasCursor: isFiltering)
        return rest
    }

    private func drawWithoutTargets(_ run: LiveRun, in grid: inout CellGrid, _ rect: Rect) {
        var row = grid.paragraph(
            "! Instances are not shown: the AWS keys may not list them. slipway iam-policy --watch "
                + "prints what would show more.", in: rect, role: .warning)
        if let explanation = run.info?.errorInformation?.explanation {
            row = grid.paragraph(
                "\(explanation.meaning). Next, check \(explanation.nextCheck).",
                in: rect.inset(top: row - rect.row + 1))
        }
    }

    // MARK: The table

    private func drawTable(_ rows: [TargetID], in grid: inout CellGrid, _ rect: Rect) {
        guard let run, rect.height > 0 else { return }
        guard !rows.isEmpty else {
            let isFiltered = !filter.isEmpty || statusFilter != nil
            let text =
                isFiltered
                ? "no instance passes the filter; Esc shows all"
                : run.status.isFinal ? "no instance took part" : "waiting for the first instance"
            grid.put(text, row: rect.row, column: rect.column, role: .quiet, limit: rect.width)
            return
        }
        let (head, body) = rect.splitTop(rect.height >= 3 ? 1 : 0)
        let needsMark = rows.count > body.height
        let layout = TargetColumns(
            run: run, ids: rows.prefix(200), width: rect.width - (needsMark ? 2 : 0))
        if head.height > 0 { layout.drawHeading(in: &grid, head) }
        let chosenRow = chosenRow(in: rows) ?? 0
        let first = scrollOffset(selection: chosenRow, count: rows.count, rows: body.height)
        for offset in 0..<min(body.height, rows.count) {
            guard let target = run.targets[rows[first + offset]] else { continue }
            let isChosen = first + offset == chosenRow
            layout.draw(
                target, in: &grid, row: body.row + offset, column: body.column,
                isChosen: isChosen, now: time.aws)
            if isChosen, !isFiltering, dialog == nil {
                grid.cursor = CellGrid.Position(row: body.row + offset, column: body.column)
            }
        }
        if needsMark {
            grid.scrollMark(in: body, first: first, shown: body.height, count: rows.count)
        }
    }
}
