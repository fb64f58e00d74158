import CNCurses
package import TextGrid

/// How roles look. Backgrounds stay the terminal's own, and colours are of middling brightness, so
/// that both light and dark terminals can be read; signs and attributes say the same without colour.
package struct Theme: Sendable {
    package struct Style: Equatable, Sendable {
        /// Of the 256; nil for the terminal's own.
        package var color: Int16?
        /// Of the 8, where there are no more.
        package var basicColor: Int16?
        package var isBold = false
        package var isDim = false
        package var isReversed = false
        package var isUnderlined = false

        /// Whether a blank looks like any other.
        package var isBare: Bool { !isReversed && !isUnderlined }
    }

    /// How much colour a terminal is given.
    package enum Depth: Equatable, Sendable { case none, basic, full }

    package static func style(of role: Role) -> Style {
        let (red, green, amber, blue, cyan): (Int16, Int16, Int16, Int16, Int16) =
            (160, 28, 130, 26, 30)
        return switch role {
        case .plain: Style()
        case .title: Style(isReversed: true)
        case .heading: Style(isBold: true)
        case .label: Style()
        case .quiet: Style(color: 243, basicColor: nil, isDim: true)
        case .key: Style(color: blue, basicColor: 6, isBold: true)
        case .border: Style(color: 243, basicColor: nil, isDim: true)
        case .focusedBorder: Style(color: blue, basicColor: 6)
        case .field: Style(isUnderlined: true)
        case .focusedField: Style(isBold: true, isUnderlined: true)
        case .editedField: Style(isReversed: true)
        case .selected: Style(isReversed: true)
        case .changed: Style(color: amber, basicColor: 5, isBold: true)
        case .notice: Style(color: cyan, basicColor: 6, isBold: true)
        case .succeeded: Style(color: green, basicColor: 2, isBold: true)
        case .running: Style(color: blue, basicColor: 6, isBold: true)
        case .pending, .skipped: Style(color: 243, basicColor: nil, isDim: true)
        case .warning: Style(color: amber, basicColor: 5, isBold: true)
        case .failed: Style(color: red, basicColor: 1, isBold: true)
        case .added: Style(color: green, basicColor: 2)
        case .removed: Style(color: red, basicColor: 1)
        case .barFull: Style(color: green, basicColor: 2)
        case .barEmpty: Style(color: 243, basicColor: nil, isDim: true)
        case .match: Style(isBold: true, isUnderlined: true)
        }
    }

    /// The attributes of curses and the colour, for a depth. `dim` is left to terminals without
    /// the colour that says the same.
    static func attributes(of role: Role, _ depth: Depth) -> (attributes: attr_t, color: Int16?) {
        let style = style(of: role)
        var attributes = attr_t(0)
        if style.isBold { attributes |= cncurses_bold() }
        if style.isReversed { attributes |= cncurses_reverse() }
        if style.isUnderlined { attributes |= cncurses_underline() }
        if style.isDim, depth != .full { attributes |= cncurses_dim() }
        let color: Int16? =
            switch depth {
            case .none: nil
            case .basic: style.basicColor
            case .full: style.color
            }
        return (attributes, color)
    }
}
