package import SlipwayCore

/// An error of AWS, or of the way to it, that was left after the retries.
package struct AWSError: Error, Equatable, Sendable {
    /// What came instead of an answer that could be used.
    package enum Cause: Equatable, Sendable {
        /// AWS's own words. A code is missing where the answer has no body, such as to a HEAD.
        case answer(status: Int, code: String?, message: UntrustedText?)
        /// A success whose content is not what the operation promises.
        case garbled(status: Int)
        case transport(TransportError)
    }

    /// `CreateDeployment`.
    package let operation: String
    package let service: AWSService
    package let region: Region
    /// Whom the request went to: host, and the port where it is not the usual one.
    package let host: String
    package let accessKeyID: String
    package let cause: Cause
    /// AWS's name for the request, for their support.
    package let requestID: UntrustedText?
    /// How often it was sent.
    package var attempts: Int

    package init(
        operation: String, service: AWSService, region: Region, host: String,
        accessKeyID: String, cause: Cause, requestID: UntrustedText? = nil, attempts: Int = 1
    ) {
        self.operation = operation
        self.service = service
        self.region = region
        self.host = host
        self.accessKeyID = accessKeyID
        self.cause = cause
        self.requestID = requestID
        self.attempts = attempts
    }

    /// AWS's code, such as `ThrottlingException`. For comparing, not for showing.
    package var code: String? {
        if case .answer(_, let code, _) = cause { code } else { nil }
    }

    /// The HTTP status; nil where no answer came.
    package var status: Int? {
        switch cause {
        case .answer(let status, _, _), .garbled(let status): status
        case .transport: nil
        }
    }

    /// Whether the same request may fare better in a moment.
    var isTransient: Bool {
        switch cause {
        case .garbled: true
        case .transport(let error): error.isTransient
        case .answer(let status, let code, _):
            meaning == .throttled || [500, 502, 503, 504].contains(status)
                || code.map(AWSErrorCode.transient.contains) ?? false
        }
    }
}

extension AWSError: AWSFailure {
    package var meaning: AWSFailureMeaning {
        switch cause {
        case .garbled: return .answerLost
        case .transport(let error): return error.mayHaveArrived ? .answerLost : .unreachable
        case .answer(let status, let code, let message):
            if let code, let meaning = AWSErrorCode.meaning(of: code, message: message) {
                return meaning
            }
            switch status {
            case 429: return .throttled
            case 500...: return .answerLost
            case 404: return .missing
            case 401, 403: return code == nil ? .denied : .refused
            default: return .refused
            }
        }
    }
}

/// AWS's error codes, by what they mean. Services spell the same thing differently.
enum AWSErrorCode {
    static let throttled: Set<String> = [
        "BandwidthLimitExceeded", "PriorRequestNotComplete", "RequestLimitExceeded",
        "RequestThrottled", "RequestThrottledException", "SlowDown", "ThrottledException",
        "Throttling", "ThrottlingException", "TooManyRequestsException",
    ]
    static let transient: Set<String> = [
        "InternalError", "InternalFailure", "InternalServerError", "OperationAborted",
        "RequestTimeout", "RequestTimeoutException", "ServiceUnavailable",
        "ServiceUnavailableException",
    ]
    static let badKeys: Set<String> = [
        "AuthFailure", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature",
        "IncompleteSignatureException", "InvalidAccessKeyId", "InvalidClientTokenId",
        "InvalidSignatureException", "InvalidToken", "MissingAuthenticationToken",
        "MissingAuthenticationTokenException", "RequestExpired", "RequestInTheFuture",
        "RequestTimeTooSkewed", "SignatureDoesNotMatch", "TokenRefreshRequired",
        "UnrecognizedClientException",
    ]
    static let denied: Set<String> = [
        "AccessDenied", "AccessDeniedException", "AccountProblem", "AllAccessDisabled",
        "OptInRequired", "UnauthorizedAccess", "UnauthorizedOperation",
    ]
    static let missing: Set<String> = [
        "NoSuchBucket", "NoSuchKey", "NoSuchUpload", "NoSuchVersion",
    ]
    /// What the wrong time of a request is called.
    static let skewed: Set<String> = [
        "RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed",
    ]
    /// What it may be called too, and what other things are.
    static let perhapsSkewed: Set<String> = [
        "AuthFailure", "InvalidSignatureException", "SignatureDoesNotMatch",
    ]

    static func meaning(of code: String, message: UntrustedText?) -> AWSFailureMeaning? {
        switch code {
        case "DeploymentLimitExceededException":
            return .groupBusy(message.flatMap { deploymentID(in: $0.escaped) })
        case "DeploymentAlreadyCompletedException": return .alreadyCompleted
        case "DeploymentNotStartedException": return .notStarted
        default: break
        }
        if throttled.contains(code) { return .throttled }
        if badKeys.contains(code) { return .badKeys }
        if denied.contains(code) { return .denied }
        if missing.contains(code) || code.hasSuffix("DoesNotExistException") { return .missing }
        return nil
    }

    /// The id of the deployment that keeps a group busy: the last word of the message that begins
    /// with `d-`. The group's name, which may begin so too, comes before it.
    private static func deploymentID(in message: String) -> DeploymentID? {
        message.split { !($0.isLetter || $0.isNumber || $0 == "-") }
            .last { $0.hasPrefix("d-") && $0.count > 2 }
            .flatMap { DeploymentID(String($0)) }
    }
}
