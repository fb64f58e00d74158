import SlipwayCore

/// The `deploy:` of a `.travis.yml`: its provider `codedeploy`, and the S3 step beside it.
extension ForeignFileWalk {
    mutating func travis(_ root: YAMLNode) {
        guard root.pairs != nil else {
            report(
                root.mark, .error, code: "wrong-type",
                "the file is \(root.kindName), not a mapping",
                fix: "check that it is a .travis.yml")
            return
        }
        let jobs = ["jobs", "matrix"].flatMap {
            elements(value("include", in: value($0, in: root)))
        }
        for holder in [root] + jobs {
            guard let deploy = value("deploy", in: holder) else { continue }
            if holder.mark != root.mark, let condition = value("if", in: holder) {
                lose(
                    condition.mark, "the job's condition if: is not carried over",
                    fix: "let the section's branch or tag say it")
            }
            travisEntries(deploy, packing: packingCommands(holder) + packingCommands(root))
        }
        for phase in ["before_deploy", "after_deploy"] {
            guard let commands = value(phase, in: root) else { continue }
            lose(
                commands.mark, "\(phase) is not run by slipway",
                fix: phase == "before_deploy"
                    ? "run what must be built before slipway deploy; it packs the revision itself"
                    : "run it behind slipway deploy")
        }
        let mark = value("deploy", in: root)?.mark ?? root.mark
        reportNothing(
            mark, "the file deploys nothing with CodeDeploy",
            fix: "name a .travis.yml whose deploy: has provider: codedeploy")
    }

    private mutating func travisEntries(_ deploy: YAMLNode, packing: [YAMLNode]) {
        var uploads: [YAMLNode] = []
        var entries: [YAMLNode] = []
        for entry in elements(deploy) {
            guard entry.pairs != nil else {
                report(
                    entry.mark, .error, code: "wrong-type",
                    "an entry of deploy is \(entry.kindName), not a mapping",
                    fix: "write provider: codedeploy and what belongs to it")
                continue
            }
            guard let provider = value("provider", in: entry) else {
                report(
                    entry.mark, .error, code: "missing-key", "an entry of deploy has no provider",
                    fix: "add provider: codedeploy, or remove the entry")
                continue
            }
            switch provider.text?.lowercased() {
            case "codedeploy": entries.append(entry)
            case "s3": uploads.append(entry)
            default:
                lose(
                    provider.mark,
                    "the provider \(provider.text.map(shownWord) ?? provider.kindName) is left alone",
                    why: "slipway deploys with CodeDeploy only", fix: "keep it where it is")
            }
        }
        var used: Set<YAMLMark> = []
        for entry in entries {
            let bucket = value("bucket", in: entry)?.text
            let upload = uploads.first { bucket != nil && value("bucket", in: $0)?.text == bucket }
            if let upload { used.insert(upload.mark) }
            travisEntry(entry, upload: upload, packing: packing)
        }
        for upload in uploads where !used.contains(upload.mark) {
            lose(
                upload.mark, "the provider s3 is left alone",
                why: "no entry with provider: codedeploy has its bucket", fix: "keep it where it is"
            )
        }
    }

