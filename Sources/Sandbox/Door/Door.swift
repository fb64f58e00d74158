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
            let requestID = newRequestID()
            let answer = Answer(refusal, requestID: requestID)
            log(
                RequestLogEntry(
                    service: Service.s3.name, operation: head.method, subject: head.target,
                    caller: nil, status: answer.status, code: refusal.fault.code, fault: nil,
                    receivedByteCount: 0, sentByteCount: answer.byteCount,
                    duration: start.duration(to: .now)))
            return finish(answer, service: .s3, requestID: requestID, closes: true)
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
    struct ResetOnPurpose: Error {}

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
            throw AWSFault(
                code: "UnknownOperationException", message: "The request names no operation.")
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
}
