import SlipwayCore

extension AppSpecWalk {
    mutating func permissions(
        _ entry: YAMLEntry?, os: AppSpec.OperatingSystem?
    ) -> [AppSpec.Permission] {
        guard let entry else { return [] }
        let values = list(entry, at: "permissions")
        if os == .windows, let first = values.first {
            refuse(.permissionsOnWindows, by: Self.both, at: first.place)
            return []
        }
        var permissions: [AppSpec.Permission] = []
        for (index, value) in values.enumerated() {
            if let permission = permission(value, at: "permissions[\(index + 1)]") {
                permissions.append(permission)
            }
        }
        return permissions
    }

    private mutating func permission(_ value: YAMLValue, at path: String) -> AppSpec.Permission? {
        let keys = [
            "object", "pattern", "except", "type", "owner", "group", "mode", "acls", "context",
        ]
        guard
            let fields = entryFields(
                value, at: path, keys: keys,
                ignored: ["acl": "write acls", "types": "write type", "path": "write object"])
        else { return nil }
        let except = except(fields["except"]?.value, at: path + ".except")
        let types = types(fields["type"], at: path + ".type")
        let owner = account(fields["owner"]?.value, at: path + ".owner")
        let group = account(fields["group"]?.value, at: path + ".group")
        let mode = mode(fields["mode"]?.value, at: path + ".mode")
        let acls = acls(fields["acls"]?.value, at: path + ".acls")
        let context = context(fields["context"]?.value, at: path + ".context")
        let patternText = fields["pattern"].flatMap {
            optionalText($0.value, at: path + ".pattern")
        }
        let pattern = patternText ?? AppSpec.Permission.everything
        if types.contains(.file) {
            if pattern != AppSpec.Permission.everything || !except.isEmpty {
                warn(.patternWithFiles(path: path), at: value.place)
            }
            if acls?.contains(where: \.isDefault) ?? false {
                warn(.defaultEntryWithFiles(path: path), at: value.place)
            }
        }
        guard let object = object(fields["object"], in: value, at: path) else { return nil }
        return AppSpec.Permission(
            object: object.text, pattern: pattern, except: except, types: types, owner: owner,
            group: group, mode: mode, acls: acls, context: context, place: object.place)
    }

    private mutating func object(
        _ entry: YAMLEntry?, in permission: YAMLValue, at path: String
    ) -> (text: String, place: AppSpec.Place)? {
        guard let entry else {
            refuse(.missing(path: "object", entry: path), by: Self.both, at: permission.place)
            return nil
        }
        let value = entry.value
        if value.isAlias { return nil }
        let isOldMissing =
            value.ruby == .null
            || (value.scalar != nil && value.ruby.string.strippedByRuby.isEmpty)
        let isNewMissing =
            value.isSerdeNull || value.scalar.map { $0.text.strippedByRuby.isEmpty } ?? false
        if isOldMissing || isNewMissing {
            refuse(
                .missing(path: "object", entry: path), where: (!isOldMissing, !isNewMissing),
                at: entry.key.place)
            return nil
        }
        return text(value, at: path + ".object").map { ($0.strippedByRuby, value.place) }
    }

    private mutating func except(_ value: YAMLValue?, at path: String) -> [String] {
        guard let value, !value.isAlias else { return [] }
        guard let elements = value.elements else {
            refuse(
                .wrongType(path: path, found: value.kind, expected: "a list of patterns"),
                where: (value.ruby.isFalsy || value.entries != nil, value.isSerdeEmptyList),
                at: value.place)
            return []
        }
        return elements.enumerated().compactMap { index, element in
            text(element, at: "\(path)[\(index + 1)]")
        }
    }

