package import DeployEngine
package import FoundationEssentials
package import Screens
package import SlipwayCore
import TextGrid

/// Deployments while they happen: in one second, how far, what is wrong, and why.
///
/// It folds the engine's changes, one tab a deployment. The chosen target follows what is wrong
/// until somebody moves it.
package struct LiveScreen: Screen {
    /// What somebody can ask for.
    package enum Action: Equatable, Sendable {
        case stop, redeploy, rollback
        /// To leave before anything is deployed.
        case giveUp
    }

    package enum Message: Equatable, Sendable {
        /// News of a tab.
        case change(tab: Int, DeployChange)
        case input(Input)
        case ask(Action)
        /// What came of an effect.
        case done(tab: Int, String)
        case failed(tab: Int, [Problem])
        /// A deployment that was made from here.
        case opened(LiveDeployment)
        /// By how many seconds AWS's clock is found to be ahead of this machine's.
        case awsClock(lead: Double)
        case showStatus(TargetStatus?)
        /// Counted from 0; what is not there shows nothing.
        case showTab(Int)
        case nextStatus, follow, openDetail, closeDetail, togglePane, toggleRun, nextTab,
            previousTab, nextFailure
        case filter, leave
        /// A signal asks the process to end.
        case interrupted
        // Answers of the linear mode.
        case filterBy(String)
        case choose(row: Int)
        case answer(OutlineAnswer)
    }

    package enum Effect: Equatable, Sendable {
        case stop(tab: Int, DeploymentID, Region, rollsBack: Bool)
        case redeploy(tab: Int, DeploymentID, Region)
        case rollback(tab: Int, DeploymentID, Region)
    }

    /// Whether the session ends by itself with the last deployment, unless a key was pressed or all
    /// had ended before.
    package enum Ending: Equatable, Sendable {
        case withLastDeployment, onRequest
    }

    package var tabs: [LiveDeployment]
    package internal(set) var tab = 0
    /// By this machine's clock.
    package internal(set) var now: Date
    /// By how many seconds AWS's clock is ahead of this machine's, as far as that is known.
    private var awsLead = 0.0
    package internal(set) var dialog: Dialog?
    package internal(set) var notice: Notice?
    package internal(set) var isOver = false
    let ending: Ending
    /// Whether deployments may be stopped or made from here.
    let isReadOnly: Bool
    /// Whether the chosen target is the one that most needs to be looked at.
    var isFollowing = true
    var chosen: TargetID?
    var statusFilter: TargetStatus?
    var filter = TextField()
    var isFiltering = false
    /// Whether details are shown beside the table.
    var isPaneOpen = true
    /// The target that is read in full.
    var reading: TargetReading?
    /// The run that is looked at; nil for the one that goes on.
    var shownRun: Int?
    var wasTouched = false
    /// What is asked about now.
    var pending: Action?
    /// What was asked to be stopped, by tab, until it is known whether AWS took it.
    var stopping: [Int: DeploymentID] = [:]
    var pageRows = 10
    /// From how many columns on the title has room for whole words beside it.
    private static let roomyWidth = 60
    var width = 80
    var height = 22

    package init(
        _ tabs: [LiveDeployment], now: Date, ending: Ending = .withLastDeployment,
        isReadOnly: Bool = false
    ) {
        precondition(!tabs.isEmpty, "there is a deployment to show")
        self.tabs = tabs
        self.now = now
        self.ending = ending
        self.isReadOnly = isReadOnly
    }

    package var live: LiveDeployment { tabs[tab] }

    package var time: LiveTime { LiveTime(here: now, awsLead: awsLead) }

    /// What the table shows: the run that was chosen, else the one that goes on.
    var run: LiveRun? {
        if let shownRun, live.runs.indices.contains(shownRun) { return live.runs[shownRun] }
        return live.run
    }

    package var path: [String] {
        let name = live.application.map { "\($0)" } ?? "deployment"
        let group = live.deploymentGroup.map { " → \($0)" } ?? ""
        return ["Deployments", name + group]
    }

    package var badges: [Badge] {
        var badges: [Badge] = []
        if let words = live.position.words {
            let isRoomy = width >= Self.roomyWidth
            badges.append(
                Badge(isRoomy ? words : "\(live.position.number) of \(live.position.count)"))
        } else if tabs.count > 1 {
            badges.append(Badge("\(tab + 1) of \(tabs.count)"))
        }
        if let result = live.result {
            badges.append(Badge(result.outcome.words, role: result.outcome.role))
        } else if case .silent(let silence) = live.connection {
            badges.append(Badge(silence.ageWords(at: now), role: .warning))
        }
        return badges
    }

    package var capturesText: Bool { isFiltering || dialog != nil }

    /// Nothing moves by itself once it is over.
    package var tick: Duration? { tabs.allSatisfy(\.isOver) ? nil : .seconds(1) }

    package var interruptionWarning: String {
        let open = tabs.filter { !$0.isOver && !$0.isWaiting }
        if open.isEmpty { return "Ctrl-C again leaves." }
        let rest = leftOut.map { " \($0)" } ?? ""
        if open.allSatisfy(\.isBeforeDeployment) {
            return "Ctrl-C again leaves; nothing is deployed yet.\(rest)"
        }
        return "Ctrl-C again leaves; the deployment\(open.count > 1 ? "s go" : " goes") on.\(rest)"
    }

    /// `worker will not be deployed.`: what leaving keeps from being begun.
    var leftOut: String? {
        let names = tabs.filter(\.isWaiting).compactMap(\.application).map { "\($0)" }
        return names.isEmpty
            ? nil : names.joined(separator: ", ") + " will not be deployed."
    }

    package var help: [String] {
        [
            "Each row is an instance, each column a lifecycle event; failing instances come first. "
                + "Below stand the chosen instance's events, its failure and the end of its log; "
                + "Enter shows all of it.",
            "Leaving does not stop the deployment. slipway watch shows it again.",
        ]
    }

    package func message(for input: Input) -> Message? { .input(input) }

    package mutating func update(_ message: Message) -> [Effect] {
        switch message {
        case .change(let tab, let change): take(change, of: tab)
        case .input(let input): return handle(input)
        case .ask(let action): ask(action)
        case .done(let tab, let text):
            if let id = stopping.removeValue(forKey: tab) { tabs[tab].noteStopTaken(id) }
            if tab == self.tab { notice = Notice(.success, text) }
        case .failed(let tab, let problems):
            stopping[tab] = nil
            if tab == self.tab { notice = Notice(problems) }
        case .opened(let deployment):
            tabs.append(deployment)
            show(tab: tabs.count - 1)
        case .awsClock(let lead): awsLead = lead
        case .showStatus(let status): statusFilter = status
        case .nextStatus: statusFilter = Self.status(after: statusFilter)
        case .follow: isFollowing = true
        case .openDetail: openReading()
        case .closeDetail: reading = nil
        case .togglePane: isPaneOpen.toggle()
        case .toggleRun: toggleRun()
        case .showTab(let tab): if tabs.indices.contains(tab) { show(tab: tab) }
        case .nextTab: show(tab: (tab + 1) % tabs.count)
        case .previousTab: show(tab: (tab + tabs.count - 1) % tabs.count)
        case .nextFailure: chooseNextFailure()
        case .filter: isFiltering = true
        case .leave:
            if live.runs.isEmpty && !live.isOver || leftOut != nil {
                ask(.giveUp)
            } else {
                isOver = true
            }
        case .interrupted: isOver = true
        case .filterBy(let words): filter = TextField(words)
        case .choose(let row):
            let rows = visibleTargets
            if rows.indices.contains(row) {
                chosen = rows[row]
                isFollowing = false
            }
        case .answer(let given):
            if let dialog { return answer(dialog.outcome(answering: given)) }
        }
        if !isChange(message) { wasTouched = true }
        return []
    }

    private func isChange(_ message: Message) -> Bool {
        switch message {
        case .change, .done, .failed, .awsClock: true
        default: false
        }
    }

    private mutating func take(_ change: DeployChange, of tab: Int) {
        guard tabs.indices.contains(tab) else { return }
        let stage = tabs[tab].stage
        tabs[tab].take(change, at: now)
        // What it says must hold when it is answered.
        if pending == .giveUp, tabs[tab].stage != stage { dialog = leaveDialog }
        if case .plan = change, goesOnElsewhere { show(tab: tab) }
        guard case .result = change, ending == .withLastDeployment, !wasTouched else { return }
        // What had ended before is there to be looked at.
        isOver = tabs.allSatisfy(\.isOver) && !tabs.allSatisfy(\.hadEnded)
    }

    /// Whether what is shown is over, and nobody is reading it.
    private var goesOnElsewhere: Bool {
        live.isOver && isFollowing && reading == nil && dialog == nil
    }

    mutating func show(tab: Int) {
        self.tab = tab
        (chosen, shownRun, notice, reading) = (nil, nil, nil, nil)
        isFollowing = true
    }

    private mutating func toggleRun() {
        let count = live.runs.count
        guard count > 1 else { return }
        shownRun = ((shownRun ?? count - 1) + count - 1) % count
        (chosen, isFollowing) = (nil, true)
    }

    // MARK: What is seen

    /// The rows that pass both filters, in the order of the table. Who needs them more than once
    /// keeps them: a filter looks through all targets.
    var visibleTargets: [TargetID] {
        guard let run else { return [] }
        let filter = TargetFilter(status: statusFilter, text: filter.text)
        guard !filter.isEmpty else { return run.order }
        return run.order.filter { id in run.targets[id].map(filter.passes) ?? false }
    }

    var chosenTarget: TargetID? { chosenTarget(in: visibleTargets) }

    /// The target whose details are shown: what was chosen, else the first row, which is the one
    /// that failed, if any did.
    func chosenTarget(in rows: [TargetID]) -> TargetID? {
        chosenRow(in: rows).map { rows[$0] } ?? rows.first
    }

    func chosenRow(in rows: [TargetID]) -> Int? {
        guard !isFollowing, let chosen else { return rows.isEmpty ? nil : 0 }
        return rows.firstIndex(of: chosen)
    }
}
