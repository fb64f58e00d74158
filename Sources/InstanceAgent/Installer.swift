import CSystemCalls
import Glibc
import SlipwayCore

/// Carries out Install: clears what the last deployment of the group left, plans, and copies.
struct Installer {
    let folder: AgentFolder
    let tree: AgentTree
    let deployment: AgentDeployment

    func install(_ appSpec: AppSpec) throws {
        try clear()
        let plan = try InstallPlan(appSpec, of: deployment, tree: tree)
        let path = folder.cleanupList(of: deployment.groupID)
        let number = Glibc.open(
            path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
        guard number >= 0 else { throw AgentError.lastSystemCall("rb_sysopen", path) }
        let list = Descriptor(number)
        for step in plan.steps { try carryOut(step, list) }
    }

    // MARK: - Clearing

    /// Removes what the list names, the last first; a folder only if it is empty. What is gone is
    /// no matter, and a line that a crash tore is not looked at.
    private func clear() throws {
        let path = folder.cleanupList(of: deployment.groupID)
        guard let bytes = wholeFile(path) else { return }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        lines.removeLast()
        for line in lines.reversed() where !line.isEmpty {
            let object = String(decoding: line, as: UTF8.self)
            guard let kind = tree.root.kind(object, followingLast: false) else { continue }
            do {
                try tree.root.remove(object, isFolder: kind == .folder)
            } catch {
                if error.code == ENOTEMPTY || error.code == EEXIST { continue }
                throw AgentError.system(
                    code: error.code, call: kind == .folder ? "dir_s_rmdir" : "apply2files",
                    path: object)
            }
        }
        unlink(path)
    }

    // MARK: - Steps

    private func carryOut(_ step: InstallPlan.Step, _ list: Descriptor) throws {
        switch step {
        case .copy(let source, let destination):
            // Before it is there: a copy that fails half way is cleared too.
            try list.write((destination + "\n").utf8)
            if tree.archives.kind(source, followingLast: false) == .link {
                try copyLink(source, to: destination)
            } else {
                try copyFile(source, to: destination)
            }
        case .makeFolder(let path):
            try named("dir_s_mkdir", path) { () throws(SystemCode) in
                try tree.root.makeFolder(path)
            }
            // Only now: what stood in its way is not this deployment's.
            try list.write((path + "\n").utf8)
        case .setMode(let object, let mode):
            let target = try open(object)
            guard chmod(target.procPath, mode_t(mode.bits)) == 0 else {
                throw AgentError.lastSystemCall("apply2files", object)
            }
        case .setAccessControl(let object, let entries):
            try setAccessControl(object, entries)
        case .setContext(let object, let context): try setContext(object, context)
        case .setOwner(let object, let owner, let group):
            try setOwner(object, owner: owner, group: group)
        }
    }

    private func copyLink(_ source: String, to destination: String) throws {
        let target = try named("rb_readlink", source) { () throws(SystemCode) in
            try tree.archives.linkTarget(source)
        }
        do { try tree.root.makeLink(destination, to: target) } catch {
            throw AgentError.system(
                code: error.code, call: "rb_file_s_symlink", path: "(\(target), \(destination))")
        }
    }

    /// Copies contents, times, owner and mode. What cannot keep its owner keeps no setuid either.
    private func copyFile(_ source: String, to destination: String) throws {
        let shown = AgentFolder.machineHome + "/" + source
        let from = try named("rb_sysopen", shown) { () throws(SystemCode) in
            // Without waiting, in case it is a pipe.
            try tree.archives.open(source, O_RDONLY | O_NONBLOCK)
        }
        // Ruby's copy, like cp, copies into a folder that is there.
        let destination =
            tree.root.isFolder(destination)
            ? Paths.joined(destination, Paths.name(of: source)) : destination
        var status = stat()
        guard fstat(from.number, &status) == 0 else {
            throw AgentError.lastSystemCall("rb_file_s_lstat", shown)
        }
        let to = try named("rb_sysopen", destination) { () throws(SystemCode) in
            try tree.root.open(
                destination, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK,
                mode: status.st_mode & 0o777)
        }
        try copyContents(from, to, destination)
        var times = [status.st_atim, status.st_mtim]
        futimens(to.number, &times)
        var mode = status.st_mode & 0o7777
        if fchown(to.number, status.st_uid, status.st_gid) != 0 { mode &= 0o1777 }
        guard fchmod(to.number, mode) == 0 else {
            throw AgentError.lastSystemCall("apply2files", destination)
        }
    }

    private func copyContents(_ from: Descriptor, _ to: Descriptor, _ path: String) throws {
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = read(from.number, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw AgentError.lastSystemCall("io_fread", path) }
            if count == 0 { return }
            do { try to.write(chunk[..<count]) } catch AgentError.system(let code, let call, _) {
                throw AgentError.system(code: code, call: call, path: path)
            }
        }
    }

