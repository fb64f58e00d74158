package import SlipwayCore

/// What `circle.yml` says of deployments, and everything that is wrong with it.
package struct CircleFile: Equatable, Sendable {
    /// In the file's order, those that are not ours among them.
    package let sections: [DeploymentSection]
    /// Errors and warnings, in the file's order.
    package let problems: [Problem]

    package var hasErrors: Bool { problems.contains { $0.severity == .error } }
}

/// Reads the `deployment:` section of `circle.yml`. The rest of the file is ignored.
package enum CircleFileReader {
    /// The most bytes that are read.
    package static let byteLimit = YAMLDocument.Limits.configurationFile.byteCount

    /// Reads a file's bytes.
    ///
    /// Throws ``DocumentError`` for what is no YAML or over a limit; any other mistake is in the
    /// result, beside what could be read all the same.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, file: String
    ) throws(DocumentError) -> CircleFile {
        try read(YAMLDocument.text(of: bytes, file: file), file: file)
    }

    /// Reads a text, as ``read(_:file:)`` of bytes does.
    package static func read(_ text: String, file: String) throws(DocumentError) -> CircleFile {
        let document = try YAMLDocument.compose(text, file: file, within: .configurationFile)
        var walk = CircleFileWalk(file: file)
        let sections = walk.sections(document)
        // Each part reports what it finds when it is done with its own parts.
        return CircleFile(sections: sections, problems: walk.problems.inFileOrder)
    }
}

extension CircleFileWalk {
    mutating func sections(_ document: YAMLDocument.Composition) -> [DeploymentSection] {
        guard let top = document.root.pairs else {
            report(
                document.root.mark, code: "wrong-type",
                "the file is \(document.root.kindName), not a mapping",
                fix: "begin it with deployment:")
            return []
        }
        guard let deployment = top.first(where: { $0.key.text == "deployment" }) else {
            reportNoDeployment(top)
            return []
        }
        reportRepeatedKeys(document.repeatedKeys, in: deployment)
        guard !deployment.value.isNull else { return [] }
        guard deployment.value.pairs != nil else {
            report(
                deployment, code: "wrong-type",
                "deployment is \(deployment.value.kindName), not a mapping",
                fix: "write the name of a section, a colon, and what belongs to it below")
            return []
        }
        return entries(deployment, at: "deployment").compactMap { section($0) }
    }

    private mutating func section(_ entry: YAMLNode.Pair) -> DeploymentSection? {
        guard let name = entry.key.text else {
            reportComplexKey(entry, at: "deployment")
            return nil
        }
        let path = "deployment.\(shown(name))"
        guard entry.value.pairs != nil else {
            let isPhase = ["pre", "override", "post"].contains(name) && entry.value.elements != nil
            report(
                entry, code: "wrong-type", "\(path) is \(entry.value.kindName), not a mapping",
                why: isPhase ? "deployment has no pre, override or post: it has sections" : nil,
                fix: isPhase
                    ? "give the section a name, with branch and commands below it"
                    : "write branch and codedeploy below it")
            return nil
        }
        let pairs = entries(entry, at: path)
        guard let codeDeploy = pairs.first(where: { $0.key.text == "codedeploy" }) else {
            return foreignSection(Placed(name, at: place(entry.key.mark)), pairs, path)
        }
        let fields = fields(pairs, at: path, level: .section)
        for key in ["commands", "heroku"] {
            guard let other = fields[key] else { continue }
            report(
                other.key.mark, .warning, code: "commands-not-run",
                "\(path).\(key) is not run: the section has codedeploy",
                why: "a section does one or the other; CodeDeploy runs the hooks of appspec.yml",
                fix: "move the steps into hooks, or into a section of their own")
        }
        if !fields.has("branch"), !fields.has("tag") {
            report(
                entry.key.mark, code: "section-without-branch",
                "\(path) has neither branch nor tag", why: "no build would ever take it",
                fix: "add branch: NAME")
        }
        var section = DeploymentSection(
            name: Placed(name, at: place(entry.key.mark)), applications: [])
        section.branches = fields["branch"].map { references($0, at: path + ".branch") } ?? []
        section.tags = fields["tag"].map { references($0, at: path + ".tag") } ?? []
        section.owner = fields["owner"].flatMap { text($0, at: path + ".owner") }
        section.applications = applications(codeDeploy, at: path + ".codedeploy")
        return section
    }

