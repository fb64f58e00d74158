import Glibc

/// A moment as JSON 1.1 writes it: a number of seconds since 1970, with milliseconds.
package struct AWSTime: Codable, Hashable, Comparable, Sendable {
    package let seconds: Double

    /// Rounded to milliseconds.
    package init(seconds: Double) {
        self.seconds = (seconds * 1000).rounded() / 1000
    }

    package init(from decoder: any Decoder) throws {
        self.init(seconds: try decoder.singleValueContainer().decode(Double.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(seconds)
    }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.seconds < rhs.seconds }
}

extension AWSTime {
    /// What the system's clock says.
    package static var now: AWSTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return AWSTime(seconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    }
}
