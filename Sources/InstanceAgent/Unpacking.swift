import Glibc
import SlipwayCore

/// Carries out DownloadBundle: takes the archive and unpacks it with the tools that the agent uses.
struct Unpacking {
    let folder: AgentFolder
    let deployment: AgentDeployment

    func unpack() throws {
        try folder.removeOldArchives(before: deployment)
        let home = folder.folder(of: deployment)
        let archive = "\(home)/\(AgentFolder.archiveName)"
        let bundle = "\(home)/bundle.tar"
        try removeTree(archive)
        try copyBundle(to: bundle)
        try makeFolders(archive)
        switch deployment.bundle.kind {
        case .zip: try unzip(bundle, into: archive)
        case .tar: try untar(["-xpsf", bundle], into: archive)
        case .tgz: try untar(["-zxpsf", bundle], into: archive)
        }
        try stripLeadingFolder(of: archive, in: home)
    }

    /// A copy, never a link: hooks can write what is the instance's.
    private func copyBundle(to path: String) throws {
        unlink(path)
        let to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard to >= 0 else { throw AgentError.lastSystemCall("rb_sysopen", path) }
        let target = Descriptor(to)
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        for file in deployment.bundle.files {
            let from = open(file, O_RDONLY | O_CLOEXEC)
            guard from >= 0 else { throw AgentError.lastSystemCall("rb_sysopen", file) }
            let source = Descriptor(from)
            while true {
                let count = read(source.number, &chunk, chunk.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw AgentError.lastSystemCall("io_fread", path) }
                if count == 0 { break }
                try target.write(chunk[..<count])
            }
        }
    }

    private func untar(_ words: [String], into archive: String) throws {
        let status = try Tool.run(["tar"] + words, folder: archive)
        guard status == 0 else { throw AgentError.archiveTool("tar", status: status) }
    }

    /// Unpacks a zip. A status of 1 is a warning: everything was unpacked.
    private func unzip(_ bundle: String, into archive: String) throws {
        for name in try entryNames(of: bundle) where Self.leaves(name) {
            throw AgentError.entryOutside(UntrustedText(name).description)
        }
        let status = try Tool.run(["unzip", "-qo", bundle, "-d", archive])
        switch status {
        case 0, 1: return
        case 9: throw AgentError.notAnArchive
        default: throw AgentError.archiveTool("zip", status: status)
        }
    }

    /// The entries of a zip, as it has them.
    private func entryNames(of bundle: String) throws -> [String] {
        let path = folder.folder(of: deployment) + "/entries"
        let number = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw AgentError.lastSystemCall("rb_sysopen", bundle) }
        let file = Descriptor(number)
        unlink(path)
        _ = try Tool.run(["unzip", "-Z1", bundle], output: number)
        lseek(number, 0, SEEK_SET)
        return String(decoding: try file.contents(limit: 256 << 20), as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    private static func leaves(_ name: String) -> Bool {
        name.split { $0 == "/" || $0 == "\\" }.contains("..")
    }

    /// Where the archive holds nothing but a folder with an AppSpec in it, that is the archive.
    private func stripLeadingFolder(of archive: String, in home: String) throws {
        let entries = names(in: archive)
        guard entries.count == 1 else { return }
        let nested = "\(archive)/\(entries[0])"
        var status = stat()
        guard lstat(nested, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
            names(in: nested).contains(where: { $0.lowercased().contains("appspec") })
        else { return }
        let temporary = "\(home)/\(AgentFolder.archiveName)-temp"
        try removeTree(temporary)
        guard rename(archive, temporary) == 0,
            rename("\(temporary)/\(entries[0])", archive) == 0, rmdir(temporary) == 0
        else { throw AgentError.lastSystemCall("rb_file_s_rename", archive) }
    }
}
