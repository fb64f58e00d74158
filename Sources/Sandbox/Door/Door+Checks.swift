import AWSSignature
import FoundationEssentials
import SlipwayCore

/// Who sent a request, and may they.
extension Door {
    /// What S3 is told of the body's hash; nil where it is told nothing.
    static func claimedHash(_ request: IncomingRequest) -> PayloadHash? {
        if let text = request.headers["x-amz-content-sha256"] { return PayloadHash(rawValue: text) }
        // Nobody who asks without a signature gets as far as the body.
        return request.headers["authorization"] == nil ? .unsigned : nil
    }

    func signer(
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

    func check(_ exchange: Exchange) -> SignatureCheck {
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

    func chunkSigner(
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

    func context(
        _ exchange: Exchange, _ caller: Caller, _ claim: SignatureClaim
    ) -> RequestContext {
        RequestContext(
            exchange.request, caller, region: claim.scope.region, place: claim.place,
            now: exchange.now)
    }

    /// The policy that limits a caller; nil for who may do anything.
    func enforcedPolicy(_ caller: Caller) -> AccessPolicy? {
        caller.accessKeyID == account.admin.accessKeyID.rawValue ? nil : policy
    }

    func authorize(
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

    static func denial(
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
}
