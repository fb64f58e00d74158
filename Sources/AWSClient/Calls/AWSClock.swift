internal import FoundationEssentials

/// How far AWS's clock is from this machine's, in seconds that are added to this machine's.
struct AWSClock {
    /// As well as it is known: what requests were asked and answered when.
    private(set) var offset = 0.0
    /// What requests are dated by. Nil until AWS refused one for its date.
    private(set) var correction: Int?

    /// Learns from the date that an answer bears: AWS wrote it, in whole seconds, after the request
    /// was sent and before the answer came.
    ///
    /// The offset moves only as far as it must. So a clock that is right stays right, and an answer
    /// that took long says little.
    mutating func learn(_ date: Date, received: Date, took: Duration) {
        let least = date.timeIntervalSince(received)
        let most = least + 1 + took / .seconds(1)
        offset = min(max(offset, least), most)
    }

    /// Takes the offset that a refusal showed.
    mutating func correct(bySeconds seconds: Int) {
        correction = seconds
        offset = Double(seconds)
    }
}
