/// A revision in the sandbox's S3: through this an instance downloads it.
package struct RevisionObjects: Sendable {
    /// Finds an object. Throws S3's own errors: `NoSuchBucket`, `NoSuchKey`, `NoSuchVersion`.
    package var fetch:
        @Sendable (_ bucket: String, _ key: String, _ version: String?) async throws(AWSFault) ->
            FetchedObject

    package init(
        fetch:
            @escaping @Sendable (_ bucket: String, _ key: String, _ version: String?)
            async
            throws(AWSFault) -> FetchedObject
    ) {
        self.fetch = fetch
    }
}

/// One version of an object, as a file that must not be changed.
package struct FetchedObject: Sendable, Equatable {
    /// The file with the object's bytes. It is there as long as this value lives, also when the
    /// object is overwritten or deleted meanwhile.
    package let file: String
    /// Without quotes.
    package let eTag: String
    /// Nil in a bucket that never was versioned.
    package let version: String?
    package let byteCount: Int
    /// The file goes with the last reader.
    private let data: DataFile?

    package init(file: String, eTag: String, version: String?, byteCount: Int) {
        self.init(
            file: file, eTag: eTag, version: version, byteCount: byteCount, keeping: nil)
    }

    init(file: String, eTag: String, version: String?, byteCount: Int, keeping data: DataFile?) {
        self.file = file
        self.eTag = eTag
        self.version = version
        self.byteCount = byteCount
        self.data = data
    }
}
