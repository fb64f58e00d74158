extension AppSpec {
    /// What fails on the instance, or is hardly meant, seen against the files of the revision.
    package func findings(against tree: FileTree) -> [AppSpecFinding] {
        scriptFindings(tree) + installFindings(tree)
    }

    // MARK: - Scripts

    private func scriptFindings(_ tree: FileTree) -> [AppSpecFinding] {
        var findings: [AppSpecFinding] = []
        var checked: Set<String> = []
        for hook in hooks where hook.event.runsScripts {
            for script in hook.scripts {
                let stage = hook.event
                func refuse(_ flaw: AppSpecFlaw, by agents: [AgentGeneration]) {
                    findings.append(
                        AppSpecFinding(flaw, .refused(by: agents, at: stage), at: script.place))
                }
                switch tree.resolve(path(script.location)) {
                case .outside:
                    refuse(
                        .scriptOutside(location: script.location), by: AgentGeneration.allCases)
                case .missing:
                    refuse(
                        .scriptMissing(
                            location: script.location, event: hook.event,
                            hint: hint(for: script.location, tree)),
                        by: AgentGeneration.allCases)
                case .found(_, .folder), .found(_, .link), .found(_, .other):
                    refuse(
                        .scriptIsFolder(location: script.location), by: AgentGeneration.allCases)
                case .found(let path, .file):
                    guard os == .linux, checked.insert(script.location).inserted else { continue }
                    if let scalar = script.location.unicodeScalars.first(where: Self.isShellSyntax)
                    {
                        refuse(
                            .scriptPathUnquoted(location: script.location, scalar), by: [.v18])
                    }
                    findings += contentFindings(script, hook.event, path, tree)
                }
            }
        }
        return findings
    }

    private func contentFindings(
        _ script: Script, _ event: LifecycleEvent, _ path: String, _ tree: FileTree
    ) -> [AppSpecFinding] {
        var findings: [AppSpecFinding] = []
        func warn(_ flaw: AppSpecFlaw) {
            findings.append(AppSpecFinding(flaw, .accepted, at: script.place))
        }
        if !tree.isExecutable(path) { warn(.scriptNotExecutable(location: script.location)) }
        guard let head = tree.head(path, 64 << 10) else { return findings }
        guard !head.isEmpty else {
            warn(.scriptEmpty(location: script.location))
            return findings
        }
        if head.starts(with: [0xEF, 0xBB, 0xBF]) {
            warn(.scriptByteOrderMark(location: script.location))
        } else if head.starts(with: [0x7F] + Array("ELF".utf8)) {
            return findings
        } else if !head.starts(with: Array("#!".utf8)) {
            warn(.scriptWithoutInterpreter(location: script.location))
        }
        let firstLine = head.prefix { $0 != UInt8(ascii: "\n") }
        if head.starts(with: Array("#!".utf8)), firstLine.last == UInt8(ascii: "\r") {
            let line = String(decoding: firstLine.dropFirst(2).dropLast(), as: UTF8.self)
            let words = line.split(separator: " ")
            // With an argument the carriage return belongs to it, and env looks for that program.
            let isEnvironment = words.first?.hasSuffix("/env") ?? false
            let interpreter = (isEnvironment ? words.last : words.first).map(String.init) ?? line
            findings.append(
                AppSpecFinding(
                    .scriptInterpreterLineEnding(
                        location: script.location, interpreter: interpreter),
                    .refused(by: AgentGeneration.allCases, at: event), at: script.place))
        } else if zip(head, head.dropFirst()).contains(where: { $0 == (13, 10) }) {
            warn(.scriptLineEndings(location: script.location))
        }
        return findings
    }

    private func hint(for location: String, _ tree: FileTree) -> AppSpecFlaw.ScriptHint? {
        if let end = location.firstIndex(where: { $0 == " " || $0 == "\t" }) {
            let script = String(location[..<end])
            if case .found(_, .file) = tree.resolve(path(script)) {
                return .arguments(script: script)
            }
        }
        if let other = tree.otherCase(of: path(location)) { return .otherCase(other) }
        return location.hasPrefix("/") ? .absolute : nil
    }

    /// Whether a character ends a word, or means something, in a command line of `sh`.
    private static func isShellSyntax(_ scalar: Unicode.Scalar) -> Bool {
        " \t\n;&|<>()$`\"'\\".unicodeScalars.contains(scalar)
    }

    /// A path of the file as the tree has it: Windows takes both slashes.
    fileprivate func path(_ text: String) -> String {
        os == .windows ? text.replacing("\\", with: "/") : text
    }

    // MARK: - Files and permissions

    private func installFindings(_ tree: FileTree) -> [AppSpecFinding] {
        var findings: [AppSpecFinding] = []
        var present: [(index: Int, path: String, kind: FileTree.Kind)] = []
        for (index, file) in files.enumerated() {
            func refuse(_ flaw: AppSpecFlaw) {
                findings.append(
                    AppSpecFinding(
                        flaw, .refused(by: AgentGeneration.allCases, at: .install),
                        at: file.sourcePlace))
            }
            let path = path(file.source)
            switch tree.resolve(path) {
            case .outside: refuse(.sourceOutside(file.source))
            case .missing:
                // A link that leads nowhere is copied as a link.
                if case .link = tree.kind(FileTree.parts(path).joined(separator: "/")) {
                    present.append((index, path, .file))
                } else {
                    refuse(
                        .sourceMissing(
                            file.source,
                            hasWildcard: file.source.contains { "*?[".contains($0) }))
                }
            case .found(let path, let kind): present.append((index, path, kind))
            }
        }
        // Entries whose destinations lie apart cannot be in each other's way.
        guard destinationsMeet || !permissions.isEmpty else { return findings }
        var plan = InstallPlan(files: files, tree: tree)
        for source in present { plan.add(source.index, source.path, source.kind) }
        findings += plan.conflicts
        if os == .linux { findings += permissionFindings(plan) }
        return findings
    }

    /// Whether one entry's destination lies in another's.
    private var destinationsMeet: Bool {
        let sorted = files.map { file in
            let path = InstallPlan.normalized(file.destination)
            return path.hasSuffix("/") ? path : path + "/"
        }.sorted()
        // What lies in a folder stands right behind it.
        return zip(sorted, sorted.dropFirst()).contains { $1.hasPrefix($0) }
    }

    private func permissionFindings(_ plan: InstallPlan) -> [AppSpecFinding] {
        var findings: [AppSpecFinding] = []
        var owners: [String: Int] = [:]
        for (index, permission) in permissions.enumerated() where !permission.types.isEmpty {
            func refuse(_ flaw: AppSpecFlaw, by agents: [AgentGeneration]) {
                findings.append(
                    AppSpecFinding(
                        flaw, .refused(by: agents, at: .install), at: permission.place))
            }
            let matched = plan.matches(permission)
            if matched.isEmpty {
                findings.append(
                    AppSpecFinding(
                        .permissionMatchesNothing(object: permission.object), .accepted,
                        at: permission.place))
                continue
            }
            let object = InstallPlan.normalized(permission.object)
            let isFile = plan.isFile(object)
            if isFile, permission.pattern != Permission.everything || !permission.except.isEmpty {
                refuse(.patternOnFile(object: permission.object), by: AgentGeneration.allCases)
            }
            if permission.acls?.contains(where: \.isDefault) ?? false,
                let file = matched.first(where: plan.isFile)
            {
                refuse(
                    .defaultEntryOnFile(object: permission.object, file: file),
                    by: AgentGeneration.allCases)
            }
            for (key, account) in [("owner", permission.owner), ("group", permission.group)] {
                if case .number(let text) = account {
                    refuse(
                        .numericOwnerOnFile(path: "permissions[\(index + 1)].\(key)", text: text),
                        by: [.v18])
                }
            }
            if let file = matched.first(where: { owners[$0] != nil }), let other = owners[file] {
                refuse(
                    .permissionTwice(file: file, otherLine: permissions[other].place.line),
                    by: AgentGeneration.allCases)
            }
            for file in matched { owners[file] = owners[file] ?? index }
        }
        return findings
    }
}

