package import Glibc

/// A folder of a test's own, 0700, removed with all that is in it when the test lets go of it.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() {
        var template = Array("/tmp/slipway-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp: \(errno)") }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit {
        _ = try? Program("/bin/rm").run(["-rf", "--", path])
    }

    package func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file. The mode is what it says, whatever the umask.
    @discardableResult
    package func write(_ name: String, _ contents: some Collection<UInt8>, mode: mode_t = 0o600)
        -> String
    {
        let path = self(name)
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { fatalError("open \(path): \(errno)") }
        defer { close(file) }
        let bytes = Array(contents)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count, fchmod(file, mode) == 0 else {
            fatalError("write \(path): \(errno)")
        }
        return path
    }

    @discardableResult
    package func write(_ name: String, _ contents: String, mode: mode_t = 0o600) -> String {
        write(name, contents.utf8, mode: mode)
    }

    /// The permission bits of a file or folder in it.
    package func mode(_ name: String) -> mode_t? {
        var status = stat()
        return lstat(self(name), &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// The names in it, sorted.
    package var names: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// A whole file.
package func contents(of path: String) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
        let count = read(file, &chunk, chunk.count)
        guard count > 0 else { return bytes }
        bytes += chunk[..<count]
    }
}
