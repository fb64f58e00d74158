package import SlipwayCore

extension AWSError: ProblemReporting {
    package var exitStatus: ExitStatus {
        if case .groupBusy = meaning { .groupBusy } else { .aws }
    }

    package var problems: [Problem] { [problem] }

    private var problem: Problem {
        switch cause {
        case .transport(let error): problem(of: error)
        case .garbled(let status):
            Problem(
                code: "aws-answer",
                "\(host) answers \(operation) with something that AWS never says",
                why: "status \(status)\(tried); it may be a proxy, or no AWS at all",
                fix: "check AWS_ENDPOINT_URL and the proxy settings")
        case .answer(let status, let code, let message):
            problem(status: status, code: code, message: message)
        }
    }

    private func problem(status: Int, code: String?, message: UntrustedText?) -> Problem {
        let name = code.map { UntrustedText($0).escaped } ?? "status \(status)"
        let why = said(status: status, message: message)
        return switch meaning {
        case .denied:
            Problem(
                code: "aws-denied",
                "the AWS keys \(keys) may not do \(operation) (\(name))", why: why,
                fix: "allow \(permission), or see what is needed with slipway iam-policy")
        case .badKeys:
            Problem(
                code: "aws-bad-keys", "AWS does not accept the keys \(keys) (\(name))", why: why,
                fix: keysFix(code))
        case .throttled:
            Problem(
                code: "aws-throttled", "AWS takes no more \(operation) for now (\(name))",
                why: why, fix: "try again in a few minutes")
        case .missing:
            Problem(
                code: "aws-missing", "AWS does not find what \(operation) names (\(name))",
                why: why, fix: "check the names, and the region \(region)")
        case .groupBusy:
            Problem(
                code: "group-busy", "the deployment group has another deployment running",
                why: why, fix: "wait for it with --when-busy wait, or slipway stop it")
        case .alreadyCompleted, .notStarted, .refused:
            Problem(
                code: "aws-refused", "AWS refuses \(operation) (\(name))", why: why,
                fix: "mend what AWS names; the region is \(region)")
        case .answerLost, .unreachable:
            Problem(
                code: "aws-unavailable", "AWS does not carry out \(operation) (\(name))",
                why: why, fix: "try again later; https://health.aws.amazon.com says how AWS is")
        }
    }

    private func problem(of error: TransportError) -> Problem {
        let detail = error.detail.isEmpty ? "" : ": \(UntrustedText(error.detail))"
        let (what, fix): (String, String) =
            switch error.reason {
            case .library(let text):
                (
                    "libcurl cannot be opened: \(UntrustedText(text))",
                    "install it, for example with apt-get install libcurl4"
                )
            case .unknownHost:
                (
                    "the name \(host) is not known",
                    "check the region \(region), AWS_ENDPOINT_URL and the network"
                )
            case .refused, .connectTimeout:
                (
                    "\(host) cannot be reached",
                    "check the network, AWS_ENDPOINT_URL and HTTPS_PROXY"
                )
            case .proxy:
                (
                    "the proxy does not let \(host) through",
                    "check HTTPS_PROXY, or name the host in NO_PROXY"
                )
            case .certificate:
                (
                    "the certificate of \(host) is not one to trust",
                    "name the file of the authority that signed it in AWS_CA_BUNDLE"
                )
            case .certificateFile:
                ("the file of AWS_CA_BUNDLE cannot be read", "correct AWS_CA_BUNDLE, or unset it")
            case .tls: ("\(host) does not speak TLS", "check AWS_ENDPOINT_URL and HTTPS_PROXY")
            case .stalled:
                ("\(host) stopped answering", "check the network, and try again")
            case .broken:
                ("the connection to \(host) broke", "check the network, and try again")
            case .answerTooLong:
                (
                    "\(host) answers with more than AWS ever says",
                    "check AWS_ENDPOINT_URL and the proxy settings"
                )
            case .badRequest:
                ("\(host) is no address to ask", "check AWS_ENDPOINT_URL and HTTPS_PROXY")
            }
        return Problem(
            code: "aws-unreachable", what, why: "\(operation)\(tried)\(detail)", fix: fix)
    }

    private var keys: String { UntrustedText(accessKeyID).escaped }

    private var tried: String { attempts > 1 ? ", tried \(attempts) times" : "" }

    private var permission: String {
        service == .s3 ? "s3:\(s3Permission)" : "\(service.rawValue):\(operation)"
    }

    /// S3 names some permissions otherwise than its operations.
    private var s3Permission: String {
        switch operation {
        case "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload": "PutObject"
        case "ListParts": "ListMultipartUploadParts"
        case "ListMultipartUploads": "ListBucketMultipartUploads"
        case "HeadObject": "GetObject"
        case "HeadBucket": "ListBucket"
        default: operation
        }
    }

    private func said(status: Int, message: UntrustedText?) -> String {
        var text = message.map { "AWS says: \($0)" } ?? "AWS answered with status \(status)"
        if let requestID { text += " (request \(requestID))" }
        return text + tried
    }

    private func keysFix(_ code: String?) -> String {
        switch code {
        case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
            "these keys were temporary: set new ones with slipway keys set"
        case let code? where AWSErrorCode.skewed.contains(code): "set this machine's clock"
        default: "set the right ones with slipway keys set, then try slipway keys test"
        }
    }
}