/// What Install would copy and make, in memory.
private struct InstallPlan {
    /// More than any revision has; a tree beyond it is planned in part.
    private static let entryLimit = 500_000

    let files: [AppSpec.FileMapping]
    let tree: FileTree
    /// What stands at each destination, and the entry that puts it there first.
    private var items: [String: Item] = [:]
    private(set) var conflicts: [AppSpecFinding] = []
    private var reported: Set<[Int]> = []

    private struct Item {
        let index: Int
        /// Nil for a folder.
        let source: String?
    }

    init(files: [AppSpec.FileMapping], tree: FileTree) {
        self.files = files
        self.tree = tree
    }

    mutating func add(_ index: Int, _ path: String, _ kind: FileTree.Kind) {
        let destination = Self.normalized(files[index].destination)
        if kind == .folder {
            addFolder(index, path, to: destination, within: [path])
        } else {
            let name = FileTree.parts(files[index].source.replacing("\\", with: "/")).last ?? ""
            addFolder(index, made: destination)
            addFile(index, path, to: Self.joined(destination, name))
        }
    }

    private mutating func addFolder(
        _ index: Int, _ path: String, to destination: String, within: Set<String>
    ) {
        addFolder(index, made: destination)
        for entry in tree.entries(path).sorted(by: { $0.name < $1.name }) {
            guard items.count < Self.entryLimit else { return }
            let source = path.isEmpty ? entry.name : path + "/" + entry.name
            let target = Self.joined(destination, entry.name)
            switch entry.kind {
            case .folder: addFolder(index, source, to: target, within: within)
            case .file, .other: addFile(index, source, to: target)
            case .link:
                // A link to a folder is followed, and a real folder made of it.
                if case .found(let resolved, .folder) = tree.resolve(source) {
                    if !within.contains(resolved) {
                        addFolder(index, resolved, to: target, within: within.union([resolved]))
                    }
                } else {
                    addFile(index, source, to: target)
                }
            }
        }
    }

