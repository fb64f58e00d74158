import Glibc

/// What of this machine lies in the root that an instance's programs see.
struct MachineView: Sendable {
    /// What was made in the instance's root to be mounted upon, in that order; removed afterwards.
    private let made: [Made]
    /// Bubblewrap's arguments.
    let words: [String]

    private struct Made: Sendable {
        enum Kind: String { case folder, file, link }

        let kind: Kind
        /// Below the root.
        let path: String
    }

    /// Programs and libraries; `/nix` and `/gnu` have them on some systems.
    private static let programFolders = [
        "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix", "gnu",
    ]
    /// Settings that programs need, seen unless the instance has its own.
    private static let settings = [
        "passwd", "group", "nsswitch.conf", "ld.so.cache", "localtime", "login.defs", "hosts",
        "alternatives", "ssl", "pki", "ca-certificates", "java", "python3", "perl",
    ]
    /// Folders that programs expect; they are the instance's own.
    private static let expected = ["tmp", "root", "run"]

    /// Makes in the root what is mounted upon, after removing what a killed process left of it.
    static func prepare(_ folder: AgentFolder, network: Bool) throws -> MachineView {
        removeLeftovers(from: folder)
        var builder = Builder(folder: folder)
        builder.words = ["--bind", folder.root, "/"]
        for name in programFolders { try builder.addPrograms(name) }
        try builder.addFolder("proc")
        try builder.addFolder("dev")
        builder.words += [
            "--proc", "/proc", "--ro-bind-try", "/proc/sys", "/proc/sys", "--dev", "/dev",
        ]
        for name in expected { try builder.addFolder(name, mode: name == "tmp" ? 0o1777 : 0o755) }
        try builder.addFolder("etc")
        for name in settings + (network ? ["resolv.conf"] : []) {
            try builder.addSetting(name, from: "/etc/" + name)
        }
        try builder.addSetting("pam.d", from: try pluggableAuthentication(in: folder))
        try builder.addHome()
        builder.words += ["--chdir", "/"]
        return MachineView(made: builder.made, words: builder.words)
    }

    /// Rules by which root becomes anybody without a password, which is in no file that the
    /// instance sees.
    private static func pluggableAuthentication(in folder: AgentFolder) throws -> String {
        let path = folder.path + "/pam.d"
        try makeFolders(path)
        let rules = ["auth", "account", "password", "session"].map {
            "\($0) \($0 == "session" ? "required pam_permit.so" : "sufficient pam_rootok.so")\n"
        }
        for name in ["su", "su-l", "runuser", "other"] {
            try replaceFile("\(path)/\(name)", with: rules.joined())
        }
        return path
    }

    // MARK: - Removing

    /// Removes what was made, as far as it is as it was made.
    func remove(from folder: AgentFolder) {
        for made in made.reversed() { Self.remove(made, from: folder) }
        unlink(Self.list(folder))
    }

    private static func remove(_ made: Made, from folder: AgentFolder) {
        let path = folder.root + "/" + made.path
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        switch (made.kind, status.st_mode & S_IFMT) {
        case (.folder, S_IFDIR): rmdir(path)
        case (.link, S_IFLNK): unlink(path)
        case (.file, S_IFREG) where status.st_size == 0: unlink(path)
        default: return
        }
    }

    private static func list(_ folder: AgentFolder) -> String { folder.path + "/mount-points" }

    static func removeLeftovers(from folder: AgentFolder) {
        guard let bytes = wholeFile(list(folder)) else { return }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        for line in lines.reversed() {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let kind = Made.Kind(rawValue: String(parts[0])) else {
                continue
            }
            remove(Made(kind: kind, path: String(parts[1])), from: folder)
        }
        unlink(list(folder))
    }

    // MARK: - Making

    private struct Builder {
        let folder: AgentFolder
        var made: [Made] = []
        var words: [String] = []

        /// Notes what will be made before it is.
        private mutating func note(_ kind: Made.Kind, _ path: String) throws {
            made.append(Made(kind: kind, path: path))
            let number = open(
                MachineView.list(folder), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard number >= 0 else { throw AgentError.lastSystemCall("rb_sysopen", path) }
            try Descriptor(number).write("\(kind.rawValue) \(path)\n".utf8)
        }

        /// Makes a folder in the root. What is there must be one, and no link to one: bubblewrap
        /// would follow it.
        mutating func addFolder(_ path: String, mode: mode_t = 0o755) throws {
            let place = folder.root + "/" + path
            var status = stat()
            if lstat(place, &status) == 0 {
                guard status.st_mode & S_IFMT == S_IFDIR else {
                    throw AgentError.confinement(.occupied(path: "/" + path))
                }
                return
            }
            try note(.folder, path)
            guard mkdir(place, mode) == 0, chmod(place, mode) == 0 else {
                throw AgentError.lastSystemCall("dir_s_mkdir", "/" + path)
            }
        }

        mutating func addPrograms(_ name: String) throws {
            let place = folder.root + "/" + name
            var status = stat()
            guard lstat("/" + name, &status) == 0 else { return }
            guard status.st_mode & S_IFMT == S_IFLNK else {
                try addFolder(name)
                words += ["--ro-bind", "/" + name, "/" + name]
                return
            }
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink("/" + name, &buffer, buffer.count - 1)
            guard count > 0, lstat(place, &status) != 0 else { return }
            try note(.link, name)
            guard symlink(buffer, place) == 0 else {
                throw AgentError.lastSystemCall("rb_file_s_symlink", "/" + name)
            }
        }

        /// Shows a file or a folder in `/etc`, unless the instance has its own.
        mutating func addSetting(_ name: String, from source: String) throws {
            var status = stat()
            let path = "etc/" + name
            guard stat(source, &status) == 0 else { return }
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            guard lstat(folder.root + "/" + path, &status) != 0 else { return }
            if isFolder {
                try addFolder(path)
            } else {
                try note(.file, path)
                let number = open(
                    folder.root + "/" + path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
                guard number >= 0 else { throw AgentError.lastSystemCall("rb_sysopen", path) }
                close(number)
            }
            words += ["--ro-bind", source, "/" + path]
        }

        /// Shows the agent's part where the agent has it; what it remembers by, read-only.
        mutating func addHome() throws {
            var path = ""
            for part in Paths.parts(AgentFolder.machineHome) {
                path += (path.isEmpty ? "" : "/") + part
                try addFolder(path)
            }
            words += ["--bind", folder.home, AgentFolder.machineHome]
            words += [
                "--ro-bind", folder.instructions,
                AgentFolder.machineHome + "/deployment-instructions",
            ]
            if access(folder.ongoing, F_OK) == 0 {
                words += [
                    "--ro-bind", folder.ongoing, AgentFolder.machineHome + "/ongoing-deployment",
                ]
            }
        }
    }
}
