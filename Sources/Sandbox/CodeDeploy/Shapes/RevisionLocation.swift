/// Where a revision is. AWS: `RevisionLocation`; the sandbox deploys from S3 only.
package struct RevisionLocation: Codable, Hashable, Sendable {
    package var revisionType: String?
    package var s3Location: S3Location?

    package init(revisionType: String?, s3Location: S3Location?) {
        self.revisionType = revisionType
        self.s3Location = s3Location
    }

    /// Whether both name the same archive: an eTag means the same with and without quotes.
    func isSame(as other: RevisionLocation?) -> Bool {
        guard let other else { return false }
        return normalized == other.normalized
    }

    /// The same revision in the one way of writing it that ``isSame(as:)`` compares.
    var normalized: RevisionLocation {
        var result = self
        result.s3Location?.eTag = s3Location?.eTag.map(unquoted)
        return result
    }
}

/// An object in S3. AWS: `S3Location`.
package struct S3Location: Codable, Hashable, Sendable {
    package var bucket: String?
    package var key: String?
    package var bundleType: String?
    package var version: String?
    package var eTag: String?

    package init(
        bucket: String?, key: String?, bundleType: String?, version: String? = nil,
        eTag: String? = nil
    ) {
        self.bucket = bucket
        self.key = key
        self.bundleType = bundleType
        self.version = version
        self.eTag = eTag
    }
}

/// An eTag without the quotes that S3 puts around it.
func unquoted(_ eTag: String) -> String {
    String(eTag.unicodeScalars.filter { $0 != "\"" })
}