    private mutating func types(
        _ entry: YAMLEntry?, at path: String
    ) -> [AppSpec.Permission.ObjectType] {
        let all = AppSpec.Permission.ObjectType.allCases
        guard let value = entry?.value, !value.isAlias else { return all }
        guard let elements = value.elements else {
            refuse(
                .wrongType(path: path, found: value.kind, expected: "a list of types"),
                where: (
                    value.ruby.isFalsy || value.entries?.isEmpty ?? false, value.isSerdeEmptyList
                ), at: value.place)
            return all
        }
        if elements.isEmpty { warn(.noObjectTypes(path: path), at: value.place) }
        return elements.enumerated().compactMap { index, element in
            if element.isAlias { return nil }
            let text = element.scalar?.text ?? ""
            let type = AppSpec.Permission.ObjectType(rawValue: text)
            if type == nil {
                refuse(
                    .objectType(
                        path: "\(path)[\(index + 1)]", text: text,
                        nearest: nearestName(to: text, among: all.map(\.rawValue))),
                    by: Self.both, at: element.place)
            }
            return type
        }
    }

    private mutating func account(_ value: YAMLValue?, at path: String) -> AppSpec.Account? {
        guard let value, let text = optionalText(value, at: path) else { return nil }
        switch value.ruby {
        case .integer, .hugeInteger, .float:
            warn(.numericOwner(path: path, text: text), at: value.place)
            return .number(text)
        default: return .name(text)
        }
    }

    // MARK: - mode

    private mutating func mode(_ value: YAMLValue?, at path: String) -> FileMode? {
        guard let value, !value.isAlias else { return nil }
        let text = value.scalar?.text ?? ""
        // A list as a text is longer than any mode.
        let oldText = value.scalar == nil ? "[...]" : value.ruby.string
        let old = value.ruby == .null ? nil : Self.mode(oldText)
        let new = value.isSerdeNull ? nil : value.scalar.map { Self.mode($0.text) }
        let oldError = old.flatMap(Self.error)
        let newError =
            value.scalar == nil ? FileModeError.tooLong : new.flatMap(Self.error)
        if let error = oldError ?? newError {
            refuse(
                .mode(path: path, text: text, read: oldText, error),
                where: (oldError == nil, newError == nil), at: value.place)
            return oldError == nil ? try? old?.get() : nil
        }
        guard let oldMode = try? old?.get() else { return nil }
        if let newMode = try? new?.get(), newMode != oldMode {
            warn(
                .modeReadDifferently(path: path, text: text, old: oldMode, new: newMode),
                at: value.place)
        } else if oldText.unicodeScalars.count < 3 {
            warn(.shortMode(path: path, text: text, mode: oldMode), at: value.place)
        }
        return oldMode
    }

    private static func mode(_ text: String) -> Result<FileMode, FileModeError> {
        do {
            return .success(try FileMode(agentDigits: text))
        } catch {
            return .failure(error)
        }
    }

    private static func error(_ result: Result<FileMode, FileModeError>) -> FileModeError? {
        if case .failure(let error) = result { return error }
        return nil
    }

    // MARK: - acls

    private mutating func acls(_ value: YAMLValue?, at path: String) -> [AccessControlEntry]? {
        guard let value, !value.isAlias else { return nil }
        guard let elements = value.elements else {
            let isEmptyMapping = value.entries?.isEmpty ?? false
            refuse(
                .wrongType(path: path, found: value.kind, expected: "a list of entries"),
                where: (value.ruby == .null || isEmptyMapping, value.isSerdeEmptyList),
                at: value.place)
            return nil
        }
        var entries: [AccessControlEntry] = []
        for (index, element) in elements.enumerated() where !element.isAlias {
            let path = "\(path)[\(index + 1)]"
            guard let text = element.scalar?.text else {
                refuse(
                    .wrongType(path: path, found: element.kind, expected: "a text"),
                    by: Self.both, at: element.place)
                continue
            }
            var old: Result<AccessControlEntry, AccessControlEntryError>?
            // What is no text has no parts in Ruby.
            if case .text = element.ruby { old = Self.entry(text, .v18) }
            let new = Self.entry(text, .v20)
            if case .success(let entry) = old { entries.append(entry) }
            refuseUnlessParsed(old, new, at: element.place) { error in
                error.map { .acl(path: path, text: text, $0) }
                    ?? .wrongType(path: path, found: element.kind, expected: "a text")
            }
        }
        return entries
    }

