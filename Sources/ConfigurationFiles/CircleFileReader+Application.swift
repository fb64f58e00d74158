import SlipwayCore

extension CircleFileWalk {
    /// What stands under `codedeploy`.
    mutating func applications(_ entry: YAMLNode.Pair, at path: String) -> [ApplicationSection] {
        guard entry.value.pairs != nil else {
            report(
                entry, code: entry.value.isNull ? "empty-value" : "wrong-type",
                "\(path) is \(entry.value.kindName), not a mapping",
                fix: "write the application's name, a colon, and deployment_group below it")
            return []
        }
        let pairs = entries(entry, at: path)
        if pairs.isEmpty {
            report(
                entry, code: "empty-value", "\(path) names no application",
                fix: "write the application's name, a colon, and deployment_group below it")
        }
        return pairs.compactMap { application($0, at: path) }
    }

    private mutating func application(
        _ entry: YAMLNode.Pair, at parent: String
    ) -> ApplicationSection? {
        guard let text = entry.key.text else {
            reportComplexKey(entry, at: parent)
            return nil
        }
        let name = parsed(Placed(text, at: place(entry.key.mark))) { try ApplicationName($0) }
        let path = "\(parent).\(shown(text))"
        let pairs: [YAMLNode.Pair]
        if entry.value.isNull {
            pairs = []
        } else if entry.value.pairs != nil {
            pairs = entries(entry, at: path)
        } else {
            report(
                entry, code: "wrong-type", "\(path) is \(entry.value.kindName), not a mapping",
                fix: "write deployment_group: GROUP below it")
            return nil
        }
        let fields = fields(pairs, at: path, level: .application)
        // What is wrong with the values is said even where the name is none.
        var section = ApplicationSection(
            application: name ?? Placed(Self.placeholder, at: place(entry.key.mark)))
        section.deploymentGroup = written("deployment_group", in: fields) {
            try DeploymentGroup($0)
        }
        section.deploymentConfiguration = written("deployment_config", in: fields) {
            try DeploymentConfiguration($0)
        }
        section.applicationRoot = written("application_root", in: fields) {
            try ApplicationRoot($0)
        }
        section.region = written("region", in: fields) { try Region($0) }
        if let entry = fields["revision_location"] {
            section.revisionLocation =
                location(entry, at: path + ".revision_location", of: text)
                .map { .value(Placed($0, at: place(entry.key.mark))) } ?? .unreadable
        } else {
            section.revisionLocation = fields.absence(of: "revision_location")
        }
        readOptions(fields, into: &section)
        return name == nil ? nil : section
    }

    /// Stands for a name that is none while the rest of its section is read.
    private static let placeholder: ApplicationName = {
        do { return try ApplicationName("application") } catch { preconditionFailure() }
    }()

    private mutating func readOptions(
        _ fields: CircleFileFields, into section: inout ApplicationSection
    ) {
        section.description = written("description", in: fields) {
            DeploymentDescription($0)
        }
        section.fileExistsBehavior = choice("file_exists_behavior", in: fields)
        section.ignoreApplicationStopFailures = truth(
            "ignore_application_stop_failures", in: fields)
        section.autoRollback = events("auto_rollback", in: fields)
        section.updateOutdatedInstancesOnly = truth("update_outdated_instances_only", in: fields)
        section.timeout = written("timeout", in: fields) { text in
            guard let timeout = WatchTimeout(text) else {
                throw Problem(
                    code: "invalid-timeout", "\"\(shownWord(text))\" is not a time limit",
                    why: "it is a number of seconds, or is written like 45s, 30m or 1h30m, "
                        + "and is at most 7 days", fix: "write for example timeout: 30m")
            }
            return timeout
        }
    }

    // MARK: - Where revisions go

    private mutating func location(
        _ entry: YAMLNode.Pair, at path: String, of application: String
    ) -> S3LocationSection? {
        guard let fields = mapping(entry, at: path, level: .revisionLocation) else { return nil }
        if let type = fields["revision_type"], type.value.text != "S3" {
            report(
                type, code: "revision-type",
                "\(path).revision_type is \(type.value.text.map(shown) ?? type.value.kindName), "
                    + "not S3",
                why: "S3 is the only place for revisions", fix: "write revision_type: S3")
        }
        guard let s3 = fields["s3_location"] else {
            if !fields.has("s3_location") { reportHalf([], of: application, at: entry.key.mark) }
            return nil
        }
        guard let parts = mapping(s3, at: path + ".s3_location", level: .s3Location) else {
            return nil
        }
        let given = ["bucket", "key_pattern"].filter(parts.has)
        if given.count < 2 {
            let mark = given.first.flatMap { parts[$0]?.key.mark } ?? s3.key.mark
            reportHalf(given, of: application, at: mark)
        }
        return s3Location(parts)
    }

