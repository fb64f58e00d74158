import Glibc
import SlipwayCore

extension FileTree {
    /// A folder of this machine, without `.git` anywhere, which no revision has.
    ///
    /// Reads what it is asked for, when it is asked; follows no link.
    static func folder(_ root: String) -> FileTree {
        let git = ".git".utf8
        @Sendable func place(_ path: String) -> String { path.isEmpty ? root : root + "/" + path }
        return FileTree(
            kind: { path in
                path.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual(git) }
                    ? nil : kind(of: place(path))
            },
            entries: { entries(of: place($0)).filter { $0.name != ".git" } },
            isExecutable: { path in
                var status = stat()
                return lstat(place(path), &status) == 0 && status.st_mode & 0o111 != 0
            },
            head: { path, byteCount in head(of: place(path), byteCount) })
    }

    private static func kind(of path: String) -> Kind? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        case S_IFLNK: return .link(to: target(of: path))
        default: return .other
        }
    }

    private static func target(of path: String) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        return String(
            decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func entries(of path: String) -> [Entry] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var entries: [Entry] = []
        while true {
            // Only by this does it tell a failure from the end of the folder.
            errno = 0
            guard let entry = readdir(folder) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            let kind: Kind? =
                switch Int(entry.pointee.d_type) {
                case DT_REG: .file
                case DT_DIR: .folder
                // Links need their target; some file systems do not tell at all.
                default: kind(of: path + "/" + name)
                }
            if let kind { entries.append(Entry(name: name, kind: kind)) }
        }
        // A part of a folder is not to be judged as the whole.
        return errno == 0 ? entries : []
    }

    private static func head(of path: String, _ byteCount: Int) -> [UInt8]? {
        // Without waiting, in case a pipe has taken the file's place.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < byteCount {
            let count = read(file, &chunk, min(chunk.count, byteCount - bytes.count))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }
}
