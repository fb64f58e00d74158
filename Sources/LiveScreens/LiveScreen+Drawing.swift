import DeployEngine
import FoundationEssentials
import Screens
import SlipwayCore
package import TextGrid

extension LiveScreen {
    package func draw(in grid: inout CellGrid) {
        let area = grid.bounds.inset(left: 1, right: 1)
        guard area.width > 0, area.height > 0 else { return }
        var row = area.row
        if tabs.count > 1, area.height >= 4 {
            drawTabs(in: &grid, Rect(row: row, column: area.column, width: area.width, height: 1))
            row += 1
        }
        if let detail = readDetail {
            runLine.draw(in: &grid, row: row, area)
            drawReading(detail, in: &grid)
            dialog?.draw(in: &grid)
            return
        }
        for line in headerLines(isShort: area.height < 14).prefix(max(1, area.height / 2)) {
            line.draw(in: &grid, row: row, area)
            row += 1
        }
        row += area.height >= 16 ? 1 : 0
        let body = area.inset(top: row - area.row)
        if live.run == nil {
            drawWay(in: &grid, body)
        } else {
            drawTargets(in: &grid, body)
        }
        dialog?.draw(in: &grid)
    }

    // MARK: Header

    /// A line of the header: a text at the left, one at the right, or the bar.
    private enum HeaderLine {
        case text(String, Role, trailing: String, trailingRole: Role = .quiet)
        case bar(DeploymentOverview, words: String)

        func draw(in grid: inout CellGrid, row: Int, _ area: Rect) {
            switch self {
            case .text(let text, let role, let trailing, let trailingRole):
                let room = area.width - (trailing.isEmpty ? 0 : displayWidth(trailing) + 2)
                grid.put(text, row: row, column: area.column, role: role, limit: max(0, room))
                grid.putTrailing(trailing, row: row, in: area, role: trailingRole)
            case .bar(let counts, let words):
                let width = max(8, min(40, area.width / 4))
                drawBar(counts, in: &grid, row: row, column: area.column, width: width)
                grid.put(
                    words, row: row, column: area.column + width + 2,
                    limit: max(0, area.width - width - 2))
            }
        }

        /// A part for each status; the parts differ in shape, not in colour alone.
        private func drawBar(
            _ counts: DeploymentOverview, in grid: inout CellGrid, row: Int, column: Int, width: Int
        ) {
            let parts: [(Int, String, Role)] = [
                (counts.succeeded, "█", .succeeded), (counts.failed, "×", .failed),
                (counts.skipped, "–", .skipped), (counts.inProgress + counts.ready, "▒", .running),
                (counts.pending, "░", .barEmpty),
            ]
            let total = max(1, counts.total)
            var (sum, start) = (0, 0)
            for (count, sign, role) in parts where count > 0 {
                sum += count
                // Whatever there is shows, if only by one cell.
                let end = min(width, max(start + 1, width * sum / total))
                grid.put(
                    String(repeating: sign, count: max(0, end - start)), row: row,
                    column: column + start, role: role)
                start = end
            }
            if start < width {
                grid.put(
                    String(repeating: "░", count: width - start), row: row,
                    column: column + start, role: .barEmpty)
            }
        }
    }

    private func headerLines(isShort: Bool) -> [HeaderLine] {
        var lines: [HeaderLine] = []
        for run in live.runs.dropLast() {
            lines.append(
                .text(
                    "\(run.status.sign) \(run.id) \(run.statusWords): \(Self.counts(run.counts))",
                    run.status.role, trailing: ""))
        }
        lines.append(runLine)
        let run = live.run
        if let run {
            lines.append(.bar(run.counts, words: Self.counts(run.counts)))
        }
        if !isShort || run == nil {
            let (words, role) = timeWords
            lines.append(.text(revisionWords, .quiet, trailing: words, trailingRole: role))
        }
        // Where there is little room, what failed on an instance says more.
        if !isShort || !knowsFailure, let error = errorWords {
            lines.append(.text(error, .failed, trailing: ""))
        }
        return lines
    }

    /// How the run that goes on stands, and since when.
    private var runLine: HeaderLine {
        let run = live.run
        let status = run?.statusWords ?? stageWords
        let name = run.map { ($0.isRollback ? "rollback " : "") + "\($0.id)  " } ?? ""
        let elapsed = shownTime(Int64(live.elapsedSeconds(at: time)))
        let time = live.hasEnded ? "took \(elapsed)" : "elapsed \(elapsed)"
        return .text(
            "\(live.sign) \(name)\(status)", live.role, trailing: live.isNotBegun ? "" : time)
    }

