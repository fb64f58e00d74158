import SlipwayCore

/// One request, for the log.
package struct RequestLogEntry: Sendable {
    /// `s3`, `codedeploy`, `sts`.
    package let service: String
    /// AWS's name; the method where there is none.
    package let operation: String
    /// What it was about: a bucket and a key, or nothing.
    package let subject: String?
    /// The name of who signed; nil where nobody is known.
    package let caller: String?
    package let status: Int
    /// AWS's code where it was refused.
    package let code: String?
    /// What went wrong on purpose.
    package let fault: String?
    /// Bytes of the bodies.
    package let receivedByteCount: Int
    package let sentByteCount: Int
    package let duration: Duration

    /// `200 s3.PutObject  bucket/key  by slipway  1,024 in  3 ms`: escaped, on one line.
    package var text: String {
        var parts = ["\(status) \(service).\(operation)"]
        if let subject { parts.append(subject) }
        if let code { parts.append(code) }
        if let fault { parts.append("fault: \(fault)") }
        parts.append("by \(caller ?? "nobody")")
        if receivedByteCount > 0 { parts.append("\(receivedByteCount) bytes in") }
        if sentByteCount > 0 { parts.append("\(sentByteCount) bytes out") }
        let milliseconds =
            Double(duration.components.seconds) * 1000
            + Double(duration.components.attoseconds) / 1e15
        parts.append("\(Int(milliseconds.rounded())) ms")
        return UntrustedText(parts.joined(separator: "  ")).escaped
    }
}
