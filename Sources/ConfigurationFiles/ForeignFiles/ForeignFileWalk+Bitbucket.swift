import SlipwayCore

/// The pipe `aws-code-deploy` in a `bitbucket-pipelines.yml`.
extension ForeignFileWalk {
    mutating func bitbucket(_ root: YAMLNode) {
        guard let pipelines = value("pipelines", in: root), pipelines.pairs != nil else {
            report(
                root.mark, .error, code: "missing-key", "the file has no pipelines",
                fix: "check that it is a bitbucket-pipelines.yml")
            return
        }
        for pair in pairs(pipelines) {
            switch pair.key.text {
            case "default":
                let condition = ForeignDeployment.Condition(
                    branches: [Self.anything], reach: .rest)
                bitbucketPipeline(pair.value, condition)
            case "branches", "bookmarks":
                for branch in pairs(pair.value) {
                    bitbucketPipeline(branch.value, .init(branches: references(branch.key)))
                }
            case "tags":
                for tag in pairs(pair.value) {
                    bitbucketPipeline(tag.value, .init(tags: references(tag.key)))
                }
            default:
                let steps = pairs(pair.value).flatMap { self.steps($0.value) }
                guard steps.contains(where: { !pipes($0).isEmpty }) else { continue }
                lose(
                    pair.key.mark,
                    "the pipelines \(pair.key.text.map(shownWord) ?? "") are not carried over",
                    why: "circle.yml deploys what a branch or a tag is built from",
                    fix: "slipway deploy --section NAME deploys by hand")
            }
        }
        reportNothing(
            pipelines.mark, "no pipeline uses the pipe aws-code-deploy",
            fix: "name a bitbucket-pipelines.yml that deploys with CodeDeploy")
    }

    private mutating func references(_ key: YAMLNode) -> [String] {
        guard let text = key.text, !isSecret(Placed(text, at: place(key.mark)), "the name") else {
            return []
        }
        return [GlobPattern.reference(text)]
    }

    private mutating func bitbucketPipeline(
        _ pipeline: YAMLNode, _ condition: ForeignDeployment.Condition
    ) {
        var uploads: [(application: String?, variables: YAMLNode)] = []
        var used: Set<YAMLMark> = []
        for step in steps(pipeline) {
            for pipe in pipes(step) {
                guard let variables = value("variables", in: pipe) else {
                    report(
                        pipe.mark, .error, code: "missing-key", "the pipe has no variables",
                        fix: "add COMMAND and APPLICATION_NAME")
                    continue
                }
                let application = value("APPLICATION_NAME", in: variables)?.text
                let command = value("COMMAND", in: variables)?.text ?? ""
                if command.contains("upload") { uploads.append((application, variables)) }
                if command.contains("deploy") {
                    reportLostConditions(step)
                    let upload = uploads.last { $0.application == application }?.variables
                    if let upload { used.insert(upload.mark) }
                    bitbucketDeployment(variables, upload: upload, step, condition)
                } else if !command.contains("upload") {
                    report(
                        variables.mark, .error, code: "missing-key",
                        "the pipe's COMMAND is neither upload nor deploy",
                        fix: "write COMMAND: deploy, or upload")
                }
            }
        }
        for upload in uploads where !used.contains(upload.variables.mark) {
            lose(
                upload.variables.mark, "a revision is uploaded here, and never deployed",
                fix: "slipway package -o FILE makes one by hand")
        }
    }

    /// The steps of a pipeline, those in parallel groups and stages among them.
    private func steps(_ pipeline: YAMLNode) -> [YAMLNode] {
        elements(pipeline).flatMap { element -> [YAMLNode] in
            if let step = value("step", in: element) { return [step] }
            for key in ["parallel", "stage"] {
                guard let group = value(key, in: element) else { continue }
                return steps(value("steps", in: group) ?? group)
            }
            return []
        }
    }

    private func pipes(_ step: YAMLNode) -> [YAMLNode] {
        elements(value("script", in: step)).filter {
            value("pipe", in: $0)?.text?.contains("aws-code-deploy") ?? false
        }
    }

