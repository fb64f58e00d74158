import AWSSignature
import FoundationEssentials
import SlipwayCore

extension SignatureFlaw {
    /// What S3 says.
    var s3Refusal: Refusal {
        switch self {
        case .missing: Refusal("AccessDenied", "Access Denied", status: 403)
        case .claim(let error): Self.s3Refusal(error)
        case .unknownKey(let claim):
            Refusal(
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.", status: 403,
                ["AWSAccessKeyId": claim.accessKeyID])
        case .invalidToken:
            Refusal("InvalidToken", "The provided token is malformed or otherwise invalid.")
        case .expiredToken: Refusal("ExpiredToken", "The provided token has expired.")
        case .skew(let claim, let now):
            Refusal(
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                status: 403,
                [
                    "RequestTime": claim.time.text, "ServerTime": now.extended,
                    "MaxAllowedSkewMilliseconds":
                        String(SignatureCheck.allowedSkewSeconds * 1000),
                ])
        case .expired(let claim, let now):
            Refusal(
                "AccessDenied", "Request has expired", status: 403,
                [
                    "X-Amz-Expires": String(claim.expiresAfterSeconds ?? 0),
                    "Expires": claim.time.later(by: claim.expiresAfterSeconds ?? 0).extended,
                    "ServerTime": now.extended,
                ])
        case .notYetValid(let claim, let now):
            Refusal(
                "AccessDenied", "Request is not yet valid", status: 403,
                ["RequestTime": claim.time.text, "ServerTime": now.extended])
        case .service(let claim, let expected):
            Self.s3Malformed(
                claim,
                "incorrect service \"\(claim.scope.service)\". This endpoint belongs to "
                    + "\"\(expected)\".")
        case .region(let claim, let expected): Refusal.wrongRegion(claim, expected: expected)
        case .unsignedHeaders(let names):
            Refusal(
                "AccessDenied", "There were headers present in the request which were not signed",
                status: 403, ["HeadersNotSigned": names.joined(separator: ", ")])
        case .signature(let claim, let request, let text):
            Refusal(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. "
                    + "Check your key and signing method.", status: 403,
                [
                    "AWSAccessKeyId": claim.accessKeyID, "StringToSign": text,
                    "SignatureProvided": claim.signature, "CanonicalRequest": request,
                ])
        }
    }

    private static func s3Malformed(_ claim: SignatureClaim, _ what: String) -> Refusal {
        claim.place == .header
            ? Refusal(
                "AuthorizationHeaderMalformed", "The authorization header is malformed; \(what)")
            : Refusal(
                "AuthorizationQueryParametersError",
                "Error parsing the X-Amz-Credential parameter; \(what)")
    }

