package import AWSSignature
package import FoundationEssentials
internal import SlipwayCore
internal import Synchronization

/// What the clients take from the world besides the network.
package struct AWSEffects: Sendable {
    package var now: @Sendable () -> Date
    /// A clock that nobody sets: only differences mean anything.
    package var uptime: @Sendable () -> Duration
    /// From 0 up to 1.
    package var random: @Sendable () -> Double
    /// Throws `CancellationError`.
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Date, uptime: @escaping @Sendable () -> Duration,
        random: @escaping @Sendable () -> Double,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.uptime = uptime
        self.random = random
        self.sleep = sleep
    }

    /// The real ones.
    package static let live: AWSEffects = {
        let start = ContinuousClock.now
        return AWSEffects(
            now: { Date() }, uptime: { ContinuousClock.now - start },
            random: { Double.random(in: 0..<1) }, sleep: { try await Task.sleep(for: $0) })
    }()
}

/// Dates, signs and sends requests with one pair of AWS keys, and tries again where that helps. The
/// clients of the services share one, and with it what it learns: AWS's clock, the buckets'
/// regions.
package final class AWSCaller: Sendable {
    package let keys: SigningKeys
    let endpoints: AWSEndpoints
    private let transport: HTTPTransport
    private let effects: AWSEffects
    private let policy: RetryPolicy
    private let report: @Sendable (AWSNotice) -> Void
    private let budget = RetryBudget()
    private let learned = Mutex(Learned())

    private struct Learned {
        var clock = AWSClock()
        var bucketRegions: [BucketName: Region] = [:]
    }

    /// Notices come on whatever task makes the request.
    package init(
        keys: SigningKeys, endpoints: AWSEndpoints, transport: HTTPTransport,
        policy: RetryPolicy = RetryPolicy(), effects: AWSEffects = .live,
        report: @escaping @Sendable (AWSNotice) -> Void = { _ in }
    ) {
        self.keys = keys
        self.endpoints = endpoints
        self.transport = transport
        self.policy = policy
        self.effects = effects
        self.report = report
    }

    /// The time by AWS's clock, as far as its answers showed it to differ from this machine's.
    package var now: Date {
        effects.now().addingTimeInterval(learned.withLock { $0.clock.offset })
    }

    /// What one call has been through.
    private struct Progress {
        var attempts = 0
        let began: Duration
        var region: Region
        /// Another host that S3 sent us to.
        var movedTo: Endpoint?
        var hasChangedRegion = false
        var hasCorrectedClock = false
    }

    /// Makes a call until it has an answer that can be read, or no more attempts are worth it.
    ///
    /// Throws ``AWSError``, `CancellationError`, or what a body's source or sink threw.
    func perform<Answer>(
        _ call: AWSCall, decode: (HTTPResponse) throws(AnswerFlaw) -> Answer
    ) async throws -> Answer {
        let known = call.bucket.flatMap { bucket in
            learned.withLock { $0.bucketRegions[bucket] }
        }
        var progress = Progress(began: effects.uptime(), region: known ?? call.region)
        while true {
            try Task.checkCancellation()
            progress.attempts += 1
            let offset = learned.withLock { $0.clock.correction } ?? 0
            let sent = effects.uptime()
            var place = call.place(progress.region)
            if let moved = progress.movedTo { place.endpoint = moved }
            let failure: AWSError
            var response: HTTPResponse?
            do {
                let answer = try await transport.send(
                    request(call, at: place, in: progress.region, clockOffset: offset))
                response = answer
                learnClock(from: answer, took: effects.uptime() - sent)
                switch read(answer, of: call, at: place, in: progress.region, decode) {
                case .success(let value):
                    budget.giveBack(retries: progress.attempts - 1)
                    return value
                case .failure(let error): failure = error
                }
            } catch let error as TransportError {
                failure = self.error(.transport(error), call, place, progress.region)
            }
            if let response {
                if try await follows(response, failure, call, place, &progress) { continue }
                if correctsClock(response, failure, offset: offset, &progress) { continue }
            }
            try await wait(after: failure, response, call, progress)
        }
    }

    private func request(
        _ call: AWSCall, at place: AWSCall.Place, in region: Region, clockOffset: Int
    ) -> HTTPRequest {
        let signer = Signer(keys: keys, region: region.rawValue, service: call.service.rawValue)
        let signed = signer.sign(
            SignableRequest(
                method: call.method, path: place.path, query: call.query,
                headers: [HeaderField("Host", place.endpoint.authority)] + call.headers,
                payload: call.payload),
            at: SigningTime(effects.now().addingTimeInterval(Double(clockOffset)))
        ).request
        let scheme = place.endpoint.isSecure ? "https" : "http"
        return HTTPRequest(
            method: call.method, url: "\(scheme)://\(place.endpoint.authority)\(signed.target)",
            headers: signed.headers, body: call.body, answer: call.answer,
            isRepeatable: call.isRepeatable)
    }

    private func read<Answer>(
        _ response: HTTPResponse, of call: AWSCall, at place: AWSCall.Place, in region: Region,
        _ decode: (HTTPResponse) throws(AnswerFlaw) -> Answer
    ) -> Result<Answer, AWSError> {
        let said: ErrorAnswer
        if response.isSuccess {
            do throws(AnswerFlaw) {
                return .success(try decode(response))
            } catch {
                switch error {
                case .garbled:
                    let cause = AWSError.Cause.garbled(status: response.status)
                    return .failure(
                        self.error(cause, call, place, region, ErrorAnswer(response)))
                case .failure(let answer): said = answer
                }
            }
        } else {
            said = ErrorAnswer(response)
        }
        let cause: AWSError.Cause =
            call.isFromOthers(response, said)
            ? .garbled(status: response.status)
            : .answer(
                status: response.status, code: said.code,
                message: said.message.map(UntrustedText.init))
        return .failure(error(cause, call, place, region, said))
    }

    private func error(
        _ cause: AWSError.Cause, _ call: AWSCall, _ place: AWSCall.Place, _ region: Region,
        _ said: ErrorAnswer? = nil
    ) -> AWSError {
        AWSError(
            operation: call.operation, service: call.service, region: region,
            host: place.endpoint.authority, accessKeyID: keys.accessKeyID, cause: cause,
            requestID: said?.requestID.map(UntrustedText.init))
    }

    /// Waits until it is time for the next attempt, or throws the failure where there is none.
    private func wait(
        after failure: AWSError, _ response: HTTPResponse?, _ call: AWSCall, _ progress: Progress
    ) async throws {
        var failure = failure
        failure.attempts = progress.attempts
        let policy = call.policy ?? policy
        guard failure.isTransient, progress.attempts < policy.attemptLimit,
            call.isRepeatable || failure.meaning == .throttled || failure.meaning == .unreachable
        else { throw failure }
        let delay = policy.delay(
            afterAttempts: progress.attempts, random: effects.random(),
            serverAsksFor: .seconds(response?.headers["retry-after"].flatMap { Int($0) } ?? 0))
        let elapsed = effects.uptime() - progress.began
        guard progress.attempts < policy.sureAttempts || elapsed + delay <= policy.timeLimit,
            budget.take()
        else { throw failure }
        report(.willRetry(failure, attempt: progress.attempts, after: delay))
        try await effects.sleep(delay)
    }

    /// Whether the request is to be dated by AWS's clock, as the answer shows it, and sent again.
    private func correctsClock(
        _ response: HTTPResponse, _ failure: AWSError, offset: Int, _ progress: inout Progress
    ) -> Bool {
        let isSure = failure.code.map(AWSErrorCode.skewed.contains) ?? false
        let isLikely =
            failure.code.map(AWSErrorCode.perhapsSkewed.contains)
            ?? (response.status == 403)
        guard isSure || isLikely, !progress.hasCorrectedClock,
            let date = response.headers["date"].flatMap(HTTPDate.parse)
        else { return false }
        let found = Int(date.timeIntervalSince(effects.now()).rounded())
        // Requests are good for five minutes at most services, and an answer takes its time.
        guard abs(found - offset) > (isSure ? 30 : 240) else { return false }
        progress.hasCorrectedClock = true
        let isFirst = learned.withLock { learned in
            let known = learned.clock.correction
            // Where another call has corrected it meanwhile, this one was still signed before that.
            guard known ?? 0 == offset else { return false }
            learned.clock.correct(bySeconds: found)
            return known == nil
        }
        if isFirst { report(.clockCorrected(bySeconds: found)) }
        return true
    }

    /// An answer that bears no request id may be a proxy's, and so may its date.
    private func learnClock(from response: HTTPResponse, took: Duration) {
        guard response.requestID != nil,
            let date = response.headers["date"].flatMap(HTTPDate.parse)
        else { return }
        learned.withLock { $0.clock.learn(date, received: effects.now(), took: took) }
    }
}

