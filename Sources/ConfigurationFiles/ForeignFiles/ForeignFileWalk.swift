import SlipwayCore

/// The steps of reading another service's file, collecting what is wrong and what is lost.
struct ForeignFileWalk {
    let file: String
    let service: ForeignService
    var deployments: [ForeignDeployment] = []
    var problems: [Problem] = []
    var project: ProjectName?

    init(file: String, service: ForeignService) {
        self.file = file
        self.service = service
    }

    // MARK: - Nodes

    /// A mapping's pairs, with those that merge keys (`<<`) bring in behind its own; none of what
    /// is no mapping.
    func pairs(_ node: YAMLNode?) -> [YAMLNode.Pair] {
        var found: [YAMLNode.Pair] = []
        var merged: [YAMLNode] = []
        for pair in node?.pairs ?? [] {
            if case .scalar("<<", isPlain: true) = pair.key.kind {
                merged += pair.value.elements ?? [pair.value]
            } else if !found.contains(where: { $0.key.text == pair.key.text }) {
                found.append(pair)
            }
        }
        for node in merged {
            for pair in pairs(node)
            where !found.contains(where: { $0.key.text == pair.key.text }) {
                found.append(pair)
            }
        }
        return found
    }

    /// The value of a key; nil where it is not there, or empty.
    func value(_ key: String, in node: YAMLNode?) -> YAMLNode? {
        pairs(node).first { $0.key.text == key && !$0.value.isNull }?.value
    }

    /// What stands in a list, or the one thing that stands in its place.
    func elements(_ node: YAMLNode?) -> [YAMLNode] {
        guard let node, !node.isNull else { return [] }
        return node.elements ?? [node]
    }

    func place(_ mark: YAMLMark) -> SourcePlace {
        SourcePlace(file: file, line: mark.line, column: mark.column)
    }

    // MARK: - Values

    /// The text of a value, as it is written; nil where it is none, which was reported.
    mutating func text(_ key: String, in node: YAMLNode?) -> Placed<String>? {
        guard let value = value(key, in: node) else { return nil }
        if let text = value.text { return Placed(text, at: place(value.mark)) }
        guard self.value("secure", in: value) == nil else {
            lose(
                value.mark, "\(key) is encrypted, and only \(service.name) can read it",
                fix: "give its value to slipway settings set")
            return nil
        }
        report(
            value.mark, .error, code: "wrong-type", "\(key) is \(value.kindName), not a text",
            fix: "write one value behind the colon")
        return nil
    }

    /// A value that a parser of ours takes; nil where it is missing, a variable, or none, the last
    /// two of which were reported.
    mutating func parsed<Value>(
        _ text: Placed<String>?, _ field: String, _ parse: (String) throws -> Value
    ) -> Value? {
        guard let text, !isSecret(text, field) else { return nil }
        guard !text.value.contains("$") else {
            lose(
                text.place, "\(field) is \(shownWord(text.value)), a variable of \(service.name)",
                fix: "look its value up there, and give it to slipway settings set")
            return nil
        }
        do {
            return try parse(text.value)
        } catch {
            let found = (error as? any ProblemReporting)?.problems ?? []
            problems += found.map { $0.at(text.place) }
            return nil
        }
    }

    /// A name that must be there: where it is a variable, the variable's name stands for it.
    mutating func name<Value>(
        _ text: Placed<String>, _ field: String, _ parse: (String) throws -> Value
    ) -> Value? {
        if isSecret(text, field) { return nil }
        let variable = text.value.drop { $0 == "$" || $0 == "{" }.prefix { $0 != "}" }
        let isVariable =
            text.value.hasPrefix("$")
            && variable.unicodeScalars.allSatisfy { $0.isASCIILetterOrDigit || $0 == "_" }
        guard isVariable, let name = try? parse(String(variable)) else {
            return parsed(text, field, parse)
        }
        report(
            text.place, .warning, code: "placeholder",
            "\(field) is \(shownWord(text.value)), a variable of \(service.name)",
            why: "\(variable) stands for it in what is printed",
            fix: "write its value for \(variable)")
        return name
    }

