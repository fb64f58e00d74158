import SlipwayCore

/// What Install will do, in order; all that can be in its way is found while it is made.
struct InstallPlan {
    enum Step: Equatable {
        /// The source below the deployments' folders.
        case copy(String, to: String)
        case makeFolder(String)
        case setMode(String, FileMode)
        case setAccessControl(String, [AccessControlEntry])
        case setContext(String, AppSpec.SELinuxContext)
        case setOwner(String, owner: AppSpec.Account?, group: AppSpec.Account?)
    }

    private(set) var steps: [Step] = []
    private let tree: AgentTree
    /// The archive below the deployments' folders.
    private let archive: String
    private let behavior: FileExistsBehavior
    private var copies: [String: String] = [:]
    private var copyOrder: [String] = []
    private var folders: Set<String> = []
    private var folderOrder: [String] = []
    private var permitted: Set<String> = []

    init(
        _ appSpec: AppSpec, of deployment: AgentDeployment, tree: AgentTree
    ) throws {
        self.tree = tree
        archive = "\(AgentFolder.name(of: deployment))/\(AgentFolder.archiveName)"
        behavior =
            appSpec.fileExistsBehavior.flatMap { FileExistsBehavior(rawValue: $0.rawValue) }
            ?? deployment.fileExistsBehavior
        for mapping in appSpec.files { try add(mapping) }
        for permission in appSpec.permissions { try add(permission) }
    }

    // MARK: - Files

    private mutating func add(_ mapping: AppSpec.FileMapping) throws {
        let source = Paths.joined(archive, mapping.source)
        if tree.archives.isFolder(source) {
            try addMissingAncestors(of: mapping.destination)
            try addFolder(source, to: mapping.destination, depth: 0)
        } else {
            let destination = Paths.joined(mapping.destination, Paths.name(of: source))
            try addMissingAncestors(of: destination)
            try addFile(source, to: destination)
        }
    }

    private mutating func addFolder(
        _ source: String, to destination: String, depth: Int
    ) throws {
        // Linux names no path beyond this, which ends a cycle of links.
        guard depth < 2000, source.utf8.count < 4096 else {
            throw AgentError.system(code: 40, call: "dir_initialize", path: source)
        }
        if !tree.root.isFolder(destination) { try makeFolder(destination) }
        for name in try tree.archives.names(source) {
            let entry = Paths.joined(source, name)
            if tree.archives.isFolder(entry) {
                try addFolder(
                    entry, to: Paths.joined(destination, name), depth: depth + 1)
            } else {
                try addFile(entry, to: Paths.joined(destination, name))
            }
        }
    }

    private mutating func addFile(_ source: String, to destination: String) throws {
        if tree.root.exists(destination) {
            switch behavior {
            case .disallow: throw AgentError.fileExists(destination)
            case .overwrite: break
            case .retain: return
            }
        }
        let destination = Paths.expanded(destination)
        if let other = copies[destination] {
            throw AgentError.copiedTwice(
                source: shown(source), other: shown(other), destination: destination)
        }
        if folders.contains(destination) {
            throw AgentError.fileOverFolder(source: shown(source), destination: destination)
        }
        steps.append(.copy(source, to: destination))
        copies[destination] = source
        copyOrder.append(destination)
    }

    private mutating func makeFolder(_ destination: String) throws {
        let destination = Paths.expanded(destination)
        if let source = copies[destination] {
            throw AgentError.folderOverFile(destination: destination, source: shown(source))
        }
        if folders.insert(destination).inserted {
            folderOrder.append(destination)
            steps.append(.makeFolder(destination))
        }
    }

    private mutating func addMissingAncestors(of destination: String) throws {
        var missing: [String] = []
        var parent = Paths.folder(of: destination)
        while parent != ".", parent != "/", !tree.root.exists(parent) {
            missing.append(parent)
            parent = Paths.folder(of: parent)
        }
        for folder in missing.reversed() { try makeFolder(folder) }
    }

    /// A source as the agent's messages have it.
    private func shown(_ source: String) -> String { AgentFolder.machineHome + "/" + source }

    // MARK: - Permissions

    private mutating func add(_ permission: AppSpec.Permission) throws {
        let object = Paths.expanded(permission.object)
        if copies[object] != nil {
            guard permission.types.contains(.file) else { return }
            guard permission.pattern == AppSpec.Permission.everything else {
                throw AgentError.patternOnFile(
                    object: permission.object, pattern: permission.pattern)
            }
            guard permission.except.isEmpty else {
                throw AgentError.exceptOnFile(
                    object: permission.object, except: permission.except)
            }
            try checkAccessControl(permission)
            try set(permission, on: object)
        } else if folders.contains(object) || tree.root.isFolder(permission.object) {
            for match in try matches(permission, in: object) { try set(permission, on: match) }
        }
    }

    private func checkAccessControl(_ permission: AppSpec.Permission) throws {
        if permission.acls?.contains(where: \.isDefault) ?? false {
            throw AgentError.defaultEntryOnFile
        }
    }

    private func matches(
        _ permission: AppSpec.Permission, in object: String
    ) throws -> [String] {
        let base = object == "/" ? "/" : object + "/"
        func isMatch(_ path: String) -> Bool {
            guard path.hasPrefix(base) else { return false }
            let name = String(path.dropFirst(base.count))
            func matches(_ pattern: String) -> Bool {
                !name.contains("/") && AppSpec.Permission.name(name, matches: pattern)
            }
            return
                (permission.pattern == AppSpec.Permission.everything
                || matches(permission.pattern)) && !permission.except.contains(where: matches)
        }
        var found: [String] = []
        if permission.types.contains(.file) {
            found = copyOrder.filter(isMatch)
            if !found.isEmpty { try checkAccessControl(permission) }
        }
        if permission.types.contains(.directory) { found += folderOrder.filter(isMatch) }
        return found
    }

    private mutating func set(_ permission: AppSpec.Permission, on object: String) throws {
        guard permitted.insert(object).inserted else { throw AgentError.permissionTwice(object) }
        if let mode = permission.mode { steps.append(.setMode(object, mode)) }
        if let acls = permission.acls { steps.append(.setAccessControl(object, acls)) }
        if let context = permission.context { steps.append(.setContext(object, context)) }
        if permission.owner != nil || permission.group != nil {
            steps.append(
                .setOwner(object, owner: permission.owner, group: permission.group))
        }
    }
}