    private mutating func travisEntry(
        _ entry: YAMLNode, upload: YAMLNode?, packing: [YAMLNode]
    ) {
        reportLostKeys(entry)
        guard let written = text("application", in: entry) else {
            guard value("application", in: entry) == nil else { return }
            report(
                entry.mark, .error, code: "missing-key",
                "an entry with provider: codedeploy has no application",
                fix: "add application: NAME")
            return
        }
        var groupText = text("deployment_group", in: entry)
        if groupText == nil, let old = text("deployment_group_name", in: entry) {
            report(
                old.place, .warning, code: "misnamed-key",
                "deployment_group_name is read as deployment_group",
                why: "Travis CI itself ignores it", fix: "check that it is the group you mean")
            groupText = old
        }
        guard let groupText else {
            guard value("deployment_group", in: entry) == nil else { return }
            report(
                entry.mark, .error, code: "missing-key",
                "an entry with provider: codedeploy has no deployment_group",
                fix: "add deployment_group: NAME")
            return
        }
        let application = name(written, "the application") { try ApplicationName($0) }
        let group = name(groupText, "the deployment group") { try DeploymentGroup($0) }
        let condition = travisCondition(entry)
        guard let application, let group else { return }
        var deployment = ForeignDeployment(
            place: place(entry.mark), condition: condition, application: application, group: group)
        // What Travis takes where nothing is said.
        let region = text("region", in: entry) ?? Placed("us-east-1", at: place(entry.mark))
        deployment.region = parsed(region, "the region") { try Region($0) }
        if deployment.region == nil { deployment.explained.insert(.region) }
        deployment.fileExistsBehavior = parsed(
            text("file_exists_behavior", in: entry), "file_exists_behavior"
        ) { try Self.fileExistsBehavior($0) }
        travisLocation(entry, into: &deployment)
        travisRoot(entry, upload: upload, packing: packing, into: &deployment)
        deployments.append(deployment)
    }

    private mutating func travisLocation(
        _ entry: YAMLNode, into deployment: inout ForeignDeployment
    ) {
        let bucket = text("bucket", in: entry)
        let type = text("revision_type", in: entry)
        guard type?.value.lowercased() == "s3" || (type == nil && bucket != nil) else {
            deployment.explained.formUnion([.bucket, .keyPattern])
            lose(
                type?.place ?? place(entry.mark), "the revision is on GitHub",
                why: "slipway packs the revision itself and puts it into S3",
                fix: "slipway settings set \(deployment.application) --bucket BUCKET "
                    + "--key-pattern '\(deployment.application)-{SHORT_COMMIT}-{BUILD_NUM}'")
            return
        }
        let key = text("key", in: entry)
        let countBefore = problems.count
        deployment.location = location(bucket: bucket, pattern: keyPattern(key))
        if problems.count > countBefore { deployment.explained.formUnion([.bucket, .keyPattern]) }
        let kind = text("bundle_type", in: entry)
        if let kind, kind.value.lowercased() != "zip" {
            lose(
                kind.place, "the bundle is \(shownWord(kind.value))",
                why: "a revision of slipway is always a zip file",
                fix: "let nothing else read the bundle, and end the key in .zip or in nothing")
        }
    }

    /// The folder that is packed: what the S3 step uploads, unless an archive was made for it.
    private mutating func travisRoot(
        _ entry: YAMLNode, upload: YAMLNode?, packing: [YAMLNode],
        into deployment: inout ForeignDeployment
    ) {
        let folder = text("local_dir", in: upload)
        // Where a command puts an archive, the folder has nothing else in it.
        if let folder, !packing.contains(where: { $0.text?.contains(folder.value) ?? false }) {
            deployment.applicationRoot = root(folder)
            report(
                folder.place, .warning, code: "assumed-root",
                "application_root is the local_dir of the S3 step",
                why: "slipway packs that folder, which must have appspec.yml",
                fix: "check that it is the folder, and not one with a finished archive in it")
            return
        }
        let mark = packing.first?.mark ?? entry.mark
        deployment.applicationRoot = root(Placed("/", at: place(mark)))
        report(
            mark, .warning, code: "assumed-root",
            "application_root is taken to be /, the whole repository",
            why: packing.isEmpty
                ? "the file does not say which folder is packed"
                : "the archive is made by a command, which slipway does not read",
            fix: "check it: the folder must have appspec.yml")
    }

    /// Commands of a job that seem to make an archive.
    private func packingCommands(_ holder: YAMLNode) -> [YAMLNode] {
        ["before_deploy", "script", "after_success", "after_script"].flatMap { phase in
            elements(value(phase, in: holder))
        }.filter { node in
            let words = (node.text ?? "").split { !$0.isLetter && !$0.isNumber && $0 != "_" }
            return words.contains { ["zip", "tar", "gzip"].contains($0) }
        }
    }

    // MARK: - When it deploys

