import SlipwayCore

/// Goes through the values of an AppSpec, judges each as both agents do, and collects what agent
/// 1.8 makes of them.
struct AppSpecWalk {
    static let topKeys = [
        "version", "os", "file_exists_behavior", "files", "permissions", "hooks",
    ]
    static let both = AgentGeneration.allCases

    var findings: [AppSpecFinding] = []

    mutating func document(_ root: YAMLValue) -> AppSpec? {
        guard let entries = root.entries else {
            if root.ruby.isFalsy {
                refuse(.empty, by: Self.both, at: nil)
            } else if !root.isAlias {
                refuse(.notAppSpecMapping(found: root.kind), by: Self.both, at: root.place)
            }
            return nil
        }
        if reportOtherPlatform(entries) { return nil }
        let fields = fields(
            entries, at: "the file", keys: Self.topKeys,
            ignored: [
                "fileExistsBehavior": "write file_exists_behavior",
                "Resources": "it belongs to Lambda and ECS: remove it",
                "Hooks": "it belongs to Lambda and ECS: write hooks",
            ],
            // Read by an action of GitHub that creates deployments.
            foreign: ["branch_config"])
        version(fields["version"], in: root)
        let os = os(fields["os"], in: root)
        let behavior = fileExistsBehavior(fields["file_exists_behavior"])
        let files = files(fields["files"], os: os ?? .linux)
        let permissions = permissions(fields["permissions"], os: os)
        let hooks = hooks(fields["hooks"])
        // What else is wrong is worth knowing where only the os is mistyped.
        let name = fields["os"]?.value.scalar?.text.lowercased() ?? ""
        return AppSpec(
            os: os ?? (name.hasPrefix("win") ? .windows : .linux), fileExistsBehavior: behavior,
            files: files, permissions: permissions, hooks: hooks)
    }

    /// Reports a Lambda or an ECS AppSpec, and nothing else of it.
    private mutating func reportOtherPlatform(_ entries: [YAMLEntry]) -> Bool {
        guard let resources = entries.first(where: { $0.name == "Resources" }),
            !entries.contains(where: { $0.name == "os" || $0.name == "files" })
        else { return false }
        var pending = [resources.value]
        var platform = "Lambda or ECS"
        while let value = pending.popLast() {
            if let text = value.scalar?.text {
                if text.contains("AWS::Lambda::") { platform = "Lambda" }
                if text.contains("AWS::ECS::") { platform = "ECS" }
            }
            pending += value.elements ?? []
            pending += value.entries?.map(\.value) ?? []
        }
        refuse(.otherPlatform(platform), by: Self.both, at: resources.key.place)
        return true
    }

    // MARK: - Single values at the top

    private mutating func version(_ entry: YAMLEntry?, in root: YAMLValue) {
        guard let value = entry?.value else {
            return refuse(.version(nil), by: Self.both, at: root.place)
        }
        if value.isAlias { return }
        let old =
            switch value.ruby {
            case .integer(let number): number == 0
            case .float(let number): number == 0
            default: false
            }
        var new = false
        if let scalar = value.scalar, scalar.isPlain, let number = SerdeScalar.float(scalar.text) {
            new = abs(number) < .ulpOfOne
        }
        refuse(
            .version(value.scalar.map { $0.isPlain ? $0.text : "the text \"\($0.text)\"" } ?? ""),
            where: (old, new), at: value.place)
    }

    private mutating func os(
        _ entry: YAMLEntry?, in root: YAMLValue
    ) -> AppSpec.OperatingSystem? {
        guard let value = entry?.value else {
            refuse(.os(nil, nearest: nil), by: Self.both, at: root.place)
            return nil
        }
        if value.isAlias { return nil }
        let names = AppSpec.OperatingSystem.allCases.map(\.rawValue)
        var old: AppSpec.OperatingSystem?
        if case .text(let text) = value.ruby { old = AppSpec.OperatingSystem(rawValue: text) }
        let new = value.scalar.flatMap { AppSpec.OperatingSystem(rawValue: $0.text) }
        let text = value.scalar?.text ?? ""
        refuse(
            .os(text, nearest: nearestName(to: text, among: names)),
            where: (old != nil, new != nil), at: value.place)
        return old ?? new
    }

    private mutating func fileExistsBehavior(
        _ entry: YAMLEntry?
    ) -> AppSpec.FileExistsBehavior? {
        guard let value = entry?.value, !value.isAlias else { return nil }
        let text = value.scalar?.text ?? ""
        let known = AppSpec.FileExistsBehavior(rawValue: text)
        var old = value.ruby == .null
        if case .text = value.ruby { old = known != nil }
        let new = value.isSerdeNull || (value.scalar != nil && known != nil)
        let names = AppSpec.FileExistsBehavior.allCases.map(\.rawValue)
        refuse(
            .fileExistsBehavior(text, nearest: nearestName(to: text, among: names)),
            where: (old, new), at: value.place)
        return value.ruby == .null ? nil : known
    }

    // MARK: - files

