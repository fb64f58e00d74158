package import FoundationEssentials
package import TextGrid

/// One screen as a value: what it shows follows from its state, and what happens to it comes as a
/// message. It does no I/O and knows no clock: what it wants done it returns as effects.
package protocol Screen: Sendable, Equatable {
    associatedtype Message: Sendable
    associatedtype Effect: Equatable, Sendable

    /// Where in the program this is, the outermost first: `Projects`, `acme/shop`, `AWS keys`.
    var path: [String] { get }
    /// Short words in the title bar that hold as long as they stand there: `read-only`, `unsaved`.
    var badges: [Badge] { get }
    /// The keys that mean something now. Footer, help, palette and the key table are made of them.
    var bindings: [Binding<Message>] { get }
    /// Whether characters are typed into something, so that a letter is no command.
    var capturesText: Bool { get }
    /// What there is to say above the footer, until the screen takes it away.
    var notice: Notice? { get }
    /// What a first Ctrl-C says of a second one, which leaves.
    var interruptionWarning: String { get }
    /// What this screen is for, a paragraph each; stands in the help.
    var help: [String] { get }
    /// The same content as lines, for those who cannot use a picture of it.
    var outline: Outline { get }
    /// How often the screen wants to be told the time; nil, never: nothing moves by itself.
    var tick: Duration? { get }
    /// Whether the session ends.
    var isOver: Bool { get }

    /// What an input means that is bound to nothing.
    func message(for input: Input) -> Message?
    /// In the linear mode: an answer to the outline, by the number of an item or field.
    func message(answering answer: OutlineAnswer) -> Message?
    mutating func update(_ message: Message) -> [Effect]
    /// Draws the screen's body, from its state only, into a grid of any size.
    func draw(in grid: inout CellGrid)
}

extension Screen {
    package var badges: [Badge] { [] }
    package var capturesText: Bool { false }
    package var notice: Notice? { nil }
    package var interruptionWarning: String {
        "Press Ctrl-C again to leave; what is not saved is lost."
    }
    package var help: [String] { [] }
    package var tick: Duration? { nil }
    package var isOver: Bool { false }
    package func message(for input: Input) -> Message? { nil }
    package func message(answering answer: OutlineAnswer) -> Message? { nil }
}

/// What reaches a screen beside bound keys.
package enum Input: Equatable, Sendable {
    case key(Key)
    case paste(PastedText)
    /// The size of the screen's body, at first and whenever it changes.
    case resize(width: Int, height: Int)
    /// The time, as often as the screen's `tick` asks for it.
    case tick(Date)
}

/// A word in the title bar.
package struct Badge: Equatable, Sendable {
    package let text: String
    package let role: Role

    package init(_ text: String, role: Role = .title) {
        self.text = text
        self.role = role
    }
}
