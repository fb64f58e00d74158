package import Screens
import TextGrid

/// A screen of the admin UI. All of them share messages and effects, so that one stack holds them.
package protocol AdminScreen: Screen where Message == AdminMessage, Effect == AdminEffect {
    var context: AdminContext { get set }
    /// Whether leaving loses something.
    var isDirty: Bool { get }
}

extension AdminScreen {
    package var isDirty: Bool { false }

    package func message(for input: Input) -> AdminMessage? { .input(input) }

    package func message(answering answer: OutlineAnswer) -> AdminMessage? { .outline(answer) }

    func isEqual(to other: any AdminScreen) -> Bool { (other as? Self) == self }

    /// Why a change cannot be made, for a binding.
    var readOnlyReason: String? { context.readOnlyReason }
}

extension Binding where Message == AdminMessage {
    /// One level up, by the key that says so everywhere.
    static func back(_ label: String = "back") -> Binding {
        Binding(
            .character("q"), .escape, .left, .character("h"), label: label,
            detail: "one level up", message: .back)
    }

    /// Leaves the program.
    static let quit = Binding(
        .character("Q"), label: "quit", detail: "leave slipway", message: .quit,
        isInFooter: false)

    static let refresh = Binding(
        .character("R"), .function(5), label: "refresh", detail: "read everything again",
        message: .refresh, isInFooter: false)

    static func filter(unless reason: String?) -> Binding {
        Binding(
            .character("/"), label: "filter", detail: "show only rows that have some words",
            message: .input(.key(.character("/"))), unless: reason)
    }

    /// The keys while a filter is typed.
    static let filtering: [Binding] = [
        Binding(.enter, label: "keep filter", message: .input(.key(.enter))),
        Binding(.escape, label: "show all", message: .input(.key(.escape))),
    ]
}
