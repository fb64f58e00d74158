import AWSClient
import SlipwayCore
import TestSupport
import Testing

@Suite("An error of AWS")
struct AWSErrorTests {
    private static func error(
        _ cause: AWSError.Cause, operation: String = "CreateDeployment",
        service: AWSService = .codeDeploy, attempts: Int = 1
    ) throws -> AWSError {
        AWSError(
            operation: operation, service: service, region: try Region("eu-west-1"),
            host: "codedeploy.eu-west-1.amazonaws.com", accessKeyID: "AKIAIOSFODNN7EXAMPLE",
            cause: cause, requestID: UntrustedText("R-1\u{1B}"), attempts: attempts)
    }

    @Test func `says what, why and what to do`() throws {
        let message = UntrustedText("User: arn:aws:iam::1:user/ci is not\u{202E} authorized")
        var errors = try [
            ("AccessDeniedException", 403), ("UnrecognizedClientException", 400),
            ("ExpiredTokenException", 400), ("RequestTimeTooSkewed", 403),
            ("ThrottlingException", 400), ("ApplicationDoesNotExistException", 400),
            ("DeploymentLimitExceededException", 400), ("InvalidRevisionException", 400),
            ("InternalFailure", 500),
        ].map { code, status in
            try Self.error(
                .answer(status: status, code: code, message: message),
                attempts: status == 500 ? 8 : 1)
        }
        errors.append(
            try Self.error(
                .answer(status: 403, code: nil, message: nil), operation: "HeadObject",
                service: .s3))
        errors.append(try Self.error(.garbled(status: 200)))
        let reasons: [TransportError.Reason] = [
            .library("libcurl.so.4: cannot open"), .unknownHost, .refused, .proxy, .certificate,
            .certificateFile, .tls, .connectTimeout, .stalled, .broken, .answerTooLong, .badRequest,
        ]
        errors += try reasons.map { reason in
            let cause = TransportError(
                reason: reason, detail: "curl\u{1B}", mayHaveArrived: false)
            return try Self.error(.transport(cause), attempts: 3)
        }
        let text = errors.flatMap(\.problems).map { problem in
            """
            error: \(problem.message) [\(problem.code)]
              why: \(problem.why ?? "-")
              fix: \(problem.fix ?? "-")

            """
        }.joined()
        #expect(!text.unicodeScalars.contains { $0 != "\n" && UntrustedText.isUnsafe($0) })
        expectSnapshot(text, named: "errors")
    }
}
