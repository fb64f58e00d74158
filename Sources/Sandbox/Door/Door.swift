import AWSSignature
import FoundationEssentials
import SlipwayCore

/// What every request goes through: who sent it, may they, what goes wrong on purpose; then to its
/// service, and the answer in that service's words.
struct Door: Sendable {
    let region: Region
    let account: SandboxAccount
    let s3: S3Service
    let sts: STSService
    let codeDeploy: any JSONService
    let disk: Disk
    let policy: AccessPolicy?
    let faults: FaultPlan
    let now: @Sendable () -> Date
    let log: @Sendable (RequestLogEntry) -> Void

    /// The most bytes of a request to CodeDeploy or STS.
    static let documentByteLimit = 1 << 20
    /// How long a request that hangs is kept.
    static let hangTime = Duration.seconds(3600)

    /// A request on its way.
    struct Exchange {
        let request: IncomingRequest
        let service: Service
        let requestID: String
        let start: ContinuousClock.Instant
        var operation: String
        var subject: String?
        var caller: Caller?
        var strike = FaultPlan.Strike()
        var now: Date
    }

    /// Answers one request: whatever goes wrong is an answer too.
    func reply(to head: RequestHead, _ body: RequestBody) async -> Reply {
        let start = ContinuousClock.now
        guard let request = IncomingRequest(head) else {
            let refusal = Refusal("InvalidURI", "Couldn't parse the specified URI.")
            return finish(
                Answer(refusal, requestID: newRequestID()), service: .s3, requestID: "",
                closes: true)
        }
        let service = Service(request)
        var exchange = Exchange(
            request: request, service: service, requestID: newRequestID(), start: start,
            operation: request.method, now: now())
        var code: String?
        var answer: Answer
        var mishap = Reply.Mishap.none
        do {
            answer = try await self.answer(&exchange, body)
            switch exchange.strike.kind {
            case .lost: mishap = .reset
            case .half: mishap = .half
            default: break
            }
        } catch is ResetOnPurpose {
            answer = Answer(500)
            mishap = .reset
        } catch let refusal as Refusal {
            code = refusal.fault.code
            answer = words(of: refusal, exchange)
        } catch let fault as AWSFault {
            code = fault.code
            answer = words(of: Refusal(fault), exchange)
        } catch {
            // The client is gone, or the sandbox is ending: nobody reads the answer.
            answer = Answer(500)
            mishap = .reset
        }
        write(exchange, answer, code, body)
        var reply = finish(
            answer, service: service, requestID: exchange.requestID, clock: exchange.now)
        reply.mishap = mishap
        reply.closes = code == "RequestTimeout"
        return reply
    }

    /// A connection is reset on purpose, before anything is done.
    private struct ResetOnPurpose: Error {}

    private func answer(_ exchange: inout Exchange, _ body: RequestBody) async throws -> Answer {
        switch exchange.service {
        case .s3: try await answerS3(&exchange, body)
        case .codedeploy: try await answerCodeDeploy(&exchange, body)
        case .sts: try await answerSTS(&exchange, body)
        }
    }

    // MARK: - The services

    private func answerS3(_ exchange: inout Exchange, _ body: RequestBody) async throws -> Answer {
        let request = exchange.request
        let address = S3Address(request)
        exchange.subject = [address.bucket, address.key?.text].compactMap(\.self)
            .joined(separator: "/")
        let operation: S3Operation
        do throws(Refusal) {
            operation = try S3Operation(request, address)
        } catch {
            // Who is nobody learns nothing about operations.
            _ = try signer(&exchange, hash: Self.claimedHash(request) ?? .unsigned)
            throw error
        }
        exchange.operation = operation.rawValue
        exchange.strike = strike(&exchange)
        guard let hash = Self.claimedHash(request) else {
            throw Refusal(
                "InvalidRequest",
                "Missing required header for this request: x-amz-content-sha256")
        }
        let (caller, claim) = try signer(&exchange, hash: hash)
        if let moved = exchange.strike.region {
            throw claim.scope.region == region.rawValue
                ? Refusal.movedTo(moved, bucket: address.bucket ?? "")
                : Refusal.wrongRegion(claim, expected: moved)
        }
        try s3.checkRegion(operation, address, claim)
        try await happen(exchange.strike, exchange)
        let context = context(exchange, caller, claim)
        let needed = try s3.authorizations(operation, address, request)
        try authorize(needed, caller, context)
        let hasBody = ["PUT", "POST"].contains(request.method)
        let payload = Payload(
            body, hasBody ? try PayloadClaim(request, hash: hash) : .none,
            signer: try chunkSigner(claim, hash))
        let policy = enforcedPolicy(caller)
        return try await s3.answer(
            S3Service.Call(
                request: request, address: address, operation: operation, claim: claim,
                payload: payload,
                isAllowed: { wanted in
                    policy.map { $0.decide(wanted, context) == .allowed } ?? true
                }))
    }

