package import SlipwayCore

/// Reads the documents that `export` writes, in YAML or JSON (which is YAML too), with the place of
/// everything that is wrong.
package enum SettingsDocumentReader {
    /// The most bytes that are read: some hundred thousand projects.
    package static let byteLimit = 64 << 20

    /// Parses a document.
    ///
    /// Throws ``DocumentError`` with every problem at once, in the file's order. No problem shows a
    /// value that could be a secret.
    package static func read(_ text: String, file: String) throws(DocumentError) -> SettingsDocument
    {
        let root = try YAMLDocument.root(of: text, file: file)
        var reader = Walk(file: file)
        let document = reader.document(root)
        guard reader.problems.isEmpty else {
            throw DocumentError(problems: reader.problems.sorted { $0.precedes($1) })
        }
        return document
    }

    private struct Walk {
        let file: String
        var problems: [Problem] = []

        mutating func document(_ root: YAMLNode) -> SettingsDocument {
            var document = SettingsDocument()
            guard let top = mapping(root, at: "the document", keys: ["projects"]) else {
                return document
            }
            guard let projects = top["projects"] else {
                report(
                    root, code: "missing-key", "the document has no projects",
                    fix: "begin it with projects:, as slipway export does")
                return document
            }
            for (key, value) in entries(projects, at: "projects") {
                guard let text = key.text, let name = parsed(key, { try ProjectName(text) })
                else { continue }
                document.projects.append(project(name, value))
            }
            return document
        }

        private mutating func project(_ name: ProjectName, _ node: YAMLNode)
            -> SettingsDocument.Project
        {
            var project = SettingsDocument.Project(name: name)
            let path = "projects.\(name)"
            guard let aws = descend(node, "aws", at: path),
                let services = descend(aws, "services", at: path + ".aws"),
                let codeDeploy = descend(services, "codedeploy", at: path + ".aws.services")
            else { return project }
            for (key, value) in entries(codeDeploy, at: path + ".aws.services.codedeploy") {
                guard let text = key.text, let name = parsed(key, { try ApplicationName(text) })
                else { continue }
                if let settings = settings(value, at: "\(path).aws.services.codedeploy.\(name)") {
                    project.applications.append((name, settings))
                }
            }
            return project
        }

        private mutating func settings(_ node: YAMLNode, at path: String) -> ApplicationSettings? {
            guard !node.isNull else { return ApplicationSettings() }
            let keys = ["application_root", "region", "revision_location"]
            guard let fields = mapping(node, at: path, keys: keys) else { return nil }
            var nodes: [ApplicationSettings.Field: YAMLNode] = [:]
            nodes[.applicationRoot] = fields["application_root"]
            nodes[.region] = fields["region"]
            if let location = fields["revision_location"], !location.isNull {
                readLocation(location, at: path + ".revision_location", into: &nodes)
            }
            var text: [ApplicationSettings.Field: String] = [:]
            for (field, node) in nodes where !node.isNull {
                guard let value = node.text else {
                    report(
                        node, code: "wrong-type", "\(path).\(field.rawValue) is not a text",
                        fix: "write one value behind the colon")
                    continue
                }
                text[field] = value
            }
            do {
                return try ApplicationSettings(fields: text)
            } catch {
                for flaw in error.flaws { report(nodes[flaw.field] ?? node, flaw.problem) }
                return nil
            }
        }

        private mutating func readLocation(
            _ node: YAMLNode, at path: String,
            into nodes: inout [ApplicationSettings.Field: YAMLNode]
        ) {
            guard let location = mapping(node, at: path, keys: ["revision_type", "s3_location"])
            else { return }
            if let type = location["revision_type"], type.text != "S3" {
                report(
                    type, code: "revision-type", "\(path).revision_type is not S3",
                    why: "S3 is the only place for revisions", fix: "write revision_type: S3")
            }
            guard let s3 = location["s3_location"], !s3.isNull,
                let parts = mapping(s3, at: path + ".s3_location", keys: ["bucket", "key_pattern"])
            else { return }
            nodes[.bucket] = parts["bucket"]
            nodes[.keyPattern] = parts["key_pattern"]
        }

        // MARK: - Steps

        /// The value of the one key that a mapping may have; nil where it is empty.
        private mutating func descend(_ node: YAMLNode, _ key: String, at path: String) -> YAMLNode?
        {
            guard !node.isNull, let found = mapping(node, at: path, keys: [key])?[key],
                !found.isNull
            else { return nil }
            return found
        }

        /// A mapping's values by key, after keys that it may not have were reported.
        private mutating func mapping(
            _ node: YAMLNode, at path: String, keys: [String]
        ) -> [String: YAMLNode]? {
            guard node.pairs != nil else {
                report(
                    node, code: "wrong-type", "\(path) is not a mapping",
                    fix: "write keys under it: \(keys.joined(separator: ", "))")
                return nil
            }
            var values: [String: YAMLNode] = [:]
            for (key, value) in entries(node, at: path) {
                guard let name = key.text else { continue }
                if keys.contains(name) {
                    values[name] = value
                } else {
                    reportUnknown(key, name, at: path, keys: keys)
                }
            }
            return values
        }

        private mutating func entries(_ node: YAMLNode, at path: String) -> [(YAMLNode, YAMLNode)] {
            guard !node.isNull else { return [] }
            guard let pairs = node.pairs else {
                report(
                    node, code: "wrong-type", "\(path) is not a mapping",
                    fix: "write a name, a colon, and what belongs to it below")
                return []
            }
            return pairs.map { ($0.key, $0.value) }
        }

        private mutating func parsed<Value>(_ node: YAMLNode, _ parse: () throws -> Value) -> Value?
        {
            do {
                return try parse()
            } catch {
                let found = (error as? any ProblemReporting)?.problems ?? []
                for problem in found { report(node, problem) }
                return nil
            }
        }

        private mutating func reportUnknown(
            _ node: YAMLNode, _ name: String, at path: String, keys: [String]
        ) {
            if name == "keypair" || name.contains("secret") || name.contains("access_key") {
                report(
                    node, code: "secret-in-document",
                    "\(path) holds AWS keys, which are not imported",
                    why: "a file with secrets in the clear should not exist",
                    fix: "remove them here, and give them to slipway keys set")
                return
            }
            let nearest = nearestName(to: name, among: keys)
            report(
                node, code: "unknown-key",
                "\(path) has the unknown key \(shownWord(name))",
                why: "it may have \(keys.joined(separator: ", "))",
                fix: nearest.map { "did you mean \($0)?" } ?? "remove it")
        }

        private mutating func report(
            _ node: YAMLNode, code: String, _ message: String, why: String? = nil, fix: String
        ) {
            report(node, Problem(code: code, message, why: why, fix: fix))
        }

        private mutating func report(_ node: YAMLNode, _ problem: Problem) {
            var placed = problem
            placed.file = file
            placed.line = node.mark.line
            placed.column = node.mark.column
            problems.append(placed)
        }
    }
}

/// Everything that is wrong with a file, in its order.
package struct DocumentError: Error, Equatable, Sendable, ProblemReporting {
    package let problems: [Problem]

    package init(problems: [Problem]) { self.problems = problems }

    package var exitStatus: ExitStatus { .configuration }
}
