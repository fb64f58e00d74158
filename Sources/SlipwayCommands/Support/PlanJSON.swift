import SlipwayCore

extension PlanReport {
    /// The document of `plan --json`. Its shape is stable: fields may be added.
    var json: JSONValue {
        [
            "project": JSONValue(project?.rawValue), "build": build?.json ?? .null,
            "section": JSONValue(section),
            "skipped_sections": .array(skippedSections.map(JSONValue.string)),
            "deployments": .array(
                (plan?.deployments ?? []).map { deployment in
                    deployment.json(sizes[deployment.applicationRoot.value])
                }), "problems": .array(problems.map(\.json)),
        ]
    }
}

extension Build {
    /// Each value with its origin; null where nobody says it.
    fileprivate var json: JSONValue {
        [
            "branch": branch?.json { .string($0) } ?? .null,
            "commit": commit?.json { .string($0.rawValue) } ?? .null,
            "build_num": number?.json { .integer($0.rawValue) } ?? .null,
            "tag": tag?.json { .string($0) } ?? .null,
        ]
    }
}

extension Sourced {
    fileprivate func json(_ encode: (Value) -> JSONValue) -> JSONValue {
        ["value": encode(value), "origin": .string(origin.description)]
    }
}

extension PlannedDeployment {
    /// One setting of the deployment, as JSON and as text have it.
    struct Setting {
        let name: String
        /// Null where it is left to AWS.
        let value: JSONValue
        let origin: ValueOrigin
        /// What people are shown in place of the value.
        var wording: String?

        /// The value for people; nil where there is none.
        var text: String? {
            if let wording { return wording }
            return switch value {
            case .string(let text): text
            case .integer(let number): String(number)
            case .boolean(let truth): truth ? "true" : "false"
            case .array(let values):
                values.isEmpty
                    ? "none"
                    : values.map(\.compact).joined(separator: ", ")
                        .replacing("\"", with: "")
            default: nil
            }
        }
    }

    /// Every setting, by the name that `circle.yml` has for it, in its order.
    var settings: [Setting] {
        [
            setting("deployment_group", deploymentGroup) { .string($0.rawValue) },
            setting("deployment_config", deploymentConfiguration) { JSONValue($0?.rawValue) },
            setting("application_root", applicationRoot) { .string($0.rawValue) },
            setting("region", region) { .string($0.rawValue) },
            setting("bucket", bucket) { .string($0.rawValue) },
            setting("key_pattern", keyPattern) { .string($0.rawValue) },
            setting("server_side_encryption", serverSideEncryption) { JSONValue($0?.rawValue) },
            setting("kms_key_id", kmsKeyID) { JSONValue($0?.rawValue) },
            setting("description", description) { JSONValue($0?.rawValue) },
            setting("file_exists_behavior", fileExistsBehavior) { JSONValue($0?.rawValue) },
            setting("ignore_application_stop_failures", ignoreApplicationStopFailures) {
                $0.map(JSONValue.boolean) ?? .null
            },
            setting("auto_rollback", autoRollback) { events in
                events.map { .array($0.map { .string($0.rawValue) }) } ?? .null
            },
            setting("update_outdated_instances_only", updateOutdatedInstancesOnly) {
                $0.map(JSONValue.boolean) ?? .null
            },
            setting("timeout", timeout, wording: timeout.value?.description) {
                JSONValue($0?.seconds)
            },
        ]
    }

    private func setting<Value>(
        _ name: String, _ sourced: Sourced<Value>, wording: String? = nil,
        _ encode: (Value) -> JSONValue
    ) -> Setting {
        Setting(
            name: name, value: encode(sourced.value), origin: sourced.origin, wording: wording)
    }

    fileprivate func json(_ size: RevisionSize?) -> JSONValue {
        let revision: JSONValue =
            size.map { ["files": .integer($0.fileCount), "bytes": .integer($0.byteCount)] } ?? .null
        return .object(
            [
                .init(key: "application", value: .string(application.value.rawValue)),
                .init(key: "key", value: .string(key.rawValue)),
                .init(key: "revision", value: revision),
            ]
                + settings.map { setting in
                    .init(
                        key: setting.name,
                        value: [
                            "value": setting.value, "origin": .string(setting.origin.description),
                        ])
                })
    }
}