    private func answerCodeDeploy(
        _ exchange: inout Exchange, _ body: RequestBody
    ) async throws -> Answer {
        let request = exchange.request
        let target = request.headers["x-amz-target"] ?? ""
        let isTarget = target.hasPrefix(Self.targetPrefix)
        if isTarget { exchange.operation = String(target.dropFirst(Self.targetPrefix.count)) }
        exchange.strike = strike(&exchange)
        let bytes = try await body.whole(byteLimit: Self.documentByteLimit)
        let (caller, claim) = try signer(&exchange, hash: PayloadHash(.sha256(bytes)))
        guard isTarget, request.method == "POST", request.path == .root else {
            throw AWSFault(code: "UnknownOperationException", message: "", status: 404)
        }
        try await happen(exchange.strike, exchange)
        let operation = exchange.operation
        if enforcedPolicy(caller) != nil {
            try authorize(
                try codeDeploy.authorizations(operation, bytes), caller,
                context(exchange, caller, claim))
        }
        let output = try await codeDeploy.answer(operation, bytes, caller: caller)
        return Answer(
            headers: [HeaderField("Content-Type", Self.jsonType)], body: .bytes(output))
    }

    static let targetPrefix = "CodeDeploy_20141006."
    static let jsonType = "application/x-amz-json-1.1"

    private func answerSTS(_ exchange: inout Exchange, _ body: RequestBody) async throws -> Answer {
        let bytes = try await body.whole(byteLimit: Self.documentByteLimit)
        guard let fields = STSService.fields(bytes) else {
            throw AWSFault(
                code: "MalformedInput", message: "The request is no form.", status: 400)
        }
        let operation = fields["Action"] ?? ""
        exchange.operation = operation.isEmpty ? exchange.request.method : operation
        exchange.strike = strike(&exchange)
        let isSigned =
            exchange.request.headers["authorization"] != nil
            || exchange.request.has("X-Amz-Signature")
        if isSigned || !STSService.isUnsigned(operation) {
            let (caller, claim) = try signer(&exchange, hash: PayloadHash(.sha256(bytes)))
            try await happen(exchange.strike, exchange)
            try authorize(
                try sts.authorizations(operation, fields), caller,
                context(exchange, caller, claim))
        } else {
            try await happen(exchange.strike, exchange)
        }
        return try sts.answer(
            operation, fields, caller: exchange.caller, requestID: exchange.requestID,
            now: exchange.now)
    }

    // MARK: - The checks

    /// What S3 is told of the body's hash; nil where it is told nothing.
    private static func claimedHash(_ request: IncomingRequest) -> PayloadHash? {
        if let text = request.headers["x-amz-content-sha256"] { return PayloadHash(rawValue: text) }
        // Nobody who asks without a signature gets as far as the body.
        return request.headers["authorization"] == nil ? .unsigned : nil
    }

    private func signer(
        _ exchange: inout Exchange, hash: PayloadHash
    ) throws -> (Caller, SignatureClaim) {
        let check = check(exchange)
        do throws(SignatureFlaw) {
            let (caller, claim) = try check.caller(
                of: exchange.request.signable(payload: hash), at: exchange.now)
            exchange.caller = caller
            return (caller, claim)
        } catch {
            throw switch exchange.service {
            case .s3: error.s3Refusal
            case .codedeploy: Refusal(error.fault(.json))
            case .sts: Refusal(error.fault(.query))
            }
        }
    }

