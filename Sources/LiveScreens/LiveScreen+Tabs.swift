import DeployEngine
import Screens
import SlipwayCore
import TextGrid

extension LiveScreen {
    /// Where there are several deployments: each at a glance, the one that is looked at marked.
    func drawTabs(in grid: inout CellGrid, _ bar: Rect) {
        let texts = tabTexts(width: bar.width)
        // Where not even the shortest fit, those around the one that is looked at.
        var first = 0
        while first < tab, width(of: texts[first...tab]) > bar.width { first += 1 }
        var column = bar.column
        for index in first..<texts.count where column < bar.endColumn {
            let role = index == tab ? Role.selected : tabs[index].glanceRole
            column = grid.put(
                texts[index], row: bar.row, column: column, role: role,
                limit: bar.endColumn - column)
            column += Self.tabGap
        }
    }

    private static let tabGap = 1

    private func width(of texts: ArraySlice<String>) -> Int {
        texts.reduce(0) { $0 + displayWidth($1) + Self.tabGap } - Self.tabGap
    }

    /// The longest texts that fit beside each other.
    private func tabTexts(width: Int) -> [String] {
        let names = tabs.map { $0.application.map { "\($0)" } ?? "" }
        let styles = [
            texts { glance, index in
                let id = tabs[index].run.map { " \($0.id)" } ?? ""
                return names[index] + id + " " + glance.counts
                    + (glance.failed > 0 ? ", \(glance.failed) failed" : "")
            },
            // One name is enough where it is nobody else's.
            texts { glance, index in
                let isUnique = names.count { $0 == names[index] } == 1 && !names[index].isEmpty
                let id = tabs[index].run.map { "\($0.id)" } ?? names[index]
                return (isUnique ? names[index] : id) + " " + glance.shortCounts
            },
            texts { glance, _ in glance.shortCounts },
            texts { glance, _ in glance.failed > 0 ? "×\(glance.failed)" : "" },
        ]
        return styles.first { self.width(of: $0[...]) <= width } ?? styles[styles.count - 1]
    }

    private func texts(_ rest: (LiveDeployment.Glance, Int) -> String) -> [String] {
        tabs.indices.map { index in
            let glance = tabs[index].glance
            let rest = rest(glance, index)
            return " \(index + 1) \(glance.sign)" + (rest.isEmpty ? "" : " ") + rest + " "
        }
    }

    /// The lines of the tabs for screen readers.
    var tabOutline: [Outline.Part] {
        guard tabs.count > 1 else { return [] }
        return tabs.enumerated().map { index, deployment in
            let name = deployment.application.map { "\($0)" } ?? "deployment"
            let id = deployment.run.map { " \($0.id)" } ?? ""
            let place = deployment.position.words.map { ", \($0)" } ?? ""
            let status = deployment.run.map { "\($0.status.words), " } ?? ""
            let here = index == tab ? ", shown here" : ""
            return .text(
                "Tab \(index + 1) of \(tabs.count): \(name)\(id)\(place), \(status)"
                    + "\(deployment.glance.counts)\(here)")
        }
    }

    /// The tab with a failure that comes next.
    var nextFailingTab: Int? {
        (1..<max(1, tabs.count)).map { (tab + $0) % tabs.count }
            .first { tabs[$0].glance.failed > 0 }
    }
}

extension LiveDeployment {
    /// What there is to say of a deployment in a few characters.
    struct Glance {
        let sign: String
        /// `3/9`, or how far the way to the deployment is.
        let counts: String
        let failed: Int

        /// `3/9 ×1`: with what failed.
        var shortCounts: String { failed > 0 ? "\(counts) ×\(failed)" : counts }
    }

    var glance: Glance {
        let counts = run?.counts ?? DeploymentOverview()
        let failed = runs.map(\.counts.failed).max() ?? 0
        return Glance(
            sign: sign,
            counts: run == nil ? stageWord : "\(counts.finished)/\(counts.total)",
            failed: failed)
    }

    private var stageWord: String {
        switch stage {
        case .starting: isWaiting ? "waiting" : "starting"
        case .uploading: "uploading"
        case .registering: "registering"
        case .creating, .running: "creating"
        case .over: result?.outcome.words ?? "not deployed"
        }
    }

    var glanceRole: Role { glance.failed > 0 ? .failed : role }

    /// Of the run that goes on, else of the way to it.
    var sign: String {
        run?.status.sign ?? result?.outcome.sign ?? (isWaiting ? "·" : isOver ? "–" : "▸")
    }

    var role: Role {
        run?.status.role ?? result?.outcome.role
            ?? (isWaiting ? .pending : isOver ? .skipped : .running)
    }
}
