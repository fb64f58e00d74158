/// The name of an S3 bucket.
///
/// AWS: 3 to 63 characters; lower-case letters, digits, `.` and `-`; begins and ends with a letter
/// or digit; no two dots side by side; not an IP address. The oldest buckets of us-east-1 may have
/// capitals and underscores: no longer creatable, and refused by CodeDeploy's agents, so refused here.
/// circle.yml key: `bucket`.
package struct BucketName: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Throws ``BucketNameError`` for a name that S3 would refuse.
    package init(_ text: String) throws(BucketNameError) {
        if let flaw = Self.flaw(in: text) { throw BucketNameError(bucket: text, flaw: flaw) }
        rawValue = text
    }

    package var description: String { rawValue }

    private static func flaw(in text: String) -> BucketNameError.Flaw? {
        if text.hasPrefix("s3://") { return .isURL }
        if text.contains("/") { return .hasSlash }
        guard (3...63).contains(text.utf8.count) else { return .length }
        func isEdge(_ scalar: Unicode.Scalar) -> Bool {
            ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
        }
        for scalar in text.unicodeScalars where !isEdge(scalar) && scalar != "." && scalar != "-" {
            return .character(scalar)
        }
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last,
            isEdge(first), isEdge(last)
        else { return .edge }
        if text.contains("..") { return .dots }
        let parts = text.split(separator: ".")
        if parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) { return .ipAddress }
        return nil
    }
}

/// Why a text is no bucket name.
package struct BucketNameError: Error, Equatable, Sendable {
    package enum Flaw: Equatable, Sendable {
        case isURL, hasSlash, length, edge, dots, ipAddress
        case character(Unicode.Scalar)
    }

    package let bucket: String
    package let flaw: Flaw
}