    private mutating func reportLostConditions(_ step: YAMLNode) {
        for key in ["trigger", "condition"] {
            guard let node = value(key, in: step) else { continue }
            lose(
                node.mark, "the step's \(key) is not carried over",
                why: "every build of the branch deploys", fix: "check that this is what you want")
        }
    }

    private mutating func bitbucketDeployment(
        _ variables: YAMLNode, upload: YAMLNode?, _ step: YAMLNode,
        _ condition: ForeignDeployment.Condition
    ) {
        guard let written = text("APPLICATION_NAME", in: variables),
            let groupText = text("DEPLOYMENT_GROUP", in: variables)
        else {
            report(
                variables.mark, .error, code: "missing-key",
                "the pipe has no APPLICATION_NAME or no DEPLOYMENT_GROUP",
                fix: "add both: they say what is deployed")
            return
        }
        let application = name(written, "the application") { try ApplicationName($0) }
        let group = name(groupText, "the deployment group") { try DeploymentGroup($0) }
        guard let application, let group else { return }
        var deployment = ForeignDeployment(
            place: place(variables.mark), label: label("deployment", of: step),
            condition: condition, application: application, group: group)
        let region = text("AWS_DEFAULT_REGION", in: variables)
        deployment.region = parsed(region, "the region") { try Region($0) }
        if region != nil { deployment.explained.insert(.region) }
        deployment.fileExistsBehavior = parsed(
            text("FILE_EXISTS_BEHAVIOR", in: variables), "FILE_EXISTS_BEHAVIOR"
        ) { try Self.fileExistsBehavior($0) }
        let ignores = value("IGNORE_APPLICATION_STOP_FAILURES", in: variables)?.text
        deployment.ignoresStopFailures = ignores?.lowercased() == "true"
        bitbucketLocation(variables, upload, into: &deployment)
        bitbucketRoot(upload ?? variables, into: &deployment)
        reportLostVariables(variables, into: &deployment)
        if let upload { reportLostVariables(upload, into: &deployment) }
        deployments.append(deployment)
    }

    private mutating func bitbucketLocation(
        _ variables: YAMLNode, _ upload: YAMLNode?, into deployment: inout ForeignDeployment
    ) {
        // Either pipe may say it; what was uploaded counts.
        let bucketHolder = value("S3_BUCKET", in: upload) == nil ? variables : upload
        let labelHolder = value("VERSION_LABEL", in: upload) == nil ? variables : upload
        let name = deployment.application
        var pattern: KeyPattern?
        let countBefore = problems.count
        var bucket = text("S3_BUCKET", in: bucketHolder)
        if bucket == nil {
            // The pipe's own name for a bucket.
            let own = "\(name)-codedeploy-deployment"
            if (try? BucketName(own)) != nil {
                bucket = Placed(own, at: deployment.place)
            } else {
                lose(
                    deployment.place, "the bucket is the pipe's own, named for the application",
                    fix: "slipway settings set \(name) --bucket BUCKET --key-pattern PATTERN")
            }
        }
        if let label = text("VERSION_LABEL", in: labelHolder) {
            pattern = keyPattern(label)
        } else {
            pattern = try? KeyPattern("\(name)-{SHORT_COMMIT}-{BUILD_NUM}")
            report(
                deployment.place, .warning, code: "assumed-key",
                "the key pattern is taken to be \(name)-{SHORT_COMMIT}-{BUILD_NUM}",
                why: "the pipe has no VERSION_LABEL, and makes a key of its own", fix: "check it")
        }
        deployment.location = location(bucket: bucket, pattern: pattern)
        if problems.count > countBefore { deployment.explained.formUnion([.bucket, .keyPattern]) }
    }

    private mutating func bitbucketRoot(
        _ variables: YAMLNode, into deployment: inout ForeignDeployment
    ) {
        if let folder = text("FOLDER", in: variables) {
            deployment.applicationRoot = root(folder)
            return
        }
        let archive = text("ZIP_FILE", in: variables)
        let place = archive?.place ?? deployment.place
        deployment.applicationRoot = root(Placed("/", at: place))
        report(
            place, .warning, code: "assumed-root",
            "application_root is taken to be /, the whole repository",
            why: archive == nil
                ? "the file does not say which folder is packed"
                : "the archive is made by an earlier command, which slipway does not read",
            fix: "check it: the folder must have appspec.yml")
    }

