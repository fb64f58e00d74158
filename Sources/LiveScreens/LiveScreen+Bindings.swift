import DeployEngine
package import Screens
import SlipwayCore
import TextGrid

extension LiveScreen {
    package var bindings: [Binding<Message>] {
        if let dialog { return dialog.bindings { .input($0) } }
        if isFiltering {
            return [
                Binding(.enter, label: "keep", message: .input(.key(.enter))),
                Binding(.escape, label: "show all", message: .input(.key(.escape))),
            ]
        }
        return readDetail == nil ? actions + looks : reads
    }

    private var actions: [Binding<Message>] {
        let isOver = live.isOver || live.run?.status.isFinal == true
        let readOnly = isReadOnly ? "this screen is read-only" : nil
        let noDeployment = live.runs.isEmpty ? "there is no deployment yet" : nil
        let running = isOver ? nil : "it is still running"
        let over = isOver ? "it is over" : nil
        let stopping = live.run?.isStopping == true ? "it is being stopped" : nil
        return [
            Binding(
                .character("q"), label: "leave",
                detail: "leave; the deployment goes on", message: .leave),
            Binding(
                .character("s"), label: "stop", detail: "stop the deployment; asks first",
                message: .ask(.stop),
                unless: readOnly ?? noDeployment ?? over ?? stopping),
            Binding(
                .character("r"), label: "redeploy",
                detail: "deploy the same revision again; asks first", message: .ask(.redeploy),
                unless: readOnly ?? noDeployment ?? running),
            Binding(
                .character("b"), label: "roll back",
                detail: "deploy the last revision that succeeded; asks first",
                message: .ask(.rollback), unless: readOnly ?? noDeployment ?? running),
        ]
    }

    /// While a target is read.
    private var reads: [Binding<Message>] {
        [
            Binding(
                .enter, .escape, .character("d"), .character("q"), label: "back",
                detail: "back to the table", message: .closeDetail),
            nextFailure,
        ]
    }

    private var nextFailure: Binding<Message> {
        Binding(
            .character("n"), label: "next failure",
            detail: "choose the next failed instance, or a deployment that has one",
            message: .nextFailure,
            unless: live.run?.counts.failed ?? 0 > 0 || nextFailingTab != nil
                ? nil : "nothing failed")
    }

    private var looks: [Binding<Message>] {
        var bindings: [Binding<Message>] = []
        if tabs.count > 1 {
            bindings += [
                Binding(
                    .tab, label: "next tab",
                    detail: "look at the next deployment; 1 to 9: at the one of that number",
                    message: .nextTab),
                Binding(
                    .backTab, label: "previous tab", detail: "look at the deployment before",
                    message: .previousTab, isInFooter: false),
            ]
        }
        bindings += [
            Binding(
                .enter, .character("d"), label: "details",
                detail: "read all that is known of the chosen instance, with its log",
                message: .openDetail,
                unless: run?.targets.isEmpty == false ? nil : "no instance is known yet"),
            nextFailure,
            Binding(
                .character("/"), label: "filter", detail: "filter by text: id, event, script",
                message: .filter),
            Binding(
                .character("t"), label: "by status",
                detail: "only failed, running, waiting, skipped, succeeded; then all",
                message: .nextStatus),
            Binding(
                .character("f"), label: "follow",
                detail: "follow what needs looking at, after moving away", message: .follow,
                unless: isFollowing ? "it follows already" : nil),
            Binding(
                .character("D"), label: isPaneOpen ? "hide details" : "show details",
                detail: "show or hide the details beside the table", message: .togglePane,
                isInFooter: false),
        ]
        if live.runs.count > 1 {
            bindings.append(
                Binding(
                    .character("o"), label: "original/rollback",
                    detail: "look at the deployment that was rolled back, or at its rollback",
                    message: .toggleRun))
        }
        return bindings
    }
}