extension AWSCaller {
    /// Whether S3 says that the bucket is elsewhere, so that the request is to be signed for there
    /// and sent again.
    private func follows(
        _ response: HTTPResponse, _ failure: AWSError, _ call: AWSCall, _ place: AWSCall.Place,
        _ progress: inout Progress
    ) async throws -> Bool {
        guard call.service == .s3, let bucket = call.bucket,
            [301, 307, 400].contains(response.status)
        else { return false }
        if let found = try await region(response, failure, call, place, progress) {
            progress.hasChangedRegion = true
            progress.region = found
            progress.movedTo = nil
            let isNew = learned.withLock { learned in
                learned.bucketRegions.updateValue(found, forKey: bucket) != found
            }
            if isNew {
                report(.bucketRegion(bucket, expected: call.region, found: found))
            }
            return true
        }
        guard response.status == 307, progress.movedTo == nil,
            let location = response.headers["location"], let target = Endpoint(origin: location),
            isTrusted(target, insteadOf: place.endpoint)
        else { return false }
        progress.movedTo = target
        return true
    }

    /// The region that the answer names, if it is another, and if it is not the second one already.
    private func region(
        _ response: HTTPResponse, _ failure: AWSError, _ call: AWSCall, _ place: AWSCall.Place,
        _ progress: Progress
    ) async throws -> Region? {
        guard !progress.hasChangedRegion else { return nil }
        var named = ErrorAnswer(response).region
        if named == nil,
            response.status == 301 || failure.code == "IllegalLocationConstraintException"
        {
            named = try await askedRegion(call, place, progress)
        }
        guard let named, let region = try? Region(named), region != progress.region else {
            return nil
        }
        return region
    }