    /// What a section for a step could be called.
    mutating func label(_ key: String, of step: YAMLNode) -> String? {
        guard let node = value(key, in: step), let text = node.text else { return nil }
        return isSecret(Placed(text, at: place(node.mark)), key) ? nil : text
    }

    /// Whether a value has the form of an AWS secret key, and must not be carried on: reported.
    mutating func isSecret(_ text: Placed<String>, _ field: String) -> Bool {
        let runs = text.value.unicodeScalars.split {
            !$0.isASCIILetterOrDigit && $0 != "/" && $0 != "+"
        }
        let isSecret = runs.contains { run in
            run.count == 40 && run.contains { ("A"..."Z").contains($0) }
                && run.contains { ("a"..."z").contains($0) }
                && run.contains { ("0"..."9").contains($0) }
        }
        guard isSecret else { return false }
        report(
            text.place, .error, code: "secret-in-file", "\(field) looks like an AWS secret key",
            why: "slipway neither shows nor keeps it", fix: "check what belongs here")
        return true
    }

    /// A key pattern from a key with the service's variables in it.
    mutating func keyPattern(_ text: Placed<String>?) -> KeyPattern? {
        guard let text, !isSecret(text, "the key") else { return nil }
        let translation = VariableTranslation(text.value, of: service)
        if let unknown = translation.unknown {
            lose(
                text.place,
                "the key has \(shownWord(unknown)), for which key patterns have no variable",
                why: "they have {BRANCH}, {COMMIT}, {SHORT_COMMIT} and {BUILD_NUM}",
                fix: "choose a key pattern")
            return nil
        }
        return parsed(Placed(translation.text, at: text.place), "the key") { try KeyPattern($0) }
    }

    /// A bucket and a key pattern together: both or neither.
    mutating func location(bucket: Placed<String>?, pattern: KeyPattern?) -> RevisionLocation? {
        let name = parsed(bucket, "the bucket") { try BucketName($0) }
        guard let name, let pattern else { return nil }
        return RevisionLocation(bucket: name, keyPattern: pattern)
    }

    /// An application root from a folder of the repository.
    mutating func root(_ folder: Placed<String>) -> ApplicationRoot? {
        var path = folder.value
        if path.hasPrefix("./") { path.removeFirst(2) }
        let parts = path.split(separator: "/").filter { $0 != "." }
        let root = "/" + parts.joined(separator: "/")
        return parsed(Placed(root, at: folder.place), "the folder") { try ApplicationRoot($0) }
    }

    // MARK: - Reports

    /// Reports what cannot be carried over.
    mutating func lose(
        _ place: SourcePlace, _ message: String, why: String? = nil, fix: String
    ) {
        report(place, .warning, code: "not-carried-over", message, why: why, fix: fix)
    }

    mutating func lose(_ mark: YAMLMark, _ message: String, why: String? = nil, fix: String) {
        lose(place(mark), message, why: why, fix: fix)
    }

    mutating func report(
        _ mark: YAMLMark, _ severity: Problem.Severity, code: String, _ message: String,
        why: String? = nil, fix: String
    ) {
        report(place(mark), severity, code: code, message, why: why, fix: fix)
    }

    mutating func report(
        _ place: SourcePlace, _ severity: Problem.Severity, code: String, _ message: String,
        why: String? = nil, fix: String
    ) {
        let problem = Problem(severity, code: code, message, why: why, fix: fix).at(place)
        // What an alias repeats is told once.
        if !problems.contains(problem) { problems.append(problem) }
    }

    /// Reports that nothing was found.
    mutating func reportNothing(_ mark: YAMLMark, _ message: String, fix: String) {
        guard deployments.isEmpty, !problems.contains(where: { $0.severity == .error }) else {
            return
        }
        report(mark, .error, code: "no-codedeploy", message, fix: fix)
    }
}