    private mutating func files(
        _ entry: YAMLEntry?, os: AppSpec.OperatingSystem
    ) -> [AppSpec.FileMapping] {
        guard let entry else { return [] }
        var files: [AppSpec.FileMapping] = []
        for (index, value) in list(entry, at: "files").enumerated() {
            let path = "files[\(index + 1)]"
            if case .text(let text) = value.ruby, text.contains("source"),
                text.contains("destination")
            {
                // In Ruby a text "contains" the keys.
                refuse(
                    .wrongType(
                        path: path, found: .text, expected: "a mapping with source and destination"),
                    by: [.v20], at: value.place)
                continue
            }
            guard
                let fields = entryFields(
                    value, at: path, keys: ["source", "destination"],
                    ignored: [
                        "mode": "set it in permissions:",
                        "overwrite": "write file_exists_behavior: OVERWRITE at the top",
                        "owner": "set it in permissions:", "group": "set it in permissions:",
                        "permissions": "write permissions: at the top",
                    ])
            else { continue }
            let source = fileText("source", fields, in: value, at: path)
            let destination = fileText("destination", fields, in: value, at: path)
            guard let source, let destination else { continue }
            files.append(
                AppSpec.FileMapping(
                    source: source.text, destination: destination.text, sourcePlace: source.place,
                    destinationPlace: destination.place))
            if os == .linux, !destination.text.hasPrefix("/"), !destination.text.isEmpty {
                warn(.relativeDestination(destination.text), at: destination.place)
            }
        }
        return files
    }

    /// A source or a destination: null is missing to both agents, empty only to 2.0.
    private mutating func fileText(
        _ key: String, _ fields: [String: YAMLEntry], in entry: YAMLValue, at path: String
    ) -> (text: String, place: AppSpec.Place)? {
        guard let value = fields[key]?.value else {
            refuse(.missing(path: key, entry: path), by: Self.both, at: entry.place)
            return nil
        }
        if value.isAlias { return nil }
        let isOldMissing = value.ruby == .null
        let isNewMissing = value.isSerdeNull || value.isBlank
        if isOldMissing || isNewMissing {
            refuse(
                .missing(path: key, entry: path), where: (!isOldMissing, !isNewMissing),
                at: fields[key]?.key.place ?? value.place)
            return nil
        }
        if value.scalar?.text == "" {
            refuse(.emptyText(path: "\(path).\(key)"), by: [.v20], at: value.place)
        }
        let text = text(value, at: "\(path).\(key)") ?? ""
        switch value.ruby {
        case .integer, .hugeInteger, .float, .boolean:
            warn(.numberAsPath(path: "\(path).\(key)", text: text), at: value.place)
        default: break
        }
        return (text, value.place)
    }

    // MARK: - hooks

    private mutating func hooks(_ entry: YAMLEntry?) -> [AppSpec.Hook] {
        guard let entry, !entry.value.isAlias else { return [] }
        let value = entry.value
        guard let events = value.entries else {
            refuse(
                .wrongType(path: "hooks", found: value.kind, expected: "a mapping of events"),
                where: (value.ruby.isFalsy, value.isBlank),
                at: value.isBlank ? entry.key.place : value.place)
            return []
        }
        var hooks: [AppSpec.Hook] = []
        reportDuplicates(events, known: [])
        for event in events where event.shadowedName == nil {
            guard let name = keyName(event) else {
                // To agent 1.8 it is an event, and none that it knows.
                if !event.key.isAlias {
                    refuse(
                        .unknownEvent(event.key.kind.rawValue, nearest: nil), by: [.v18],
                        at: event.key.place, during: .install)
                }
                continue
            }
            if name == "<<" { warn(.mergeKey, at: event.key.place) }
            hooks.append(
                AppSpec.Hook(
                    event: LifecycleEvent(rawValue: name), scripts: scripts(of: event, name),
                    place: event.key.place))
        }
        return hooks
    }

    private mutating func scripts(of event: YAMLEntry, _ name: String) -> [AppSpec.Script] {
        let lifecycleEvent = LifecycleEvent(rawValue: name)
        let value = event.value
        let isOldNull = value.ruby == .null
        let isNewEmpty = value.isSerdeNull || value.isBlank || value.elements?.isEmpty ?? false
        if !lifecycleEvent.isKnown {
            let nearest = nearestName(
                to: name, among: LifecycleEvent.known.filter(\.runsScripts).map(\.rawValue))
            let flaw = AppSpecFlaw.unknownEvent(name, nearest: nearest)
            // The agents do not count an event of which nothing is said.
            let counting = agents(
                old: isOldNull, isNewEmpty || (isOldNull && value.elements == nil))
            if counting.isEmpty {
                warn(flaw, at: event.key.place)
            } else {
                refuse(flaw, by: counting, at: event.key.place, during: .install)
            }
        } else if !lifecycleEvent.runsScripts {
            warn(.unscriptableEvent(lifecycleEvent), at: event.key.place)
        } else if isOldNull || value.elements?.isEmpty ?? false {
            warn(.eventWithoutScripts(lifecycleEvent), at: event.key.place)
        }
        if value.isAlias { return [] }
        guard let elements = value.elements else {
            let isEmptyMapping = value.entries?.isEmpty ?? false
            refuse(
                .wrongType(
                    path: "hooks.\(name)", found: value.kind, expected: "a list of scripts"),
                where: (value.ruby.isFalsy || isEmptyMapping, isNewEmpty), at: value.place)
            return []
        }
        var scripts: [AppSpec.Script] = []
        var explicitSeconds: [Int] = []
        for (index, element) in elements.enumerated() {
            let path = "hooks.\(name)[\(index + 1)]"
            guard let (script, seconds) = script(element, at: path) else { continue }
            scripts.append(script)
            if let seconds { explicitSeconds.append(seconds) }
        }
        let total = explicitSeconds.reduce(0) { $0 &+ $1 }
        if explicitSeconds.count > 1, explicitSeconds.allSatisfy({ $0 <= 3600 }), total > 3600 {
            warn(.eventTooLong(lifecycleEvent, seconds: total), at: event.key.place)
        }
        return scripts
    }

