import FoundationEssentials
package import PrivateFiles
package import SlipwayCore

/// A file with an unlock key: its 32 bytes in base64 on one line, or raw in a systemd credential.
package enum KeyFile {
    /// Makes a key and its file, 0600, and the folders above it, 0700.
    ///
    /// Throws ``PrivateFileError/exists(path:)`` where there is a file already: a key is never
    /// replaced.
    package static func create(at path: String) throws -> UnlockKey {
        try refuseKey(asName: path)
        try PrivateFolder.create(folder(of: path))
        try PrivateFolder.checkNotWritableByOthers(folder(of: path))
        let secret = StoreKey.random().secret
        // Base64 of 32 bytes and a line break: what `parse` reads.
        var text = secret.withUnsafeExposedBytes { Data($0).base64EncodedData() }
        defer { text.resetBytes(in: 0..<text.count) }
        text.append(UInt8(ascii: "\n"))
        try text.withUnsafeBytes { try PrivateFile.create(at: path, contents: $0) }
        return UnlockKey(secret)!  // StoreKey's secret has the 32 bytes of an unlock key.
    }

    /// Reads the key of a file.
    ///
    /// Throws ``PrivateFileError`` for a file that is not to be trusted and
    /// ``UnlockError/malformed(_:)`` for one that holds anything but one key.
    package static func read(_ path: String, trust: PrivateFile.Trust = .keyFile) throws
        -> UnlockKey
    {
        try refuseKey(asName: path)
        let contents = try PrivateFile.read(path, byteLimit: 128, trust: trust)
        // A credential may be binary; 32 characters anywhere else may be a passphrase.
        let raw = trust == .credential ? UnlockKey(contents) : nil
        guard let key = raw ?? parse(contents) else {
            throw UnlockError.malformed(trust == .credential ? .credential(path) : .keyFile(path))
        }
        return key
    }

    /// The key of a file, which is made where there is none.
    package static func readOrCreate(at path: String) throws -> (key: UnlockKey, isNew: Bool) {
        if try PrivateFile.exists(path) { return (try read(path), false) }
        do {
            return (try create(at: path), true)
        } catch PrivateFileError.exists {
            // Another process was first; its file is whole.
            return (try read(path), false)
        }
    }

    /// A key where the name of its file should stand must not become a file's name, or be shown.
    private static func refuseKey(asName path: String) throws {
        if parse(SecretBytes(copying: Array(path.utf8))) != nil { throw UnlockError.keyAsFileName }
    }

    /// The key in 44 characters of base64, perhaps with a line break behind.
    package static func parse(_ contents: SecretBytes) -> UnlockKey? {
        contents.withUnsafeExposedBytes { bytes -> UnlockKey? in
            var line = bytes[...]
            if line.last == UInt8(ascii: "\n") { line = line.dropLast() }
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            // Encoding again finds a second spelling of the same bytes.
            guard var decoded = Data(base64Encoded: Data(line)),
                decoded.base64EncodedData().elementsEqual(line)
            else { return nil }
            defer { decoded.resetBytes(in: 0..<decoded.count) }
            return UnlockKey(SecretBytes(copying: decoded))
        }
    }
}
