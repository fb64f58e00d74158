package import SlipwayCore

/// Something worth knowing that stops nothing.
package enum AWSNotice: Equatable, Sendable {
    /// This machine's clock differs from AWS's by so many seconds, is behind where it is positive,
    /// and requests are dated by AWS's.
    case clockCorrected(bySeconds: Int)
    /// A bucket is in another region than was said.
    case bucketRegion(BucketName, expected: Region, found: Region)
    /// A request failed and is sent again after the delay.
    case willRetry(AWSError, attempt: Int, after: Duration)
}

extension AWSNotice {
    /// The notice as a warning; nil for a retry, which the result alone makes worth telling.
    package var problem: Problem? {
        switch self {
        case .clockCorrected(let seconds):
            Problem(
                .warning, code: "clock-skew",
                "this machine's clock is \(abs(seconds)) seconds "
                    + (seconds > 0 ? "behind AWS's" : "ahead of AWS's"),
                why: "AWS refuses a request that is dated more than a few minutes off; these are "
                    + "dated by its own clock instead",
                fix: "set the clock, for example with timedatectl set-ntp true")
        case .bucketRegion(let bucket, let expected, let found):
            Problem(
                .warning, code: "bucket-region",
                "the bucket \(bucket) is in \(found), not in \(expected)",
                why: "instances read a revision from a bucket of their own region",
                fix: "use a bucket in \(expected), or set the region to \(found)")
        case .willRetry: nil
        }
    }
}
