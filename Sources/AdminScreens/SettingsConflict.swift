package import SlipwayCore

/// Two changes to the same settings: what both began with, what somebody else saved, and what is in
/// the form. A value is taken from one of them, field by field.
package struct SettingsConflict: Equatable, Sendable {
    package enum Side: Equatable, Sendable { case mine, theirs }

    package let project: ProjectName
    package let application: ApplicationName
    package let base: ApplicationSettings?
    /// Nil where nobody saved anything yet.
    package private(set) var theirs: SettingsVersion?
    package let mine: [ApplicationSettings.Field: String]
    /// Whose value is taken; nothing yet where both changed it to different ones.
    package private(set) var choices: [ApplicationSettings.Field: Side] = [:]

    package init(
        project: ProjectName, application: ApplicationName, base: ApplicationSettings?,
        theirs: SettingsVersion?, mine: [ApplicationSettings.Field: String]
    ) {
        self.project = project
        self.application = application
        self.base = base
        self.theirs = theirs
        self.mine = mine
        for field in ApplicationSettings.Field.allCases { choices[field] = obviousSide(of: field) }
    }

    package func value(_ field: ApplicationSettings.Field, of side: Side) -> String? {
        switch side {
        case .mine: mine[field]
        case .theirs: theirs?.settings?[field]
        }
    }

    /// Whose value holds where only one changed it, or both to the same.
    private func obviousSide(of field: ApplicationSettings.Field) -> Side? {
        let (old, left, right) = (
            base?[field], value(field, of: .mine), value(field, of: .theirs)
        )
        if left == right || left == old { return .theirs }
        return right == old ? .mine : nil
    }

    /// Whether there is anything to choose.
    package func differs(_ field: ApplicationSettings.Field) -> Bool {
        value(field, of: .mine) != value(field, of: .theirs)
    }

    package mutating func take(_ side: Side, of field: ApplicationSettings.Field) {
        choices[field] = side
    }

    package mutating func takeAll(_ side: Side) {
        for field in ApplicationSettings.Field.allCases { choices[field] = side }
    }

    /// Fields that nobody chose for yet.
    package var undecided: [ApplicationSettings.Field] {
        ApplicationSettings.Field.allCases.filter { choices[$0] == nil }
    }

    /// What was chosen; nil while something is undecided.
    package var merged: [ApplicationSettings.Field: String]? {
        guard undecided.isEmpty else { return nil }
        return choices.reduce(into: [:]) { merged, choice in
            merged[choice.key] = value(choice.key, of: choice.value)
        }
    }

    /// Somebody saved once more: what was chosen stays where it still says the same.
    package mutating func replaceTheirs(_ new: SettingsVersion?) {
        let old = self
        theirs = new
        for field in ApplicationSettings.Field.allCases
        where old.value(field, of: .theirs) != value(field, of: .theirs) {
            choices[field] = obviousSide(of: field)
        }
    }
}

extension ApplicationSettings.Field {
    /// How forms call it.
    package var label: String {
        switch self {
        case .applicationRoot: "Application root"
        case .region: "Region"
        case .bucket: "Bucket"
        case .keyPattern: "Key pattern"
        }
    }
}
