import SlipwayCore

/// Something that goes wrong on purpose: `codedeploy.GetDeployment throttle every=3`.
///
/// First the service, or the service and the operation, or `*`; then what happens; then how often.
package struct Fault: Equatable, Sendable {
    /// What happens.
    package enum Kind: Equatable, Sendable {
        /// The answer comes later.
        case latency(Duration)
        /// `ThrottlingException`, of S3 `SlowDown`.
        case throttle
        /// 503.
        case unavailable
        /// 500.
        case `internal`
        /// The connection is reset, and nothing was done.
        case reset
        /// It is done, and the connection is reset in place of the answer.
        case lost
        /// It is done, and half of the answer comes.
        case half
        /// Nothing is done, and no answer comes.
        case hang
        /// The caller may not.
        case deny
        /// The service's clock is off by so many seconds.
        case clock(seconds: Int)
        /// The service, or the bucket, is in another region.
        case region(String)
    }

    /// Nil for all.
    let service: Service?
    let operation: String?
    let kind: Kind
    /// Every so many requests.
    let every: Int
    /// How often at most.
    let times: Int?
    /// How many requests go well before.
    let after: Int
    /// As it was written.
    package let text: String

    private static let plain: [String: Kind] = [
        "throttle": .throttle, "unavailable": .unavailable, "internal": .internal,
        "reset": .reset, "lost": .lost, "half": .half, "hang": .hang, "deny": .deny,
    ]

    /// Parses a fault. Throws ``SandboxError/fault(_:reason:)``.
    package init(_ text: String) throws(SandboxError) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count >= 2 else {
            throw .fault(text, reason: "it needs a service and what happens")
        }
        self.text = words.joined(separator: " ")
        (service, operation) = try Self.place(words[0], text)
        kind = try Self.kind(words[1], text)
        var counts = ["every": 1, "after": 0]
        for word in words[2...] {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, ["every", "times", "after"].contains(parts[0]),
                let count = Int(parts[1]), count > 0
            else {
                throw .fault(
                    text, reason: "\(UntrustedText(word)) is not every=N, times=N, after=N")
            }
            counts[parts[0]] = count
        }
        every = counts["every"] ?? 1
        times = counts["times"]
        after = counts["after"] ?? 0
    }

    private static func place(
        _ word: String, _ text: String
    ) throws(SandboxError) -> (Service?, String?) {
        let parts = word.split(separator: ".", maxSplits: 1).map(String.init)
        guard word != "*" else { return (nil, nil) }
        guard let first = parts.first, let service = Service(rawValue: first) else {
            let known = Service.allCases.map(\.rawValue).joined(separator: ", ")
            throw .fault(text, reason: "\(UntrustedText(word)) is no service: \(known) or *")
        }
        guard parts.count == 2 else { return (service, nil) }
        if service == .s3, S3Operation(rawValue: parts[1]) == nil {
            let nearest = nearestName(
                to: parts[1], among: S3Operation.allCases.map(\.rawValue))
            throw .fault(
                text,
                reason: "\(UntrustedText(parts[1])) is no operation of S3"
                    + (nearest.map { "; did you mean \($0)?" } ?? ""))
        }
        return (service, parts[1])
    }

    private static func kind(_ word: String, _ text: String) throws(SandboxError) -> Kind {
        if let kind = plain[word] { return kind }
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        if parts.count == 2 {
            switch parts[0] {
            case "latency": if let span = duration(parts[1]) { return .latency(span) }
            case "clock":
                let isBack = parts[1].hasPrefix("-")
                let digits = parts[1].drop { $0 == "-" || $0 == "+" }
                if let span = duration(String(digits)) {
                    let seconds = Int(span.components.seconds)
                    return .clock(seconds: isBack ? -seconds : seconds)
                }
            case "region":
                if (try? Region(parts[1])) != nil { return .region(parts[1]) }
            default: break
            }
        }
        let known = plain.keys.sorted().joined(separator: ", ")
        throw .fault(
            text,
            reason: "\(UntrustedText(word)) is not \(known), latency=200ms, clock=-20m or "
                + "region=NAME")
    }

    /// `200ms`, `3s`, `20m`, `2h`.
    private static func duration(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isNumber }
        guard let count = Int(digits), count < 1_000_000 else { return nil }
        return switch text[digits.endIndex...] {
        case "ms": .milliseconds(count)
        case "s": .seconds(count)
        case "m": .seconds(count * 60)
        case "h": .seconds(count * 3600)
        default: nil
        }
    }
}
