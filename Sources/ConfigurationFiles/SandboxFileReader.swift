package import SlipwayCore

/// Reads the file that says what a sandbox is to have.
///
///     region: us-east-1
///     buckets:
///       - name: acme-revisions
///         versioned: true
///       - plain-bucket
///     applications:
///       my-app:
///         staging: 3
///         production:
///           instances: 2
///           deployment_config: CodeDeployDefault.OneAtATime
///     faults:
///       - codedeploy.GetDeployment throttle every=3
package enum SandboxFileReader {
    /// Throws ``DocumentError`` with every problem at once, in the file's order.
    package static func read(
        _ bytes: [UInt8], file: String
    ) throws(DocumentError) -> SandboxSetup {
        let text = try bytes.withUnsafeBytes { buffer in
            Result { () throws(DocumentError) in try YAMLDocument.text(of: buffer, file: file) }
        }.get()
        let root = try YAMLDocument.root(of: text, file: file, within: .configurationFile)
        var walk = Walk(file: file)
        let setup = walk.setup(root)
        guard walk.problems.isEmpty else {
            throw DocumentError(problems: walk.problems.sorted { $0.precedes($1) })
        }
        return setup
    }

    private struct Walk {
        let file: String
        var problems: [Problem] = []

        mutating func setup(_ root: YAMLNode) -> SandboxSetup {
            var setup = SandboxSetup()
            let keys = ["region", "buckets", "applications", "faults"]
            let fields = mapping(root, at: "the document", keys: keys)
            setup.region = fields["region"].flatMap { parsed($0) { try Region($0) } }
            for node in list(fields["buckets"], at: "buckets") {
                if let bucket = bucket(node) { setup.buckets.append(bucket) }
            }
            for node in list(fields["faults"], at: "faults") {
                if let fault = text(node, at: "a fault") { setup.faults.append(fault) }
            }
            for pair in pairs(fields["applications"], at: "applications") {
                guard let name = parsed(pair.key, { try ApplicationName($0) }) else { continue }
                setup.applications.append(name)
                for group in pairs(pair.value, at: "applications.\(name)") {
                    if let group = self.group(group, of: name) { setup.groups.append(group) }
                }
            }
            return setup
        }

        private mutating func bucket(_ node: YAMLNode) -> SandboxSetup.Bucket? {
            if node.text != nil { return parsed(node) { .init(name: try BucketName($0)) } }
            let fields = mapping(node, at: "a bucket", keys: ["name", "versioned", "region"])
            guard let nameNode = fields["name"] else {
                if node.pairs != nil {
                    report(
                        node, code: "missing-key", "the bucket has no name", fix: "add name: NAME")
                }
                return nil
            }
            guard let name = parsed(nameNode, { try BucketName($0) }) else { return nil }
            var bucket = SandboxSetup.Bucket(name: name)
            if let node = fields["versioned"] {
                switch node.text {
                case "true": bucket.isVersioned = true
                case "false": break
                default:
                    report(
                        node, code: "wrong-type", "versioned is neither true nor false",
                        fix: "write versioned: true")
                }
            }
            bucket.region = fields["region"].flatMap { parsed($0) { try Region($0) } }
            return bucket
        }

        private mutating func group(
            _ pair: YAMLNode.Pair, of application: ApplicationName
        ) -> SandboxSetup.Group? {
            guard let name = parsed(pair.key, { try DeploymentGroup($0) }) else { return nil }
            var group = SandboxSetup.Group(application: application, name: name, instances: 1)
            if pair.value.isNull { return group }
            if pair.value.text != nil {
                guard let count = count(pair.value) else { return nil }
                group.instances = count
                return group
            }
            let fields = mapping(
                pair.value, at: "the group \(name)", keys: ["instances", "deployment_config"])
            if let node = fields["instances"] { group.instances = count(node) ?? 1 }
            group.configuration = fields["deployment_config"].flatMap {
                parsed($0) { try DeploymentConfiguration($0) }
            }
            return group
        }

        private mutating func count(_ node: YAMLNode) -> Int? {
            parsed(node) { try SandboxSetup.Group.count($0) }
        }

        // MARK: - Steps

        private mutating func list(_ node: YAMLNode?, at path: String) -> [YAMLNode] {
            guard let node, !node.isNull else { return [] }
            guard let elements = node.elements else {
                report(
                    node, code: "wrong-type", "\(path) is not a list",
                    fix: "begin each of its lines with -")
                return []
            }
            return elements
        }

        private mutating func pairs(_ node: YAMLNode?, at path: String) -> [YAMLNode.Pair] {
            guard let node, !node.isNull else { return [] }
            guard let pairs = node.pairs else {
                report(
                    node, code: "wrong-type", "\(path) is not a mapping",
                    fix: "write a name, a colon, and what belongs to it below")
                return []
            }
            return pairs
        }

        private mutating func mapping(
            _ node: YAMLNode, at path: String, keys: [String]
        ) -> [String: YAMLNode] {
            var values: [String: YAMLNode] = [:]
            for pair in pairs(node, at: path) {
                let name = pair.key.text ?? ""
                if keys.contains(name) {
                    if !pair.value.isNull { values[name] = pair.value }
                    continue
                }
                let nearest = nearestName(to: name, among: keys)
                report(
                    pair.key, code: "unknown-key", "\(path) has the unknown key \(shownWord(name))",
                    why: "it may have \(keys.joined(separator: ", "))",
                    fix: nearest.map { "did you mean \($0)?" } ?? "remove it")
            }
            return values
        }

        private mutating func text(_ node: YAMLNode, at path: String) -> String? {
            if let text = node.text { return text }
            report(
                node, code: "wrong-type", "\(path) is \(node.kindName), not a text",
                fix: "write one line")
            return nil
        }

        private mutating func parsed<Value>(
            _ node: YAMLNode, _ parse: (String) throws -> Value
        ) -> Value? {
            guard let text = text(node, at: "the value") else { return nil }
            do {
                return try parse(text)
            } catch {
                for problem in (error as? any ProblemReporting)?.problems ?? [] {
                    report(node, problem)
                }
                return nil
            }
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
