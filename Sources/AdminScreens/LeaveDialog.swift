import Screens

/// What to do with a form that is left with something unsaved in it.
enum LeaveDialog {
    static let dialog = Dialog(
        "Unsaved changes", ["Leave without saving what was changed here?"],
        kind: .choose(["Save", "Discard", "Go on editing"]))

    enum Choice { case save, discard, stay }

    static func choice(_ outcome: Dialog.Outcome) -> Choice? {
        switch outcome {
        case .open: nil
        case .chosen(0): .save
        case .chosen(1): .discard
        default: .stay
        }
    }
}
