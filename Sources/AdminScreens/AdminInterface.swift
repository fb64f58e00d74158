package import Screens
package import SlipwayCore
package import TextGrid

/// The admin UI: a stack of screens, the projects at the bottom.
///
/// An answer is given to the screen that asked, by its number; one that was closed gets none.
package struct AdminInterface: Screen {
    package enum Message: Equatable, Sendable {
        case screen(AdminMessage)
        case answer(AdminAnswer, token: Int)
    }

    package typealias Effect = AdminRequest

    private struct Layer: Sendable {
        let token: Int
        var screen: any AdminScreen
    }

    private var layers: [Layer] = []
    private var nextToken = 1
    private var context: AdminContext
    private var size: Input = .resize(width: 80, height: 22)
    /// A passphrase that the store waits for.
    private var passphrase: Dialog?
    package private(set) var isOver = false
    /// The deployments to be shown before the UI goes on; it is over until then.
    package private(set) var watched: (project: ProjectName, deployments: [DeploymentID])?
    /// What kept the store from being opened, for whoever ran the UI to tell once it is gone.
    package private(set) var openingProblems: (problems: [Problem], status: ExitStatus)?

    package init(_ context: AdminContext) {
        self.context = context
        layers = [Layer(token: 0, screen: ProjectsScreen(context: context))]
    }

    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.layers.elementsEqual(rhs.layers) {
            $0.token == $1.token && $0.screen.isEqual(to: $1.screen)
        } && lhs.context == rhs.context && lhs.passphrase == rhs.passphrase
            && lhs.isOver == rhs.isOver && lhs.size == rhs.size
            && lhs.watched?.project == rhs.watched?.project
            && lhs.watched?.deployments == rhs.watched?.deployments
            && lhs.openingProblems?.problems == rhs.openingProblems?.problems
    }

    /// The screen on top.
    package var top: any AdminScreen { layers[layers.count - 1].screen }

    // The stack never becomes empty: its lowest screen ends the session instead.

    package var path: [String] { layers.flatMap { [$0.screen.path.last ?? ""] } }

    package var badges: [Badge] {
        let readOnly = context.readOnlyReason == nil ? [] : [Badge("read-only", role: .warning)]
        return top.badges + readOnly
    }

    package var bindings: [Binding<Message>] {
        if let passphrase { return passphrase.bindings { .screen(.input($0)) } }
        return top.bindings.map { $0.map(Message.screen) }
    }

    package var capturesText: Bool { passphrase != nil || top.capturesText }
    package var notice: Notice? { top.notice }
    package var help: [String] { top.help }
    package var outline: Outline { passphrase?.outline ?? top.outline }

    package func message(for input: Input) -> Message? { .screen(.input(input)) }

    package func message(answering answer: OutlineAnswer) -> Message? { .screen(.outline(answer)) }

    package func draw(in grid: inout CellGrid) {
        top.draw(in: &grid)
        passphrase?.draw(in: &grid)
    }

    package mutating func update(_ message: Message) -> [AdminRequest] {
        switch message {
        case .screen(.input(let input)):
            if case .resize = input {
                size = input
                // The first size is also the beginning.
                let isFirst = nextToken == 1
                let effects = layers.indices.flatMap { update(.input(input), at: $0) }
                if isFirst { nextToken += 1 }
                return effects + (isFirst ? [AdminRequest(.openStore, token: 0)] : [])
            }
            if let dialog = passphrase { return answerPassphrase(dialog, input) }
            return update(.input(input), at: layers.count - 1)
        case .screen(.outline(let answer)):
            if let dialog = passphrase {
                return answerPassphrase(dialog.outcome(answering: answer), dialog)
            }
            return update(.outline(answer), at: layers.count - 1)
        case .screen(let message): return update(message, at: layers.count - 1)
        case .answer(let answer, let token): return receive(answer, token: token)
        }
    }

    private mutating func receive(_ answer: AdminAnswer, token: Int) -> [AdminRequest] {
        switch answer {
        case .opened(let context):
            self.context = context
            openingProblems = nil
            for index in layers.indices { layers[index].screen.context = context }
            return [AdminRequest(.loadProjects, token: 0)]
        case .passphraseWanted(let prompt):
            passphrase = Dialog(
                "Passphrase", ["The store opens with a passphrase: \(prompt)"],
                kind: .secret(label: "Passphrase"))
            return []
        case .failed(let problems, let status) where token == 0 && !hasOpened:
            openingProblems = (problems, status)
        default: break
        }
        guard let index = layers.firstIndex(where: { $0.token == token }) else { return [] }
        return update(.answer(answer), at: index)
    }

    /// Whether the store was opened, or was found not to be there.
    private var hasOpened: Bool {
        (layers[0].screen as? ProjectsScreen)?.phase != .opening
    }

    private mutating func answerPassphrase(_ dialog: Dialog, _ input: Input) -> [AdminRequest] {
        var dialog = dialog
        return answerPassphrase(dialog.handle(input), dialog)
    }

    private mutating func answerPassphrase(
        _ outcome: Dialog.Outcome, _ dialog: Dialog
    ) -> [AdminRequest] {
        switch outcome {
        case .open:
            passphrase = dialog
            return []
        case .secret(let secret):
            passphrase = nil
            return [AdminRequest(.answerPassphrase(secret), token: 0)]
        default:
            passphrase = nil
            return [AdminRequest(.answerPassphrase(nil), token: 0)]
        }
    }

    private mutating func update(_ message: AdminMessage, at index: Int) -> [AdminRequest] {
        guard layers.indices.contains(index) else { return [] }
        let token = layers[index].token
        return layers[index].screen.update(message).flatMap { carryOut($0, token: token) }
    }

    private mutating func carryOut(_ effect: AdminEffect, token: Int) -> [AdminRequest] {
        switch effect {
        case .show(let destination): return push(destination)
        case .close(let answer):
            guard layers.count > 1, layers.last?.token == token else { return [] }
            layers.removeLast()
            let below = layers.count - 1
            return (answer.map { update(.answer($0), at: below) } ?? [])
                + update(.resumed, at: below)
        case .quit:
            // A form further down asks before its changes are lost.
            if let below = layers.dropLast().lastIndex(where: { $0.screen.isDirty }) {
                layers.removeLast(layers.count - 1 - below)
                return update(.quit, at: below)
            }
            isOver = true
            return []
        case .watch(let project, let deployments):
            watched = (project, deployments)
            isOver = true
            return []
        default: return [AdminRequest(effect, token: token)]
        }
    }

    /// Goes on after deployments were shown, or after `problems` kept them from being shown.
    package mutating func resume(_ problems: [Problem]) -> [AdminRequest] {
        watched = nil
        isOver = false
        let top = layers.count - 1
        let effects = update(.resumed, at: top)
        guard !problems.isEmpty else { return effects }
        return effects + update(.answer(.failed(problems, .aws)), at: top)
    }

    private mutating func push(_ destination: Destination) -> [AdminRequest] {
        layers.append(Layer(token: nextToken, screen: screen(for: destination)))
        nextToken += 1
        let index = layers.count - 1
        return update(.input(size), at: index) + update(.resumed, at: index)
    }

    private func screen(for destination: Destination) -> any AdminScreen {
        switch destination {
        case .project(let name): ProjectScreen(name, context: context)
        case .keys(let name): KeysScreen(name, context: context)
        case .applications(let name): ApplicationsScreen(name, context: context)
        case .application(let project, let name, let version, let template):
            ApplicationScreen(
                name, of: project, version: version, template: template, context: context)
        case .history(let project, let name): HistoryScreen(name, of: project, context: context)
        case .conflict(let conflict): ConflictScreen(conflict, context: context)
        case .policy(let name): PolicyScreen(name, context: context)
        case .audit(let name): AuditScreen(name, context: context)
        case .deployments(let name): DeploymentsScreen(name, context: context)
        }
    }
}