    /// What a HEAD of the bucket says, which names the region whether it is allowed or not.
    private func askedRegion(
        _ call: AWSCall, _ place: AWSCall.Place, _ progress: Progress
    ) async throws -> String? {
        guard call.method != "HEAD", let bucket = call.bucket else { return nil }
        let (endpoint, isInPath) = endpoints.bucketEndpoint(bucket, in: progress.region)
        let path = endpoint.pathPrefix + (isInPath ? "/\(bucket)" : "/")
        var head = call
        head.method = "HEAD"
        head.query = []
        head.headers = []
        head.body = .none
        head.payload = .empty
        head.answer = .memory
        let offset = learned.withLock { $0.clock.correction } ?? 0
        let request = request(
            head, at: AWSCall.Place(endpoint: endpoint, path: RequestPath(decoded: path)),
            in: progress.region, clockOffset: offset)
        do {
            return try await transport.send(request).headers["x-amz-bucket-region"]
        } catch is TransportError {
            return nil
        }
    }

    /// A signed request may carry a session token: it goes only where it could have gone anyway.
    private func isTrusted(_ target: Endpoint, insteadOf old: Endpoint) -> Bool {
        guard target.isSecure || !old.isSecure else { return false }
        guard endpoints.custom(.s3) == nil else { return target.authority == old.authority }
        let domains = ["amazonaws.com", "amazonaws.com.cn"]
        return domains.contains { target.authority.hasSuffix(".\($0)") }
    }
}

extension Endpoint {
    /// The scheme and host of an address, whatever its path.
    init?(origin text: String) {
        guard let slashes = text.firstRange(of: "://") else { return nil }
        let host = text[slashes.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        self.init(String(text[..<slashes.upperBound] + host))
    }
}
