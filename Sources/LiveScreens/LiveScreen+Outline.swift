import DeployEngine
package import Screens
import SlipwayCore

extension LiveScreen {
    /// For screen readers: where it stands, what failed and why, then each instance.
    package var outline: Outline {
        if let dialog { return dialog.outline }
        if let detail = readDetail {
            return Outline(detail.outline)
        }
        var parts = tabOutline
        for run in live.runs {
            let name = run.isRollback ? "Rollback" : "Deployment"
            parts.append(
                .text("\(name) \(run.id): \(run.statusWords), \(Self.counts(run.counts))"))
        }
        if live.runs.isEmpty { parts.append(.text("No deployment yet.")) }
        let rows = visibleTargets
        if let detail = detailText(rows) {
            parts += detail.outline
        }
        if let run {
            parts += rows.prefix(50).compactMap { run.targets[$0] }.map { target in
                let last = target.lastEvent.map { ", \($0.event.words)" } ?? ""
                return .item(
                    "\(target.id): \(target.status.words)\(last)")
            }
        }
        return Outline(parts, canFilter: true)
    }

    package func message(answering answer: OutlineAnswer) -> Message? {
        switch answer {
        case .filter(let words): .filterBy(words)
        case .choose(let number) where dialog == nil: .choose(row: number)
        default: .answer(answer)
        }
    }
}

extension TargetDetail {
    fileprivate var outline: [Outline.Part] {
        [.text(title)] + lines.map { .text($0.text) } + log.map { .text($0) }
    }
}