    private var stageWords: String {
        switch live.stage {
        case .starting:
            live.isWaiting ? "waiting for the application before it" : "starting"
        case .uploading: "packing and uploading"
        case .registering: "registering the revision"
        case .creating: "creating the deployment"
        case .running: "running"
        case .over: live.result?.outcome.words ?? "not deployed: the run ended before it"
        }
    }

    static func counts(_ counts: DeploymentOverview) -> String {
        let parts = [
            (counts.failed, "failed"), (counts.inProgress, "running"),
            (counts.succeeded, "succeeded"), (counts.ready, "ready"), (counts.pending, "waiting"),
            (counts.skipped, "skipped"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        guard counts.total > 0 else { return "no instance known yet" }
        return "\(counts.finished)/\(counts.total) done: " + parts.joined(separator: ", ")
    }

    private var revisionWords: String {
        let key = live.revision.map { "s3://\($0.bucket)/\($0.key)" } ?? ""
        let commit = live.commit.map { "commit \($0.short)  " } ?? ""
        return commit + UntrustedText(key).escaped
    }

    private var timeWords: (String, Role) {
        if case .silent(let silence) = live.connection {
            return (silence.words(at: now), .warning)
        }
        let words =
            switch live.timeLeft(at: time) {
            case .about(let seconds): "about \(shownTime(Int64(seconds.rounded()))) left"
            case .overdue(let usual): "longer than usual (\(shownTime(Int64(usual.rounded()))))"
            case nil: ""
            }
        return (words, .quiet)
    }

    /// Whether an instance is known on which a lifecycle event failed.
    private var knowsFailure: Bool {
        live.runs.contains { run in
            run.order.first.flatMap { run.targets[$0]?.failure } != nil
        }
    }

    private var errorWords: String? {
        guard let error = live.runs.compactMap({ $0.info?.errorInformation }).first else {
            return nil
        }
        let message = error.message.map { ": \($0.escaped)" } ?? ""
        return UntrustedText(error.code.rawValue).escaped + message
    }

    // MARK: Before there is a deployment

    private func drawWay(in grid: inout CellGrid, _ rect: Rect) {
        guard rect.height > 0 else { return }
        let steps: [(LiveDeployment.Stage, String)] = [
            (.uploading, "pack and upload"), (.registering, "register the revision"),
            (.creating, "create the deployment"),
        ]
        let current =
            steps.firstIndex { $0.0 == live.reached }
            ?? (live.reached == .starting ? -1 : steps.count)
        var row = rect.row
        for (index, step) in steps.enumerated() where row < rect.endRow {
            let (sign, role): (String, Role) =
                index < current
                ? ("✓", .succeeded)
                : index > current ? ("·", .pending) : live.isOver ? ("✗", .failed) : ("▸", .running)
            let end = grid.put(
                "\(sign) \(step.1)", row: row, column: rect.column, role: role, limit: rect.width)
            if step.0 == .uploading { drawProgress(in: &grid, row: row, column: end + 2, rect) }
            row += 1
        }
        for problem in live.result?.problems ?? [] {
            row = drawProblem(problem, in: &grid, row: row, rect)
        }
    }

    private func drawProgress(in grid: inout CellGrid, row: Int, column: Int, _ rect: Rect) {
        guard let progress = live.progress else { return }
        let room = rect.endColumn - column
        let width = min(24, room / 3)
        let part =
            progress.totalByteCount > 0
            ? Double(progress.readByteCount) / Double(progress.totalByteCount) : 1
        if width >= 6 { grid.bar(part, row: row, column: column, width: width) }
        let words =
            "\(shownBytes(progress.readByteCount)) of \(shownBytes(progress.totalByteCount)) "
            + "packed" + (progress.sentByteCount.map { ", \(shownBytes($0)) sent" } ?? "")
        let start = column + (width >= 6 ? width + 2 : 0)
        grid.put(
            words, row: row, column: start, role: .quiet, limit: max(0, rect.endColumn - start))
    }

    func drawProblem(_ problem: Problem, in grid: inout CellGrid, row: Int, _ rect: Rect) -> Int {
        var row = row
        let isError = problem.severity == .error
        let lines =
            [problem.message]
            + [problem.why.map { "why: \($0)" }, problem.fix.map { "fix: \($0)" }]
            .compactMap(\.self)
        for (index, line) in lines.enumerated() {
            for part in wrapped(UntrustedText(line).escaped, to: max(1, rect.width - 2))
            where row < rect.endRow {
                let sign = index == 0 ? (isError ? "✗ " : "! ") : "  "
                grid.put(
                    (part.isEmpty ? "" : sign) + part, row: row, column: rect.column,
                    role: index > 0 ? .quiet : isError ? .failed : .warning, limit: rect.width)
                row += 1
            }
        }
        return row
    }
}
