/// What a deployment puts on its targets.
///
/// AWS: `RevisionLocation`.
package enum Revision: Hashable, Sendable {
    case s3(S3Location)
    /// A kind that slipway does not deploy, such as `GitHub`, or an object in S3 whose bucket or
    /// key slipway would refuse.
    case other(UntrustedText)
}

extension Revision {
    /// Whether both put the same files on a target, as far as S3 tells: what has the same eTag has the
    /// same content, whichever version or key it is. Where one has none, it is the same object.
    package func hasSameContent(as other: Revision) -> Bool {
        guard case .s3(let one) = self, case .s3(let other) = other else { return self == other }
        if let eTag = one.eTag, let otherTag = other.eTag { return eTag == otherTag }
        return one.bucket == other.bucket && one.key == other.key && one.version == other.version
    }
}

/// An object in S3 that is a revision: with its eTag and version it is that one for ever.
///
/// AWS: `S3Location`.
package struct S3Location: Hashable, Sendable {
    package var bucket: BucketName
    package var key: S3Key
    /// Nil in a bucket without versions.
    package var version: ObjectVersion?
    package var eTag: ETag?
    package var bundleType: BundleType

    package init(
        bucket: BucketName, key: S3Key, version: ObjectVersion? = nil, eTag: ETag? = nil,
        bundleType: BundleType = .zip
    ) {
        self.bucket = bucket
        self.key = key
        self.version = version
        self.eTag = eTag
        self.bundleType = bundleType
    }
}

/// S3's name for the content of an object. Opaque: it is not always the MD5.
package struct ETag: Hashable, Sendable, CustomStringConvertible {
    /// Without quotes.
    package let rawValue: String

    /// Takes the quotes off that an HTTP header has around it. Nil where nothing is left.
    package init?(_ text: String) {
        var rest = text[...]
        if rest.count >= 2, rest.hasPrefix("\""), rest.hasSuffix("\"") {
            rest = rest.dropFirst().dropLast()
        }
        guard !rest.isEmpty else { return nil }
        rawValue = String(rest)
    }

    package var description: String { UntrustedText(rawValue).escaped }
}

/// S3's name for one version of an object.
package struct ObjectVersion: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Nil for an empty text, and for `null`, by which S3 names an object without versions.
    package init?(_ text: String) {
        guard !text.isEmpty, text != "null" else { return nil }
        rawValue = text
    }

    package var description: String { UntrustedText(rawValue).escaped }
}

/// The kind of archive a revision is: a field of its own, whatever the key ends in.
///
/// AWS: `BundleType`.
package struct BundleType: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let zip = BundleType(rawValue: "zip")
}
