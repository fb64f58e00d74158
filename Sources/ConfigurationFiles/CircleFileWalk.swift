import SlipwayCore

/// The steps of reading `circle.yml`: from nodes to values, collecting what is wrong.
struct CircleFileWalk {
    let file: String
    var problems: [Problem] = []

    init(file: String) { self.file = file }

    /// A mapping's pairs, with those that merge keys (`<<`) bring in behind its own.
    mutating func entries(_ entry: YAMLNode.Pair, at path: String) -> [YAMLNode.Pair] {
        var pairs: [YAMLNode.Pair] = []
        var names = Set<String>()
        var pending: [YAMLNode] = []
        for pair in entry.value.pairs ?? [] {
            if case .scalar("<<", isPlain: true) = pair.key.kind {
                pending += pair.value.elements ?? [pair.value]
            } else if let name = pair.key.text {
                // The first of two pairs with one key counts; the other was reported.
                if names.insert(name).inserted { pairs.append(pair) }
            } else {
                reportComplexKey(pair, at: path)
            }
        }
        for node in pending {
            guard node.pairs != nil else {
                report(
                    node.mark, code: "wrong-type",
                    "\(path) merges \(node.kindName), not a mapping",
                    fix: "let << name a mapping, for example <<: *defaults")
                continue
            }
            for pair in entries(YAMLNode.Pair(key: entry.key, value: node), at: path) {
                if let name = pair.key.text, names.insert(name).inserted { pairs.append(pair) }
            }
        }
        return pairs
    }

    /// Pairs by key, after keys that the level does not have were reported.
    mutating func fields(
        _ pairs: [YAMLNode.Pair], at path: String, level: CircleFileLevel
    ) -> CircleFileFields {
        var fields = CircleFileFields(path: path)
        for pair in pairs {
            guard let name = pair.key.text else { continue }
            guard !level.keys.contains(name) else {
                fields.pairs[name] = pair
                continue
            }
            let meant = level.meant(by: name)
            if let meant { fields.misnamed.insert(meant) }
            if level.isPartOfLocation(name) { fields.misnamed.insert("revision_location") }
            let mend = meant.map { "write \($0)" } ?? level.home(of: name)
            report(
                pair.key.mark, code: "unknown-key", "\(path) has the unknown key \(shown(name))",
                why: mend == nil ? "it may have \(level.keys.joined(separator: ", "))" : nil,
                fix: mend ?? "remove it")
        }
        return fields
    }

    /// The fields of a value that must be a mapping; nil where it is none, which was reported.
    mutating func mapping(
        _ entry: YAMLNode.Pair, at path: String, level: CircleFileLevel
    ) -> CircleFileFields? {
        guard entry.value.pairs != nil else {
            report(
                entry, code: entry.value.isNull ? "empty-value" : "wrong-type",
                "\(path) is \(entry.value.kindName), not a mapping",
                fix: "write keys under it: \(level.keys.joined(separator: ", "))")
            return nil
        }
        return fields(entries(entry, at: path), at: path, level: level)
    }

    /// The text behind a key; nil where it is none, which was reported.
    mutating func text(_ entry: YAMLNode.Pair, at path: String) -> Placed<String>? {
        if let text = entry.value.text, !entry.value.isNull {
            return Placed(text, at: place(entry.value.mark))
        }
        if entry.value.isNull {
            report(
                entry, code: "empty-value", "\(path) is empty",
                fix: "write a value behind the colon, or remove the key")
        } else {
            report(
                entry, code: "wrong-type", "\(path) is \(entry.value.kindName), not a text",
                fix: "write one value behind the colon, in quotation marks if it begins with "
                    + (entry.value.pairs == nil ? "[" : "{"))
        }
        return nil
    }

    /// A value that may be left out.
    mutating func written<Value>(
        _ key: String, in fields: CircleFileFields, _ parse: (String) throws -> Value
    ) -> Written<Value> {
        guard let entry = fields[key] else { return fields.absence(of: key) }
        guard let text = text(entry, at: "\(fields.path).\(key)"),
            let value = parsed(text, parse)
        else { return .unreadable }
        return .value(value)
    }

    mutating func parsed<Value>(
        _ text: Placed<String>, _ parse: (String) throws -> Value
    ) -> Placed<Value>? {
        do {
            return Placed(try parse(text.value), at: text.place)
        } catch {
            // Every parser of ours throws what can say its problems.
            let found = (error as? any ProblemReporting)?.problems ?? []
            problems += found.map { $0.at(text.place) }
            return nil
        }
    }

    // MARK: - Reports

    mutating func reportComplexKey(_ entry: YAMLNode.Pair, at path: String) {
        report(
            entry.key.mark, code: "wrong-type",
            "a key under \(path) is \(entry.key.kindName), not a text",
            fix: "write one name before the colon")
    }

    /// Reports at a value, or at its key where there is no value to point at.
    mutating func report(
        _ entry: YAMLNode.Pair, _ severity: Problem.Severity = .error, code: String,
        _ message: String, why: String? = nil, fix: String
    ) {
        let mark = entry.value.isNull ? entry.key.mark : entry.value.mark
        report(mark, severity, code: code, message, why: why, fix: fix)
    }

    mutating func report(
        _ mark: YAMLMark, _ severity: Problem.Severity = .error, code: String, _ message: String,
        why: String? = nil, fix: String
    ) {
        problems.append(
            Problem(severity, code: code, message, why: why, fix: fix).at(place(mark)))
    }

    func place(_ mark: YAMLMark) -> SourcePlace {
        SourcePlace(file: file, line: mark.line, column: mark.column)
    }

    /// Text of the file as a message may show it.
    func shown(_ text: String) -> String { shownWord(text) }
}

/// The pairs of a mapping that its level knows.
struct CircleFileFields {
    /// Where the mapping stands, as people write it: `deployment.production`.
    let path: String
    var pairs: [String: YAMLNode.Pair] = [:]
    /// Keys that stand under another name, which was reported.
    var misnamed: Set<String> = []

    subscript(key: String) -> YAMLNode.Pair? { pairs[key] }

    /// Whether the key is there, under whatever name.
    func has(_ key: String) -> Bool { pairs[key] != nil || misnamed.contains(key) }

    /// What a key that is not there is: what stands under another name is not missing.
    func absence<Value>(of key: String) -> Written<Value> {
        misnamed.contains(key) ? .unreadable : .absent
    }
}
