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

/// One version of an object, as files that must not be changed.
package struct FetchedObject: Sendable, Equatable {
    /// The files with the object's bytes, one after another: several if it was uploaded in parts.
    /// They are there as long as this value lives, also when the object is overwritten or deleted
    /// meanwhile.
    package let files: [String]
    /// Without quotes.
    package let eTag: String
    /// Nil in a bucket that never was versioned.
    package let version: String?
    package let byteCount: Int
    /// The files go with the last reader.
    private let data: ObjectData?

    package init(files: [String], eTag: String, version: String?, byteCount: Int) {
        self.init(
            files: files, eTag: eTag, version: version, byteCount: byteCount, keeping: nil)
    }

    init(
        files: [String], eTag: String, version: String?, byteCount: Int, keeping data: ObjectData?
    ) {
        self.files = files
        self.eTag = eTag
        self.version = version
        self.byteCount = byteCount
        self.data = data
    }
}