    private mutating func addFolder(_ index: Int, made destination: String) {
        // One look-up where nothing is there yet, which is the rule.
        guard let old = items.updateValue(Item(index: index, source: nil), forKey: destination)
        else { return }
        items[destination] = old
        guard old.source != nil else { return }
        report(index, old.index) { line in
            .fileAndFolder(destination: destination, otherLine: line)
        }
    }

    private mutating func addFile(_ index: Int, _ source: String, to destination: String) {
        let new = Item(index: index, source: source)
        guard let old = items.updateValue(new, forKey: destination) else { return }
        items[destination] = old
        report(index, old.index) { line in
            if let other = old.source {
                .destinationTwice(
                    destination: destination, source: source, otherSource: other, otherLine: line)
            } else {
                .fileAndFolder(destination: destination, otherLine: line)
            }
        }
    }

    /// Whether a file is copied to the destination.
    func isFile(_ destination: String) -> Bool { items[destination]?.source != nil }

    /// Once for each pair of entries, however many files are in each other's way.
    private mutating func report(_ index: Int, _ other: Int, _ flaw: (Int) -> AppSpecFlaw) {
        guard reported.insert([index, other]).inserted else { return }
        conflicts.append(
            AppSpecFinding(
                flaw(files[other].sourcePlace.line),
                .refused(by: AgentGeneration.allCases, at: .install),
                at: files[index].sourcePlace))
    }

    /// What a permission applies to, sorted.
    func matches(_ permission: AppSpec.Permission) -> [String] {
        let object = Self.normalized(permission.object)
        if isFile(object) { return permission.types.contains(.file) ? [object] : [] }
        let base = object == "/" ? "/" : object + "/"
        func isMatch(_ path: String) -> Bool {
            guard path.hasPrefix(base), path != object else { return false }
            let name = String(path.dropFirst(base.count))
            func matches(_ pattern: String) -> Bool {
                !name.contains("/") && AppSpec.Permission.name(name, matches: pattern)
            }
            return
                (permission.pattern == AppSpec.Permission.everything
                || matches(permission.pattern)) && !permission.except.contains(where: matches)
        }
        return items.compactMap { destination, item in
            let type: AppSpec.Permission.ObjectType = item.source == nil ? .directory : .file
            return permission.types.contains(type) && isMatch(destination) ? destination : nil
        }.sorted()
    }

    /// A path of the instance without `.`, `..`, double and trailing slashes.
    static func normalized(_ path: String) -> String {
        let path = path.replacing("\\", with: "/")
        var parts: [String] = []
        for part in FileTree.parts(path) {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }

    private static func joined(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") || folder.isEmpty ? folder + name : folder + "/" + name
    }
}
