/// What to write into `circle.yml` for an application: complete, and short where the project's
/// settings have values already.
package struct CircleExample: Equatable, Sendable {
    package let text: String

    /// `stored` are the project's settings for it as far as they hold something.
    package init(application: String, stored: [ApplicationSettings.Field: String]) {
        func has(_ field: ApplicationSettings.Field) -> Bool { stored[field]?.isEmpty == false }
        let name = application.isEmpty ? "my-app" : application
        var members = [
            JSONValue.Member(key: "deployment_group", value: "my-deployment-group")
        ]
        if !has(.applicationRoot) {
            members.append(JSONValue.Member(key: "application_root", value: "/"))
        }
        if !has(.region) { members.append(JSONValue.Member(key: "region", value: "us-east-1")) }
        // The revision location is taken whole: half a one in the settings counts for nothing.
        if !(has(.bucket) && has(.keyPattern)) {
            members.append(
                JSONValue.Member(
                    key: "revision_location",
                    value: [
                        "revision_type": "S3",
                        "s3_location": [
                            "bucket": .string(stored[.bucket].nonEmpty ?? "my-bucket"),
                            "key_pattern": .string(
                                stored[.keyPattern].nonEmpty
                                    ?? "apps/\(name)-{SHORT_COMMIT}-{BUILD_NUM}"),
                        ],
                    ]))
        }
        let section: JSONValue = [
            "staging": [
                "branch": "master",
                "codedeploy": .object([JSONValue.Member(key: name, value: .object(members))]),
            ]
        ]
        text = YAMLText.lines([JSONValue.Member(key: "deployment", value: section)])
    }
}

extension String? {
    fileprivate var nonEmpty: String? { flatMap { $0.isEmpty ? nil : $0 } }
}