    private mutating func reportLostVariables(
        _ variables: YAMLNode, into deployment: inout ForeignDeployment
    ) {
        for pair in pairs(variables) {
            guard let key = pair.key.text, !pair.value.isNull else { continue }
            switch key {
            case "EXTRA_ARGS": readExtraArguments(pair.value, into: &deployment)
            case "BUNDLE_TYPE" where pair.value.text?.lowercased() != "zip":
                lose(
                    pair.value.mark, "the bundle is \(pair.value.text.map(shownWord) ?? "another")",
                    why: "a revision of slipway is always a zip file",
                    fix: "let nothing else read the bundle")
            case "WAIT" where pair.value.text?.lowercased() == "false":
                lose(
                    pair.value.mark, "slipway deploy waits for the end",
                    fix: "slipway deploy --no-watch does not")
            case "AWS_OIDC_ROLE_ARN":
                lose(
                    pair.key.mark, "the role of OpenID Connect is not carried over",
                    why: "slipway keeps AWS keys",
                    fix: "slipway keys set ACCESS_KEY_ID, or have the keys of the role in the "
                        + "environment")
            case "COMMAND", "APPLICATION_NAME", "DEPLOYMENT_GROUP", "AWS_DEFAULT_REGION",
                "S3_BUCKET", "VERSION_LABEL", "ZIP_FILE", "FOLDER", "FILE_EXISTS_BEHAVIOR",
                "IGNORE_APPLICATION_STOP_FAILURES", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN", "BUNDLE_TYPE", "WAIT", "WAIT_INTERVAL", "DEBUG":
                break
            default:
                lose(
                    pair.key.mark, "the variable \(shownWord(key)) is not carried over",
                    why: "slipway knows nothing like it", fix: "check whether it matters")
            }
        }
    }

    /// What is handed on to `aws deploy create-deployment`.
    private mutating func readExtraArguments(
        _ node: YAMLNode, into deployment: inout ForeignDeployment
    ) {
        var words = (node.text ?? "").split(separator: " ").map(String.init)[...]
        while let word = words.popFirst() {
            var option = word
            var argument: String?
            if let equals = word.firstIndex(of: "=") {
                option = String(word[..<equals])
                argument = String(word[word.index(after: equals)...])
            }
            switch option {
            case "--deployment-config-name":
                let text = (argument ?? words.popFirst()).map { Placed($0, at: place(node.mark)) }
                deployment.configuration = parsed(text, "the configuration") {
                    try DeploymentConfiguration($0)
                }
            case "--ignore-application-stop-failures": deployment.ignoresStopFailures = true
            case _ where option.hasPrefix("--"):
                lose(
                    node.mark, "\(shownWord(option)) of EXTRA_ARGS is not carried over",
                    fix: "check whether it matters")
            default: break
            }
        }
    }
}

/// Bitbucket's patterns for branches and tags.
enum GlobPattern {
    /// A name, or a regular expression in slashes that matches what the pattern matches.
    static func reference(_ glob: String) -> String {
        guard glob.contains(where: { "*?{[".contains($0) }) else { return glob }
        var expression = ""
        var rest = glob[...]
        var isInBraces = false
        while let first = rest.popFirst() {
            switch first {
            case "*":
                let isDeep = rest.first == "*"
                if isDeep { rest.removeFirst() }
                expression += isDeep ? ".*" : "[^\\/]*"
            case "?": expression += "[^\\/]"
            case "{":
                expression += "("
                isInBraces = true
            case "}" where isInBraces:
                expression += ")"
                isInBraces = false
            case "," where isInBraces: expression += "|"
            case "[", "]": expression.append(first)
            case "/": expression += "\\/"
            case _ where ".+()^$|\\{}".contains(first): expression += "\\\(first)"
            default: expression.append(first)
            }
        }
        return "/\(expression)/"
    }
}