    private mutating func s3Location(_ parts: CircleFileFields) -> S3LocationSection? {
        let bucket = written("bucket", in: parts) { try BucketName($0) }
        let keyPattern = written("key_pattern", in: parts) { try KeyPattern($0) }
        let encryption: Written<ServerSideEncryption> = choice("server_side_encryption", in: parts)
        let key = written("kms_key_id", in: parts) { text in
            guard let key = KMSKeyID(text) else {
                throw Problem(
                    code: "invalid-kms-key", "\"\(shownWord(text))\" is not a KMS key",
                    why: "it is a key's id, ARN or alias",
                    fix: "write for example alias/revisions")
            }
            return key
        }
        if let key = key.placed {
            let usesKMS =
                switch encryption {
                case .absent: false
                case .unreadable: true
                case .value(let placed): placed.value.usesKMS
                }
            if !usesKMS {
                problems.append(
                    Problem(
                        code: "kms-key-without-kms",
                        "\(parts.path).kms_key_id stands without server_side_encryption: aws:kms",
                        why: "S3 refuses a KMS key for any other encryption",
                        fix: "add server_side_encryption: aws:kms, or remove the key"
                    ).at(key.place))
            }
        }
        guard let bucket = bucket.placed, let keyPattern = keyPattern.placed else { return nil }
        return S3LocationSection(
            bucket: bucket, keyPattern: keyPattern, serverSideEncryption: encryption,
            kmsKeyID: key)
    }

    private mutating func reportHalf(_ given: [String], of application: String, at mark: YAMLMark) {
        let pattern = "apps/\(shown(application))-{SHORT_COMMIT}-{BUILD_NUM}"
        let (what, fix): (String, String) =
            switch given.first {
            case "bucket":
                (
                    "names a bucket but no key_pattern",
                    "add key_pattern beside bucket, for example \(pattern)"
                )
            case "key_pattern":
                ("has a key_pattern but names no bucket", "add bucket beside key_pattern")
            default:
                (
                    "has neither bucket nor key_pattern",
                    "add both under s3_location, or remove revision_location"
                )
            }
        report(
            mark, code: "half-a-location",
            "the revision location of \(shown(application)) \(what)",
            why: "an override replaces the project's whole revision location, so it needs both",
            fix: fix)
    }

    // MARK: - Values that are no names

    private mutating func choice<Value>(
        _ key: String, in fields: CircleFileFields
    ) -> Written<Value>
    where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
        written(key, in: fields) { text in
            if let value = Value(rawValue: text) { return value }
            let names = Value.allCases.map(\.rawValue)
            let nearest = nearestName(to: text.replacing("-", with: "_"), among: names)
            throw Problem(
                code: "invalid-choice", "\"\(shownWord(text))\" is no \(key)",
                why: "it is one of \(names.joined(separator: ", "))",
                fix: nearest.map { "did you mean \($0)?" } ?? "write one of them")
        }
    }

    private mutating func truth(_ key: String, in fields: CircleFileFields) -> Written<Bool> {
        guard let entry = fields[key] else { return fields.absence(of: key) }
        if case .scalar(let text, isPlain: true) = entry.value.kind {
            switch text.lowercased() {
            case "true", "yes", "on": return .value(Placed(true, at: place(entry.value.mark)))
            case "false", "no", "off": return .value(Placed(false, at: place(entry.value.mark)))
            default: break
            }
        }
        report(
            entry, code: "wrong-type", "\(fields.path).\(key) is not true or false",
            fix: "write true or false, without quotation marks")
        return .unreadable
    }

    private mutating func events(
        _ key: String, in fields: CircleFileFields
    ) -> Written<[AutoRollbackEvent]> {
        guard let entry = fields[key] else { return fields.absence(of: key) }
        guard let elements = entry.value.elements else {
            report(
                entry, code: "wrong-type",
                "\(fields.path).\(key) is \(entry.value.kindName), not a list",
                why: "it lists events; an empty list switches automatic rollback off",
                fix: "write \(key): [DEPLOYMENT_FAILURE], or []")
            return .unreadable
        }
        var events: [AutoRollbackEvent] = []
        var isReadable = true
        for node in elements {
            var element = CircleFileFields(path: fields.path)
            element.pairs[key] = YAMLNode.Pair(key: entry.key, value: node)
            let event: Written<AutoRollbackEvent> = choice(key, in: element)
            if let event = event.placed?.value {
                if !events.contains(event) { events.append(event) }
            } else {
                isReadable = false
            }
        }
        return isReadable ? .value(Placed(events, at: place(entry.value.mark))) : .unreadable
    }
}