    private static func s3Refusal(_ error: SignatureClaimError) -> Refusal {
        switch error {
        case .algorithm:
            Refusal("InvalidArgument", "Unsupported Authorization Type")
        case .missing(.date):
            Refusal(
                "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header",
                status: 403)
        case .malformed(.expires):
            Refusal(
                "AuthorizationQueryParametersError",
                "X-Amz-Expires must be a number less than 604800 seconds")
        case .missing(let field):
            Refusal(
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; it lacks \(field.rawValue).")
        case .malformed(let field):
            Refusal(
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; \(field.rawValue) cannot be read.")
        case .dayOfAnotherScope:
            Refusal(
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; Invalid credential date. Date is not the "
                    + "same as X-Amz-Date.")
        case .twoPlaces:
            Refusal(
                "InvalidArgument",
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
                    + "Signature query string parameter or the Authorization header should be "
                    + "specified")
        }
    }

    /// What the other services say, in the words that they share.
    func fault(_ codes: SignatureFaultCodes) -> AWSFault {
        switch self {
        case .missing:
            AWSFault(
                code: codes.missing, message: "Request is missing Authentication Token",
                status: codes.status)
        case .claim(let error):
            AWSFault(code: codes.incomplete, message: Self.words(error), status: 400)
        case .unknownKey, .invalidToken:
            AWSFault(
                code: codes.unknownKey,
                message: "The security token included in the request is invalid.",
                status: codes.status)
        case .expiredToken:
            AWSFault(
                code: codes.expired,
                message: "The security token included in the request is expired",
                status: codes.status)
        case .skew(let claim, let now): skewFault(claim, now, codes)
        case .expired(let claim, let now), .notYetValid(let claim, let now):
            skewFault(claim, now, codes)
        case .service(_, let expected):
            codes.mismatch("Credential should be scoped to correct service: '\(expected)'. ")
        case .region(let claim, _):
            codes.mismatch(
                "Credential should be scoped to a valid region, not '\(claim.scope.region)'. ")
        case .unsignedHeaders(let names):
            codes.mismatch(
                names.map { "'\($0)' must be a 'SignedHeader' in the AWS Authorization." }
                    .joined(separator: " "))
        case .signature(_, let request, let text):
            codes.mismatch(
                "The request signature we calculated does not match the signature you provided. "
                    + "Check your AWS Secret Access Key and signing method. Consult the service "
                    + "documentation for details.\n\nThe Canonical String for this request should "
                    + "have been\n'\(request)'\n\nThe String-to-Sign should have been\n'\(text)'\n")
        }
    }

    private func skewFault(
        _ claim: SignatureClaim, _ now: SigningTime, _ codes: SignatureFaultCodes
    ) -> AWSFault {
        let minutes = SignatureCheck.allowedSkewSeconds / 60
        if claim.time.secondsSince1970 < now.secondsSince1970 {
            let limit = now.later(by: -SignatureCheck.allowedSkewSeconds)
            return codes.mismatch(
                "Signature expired: \(claim.time) is now earlier than \(limit) "
                    + "(\(now) - \(minutes) min.)")
        }
        let limit = now.later(by: SignatureCheck.allowedSkewSeconds)
        return codes.mismatch(
            "Signature not yet current: \(claim.time) is still later than \(limit) "
                + "(\(now) + \(minutes) min.)")
    }

    private static func words(_ error: SignatureClaimError) -> String {
        switch error {
        case .algorithm(let name): "Unsupported AWS 'algorithm': '\(name)'."
        case .missing(.date):
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        case .missing(let field):
            "Authorization header requires '\(field.rawValue)' parameter."
        case .malformed(let field): "'\(field.rawValue)' not a valid key=value pair."
        case .dayOfAnotherScope:
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
                + "HTTP."
        case .twoPlaces: "Only one auth mechanism allowed."
        }
    }
}

/// The codes that a service has for what the services share.
struct SignatureFaultCodes: Sendable {
    let missing: String
    let incomplete: String
    let unknownKey: String
    let expired: String
    let signature: String
    let status: Int

    func mismatch(_ message: String) -> AWSFault {
        AWSFault(code: signature, message: message, status: status)
    }

    /// JSON 1.1: CodeDeploy.
    static let json = SignatureFaultCodes(
        missing: "MissingAuthenticationTokenException",
        incomplete: "IncompleteSignatureException", unknownKey: "UnrecognizedClientException",
        expired: "ExpiredTokenException", signature: "InvalidSignatureException", status: 400)
    /// The query protocol: STS.
    static let query = SignatureFaultCodes(
        missing: "MissingAuthenticationToken", incomplete: "IncompleteSignature",
        unknownKey: "InvalidClientTokenId", expired: "ExpiredToken",
        signature: "SignatureDoesNotMatch", status: 403)
}

extension Refusal {
    /// S3's answer to a request that is signed for another region than the one it went to.
    static func wrongRegion(_ claim: SignatureClaim, expected: String) -> Refusal {
        let what = "the region '\(claim.scope.region)' is wrong; expecting '\(expected)'"
        var refusal =
            claim.place == .header
            ? Refusal(
                "AuthorizationHeaderMalformed", "The authorization header is malformed; \(what)",
                ["Region": expected])
            : Refusal(
                "AuthorizationQueryParametersError",
                "Error parsing the X-Amz-Credential parameter; \(what)", ["Region": expected])
        refusal.headers = [HeaderField("x-amz-bucket-region", expected)]
        return refusal
    }
}

extension SigningTime {
    func later(by seconds: Int) -> SigningTime {
        SigningTime(date.addingTimeInterval(Double(seconds)))
    }

    /// `2015-08-30T12:36:00Z`.
    var extended: String {
        let digits = Array(text)
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        return "\(part(0..<4))-\(part(4..<6))-\(part(6..<11)):\(part(11..<13)):\(part(13..<16))"
    }
}