    private mutating func script(
        _ value: YAMLValue, at path: String
    ) -> (AppSpec.Script, seconds: Int?)? {
        guard
            let fields = entryFields(
                value, at: path, keys: ["location", "timeout", "runas", "sudo"],
                ignored: ["run_as": "write runas", "user": "write runas"])
        else { return nil }
        let seconds = fields["timeout"].flatMap { timeout($0.value, at: path + ".timeout") }
        let runAs = fields["runas"].flatMap { optionalText($0.value, at: path + ".runas") }
        let usesSudo = fields["sudo"].map { sudo($0.value, at: path + ".sudo") } ?? false
        guard let location = fields["location"]?.value else {
            refuse(.missing(path: "location", entry: path), by: Self.both, at: value.place)
            return nil
        }
        if location.isAlias { return nil }
        let old = location.ruby == .null ? "" : location.ruby.string.strippedByRuby
        let isOldMissing =
            location.ruby == .null || (location.scalar != nil && old.isEmpty)
        let new = location.isSerdeNull ? "" : location.scalar?.text.strippedByRuby ?? "(list)"
        if isOldMissing || new.isEmpty {
            refuse(
                .missing(path: "location", entry: path), where: (!isOldMissing, !new.isEmpty),
                at: fields["location"]?.key.place ?? location.place)
            return nil
        }
        guard let text = text(location, at: path + ".location") else { return nil }
        return (
            AppSpec.Script(
                location: text.strippedByRuby,
                timeout: seconds.map { .seconds($0) } ?? AppSpec.Script.defaultTimeout,
                runAs: runAs?.strippedByRuby, usesSudo: usesSudo, place: location.place),
            seconds
        )
    }

    /// Seconds, or nil for the default.
    private mutating func timeout(_ value: YAMLValue, at path: String) -> Int? {
        let text = value.scalar?.text ?? ""
        /// Nil is the default, 0 what is refused.
        let old: Int?
        switch value.ruby {
        case .unknown: return nil
        case .null, .boolean(false): old = nil
        case .integer(let number): old = max(0, number)
        case .hugeInteger(let isNegative, _): old = isNegative ? 0 : 1 << 40
        case .float(let number): old = number.isFinite && number >= 1 ? Int(min(number, 1e12)) : 0
        case .text(let text): old = max(0, RubyValue.leadingInteger(text))
        case .boolean, .symbol, .date, .failing, .list, .mapping: old = 0
        }
        if old == 0 {
            refuse(
                .timeout(path: path, text: text), where: (false, newTimeout(value)),
                at: value.place)
            return nil
        }
        if !newTimeout(value) {
            refuse(
                .timeoutNotInteger(path: path, text: quoted(value)), by: [.v20], at: value.place)
        }
        if let old, old > 3600 { warn(.timeoutTooLong(path: path, seconds: old), at: value.place) }
        return old
    }

    private func newTimeout(_ value: YAMLValue) -> Bool {
        if value.isSerdeNull { return true }
        guard let scalar = value.scalar, scalar.isPlain else { return false }
        return (SerdeScalar.unsigned(scalar.text) ?? 0) > 0
    }

    private mutating func sudo(_ value: YAMLValue, at path: String) -> Bool {
        if value.isAlias { return false }
        let isPlain = value.scalar?.isPlain ?? false
        let isBoolean = isPlain && SerdeScalar.boolean(value.scalar?.text ?? "") != nil
        if !value.isSerdeNull && !isBoolean {
            refuse(.notBoolean(path: path, text: quoted(value)), by: [.v20], at: value.place)
        }
        return !value.ruby.isFalsy
    }
}

extension String {
    /// Without blanks and NUL at both ends, as Ruby's `strip`.
    var strippedByRuby: String {
        func isBlank(_ scalar: Unicode.Scalar) -> Bool {
            " \t\n\u{B}\u{C}\r\0".unicodeScalars.contains(scalar)
        }
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !isBlank($0) }),
            let last = scalars.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(scalars[first...last])
    }
}
