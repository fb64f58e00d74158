/// An AWS region, such as `us-east-1`: any name of that shape, since AWS opens new ones.
///
/// circle.yml key: `region`.
package struct Region: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Throws ``RegionError`` for a text that is not of the shape `us-east-1`.
    package init(_ text: String) throws(RegionError) {
        guard text.utf8.count <= 64, Self.hasShape(text) else {
            throw RegionError(region: text, nearest: Self.nearest(to: text))
        }
        rawValue = text
    }

    package var description: String { rawValue }

    /// The regions to suggest, in AWS's own order; a region need not be among them.
    package static let suggestions = [
        "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1",
        "mx-central-1", "sa-east-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1",
        "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "ap-south-1", "ap-south-2",
        "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
        "ap-southeast-7", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-east-1",
        "me-south-1", "me-central-1", "il-central-1", "af-south-1", "us-gov-east-1",
        "us-gov-west-1", "cn-north-1", "cn-northwest-1",
    ]

    private static func hasShape(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 3, let number = parts.last, (2...4).contains(parts[0].utf8.count)
        else { return false }
        return (1...2).contains(number.utf8.count)
            && number.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && parts.dropLast().allSatisfy { part in
                !part.isEmpty
                    && part.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            }
    }

    private static func nearest(to text: String) -> String? {
        nearestName(to: text.lowercased(), among: suggestions)
    }
}

/// Why a text is no region.
package struct RegionError: Error, Equatable, Sendable {
    package let region: String
    package let nearest: String?
}
