/// A value that a deployment needs and that stands in neither place.
enum MissingSetting: String, CaseIterable {
    case deploymentGroup = "deployment_group"
    case applicationRoot = "application_root"
    case region
    case bucket
    case keyPattern = "key_pattern"

    /// One problem for everything that an application lacks, with both places where each can be
    /// set.
    static func problem(
        _ missing: [MissingSetting], of application: ApplicationName, section: String
    ) -> Problem {
        let names = missing.map(\.rawValue)
        let path = "deployment.\(UntrustedText(section)).codedeploy.\(application)"
        let inSettings = missing.filter { $0 != .deploymentGroup }
        var why =
            "neither circle.yml nor the project settings have "
            + (inSettings.count == 1 ? "it" : "them")
        if inSettings.isEmpty {
            why = "it is only ever set in circle.yml"
        } else if inSettings.count < missing.count {
            why += "; the group is only ever set in circle.yml"
        }
        var fix = "under \(path) write " + edits(missing).joined(separator: ", ")
        if !inSettings.isEmpty {
            fix +=
                "; or for all sections: slipway settings set \(application) "
                + inSettings.map(\.option).joined(separator: " ")
        }
        return Problem(
            code: "missing-settings", "\(application) has no \(list(names))", why: why, fix: fix)
    }

    private static func edits(_ missing: [MissingSetting]) -> [String] {
        let lacksLocation = missing.contains(.bucket) || missing.contains(.keyPattern)
        return missing.filter { $0 != .bucket && $0 != .keyPattern }.map(\.edit)
            + (lacksLocation
                ? ["revision_location with bucket and key_pattern under s3_location"] : [])
    }

    private var edit: String {
        switch self {
        case .deploymentGroup: "deployment_group: GROUP"
        case .applicationRoot: "application_root: /"
        case .region: "region: REGION"
        case .bucket: "bucket: BUCKET"
        case .keyPattern: "key_pattern: PATTERN"
        }
    }

    /// The option of `settings set`.
    private var option: String {
        switch self {
        case .deploymentGroup: ""
        case .applicationRoot: "--application-root /"
        case .region: "--region REGION"
        case .bucket: "--bucket BUCKET"
        case .keyPattern: "--key-pattern PATTERN"
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
func list(_ words: [String]) -> String {
    guard words.count > 1, let last = words.last else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " and " + last
}
