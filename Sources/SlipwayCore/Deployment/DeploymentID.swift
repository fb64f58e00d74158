/// The id of a deployment, such as `d-75I7MBT7C`.
///
/// AWS promises no form beyond that; some servers use UUIDs.
package struct DeploymentID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Nil for a text that is empty, over 128 bytes, or has other characters than ASCII letters,
    /// digits, `-` and `_`.
    package init?(_ text: String) {
        let isAllowed = text.unicodeScalars.allSatisfy {
            $0.isASCIILetterOrDigit || $0 == "-" || $0 == "_"
        }
        guard isAllowed, (1...128).contains(text.utf8.count) else { return nil }
        rawValue = text
    }

    package var description: String { rawValue }
}

/// The id of a target: an instance's, such as `i-0123456789abcdef0`.
package struct TargetID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let rawValue: String

    package init(_ rawValue: String) { self.rawValue = rawValue }

    /// AWS may say anything here.
    package var description: String { UntrustedText(rawValue).escaped }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}
