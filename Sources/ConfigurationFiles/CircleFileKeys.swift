import SlipwayCore

/// The keys that a level of the `deployment:` section may have.
enum CircleFileLevel {
    case section, application, revisionLocation, s3Location

    var keys: [String] {
        switch self {
        case .section: ["branch", "tag", "owner", "codedeploy", "commands", "heroku"]
        case .application:
            [
                "deployment_group", "deployment_config", "application_root", "region",
                "revision_location", "description", "file_exists_behavior",
                "ignore_application_stop_failures", "auto_rollback",
                "update_outdated_instances_only", "timeout",
            ]
        case .revisionLocation: ["revision_type", "s3_location"]
        case .s3Location: ["bucket", "key_pattern", "server_side_encryption", "kms_key_id"]
        }
    }

    /// Where the keys of the level stand, for people.
    private var home: String {
        switch self {
        case .section: "beside codedeploy"
        case .application: "under codedeploy, below the application's name"
        case .revisionLocation: "under revision_location"
        case .s3Location: "under revision_location and s3_location"
        }
    }

    private static let all: [CircleFileLevel] = [
        .section, .application, .revisionLocation, .s3Location,
    ]

    /// Names that older documents, other tools and habit have for a key.
    private static let otherNames = [
        "code_deploy": "codedeploy", "cloud_deploy": "codedeploy", "aws_codedeploy": "codedeploy",
        "branches": "branch", "tags": "tag",
        "revision_root": "application_root", "root": "application_root",
        "deployment_group_name": "deployment_group", "group": "deployment_group",
        "deployment_config_name": "deployment_config",
        "deployment_configuration": "deployment_config", "aws_region": "region",
        "bucket_name": "bucket", "s3_bucket": "bucket", "key": "key_pattern",
        "s3_key": "key_pattern", "sse": "server_side_encryption",
    ]

    /// The key of the level that an unknown one is likely meant for.
    func meant(by name: String) -> String? {
        let plain = Self.plain(name)
        let known = Self.otherNames[plain] ?? plain
        if keys.contains(known) { return known }
        // A key that belongs elsewhere is no slip of the pen.
        guard !Self.all.contains(where: { $0.keys.contains(known) }) else { return nil }
        return nearestName(to: plain, among: keys)
    }

    /// Where a key belongs that another level has; nil for one that none has.
    func home(of name: String) -> String? {
        let plain = Self.plain(name)
        let known = Self.otherNames[plain] ?? plain
        for level in Self.all {
            if level.keys.contains(known) { return "\(known) belongs \(level.home)" }
        }
        for level in Self.all {
            if let nearest = nearestName(to: plain, among: level.keys) {
                return "\(nearest), if that is meant, belongs \(level.home)"
            }
        }
        return nil
    }

    /// Whether a key in an application's settings belongs deeper, into its revision location.
    func isPartOfLocation(_ name: String) -> Bool {
        let plain = Self.plain(name)
        let known = Self.otherNames[plain] ?? plain
        return self == .application
            && (Self.revisionLocation.keys + Self.s3Location.keys).contains(known)
    }

    private static func plain(_ name: String) -> String {
        name.lowercased().replacing("-", with: "_").replacing(" ", with: "_")
    }

    /// Whether a key is meant to be `codedeploy`.
    static func meansCodeDeploy(_ name: String) -> Bool {
        let plain = plain(name)
        return otherNames[plain] == "codedeploy"
            || nearestName(to: plain, among: ["codedeploy"]) != nil
    }
}