    private mutating func travisCondition(_ entry: YAMLNode) -> ForeignDeployment.Condition {
        var condition = ForeignDeployment.Condition()
        // A reader of YAML 1.1 that wrote the file may have made `true` of it.
        let on = value("on", in: entry) ?? value("true", in: entry)
        if let on, on.pairs == nil {
            report(
                on.mark, .error, code: "wrong-type", "on is \(on.kindName), not a mapping",
                fix: "write for example branch: master below it")
        }
        let branches = elements(value("branch", in: on)).compactMap { node -> String? in
            if let text = node.text {
                let branch = Placed(text, at: place(node.mark))
                return isSecret(branch, "the branch") ? nil : text
            }
            report(
                node.mark, .error, code: "wrong-type", "branch is \(node.kindName), not a text",
                fix: "write one name, or a list of names")
            return nil
        }
        if isTrue("tags", in: on) {
            condition.tags = [Self.anything]
            if let branch = value("branch", in: on) {
                lose(
                    branch.mark, "branch beside tags: true is left out",
                    why: "the build of a tag is on no branch", fix: "check the section's tag")
            }
        } else if isTrue("all_branches", in: on) {
            condition.branches = [Self.anything]
            condition.reach = .everything
        } else {
            condition.branches = branches.isEmpty ? ["master"] : branches
        }
        for pair in pairs(on) {
            switch pair.key.text {
            case "branch", "tags", "all_branches": break
            case "repo": readProject(pair.value, into: &condition)
            default:
                lose(
                    pair.key.mark,
                    "the condition \(pair.key.text.map(shownWord) ?? "") is not carried over",
                    why: "a section of circle.yml has branch, tag and owner",
                    fix: "run slipway deploy only where it holds")
            }
        }
        return condition
    }

    private mutating func readProject(
        _ node: YAMLNode, into condition: inout ForeignDeployment.Condition
    ) {
        let text = node.text.map { Placed($0, at: place(node.mark)) }
        guard let name = parsed(text, "repo", { try ProjectName($0) }) else { return }
        condition.owner = name.owner
        project = project ?? name
    }

    private func isTrue(_ key: String, in node: YAMLNode?) -> Bool {
        ["true", "yes", "on"].contains(value(key, in: node)?.text?.lowercased())
    }

    /// Names any branch or tag.
    static let anything = "/.*?/"

    // MARK: - What is lost

    private mutating func reportLostKeys(_ entry: YAMLNode) {
        let read = [
            "provider", "application", "deployment_group", "deployment_group_name", "region",
            "bucket", "key", "bundle_type", "revision_type", "file_exists_behavior", "on", "true",
            "access_key_id", "secret_access_key", "session_token",
        ]
        // What makes no difference here: slipway changes nothing in the working folder.
        let needless = ["skip_cleanup", "cleanup", "edge", "commit_id", "repository"]
        for pair in pairs(entry) {
            guard let key = pair.key.text, !(read + needless).contains(key) else { continue }
            switch key {
            case "wait_until_deployed":
                if pair.value.text == "false" {
                    lose(
                        pair.key.mark, "slipway deploy waits for the end",
                        fix: "slipway deploy --no-watch does not")
                }
            case "description":
                lose(
                    pair.key.mark, "the description is not carried over",
                    fix: "write description: beside deployment_group, if it has no variables")
            case "endpoint":
                lose(
                    pair.key.mark, "the endpoint is not carried over",
                    fix: "set AWS_ENDPOINT_URL_CODEDEPLOY where slipway runs")
            default:
                lose(
                    pair.key.mark, "the key \(shownWord(key)) is not carried over",
                    why: "slipway knows nothing like it", fix: "check whether it matters")
            }
        }
    }

    static func fileExistsBehavior(_ text: String) throws -> FileExistsBehavior {
        if let behavior = FileExistsBehavior(rawValue: text.uppercased()) { return behavior }
        throw Problem(
            code: "invalid-choice", "\"\(shownWord(text))\" is no file_exists_behavior",
            why:
                "it is one of \(FileExistsBehavior.allCases.map(\.rawValue).joined(separator: ", "))",
            fix: "write one of them")
    }
}