    private static func entry(
        _ text: String, _ agent: AgentGeneration
    ) -> Result<AccessControlEntry, AccessControlEntryError> {
        do {
            return .success(try AccessControlEntry(text, agent: agent))
        } catch {
            return .failure(error)
        }
    }

    /// Reports what one of the agents, or both, could not parse; nil is what 1.8 did not even try.
    private mutating func refuseUnlessParsed<Value, Failure: Error>(
        _ old: Result<Value, Failure>?, _ new: Result<Value, Failure>, at place: AppSpec.Place,
        _ flaw: (Failure?) -> AppSpecFlaw
    ) {
        var errors: [Failure] = []
        var isOldParsed = false
        if case .success = old { isOldParsed = true }
        if case .failure(let error) = old { errors.append(error) }
        var isNewParsed = true
        if case .failure(let error) = new {
            errors.append(error)
            isNewParsed = false
        }
        refuse(flaw(errors.first), where: (isOldParsed, isNewParsed), at: place)
    }

    // MARK: - context

    private mutating func context(
        _ value: YAMLValue?, at path: String
    ) -> AppSpec.SELinuxContext? {
        guard let value, !value.isAlias else { return nil }
        guard let entries = value.entries else {
            // In Ruby a text "contains" the key.
            let hasWord = value.scalar.map { $0.text.contains("type") } ?? false
            var isText = false
            if case .text = value.ruby { isText = true }
            refuse(
                .wrongType(path: path, found: value.kind, expected: "a mapping with type"),
                where: (value.ruby == .null || isText && hasWord, value.isSerdeNull),
                at: value.place)
            return nil
        }
        let fields = fields(
            entries, at: path, keys: ["name", "type", "range"],
            ignored: [
                "user": "write name: the agent reads the SELinux user from it",
                "role": "remove it: the agent sets no role",
            ])
        let name = fields["name"].flatMap { optionalText($0.value, at: path + ".name") }
        let range = range(fields["range"]?.value, at: path + ".range")
        guard let type = fields["type"]?.value else {
            refuse(.missing(path: "type", entry: path), by: Self.both, at: value.place)
            return nil
        }
        if type.isAlias { return nil }
        if type.ruby == .null || type.isSerdeNull {
            refuse(
                .missing(path: "type", entry: path),
                where: (type.ruby != .null, !type.isSerdeNull), at: type.place)
            return nil
        }
        return text(type, at: path + ".type").map {
            AppSpec.SELinuxContext(name: name, type: $0, range: range)
        }
    }

    private mutating func range(_ value: YAMLValue?, at path: String) -> SELinuxRange? {
        guard let value, !value.isAlias else { return nil }
        if value.ruby == .null {
            if value.isSerdeNull { return nil }
            // What only Ruby takes for nothing, such as nULL.
            refuse(
                .range(path: path, text: value.scalar?.text ?? "", .missingPart), by: [.v20],
                at: value.place)
            return nil
        }
        guard let text = value.scalar?.text else {
            refuse(
                .wrongType(path: path, found: value.kind, expected: "a text"), by: Self.both,
                at: value.place)
            return nil
        }
        var old: Result<SELinuxRange, SELinuxRangeError>?
        if case .text = value.ruby { old = Self.range(text, .v18) }
        refuseUnlessParsed(old, Self.range(text, .v20), at: value.place) { error in
            error.map { .range(path: path, text: text, $0) }
                ?? .wrongType(path: path, found: value.kind, expected: "a text")
        }
        return try? old?.get()
    }

    private static func range(
        _ text: String, _ agent: AgentGeneration
    ) -> Result<SELinuxRange, SELinuxRangeError> {
        do {
            return .success(try SELinuxRange(text, agent: agent))
        } catch {
            return .failure(error)
        }
    }
}
