import SlipwayCore

/// The command `codedeploy_deploy` in a `codeship-steps.yml`.
extension ForeignFileWalk {
    mutating func codeship(_ root: YAMLNode) {
        let steps = value("steps", in: root) ?? root
        guard steps.elements != nil else {
            report(
                root.mark, .error, code: "wrong-type",
                "the file is \(root.kindName), not a list of steps",
                fix: "check that it is a codeship-steps.yml")
            return
        }
        codeshipSteps(steps, within: nil)
        reportNothing(
            steps.mark, "no step runs codedeploy_deploy",
            fix: "name a codeship-steps.yml that deploys with CodeDeploy; deployments of Codeship "
                + "Basic are in no file")
    }

    /// Steps, and those in groups, which have the group's tag.
    private mutating func codeshipSteps(_ steps: YAMLNode, within tag: Placed<String>?) {
        for step in elements(steps) {
            let tag = text("tag", in: step) ?? tag
            if let inner = value("steps", in: step) { codeshipSteps(inner, within: tag) }
            guard let command = value("command", in: step), let line = command.text else {
                continue
            }
            let words = Self.words(line)
            guard let index = words.firstIndex(where: { $0.hasSuffix("codedeploy_deploy") })
            else { continue }
            if let excluded = value("exclude", in: step) {
                lose(
                    excluded.mark, "exclude is not carried over",
                    fix: "let the section's branch say what deploys")
            }
            let label = label("name", of: step)
            codeshipDeployment(
                Array(words[(index + 1)...]), place(command.mark), tag, label: label)
        }
    }

    private mutating func codeshipDeployment(
        _ words: [String], _ place: SourcePlace, _ tag: Placed<String>?, label: String?
    ) {
        guard words.count >= 4 else {
            report(
                place, .error, code: "missing-argument",
                "codedeploy_deploy has \(counted(words.count, "argument")), and needs four",
                fix: "write codedeploy_deploy FOLDER APPLICATION GROUP BUCKET/KEY")
            return
        }
        let placed = words.map { Placed($0, at: place) }
        let application = name(placed[1], "the application") { try ApplicationName($0) }
        let group = name(placed[2], "the deployment group") { try DeploymentGroup($0) }
        guard let application, let group else { return }
        var deployment = ForeignDeployment(
            place: place, label: label, application: application, group: group)
        if let tag, let reference = codeshipReference(tag) {
            deployment.condition.branches = [reference]
        } else {
            deployment.condition = .init(branches: [Self.anything], reach: .everything)
        }
        if words.count > 4 {
            deployment.configuration = parsed(placed[4], "the configuration") {
                try DeploymentConfiguration($0)
            }
        }
        deployment.applicationRoot = root(placed[0])
        report(
            place, .warning, code: "assumed-root",
            "application_root is taken to be \(shownWord(words[0]))",
            why: "on Codeship it is a path in the container, which need not be the repository's",
            fix: "check it: the folder must have appspec.yml")
        let parts = words[3].split(separator: "/", maxSplits: 1).map(String.init)
        let prefix = parts.count > 1 ? parts[1] + (parts[1].hasSuffix("/") ? "" : "/") : ""
        let countBefore = problems.count
        let pattern = keyPattern(Placed("\(prefix)$CI_COMMIT_ID-$CI_BUILD_NUMBER", at: place))
        deployment.location = location(
            bucket: parts.first.map { Placed($0, at: place) }, pattern: pattern)
        if problems.count > countBefore { deployment.explained.formUnion([.bucket, .keyPattern]) }
        lose(
            place, "the date in the key is not carried over",
            why: "key patterns have {BRANCH}, {COMMIT}, {SHORT_COMMIT} and {BUILD_NUM}",
            fix: "commit and build number tell revisions apart")
        lose(
            place, "region and AWS keys are in the service's environment",
            why: "Codeship keeps it encrypted, in another file",
            fix: "slipway settings set \(application) --region REGION; "
                + "slipway keys set ACCESS_KEY_ID")
        deployment.explained.insert(.region)
        deployments.append(deployment)
    }

    /// Codeship's tag is the name of a branch or a tag, or a regular expression that is to be found
    /// anywhere in it; nil for one that slipway does not take, which was reported.
    private mutating func codeshipReference(_ tag: Placed<String>) -> String? {
        let isName = tag.value.unicodeScalars.allSatisfy {
            $0.isASCIILetterOrDigit || "._/-".unicodeScalars.contains($0)
        }
        if isSecret(tag, "the tag") { return nil }
        if isName { return tag.value }
        var inner = tag.value.replacing("/", with: "\\/")
        if inner.hasPrefix("^"), inner.hasSuffix("$"),
            Self.isOneBranch(inner.dropFirst().dropLast())
        {
            inner = String(inner.dropFirst().dropLast())
        } else {
            inner = ".*(?:\(inner)).*"
        }
        do {
            return try ReferencePattern("/\(inner)/").rawValue
        } catch {
            for problem in error.problems {
                lose(
                    tag.place, problem.message, why: problem.why,
                    fix: "name the branches one by one in circle.yml")
            }
            return nil
        }
    }

    /// Whether no `|` stands outside of groups.
    private static func isOneBranch(_ expression: Substring) -> Bool {
        var depth = 0
        for character in expression {
            switch character {
            case "(": depth += 1
            case ")": depth -= 1
            case "|" where depth == 0: return false
            default: break
            }
        }
        return true
    }

    /// The words of a line of shell: without quotation marks.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isWord = false
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                isWord = true
            } else if character.isWhitespace {
                if isWord { words.append(word) }
                (word, isWord) = ("", false)
            } else {
                word.append(character)
                isWord = true
            }
        }
        if isWord { words.append(word) }
        return words
    }
}
