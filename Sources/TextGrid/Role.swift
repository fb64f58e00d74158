/// What a cell is for. How it looks is the terminal's affair; no meaning lies in a colour alone.
package enum Role: UInt8, CaseIterable, Sendable {
    case plain
    /// The bar at the top.
    case title
    /// A heading within a screen.
    case heading
    /// The name of a value.
    case label
    /// Said quietly: help, placeholders, times.
    case quiet
    /// A key in the footer or in help.
    case key
    case border
    /// The border of what has the focus.
    case focusedBorder
    /// The text of a field.
    case field
    /// The text of the field that has the focus.
    case focusedField
    /// The field that is being typed into.
    case editedField
    /// The chosen row of a list.
    case selected
    /// Something that waits to be saved.
    case changed
    case notice
    case succeeded
    case running
    case pending
    case skipped
    case warning
    case failed
    case added
    case removed
    case barFull
    case barEmpty
    /// What a filter found within a text.
    case match

    /// The letter that stands for it in snapshots; `.` for plain.
    package var letter: Character {
        switch self {
        case .plain: "."
        case .title: "T"
        case .heading: "H"
        case .label: "l"
        case .quiet: "q"
        case .key: "k"
        case .border: "b"
        case .focusedBorder: "B"
        case .field: "f"
        case .focusedField: "F"
        case .editedField: "E"
        case .selected: "S"
        case .changed: "c"
        case .notice: "n"
        case .succeeded: "s"
        case .running: "r"
        case .pending: "p"
        case .skipped: "-"
        case .warning: "w"
        case .failed: "X"
        case .added: "a"
        case .removed: "d"
        case .barFull: "#"
        case .barEmpty: "_"
        case .match: "m"
        }
    }
}
