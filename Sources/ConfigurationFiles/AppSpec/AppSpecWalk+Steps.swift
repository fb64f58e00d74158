import SlipwayCore

extension AppSpecWalk {
    // MARK: - Mappings and lists

    /// The values of a mapping by key, the last of equal keys; reports keys that no agent reads.
    mutating func fields(
        _ entries: [YAMLEntry], at path: String, keys: [String], ignored: [String: String] = [:],
        foreign: [String] = []
    ) -> [String: YAMLEntry] {
        reportDuplicates(entries, known: keys)
        var fields: [String: YAMLEntry] = [:]
        for entry in entries where entry.shadowedName == nil {
            guard let name = keyName(entry) else { continue }
            if keys.contains(name) {
                fields[name] = entry
            } else if name == "<<" {
                if !entry.value.isAlias { warn(.mergeKey, at: entry.key.place) }
            } else if let instead = ignored[name] {
                warn(.ignoredKey(path: path, key: name, instead: instead), at: entry.key.place)
            } else if !foreign.contains(name), !entry.key.isAlias {
                warn(
                    .unknownKey(path: path, key: name, nearest: nearestName(to: name, among: keys)),
                    at: entry.key.place)
            }
        }
        return fields
    }

    /// The fields of an entry of a list, which must be a mapping to both agents.
    mutating func entryFields(
        _ value: YAMLValue, at path: String, keys: [String], ignored: [String: String] = [:]
    ) -> [String: YAMLEntry]? {
        if value.isAlias { return nil }
        guard let entries = value.entries else {
            refuse(
                .wrongType(
                    path: path, found: value.kind,
                    expected: "a mapping with \(keys.prefix(2).joined(separator: " and "))"),
                by: Self.both, at: value.place)
            return nil
        }
        return fields(entries, at: path, keys: keys, ignored: ignored)
    }

    /// A section that is a list. Nothing, false and `{}` are empty to agent 1.8, nothing at all is
    /// to 2.0.
    mutating func list(_ entry: YAMLEntry, at path: String) -> [YAMLValue] {
        let value = entry.value
        if value.isAlias { return [] }
        if let elements = value.elements { return elements }
        let isEmptyMapping = value.entries?.isEmpty ?? false
        refuse(
            .wrongType(path: path, found: value.kind, expected: "a list of entries"),
            where: (value.ruby.isFalsy || isEmptyMapping, value.isBlank),
            at: value.isBlank ? entry.key.place : value.place)
        return []
    }

    /// A key that is a text; 2.0 refuses any other.
    mutating func keyName(_ entry: YAMLEntry) -> String? {
        if entry.key.isAlias { return nil }
        guard let name = entry.name else {
            refuse(
                .wrongType(path: "a key", found: entry.key.kind, expected: "a text"), by: [.v20],
                at: entry.key.place)
            return nil
        }
        return name
    }

    /// Agent 2.0 refuses a key that it knows and that stands twice; of others the last counts.
    mutating func reportDuplicates(_ entries: [YAMLEntry], known: [String]) {
        var earlier: Set<String> = []
        for entry in entries {
            if let name = entry.shadowedName {
                if earlier.contains(name) { report(name, entry) }
                earlier.insert(name)
            } else if let name = entry.name, earlier.contains(name) {
                report(name, entry)
            }
        }
        func report(_ name: String, _ entry: YAMLEntry) {
            if known.contains(name) {
                refuse(.duplicateKey(name), by: [.v20], at: entry.key.place)
            } else {
                warn(.duplicateKey(name), at: entry.key.place)
            }
        }
    }

    // MARK: - Texts

    /// A text, or nil for null; 2.0 refuses lists and mappings, of which 1.8 makes texts.
    mutating func optionalText(_ value: YAMLValue, at path: String) -> String? {
        value.ruby == .null ? nil : text(value, at: path)
    }

    /// A text as 1.8 reads it, after a word about a different reading by 2.0.
    mutating func text(_ value: YAMLValue, at path: String) -> String? {
        guard !value.isAlias else { return nil }
        guard let scalar = value.scalar else {
            refuse(
                .wrongType(path: path, found: value.kind, expected: "a text"), by: [.v20],
                at: value.place)
            return ""
        }
        let old = value.ruby.string
        if value.ruby != .date, value.ruby != .failing, old != scalar.text {
            warn(.readDifferently(path: path, text: scalar.text, old: old), at: value.place)
        }
        return old
    }

    /// What stands in the file, with its quotation marks where it has some.
    func quoted(_ value: YAMLValue) -> String {
        guard let scalar = value.scalar else { return value.kind.rawValue }
        return scalar.isPlain ? scalar.text : "\"\(scalar.text)\""
    }

    // MARK: - Findings

    mutating func refuse(
        _ flaw: AppSpecFlaw, by agents: [AgentGeneration], at place: AppSpec.Place?,
        during event: LifecycleEvent = .beforeInstall
    ) {
        guard !agents.isEmpty else { return }
        findings.append(AppSpecFinding(flaw, .refused(by: agents, at: event), at: place))
    }

    /// Reports a flaw to which 1.8 or 2.0 does not consent; nothing where both do.
    mutating func refuse(
        _ flaw: AppSpecFlaw, where accepted: (old: Bool, new: Bool), at place: AppSpec.Place?
    ) {
        refuse(flaw, by: agents(old: accepted.old, accepted.new), at: place)
    }

    /// The agents that do not accept.
    func agents(old: Bool, _ new: Bool) -> [AgentGeneration] {
        (old ? [] : [.v18]) + (new ? [] : [.v20])
    }

    mutating func warn(_ flaw: AppSpecFlaw, at place: AppSpec.Place?) {
        findings.append(AppSpecFinding(flaw, .accepted, at: place))
    }
}
