import AWSSignature
import FoundationEssentials
import SlipwayCore

/// Finds out who signed a request, or why it must be refused: in no protocol's words yet.
struct SignatureCheck: Sendable {
    let account: SandboxAccount
    let partition: String
    /// Regions that the request may be signed for.
    let regions: [String]
    let service: Service

    /// How far the client's clock may be off. AWS's own limit.
    static let allowedSkewSeconds = 15 * 60

    /// Throws ``SignatureFlaw``.
    func caller(
        of request: SignableRequest, at now: Date
    ) throws(SignatureFlaw) -> (caller: Caller, claim: SignatureClaim) {
        let claim: SignatureClaim?
        do throws(SignatureClaimError) {
            claim = try SignatureClaim.read(from: request)
        } catch {
            throw .claim(error)
        }
        guard let claim else { throw .missing }
        let (secret, caller, expires) = try keys(of: claim)
        try checkTime(of: claim, at: now)
        guard claim.scope.service == service.rawValue else {
            throw .service(claim, expected: service.rawValue)
        }
        guard regions.isEmpty || regions.contains(claim.scope.region) else {
            throw .region(claim, expected: regions[0])
        }
        let unsigned = claim.unsignedAmazonHeaders(of: request)
        guard unsigned.isEmpty || claim.place == .query else { throw .unsignedHeaders(unsigned) }
        guard claim.isValid(for: request, secret: secret) else {
            let canonical = claim.canonicalRequest(of: request)
            throw .signature(
                claim, canonicalRequest: canonical.text,
                stringToSign: claim.scope.stringToSign(canonical, at: claim.time))
        }
        // Only who holds the keys is told that they expired.
        if let expires, now.timeIntervalSince1970 >= Double(expires) { throw .expiredToken(claim) }
        return (caller, claim)
    }

    /// The secret of the keys that the claim names. Loud on purpose: it is a secret.
    func secret(of claim: SignatureClaim) throws(SignatureFlaw) -> SecretAccessKey {
        try keys(of: claim).secret
    }

    private func keys(
        of claim: SignatureClaim
    ) throws(SignatureFlaw) -> (secret: SecretAccessKey, caller: Caller, expires: Int?) {
        let known = [
            (account.user, SandboxAccount.userName), (account.admin, SandboxAccount.adminName),
        ]
        for (keys, name) in known where keys.accessKeyID.rawValue == claim.accessKeyID {
            guard claim.sessionToken == nil else { throw .invalidToken(claim) }
            let caller = Caller(
                accessKeyID: claim.accessKeyID,
                arn: account.arn(ofUser: name, partition: partition), account: account.id)
            return (keys.secretAccessKey, caller, nil)
        }
        guard claim.accessKeyID.hasPrefix("ASIA") else { throw .unknownKey(claim) }
        guard let token = claim.sessionToken,
            let found = RoleSession.read(
                token, accessKeyID: claim.accessKeyID, account: account)
        else { throw .invalidToken(claim) }
        let caller = Caller(
            accessKeyID: claim.accessKeyID,
            arn: "arn:\(partition):sts::\(account.id):\(found.session.name)", account: account.id)
        return (found.secret, caller, found.session.expires)
    }

    private func checkTime(of claim: SignatureClaim, at now: Date) throws(SignatureFlaw) {
        let seconds = Int(now.timeIntervalSince1970)
        let time = claim.time.secondsSince1970
        guard let expires = claim.expiresAfterSeconds else {
            guard abs(seconds - time) <= Self.allowedSkewSeconds else {
                throw .skew(claim, now: SigningTime(now))
            }
            return
        }
        guard seconds <= time + expires else { throw .expired(claim, now: SigningTime(now)) }
        guard time - seconds <= Self.allowedSkewSeconds else {
            throw .notYetValid(claim, now: SigningTime(now))
        }
    }
}

/// What is wrong with the signature of a request.
enum SignatureFlaw: Error, Sendable {
    /// Nobody signed.
    case missing
    case claim(SignatureClaimError)
    case unknownKey(SignatureClaim)
    case invalidToken(SignatureClaim)
    case expiredToken(SignatureClaim)
    case skew(SignatureClaim, now: SigningTime)
    /// A presigned request that came too late, or too early.
    case expired(SignatureClaim, now: SigningTime)
    case notYetValid(SignatureClaim, now: SigningTime)
    case service(SignatureClaim, expected: String)
    case region(SignatureClaim, expected: String)
    case unsignedHeaders([String])
    case signature(SignatureClaim, canonicalRequest: String, stringToSign: String)
}
