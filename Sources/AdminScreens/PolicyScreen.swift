package import Screens
import SlipwayCore
package import TextGrid

/// The least IAM policy for a project's settings.
package struct PolicyScreen: AdminScreen {
    package var context: AdminContext
    let project: ProjectName
    package private(set) var notice: Notice?
    private var detail: ProjectDetail?
    private var watches = false
    private var text = TextView()

    init(_ project: ProjectName, context: AdminContext) {
        self.project = project
        self.context = context
    }

    package var path: [String] { ["Projects", project.rawValue, "IAM policy"] }

    package var help: [String] {
        [
            "The least that the project's AWS keys must be allowed, made from its settings. Attach "
                + "it to the IAM user of the keys, and nothing else.",
            "slipway iam-policy --project \(project), run in the repository, also covers what "
                + "circle.yml names, and prints it as JSON alone.",
        ]
    }

    package var bindings: [Binding<AdminMessage>] {
        [
            Binding(
                .character("w"), label: watches ? "only deploying" : "with watching",
                detail: "add or leave out what the live screen shows and does",
                message: .toggleWatch),
            Binding(
                .down, .up, label: "scroll", message: .input(.key(.down)), isInFooter: false),
            .back(), .refresh, .quit,
        ]
    }

    package mutating func update(_ message: AdminMessage) -> [AdminEffect] {
        switch message {
        case .input(let input): _ = text.handle(input)
        case .answer(.project(let detail)):
            self.detail = detail
            text.lines = lines
        case .answer(.failed(let problems, _)): notice = Notice(problems)
        case .toggleWatch:
            watches.toggle()
            text.lines = lines
        case .resumed, .refresh: return [.loadProject(project)]
        case .back: return [.close(nil)]
        case .quit: return [.quit]
        default: break
        }
        return []
    }

    private var lines: [TextView.Line] {
        guard let detail else { return [] }
        let settings = detail.applications.reduce(
            into: [ApplicationName: ApplicationSettings]()
        ) { $0[$1.application] = $1.settings }
        let scope = PolicyScope(settings: settings, sections: [])
        guard !scope.places.isEmpty else {
            return [
                TextView.Line("There is nothing to allow yet.", role: .heading),
                TextView.Line(
                    "Give an application a region, a bucket and a key pattern first; or run slipway "
                        + "iam-policy in the repository, where circle.yml names them."),
            ]
        }
        let account = detail.keys.flatMap { AWSAccountID(of: $0.accessKeyID) }
        let policy = IAMPolicy(scope: scope, account: account, watches: watches)
        let remark =
            account == nil
            ? "Replace \(IAMPolicy.accountPlaceholder) by the 12 digits of your account."
            : "The account is the one that the id of the project's AWS keys names."
        return [TextView.Line(remark, role: .notice)]
            + scope.problems.map { TextView.Line("! \($0.message)", role: .warning) }
            + [TextView.Line("")]
            + policy.json.pretty().split(separator: "\n").map { TextView.Line(String($0)) }
    }

    package var outline: Outline { Outline(text.outline) }

    package func draw(in grid: inout CellGrid) {
        text.draw(in: &grid, grid.bounds.inset(left: 1, right: 1))
    }
}
