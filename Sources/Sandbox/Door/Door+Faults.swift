import FoundationEssentials

/// What goes wrong on purpose.
extension Door {
    func strike(_ exchange: inout Exchange) -> FaultPlan.Strike {
        let strike = faults.strike(exchange.service, exchange.operation)
        exchange.now = exchange.now.addingTimeInterval(Double(strike.clockSeconds))
        return strike
    }

    /// Lets happen what happens before anything is done.
    func happen(_ strike: FaultPlan.Strike, _ exchange: Exchange) async throws {
        if strike.latency > .zero { try await Task.sleep(for: strike.latency) }
        let isS3 = exchange.service == .s3
        switch strike.kind {
        case .throttle:
            throw isS3
                ? Refusal("SlowDown", "Please reduce your request rate.", status: 503)
                : Refusal(
                    exchange.service == .sts ? "Throttling" : "ThrottlingException",
                    "Rate exceeded", status: 400)
        case .unavailable:
            throw isS3
                ? Refusal("ServiceUnavailable", "Please reduce your request rate.", status: 503)
                : Refusal("ServiceUnavailableException", "Service is unavailable.", status: 503)
        case .internal:
            throw Refusal(
                isS3 ? "InternalError" : "InternalFailure",
                "We encountered an internal error. Please try again.", status: 500)
        case .deny:
            let caller = exchange.caller?.arn ?? "anonymous"
            throw Refusal(
                exchange.service == .codedeploy ? "AccessDeniedException" : "AccessDenied",
                "User: \(caller) is not authorized to perform: \(exchange.service.name):"
                    + "\(exchange.operation) with an explicit deny in an identity-based policy",
                status: exchange.service == .codedeploy ? 400 : 403)
        case .reset: throw ResetOnPurpose()
        case .hang:
            try await Task.sleep(for: Self.hangTime)
            throw ResetOnPurpose()
        case .latency, .lost, .half, .clock, .region, nil: break
        }
    }
}