    // MARK: - Permissions

    /// What a copied or made object leads to: like the system's own calls, through links.
    private func open(_ object: String) throws -> Descriptor {
        try named("apply2files", object) { () throws(SystemCode) in
            try tree.root.open(object, csystem_o_path)
        }
    }

    private func setAccessControl(_ object: String, _ entries: [AccessControlEntry]) throws {
        let target = try open(object)
        var status = stat()
        guard fstat(target.number, &status) == 0 else {
            throw AgentError.lastSystemCall("rb_file_s_stat", object)
        }
        let list = AccessControlList(entries, mode: status.st_mode).description
        let result = try? Tool.run(
            ["setfacl", "--set", list, "/proc/self/fd/0"], input: target.number)
        guard let result, result == 0 else {
            throw AgentError.accessControl(object: object, entries: list, status: result)
        }
    }

    /// Fails, as on any machine without SELinux: this machine's own policy is not the instance's.
    private func setContext(_ object: String, _ context: AppSpec.SELinuxContext) throws {
        _ = try named("rb_realpath_internal", object) { () throws(SystemCode) in
            try tree.root.open(object, csystem_o_path)
        }
        var command = "semanage fcontext -a "
        if let name = context.name { command += "-s \(name) " }
        command += "-t \(context.type)"
        if let range = context.range { command += " -r \(range.agentText)" }
        throw AgentError.securityContext(command: "\(command) \(object)")
    }

    /// Sets the owner after the mode, which makes the system drop setuid and setgid.
    private func setOwner(
        _ object: String, owner: AppSpec.Account?, group: AppSpec.Account?
    ) throws {
        let user = try owner.map { try Accounts.user($0) } ?? uid_t.max
        let group = try group.map { try Accounts.group($0) } ?? gid_t.max
        let target = try open(object)
        guard fchownat(target.number, "", user, group, csystem_at_empty_path) == 0 else {
            if errno == EPERM, geteuid() != 0 { throw AgentError.giveAway(path: object) }
            throw AgentError.lastSystemCall("apply2files", object)
        }
    }

    private func named<Value>(
        _ call: String, _ path: String, _ body: () throws(SystemCode) -> Value
    ) throws -> Value {
        do { return try body() } catch {
            throw AgentError.system(code: error.code, call: call, path: path)
        }
    }
}

extension Descriptor {
    /// A path by which calls that take none but a path reach what is open.
    fileprivate var procPath: String { "/proc/self/fd/\(number)" }
}

/// The users and groups of this machine, which are the instance's.
private enum Accounts {
    static func user(_ account: AppSpec.Account) throws -> uid_t {
        guard case .name(let name) = account else { throw AgentError.numericAccount }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 64 << 10)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
            throw AgentError.unknownUser(name)
        }
        return entry.pw_uid
    }

    static func group(_ account: AppSpec.Account) throws -> gid_t {
        guard case .name(let name) = account else { throw AgentError.numericAccount }
        var entry = Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        var buffer = [CChar](repeating: 0, count: 256 << 10)
        guard getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
            throw AgentError.unknownGroup(name)
        }
        return entry.gr_gid
    }
}

extension SELinuxRange {
    /// As `semanage` takes it: `s0-s1:c0.c5,c10`.
    fileprivate var agentText: String {
        var text = "s\(low)" + (low == high ? "" : "-s\(high)")
        guard let categories else { return text }
        var runs: [ClosedRange<Int>] = []
        for category in categories {
            if let last = runs.last, last.upperBound + 1 == category {
                runs[runs.count - 1] = last.lowerBound...category
            } else {
                runs.append(category...category)
            }
        }
        text += ":"
        return text
            + runs.map { run in
                run.count == 1 ? "c\(run.lowerBound)" : "c\(run.lowerBound).c\(run.upperBound)"
            }.joined(separator: ",")
    }
}
