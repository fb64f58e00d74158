import FoundationEssentials
import Glibc

/// Files of the state folder that are there whole or not at all: a temporary name, fsync, rename.
/// Folders 0700, files 0600, whatever the umask.
enum DurableFile {
    static func make(_ path: String) throws(Refusal) {
        if mkdir(path, 0o700) == 0 {
            guard chmod(path, 0o700) == 0 else { throw .system("make", path) }
            try sync(folderOf: path)
        } else if errno != EEXIST {
            throw .system("make", path)
        }
    }

    /// Replaces a file. `temporary` is a free path on the same file system.
    static func write(
        _ value: some Encodable, to path: String, by temporary: String
    ) throws(Refusal) {
        let bytes: Data
        do {
            bytes = try JSONEncoder().encode(value)
        } catch {
            throw Refusal(
                "InternalError", "The sandbox cannot write \(path): \(error)", status: 500)
        }
        let file = try create(temporary)
        do throws(Refusal) {
            defer { close(file) }
            try write(Array(bytes), to: file, path: temporary)
            guard fsync(file) == 0 else { throw .system("write", temporary) }
        } catch {
            unlink(temporary)
            throw error
        }
        try move(temporary, to: path)
    }

    /// Nil where the file is not what ``write(_:to:by:)`` wrote.
    static func read<Value: Decodable>(_ type: Value.Type, from path: String) -> Value? {
        guard let bytes = FileManager.default.contents(atPath: path) else { return nil }
        return try? JSONDecoder().decode(type, from: bytes)
    }

    /// A new file, open for writing.
    static func create(_ path: String) throws(Refusal) -> Int32 {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0, fchmod(file, 0o600) == 0 else { throw .system("create", path) }
        return file
    }

    private static func write(
        _ bytes: [UInt8], to file: Int32, path: String
    ) throws(Refusal) {
        let outcome: Result<Void, Refusal> = bytes.withUnsafeBytes { buffer in
            do throws(Refusal) {
                return .success(try write(buffer, to: file, path: path))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    static func write(
        _ bytes: UnsafeRawBufferPointer, to file: Int32, path: String
    ) throws(Refusal) {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(file, base, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .system("write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Gives a file that was synced its name, durably.
    static func move(_ temporary: String, to path: String) throws(Refusal) {
        guard rename(temporary, path) == 0 else {
            let refusal = Refusal.system("write", path)
            unlink(temporary)
            throw refusal
        }
        try sync(folderOf: path)
    }

    static func sync(folderOf path: String) throws(Refusal) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast().joined(separator: "/")
        let file = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw .system("write", folder) }
        defer { close(file) }
        // Some file systems cannot sync a folder and say EINVAL; they have nothing to sync.
        guard fsync(file) == 0 || errno == EINVAL else { throw .system("write", folder) }
    }

    static func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    /// Removes a file or a folder with all that is in it; what is not there is no matter.
    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}

/// A name that nobody has and nobody can guess: letters and digits.
func randomName(length: Int) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    let text = (0..<length).map { _ in letters[Int.random(in: 0..<letters.count)] }
    return String(decoding: text, as: UTF8.self)
}