    private func check(_ exchange: Exchange) -> SignatureCheck {
        let regions: [String] =
            switch exchange.service {
            // A bucket's region is its own matter.
            case .s3: []
            case .codedeploy: [exchange.strike.region ?? region.rawValue]
            // The global endpoint is signed for the first region.
            case .sts: [exchange.strike.region ?? region.rawValue, "us-east-1"]
            }
        return SignatureCheck(
            account: account, partition: region.partition, regions: regions,
            service: exchange.service)
    }

    private func chunkSigner(
        _ claim: SignatureClaim, _ hash: PayloadHash
    ) throws -> ChunkSigner? {
        guard hash == .streaming || hash == .streamingTrailer else {
            guard !hash.isStreaming || hash == .streamingUnsignedTrailer else {
                throw Refusal(
                    "InvalidRequest", "The value of x-amz-content-sha256 header is invalid.")
            }
            guard hash.isStreaming || hash == .unsigned || hash.isSHA256 else {
                throw Refusal(
                    "InvalidArgument",
                    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                        + "STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                        + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
                        + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
                    [
                        "ArgumentName": "x-amz-content-sha256",
                        "ArgumentValue": hash.rawValue,
                    ])
            }
            return nil
        }
        let check = SignatureCheck(
            account: account, partition: region.partition, regions: [], service: .s3)
        let secret: SecretAccessKey
        do throws(SignatureFlaw) {
            secret = try check.secret(of: claim)
        } catch {
            throw error.s3Refusal
        }
        return ChunkSigner(
            key: SigningKey(secret, scope: claim.scope), scope: claim.scope, time: claim.time,
            seed: claim.signature)
    }

    private func context(
        _ exchange: Exchange, _ caller: Caller, _ claim: SignatureClaim
    ) -> RequestContext {
        RequestContext(
            exchange.request, caller, region: claim.scope.region, place: claim.place,
            now: exchange.now)
    }

    /// The policy that limits a caller; nil for who may do anything.
    private func enforcedPolicy(_ caller: Caller) -> AccessPolicy? {
        caller.accessKeyID == account.admin.accessKeyID.rawValue ? nil : policy
    }

    private func authorize(
        _ needed: [Authorization], _ caller: Caller, _ context: RequestContext
    ) throws {
        guard let policy = enforcedPolicy(caller) else { return }
        for wanted in needed {
            switch policy.decide(wanted, context) {
            case .allowed: continue
            case .denied:
                throw Self.denial(
                    wanted, caller,
                    "because no identity-based policy allows the \(wanted.action) "
                        + "action")
            case .forbidden:
                throw Self.denial(
                    wanted, caller, "with an explicit deny in an identity-based policy")
            }
        }
    }

    private static func denial(
        _ wanted: Authorization, _ caller: Caller, _ reason: String
    ) -> Refusal {
        let isS3 = wanted.action.hasPrefix("s3:")
        let isSTS = wanted.action.hasPrefix("sts:")
        let resource = isS3 ? "\"\(wanted.resource)\"" : wanted.resource
        return Refusal(
            isS3 || isSTS ? "AccessDenied" : "AccessDeniedException",
            "User: \(caller.arn) is not authorized to perform: \(wanted.action) on resource: "
                + "\(resource) \(reason)", status: isS3 || isSTS ? 403 : 400)
    }

    // MARK: - What goes wrong on purpose

    private func strike(_ exchange: inout Exchange) -> FaultPlan.Strike {
        let strike = faults.strike(exchange.service, exchange.operation)
        exchange.now = exchange.now.addingTimeInterval(Double(strike.clockSeconds))
        return strike
    }

    /// Lets happen what happens before anything is done.
    private func happen(_ strike: FaultPlan.Strike, _ exchange: Exchange) async throws {
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

    // MARK: - The answer

    private func words(of refusal: Refusal, _ exchange: Exchange) -> Answer {
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

    private func finish(
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

    private func newRequestID() -> String { UUID().uuidString.lowercased() }

    private func write(
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

extension PayloadClaim {
    /// Of a request that has no body.
    static let none = PayloadClaim()

    private init() {
        hash = .unsigned
        byteCount = 0
        md5 = nil
        checksum = nil
        trailingChecksum = nil
    }
}
