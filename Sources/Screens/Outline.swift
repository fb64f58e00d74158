package import SlipwayCore

/// A screen's content as lines, numbered where something can be chosen or changed. The linear mode
/// reads it out and takes answers.
package struct Outline: Equatable, Sendable {
    package enum Part: Equatable, Sendable {
        case text(String)
        /// Something to choose.
        case item(String)
        /// A value to change.
        case field(label: String, value: String, isSecret: Bool, notes: [String])
    }

    package var parts: [Part]
    /// Whether a search can narrow the items down.
    package var canFilter: Bool

    package init(_ parts: [Part] = [], canFilter: Bool = false) {
        self.parts = parts
        self.canFilter = canFilter
    }

    /// The items and fields, in the order of their numbers, which begin with 1.
    package var numbered: [Part] {
        parts.filter {
            if case .text = $0 { return false }
            return true
        }
    }
}

/// What somebody answers to an outline.
package enum OutlineAnswer: Equatable, Sendable {
    /// Chooses an item, counted from 0 among items and fields.
    case choose(Int)
    /// Gives a field, counted likewise, a value.
    case set(Int, String)
    case setSecret(Int, SecretBytes)
    /// Narrows the items down to those that have the words; empty shows all.
    case filter(String)
}
