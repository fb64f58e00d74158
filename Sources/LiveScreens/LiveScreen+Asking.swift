import Screens

/// What is asked before it is done, and what comes of the answer.
extension LiveScreen {
    mutating func ask(_ action: Action) {
        pending = action
        if action == .giveUp {
            dialog = leaveDialog
            return
        }
        guard let run = live.runs.first, let region = live.region else { return }
        let place =
            "\(live.application.map { "\($0)" } ?? "the application") → "
            + "\(live.deploymentGroup.map { "\($0)" } ?? "its group") in \(region)"
        switch action {
        case .giveUp: break
        case .stop:
            dialog = Dialog(
                "Stop \(live.run?.id ?? run.id)?",
                [
                    "This stops the deployment to \(place).",
                    "Instances that are done keep the new revision.",
                ], kind: .choose(["Stop and roll back", "Stop", "Let it run"]))
        case .redeploy:
            dialog = Dialog(
                "Deploy the same revision again?",
                ["This deploys the revision of \(run.id) to \(place)."],
                kind: .confirm(yes: "Deploy again", no: "Cancel"))
        case .rollback:
            dialog = Dialog(
                "Roll back?",
                ["This deploys the last revision that succeeded before \(run.id) to \(place)."],
                kind: .confirm(yes: "Roll back", no: "Cancel"))
        }
    }

    /// Asks whether to leave, while this screen knows of no deployment, or has just learnt of one, or
    /// more are to come.
    var leaveDialog: Dialog {
        let current = live.isWaiting ? tabs.first { !$0.isOver } ?? live : live
        let rest = leftOut.map { [$0] } ?? []
        func leave(_ lines: [String]) -> Dialog {
            Dialog("Leave?", lines + rest, kind: .confirm(yes: "Leave", no: "Stay"))
        }
        switch current.stage {
        case .starting, .uploading, .registering:
            return Dialog(
                "Give up?",
                ["Nothing is deployed yet: leaving now gives up what was packed and sent."] + rest,
                kind: .confirm(yes: "Give up", no: "Go on"))
        case .creating:
            return leave([
                "CodeDeploy is being asked for the deployment, and may have made it.",
                "Leaving does not stop it. slipway watch shows it.",
            ])
        case .running:
            return leave(["The deployment is made, and goes on. slipway watch shows it."])
        case .over: return leave(["It is over."])
        }
    }

    mutating func answer(_ outcome: Dialog.Outcome) -> [Effect] {
        guard outcome != .open else { return [] }
        dialog = nil
        if pending == .giveUp {
            pending = nil
            isOver = outcome == .confirmed
            return []
        }
        guard let action = pending, let region = live.region, let first = live.runs.first,
            let current = live.run
        else { return [] }
        pending = nil
        switch (action, outcome) {
        case (.stop, .chosen(0)):
            return started(.stop(tab: tab, current.id, region, rollsBack: true), "stopping")
        case (.stop, .chosen(1)):
            return started(.stop(tab: tab, current.id, region, rollsBack: false), "stopping")
        case (.redeploy, .confirmed):
            return started(.redeploy(tab: tab, first.id, region), "deploying again")
        case (.rollback, .confirmed):
            return started(.rollback(tab: tab, first.id, region), "rolling back")
        default: return []
        }
    }

    private mutating func started(_ effect: Effect, _ words: String) -> [Effect] {
        notice = Notice(.working, words)
        if case .stop(let tab, let id, _, _) = effect { stopping[tab] = id }
        return [effect]
    }
}
