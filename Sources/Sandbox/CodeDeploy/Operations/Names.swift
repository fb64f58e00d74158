import SlipwayCore

/// The names that people give to things in CodeDeploy.
enum NameKind {
    case application, group, configuration

    /// How the names of its errors begin, and what its messages call it.
    private var words: (error: String, text: String) {
        switch self {
        case .application: ("ApplicationName", "Application name")
        case .group: ("DeploymentGroupName", "Deployment Group name")
        case .configuration: ("DeploymentConfigName", "Deployment Configuration name")
        }
    }

    /// The name, where it is one: 1 to 100 letters, digits and `. _ + = , @ -`.
    func checked(_ name: String?) throws(AWSFault) -> String {
        guard let name, !name.isEmpty else { throw .required(words.error, words.text) }
        let isAllowed = name.unicodeScalars.allSatisfy {
            $0.isASCIILetterOrDigit || "._+=,@-".unicodeScalars.contains($0)
        }
        guard isAllowed, name.unicodeScalars.count <= 100 else {
            throw .invalid(
                words.error,
                "\(words.text) has up to 100 characters out of letters, digits and . _ + = , @ -")
        }
        return name
    }
}

/// Checks that the operations share.
enum Check {
    /// A deployment's id. Its length may change one day, and is not judged.
    static func deploymentID(_ id: String?) throws(AWSFault) -> String {
        guard let id, !id.isEmpty else { throw .required("DeploymentId", "Deployment id") }
        let rest = id.unicodeScalars.dropFirst(2)
        let isOne =
            id.hasPrefix("d-") && !rest.isEmpty
            && rest.allSatisfy {
                ("A"..."Z").contains($0) || ("0"..."9").contains($0)
            }
        guard isOne, id.utf8.count <= 64 else {
            throw .invalid(
                "DeploymentId", "Specified deploymentId is not in the valid format: \(id)")
        }
        return id
    }

    static func description(_ text: String?, limit: Int) throws(AWSFault) {
        guard let text, text.utf16.count > limit else { return }
        throw .descriptionTooLong(limit)
    }

    /// The ids of a batch operation, none twice.
    static func batch(
        _ items: [String]?, limit: Int, missing: AWSFault
    ) throws(AWSFault) -> [String] {
        guard let items, !items.isEmpty else { throw missing }
        guard items.count <= limit else { throw .limit("Batch", limit, of: "entries in a batch") }
        return items.uniqued
    }

    static func autoRollback(_ configuration: AutoRollbackConfiguration?) throws(AWSFault) {
        guard let configuration else { return }
        let events = configuration.events ?? []
        guard events.allSatisfy({ AutoRollbackEvent(rawValue: $0) != nil }) else {
            throw .invalid("AutoRollbackConfig", "An automatic rollback has an unknown event")
        }
        guard configuration.enabled != true || !events.isEmpty else {
            throw .invalid(
                "AutoRollbackConfig", "An automatic rollback that is enabled needs an event")
        }
    }

    static func alarms(_ configuration: AlarmConfiguration?) throws(AWSFault) {
        guard let configuration else { return }
        let names = (configuration.alarms ?? []).map { $0.name ?? "" }
        guard names.count <= 10 else { throw .limit("Alarms", 10, of: "alarms") }
        guard names.allSatisfy({ !$0.isEmpty }), names.uniqued.count == names.count,
            configuration.enabled != true || !names.isEmpty
        else {
            throw .invalid("AlarmConfig", "The alarm configuration names no alarm, or one twice")
        }
    }

    /// The revision, where it is one that the sandbox can deploy.
    static func revision(_ revision: RevisionLocation?) throws(AWSFault) -> RevisionLocation {
        guard let revision else { throw .required("Revision", "Revision") }
        switch revision.revisionType {
        case "S3": break
        case "GitHub", "String", "AppSpecContent":
            throw .notSupported(
                "InvalidRevision", "Revisions of type \(revision.revisionType ?? "") are")
        default: throw .invalid("Revision", "A revision has a type, which is S3")
        }
        guard let place = revision.s3Location, let bucket = place.bucket, let key = place.key,
            !bucket.isEmpty, !key.isEmpty
        else { throw .invalid("Revision", "A revision in S3 has a bucket and a key") }
        switch place.bundleType {
        case "zip", "tar", "tgz": return revision
        case "YAML", "JSON":
            throw .notSupported(
                "InvalidRevision", "Bundles of type \(place.bundleType ?? "") are")
        default: throw .invalid("Revision", "A bundle is a zip, a tar or a tgz")
        }
    }

    /// Lambda and ECS are AWS's business.
    static func computePlatform(_ platform: String?) throws(AWSFault) {
        switch platform {
        case nil, "Server": return
        case "Lambda", "ECS":
            throw .notSupported(
                "InvalidComputePlatform", "The compute platform \(platform ?? "") is")
        default:
            throw .invalid("ComputePlatform", "The compute platform is Server, Lambda or ECS")
        }
    }

    /// Tags of an application or a group, by their keys.
    static func tags(_ tags: [Tag]?) throws(AWSFault) -> [String: String] {
        var result: [String: String] = [:]
        for tag in tags ?? [] {
            guard let key = tag.key, (1...128).contains(key.utf16.count), !key.hasPrefix("aws:"),
                (tag.value ?? "").utf16.count <= 256, result[key] == nil
            else { throw .invalid("TagsToAdd", "A tag has a key of its own and perhaps a value") }
            result[key] = tag.value ?? ""
        }
        guard result.count <= 50 else { throw .invalid("TagsToAdd", "There are at most 50 tags") }
        return result
    }
}

extension Array where Element: Hashable {
    /// Each once, where it stood first.
    var uniqued: [Element] {
        var seen = Set<Element>()
        return filter { seen.insert($0).inserted }
    }
}
