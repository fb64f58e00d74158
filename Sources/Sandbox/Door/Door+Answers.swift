import AWSSignature
import FoundationEssentials
import SlipwayCore

/// Answers in the words of the service that was asked.
extension Door {
    func words(of refusal: Refusal, _ exchange: Exchange) -> Answer {
        var answer: Answer
        switch exchange.service {
        case .s3:
            answer = Answer(
                refusal, requestID: exchange.requestID, resource: exchange.request.path.encoded)
            if exchange.request.method == "HEAD" {
                answer.body = .headOnly(byteCount: answer.byteCount)
            }
        case .codedeploy:
            let document: JSONValue = [
                "__type": .string(refusal.fault.code),
                "message": .string(refusal.fault.message),
            ]
            answer = Answer(
                refusal.fault.status,
                headers: [
                    HeaderField("Content-Type", Self.jsonType),
                    HeaderField("x-amzn-ErrorType", refusal.fault.code),
                ], body: .bytes(Array(document.compact.utf8)))
        case .sts:
            answer = STSService.answer(refusal.fault, requestID: exchange.requestID)
        }
        answer.headers += refusal.headers
        return answer
    }

    func finish(
        _ answer: Answer, service: Service, requestID: String, clock: Date? = nil,
        closes: Bool = false
    ) -> Reply {
        var answer = answer
        answer.headers.append(HeaderField("Date", S3Time.http(clock ?? now())))
        if service == .s3 {
            answer.headers += [
                HeaderField("x-amz-request-id", requestID),
                HeaderField("x-amz-id-2", Base64.encode(Array(requestID.utf8))),
                HeaderField("Server", "AmazonS3"),
            ]
        } else {
            answer.headers.append(HeaderField("x-amzn-RequestId", requestID))
        }
        return Reply(answer: answer, closes: closes)
    }

    func newRequestID() -> String { UUID().uuidString.lowercased() }

    func write(
        _ exchange: Exchange, _ answer: Answer, _ code: String?, _ body: RequestBody
    ) {
        var fault: String?
        if let kind = exchange.strike.kind { fault = "\(kind)" }
        log(
            RequestLogEntry(
                service: exchange.service.name, operation: exchange.operation,
                subject: exchange.subject.flatMap { $0.isEmpty ? nil : $0 },
                caller: exchange.caller.map { String($0.arn.split(separator: "/").last ?? "") },
                status: answer.status, code: code, fault: fault,
                receivedByteCount: body.byteCount, sentByteCount: answer.byteCount,
                duration: exchange.start.duration(to: .now)))
    }
}

extension Answer {
    /// A refusal in S3's form.
    init(_ refusal: Refusal, requestID: String, resource: String = "/") {
        var children = [
            XMLElement("Code", refusal.fault.code), XMLElement("Message", refusal.fault.message),
        ]
        children += refusal.details.map { XMLElement($0.name, $0.value) }
        children += [
            XMLElement("Resource", resource), XMLElement("RequestId", requestID),
            XMLElement("HostId", Base64.encode(Array(requestID.utf8))),
        ]
        self.init(refusal.fault.status, xml: XMLElement("Error", children))
    }
}