    /// A section that is not ours: named, and otherwise left alone.
    private mutating func foreignSection(
        _ name: Placed<String>, _ pairs: [YAMLNode.Pair], _ path: String
    ) -> DeploymentSection? {
        let misspelt = pairs.filter { $0.key.text.map(CircleFileLevel.meansCodeDeploy) ?? false }
        guard misspelt.isEmpty else {
            for pair in misspelt {
                report(
                    pair.key.mark, code: "unknown-key",
                    "\(path) has the unknown key \(shown(pair.key.text ?? ""))",
                    why: "it looks like codedeploy, and is not", fix: "write codedeploy")
            }
            return nil
        }
        problems.append(
            Problem(
                .warning, code: "section-without-codedeploy",
                "\(path) has no codedeploy, and is left alone",
                why: "slipway deploys with CodeDeploy only",
                fix: "let its branches differ from those of other sections, or add codedeploy"
            ).at(name.place))
        func quietly(_ key: String) -> [Placed<ReferencePattern>] {
            guard let pair = pairs.first(where: { $0.key.text == key }) else { return [] }
            return (pair.value.elements ?? [pair.value]).compactMap { node in
                node.text.flatMap { try? ReferencePattern($0) }
                    .map { Placed($0, at: place(node.mark)) }
            }
        }
        let owner = pairs.first { $0.key.text == "owner" }
        return DeploymentSection(
            name: name, branches: quietly("branch"), tags: quietly("tag"),
            owner: owner.flatMap { pair in
                pair.value.text.map { Placed($0, at: place(pair.value.mark)) }
            }, applications: nil)
    }

    /// The values of `branch` or `tag`: one, or a list of them.
    private mutating func references(
        _ entry: YAMLNode.Pair, at path: String
    ) -> [Placed<ReferencePattern>] {
        if let elements = entry.value.elements {
            if elements.isEmpty {
                report(
                    entry, code: "empty-value", "\(path) is an empty list",
                    why: "no build would ever take the section", fix: "name at least one")
            }
            return elements.enumerated().compactMap { index, node in
                reference(YAMLNode.Pair(key: node, value: node), at: "\(path)[\(index)]")
            }
        }
        return reference(entry, at: path).map { [$0] } ?? []
    }

    private mutating func reference(
        _ entry: YAMLNode.Pair, at path: String
    ) -> Placed<ReferencePattern>? {
        guard let text = text(entry, at: path),
            let pattern = parsed(text, { try ReferencePattern($0) })
        else { return nil }
        if case .scalar(let written, isPlain: true) = entry.value.kind,
            let kind = otherKind(of: written)
        {
            report(
                entry, .warning, code: "plain-reference",
                "\(path) is compared as it is written: \(shown(written))",
                why: "other readers of YAML take it for \(kind), and never match it",
                fix: "put it in quotation marks")
        }
        return pattern
    }

    /// What YAML takes an unquoted text for, where that is no text.
    private func otherKind(of text: String) -> String? {
        let words = ["true", "false", "yes", "no", "on", "off", "y", "n"]
        if words.contains(text.lowercased()) { return "a truth value" }
        guard let first = text.unicodeScalars.first, ("0"..."9").contains(first) || first == "."
        else { return nil }
        let isNumeric = text.unicodeScalars.allSatisfy {
            ("0"..."9").contains($0) || "._-+:eExXabcdefABCDEF".unicodeScalars.contains($0)
        }
        if Double(text) != nil { return "a number" }
        let isDate = isNumeric && text.split(separator: "-").count == 3 && text.utf8.count == 10
        return isDate ? "a date" : nil
    }

    private mutating func reportNoDeployment(_ top: [YAMLNode.Pair]) {
        let nearest = top.first { pair in
            pair.key.text.flatMap { nearestName(to: $0, among: ["deployment", "deploy"]) } != nil
        }
        problems.append(
            Problem(
                .warning, code: "no-deployment", "the file has no deployment section",
                why: "without one nothing is ever deployed",
                fix: nearest?.key.text.map { "did you mean deployment: for \(shown($0)):?" }
                    ?? "add deployment: with a section for each branch that deploys",
                file: file, line: nearest?.key.mark.line, column: nearest?.key.mark.column))
    }

    /// Repeated keys elsewhere in the file are nobody's business here.
    private mutating func reportRepeatedKeys(
        _ repeated: [YAMLDocument.RepeatedKey], in deployment: YAMLNode.Pair
    ) {
        guard !repeated.isEmpty else { return }
        var marks = Set<YAMLMark>()
        var pending = [deployment.value]
        while let node = pending.popLast() {
            for pair in node.pairs ?? [] {
                marks.insert(pair.key.mark)
                pending.append(pair.value)
            }
            pending += node.elements ?? []
        }
        for key in repeated
        where marks.contains(key.mark) || key.first == deployment.key.mark {
            problems.append(key.problem(file: file))
        }
    }
}
