/// How much an application root holds, before it is packed.
package struct RevisionSize: Equatable, Sendable {
    /// Files and symbolic links.
    package var fileCount: Int
    /// What the files hold, and the texts of the links.
    package var byteCount: Int

    package init(fileCount: Int = 0, byteCount: Int = 0) {
        self.fileCount = fileCount
        self.byteCount = byteCount
    }

    /// `1,234 files, 5.4 MiB`.
    package var words: String {
        "\(grouped(fileCount)) \(fileCount == 1 ? "file" : "files"), \(shownBytes(byteCount))"
    }
}
