import AWSSignature
import SlipwayCore

/// A request to sign.
struct SignOrder: Decodable {
    let method: String
    /// As it stands in the request line, or else the decoded path and query.
    let target: String?
    let path: String?
    let query: [[String?]]?
    let headers: [[String]]
    let payload: String
    let region: String
    let service: String
    /// Both or none, to depart from the service's rule.
    let encodesTwice: Bool?
    let normalizes: Bool?
    let payloadHeader: Bool?
    let time: String
    let accessKeyID: String
    let secret: String
    let token: String?
    let signsToken: Bool?
    /// Seconds, to put the signature into the query.
    let presign: Int?

    enum CodingKeys: String, CodingKey {
        case method, target, path, query, headers, payload, region, service, normalizes, time,
            secret, token, presign
        case encodesTwice = "encodes_twice"
        case payloadHeader = "payload_header"
        case accessKeyID = "access_key_id"
        case signsToken = "signs_token"
    }

    var result: JSONValue {
        get throws {
            guard let time = SigningTime(time) else { throw ProbeError.missing("time") }
            let request = try request
            let signer = try signer
            let signed =
                presign.map { signer.presign(request, at: time, expiresAfter: $0) }
                ?? signer.sign(request, at: time)
            let isValid = try SignatureClaim.read(from: signed.request)?
                .isValid(
                    for: signed.request, secret: signer.keys.secretAccessKey,
                    pathRule: signer.pathRule)
            return [
                "signature": .string(signed.signature), "target": .string(request.target),
                "canonical": .string(signed.canonicalRequest.text),
                "signed_target": .string(signed.request.target),
                "signed_headers": .array(
                    signed.request.headers.map { [.string($0.name), .string($0.value)] }),
                "verifies": .boolean(isValid == true),
            ]
        }
    }

    private var request: SignableRequest {
        get throws {
            let headers = headers.map { HeaderField($0[0], $0[1]) }
            let payload = PayloadHash(rawValue: payload)
            guard let target else {
                return SignableRequest(
                    method: method, path: RequestPath(decoded: path ?? ""),
                    query: (query ?? []).map { QueryItem($0[0] ?? "", $0[1]) }, headers: headers,
                    payload: payload)
            }
            guard
                let request = SignableRequest(
                    method: method, target: target, headers: headers, payload: payload)
            else { throw ProbeError.missing("target") }
            return request
        }
    }

    private var signer: Signer {
        get throws {
            let keys = SigningKeys(
                accessKeyID: accessKeyID,
                secretAccessKey: try SecretAccessKey(SecretBytes(copying: Array(secret.utf8))),
                sessionToken: try token.map {
                    try SessionToken(SecretBytes(copying: Array($0.utf8)))
                })
            var signer = Signer(
                keys: keys, region: region, service: service, addsPayloadHeader: payloadHeader)
            if let encodesTwice, let normalizes {
                signer.pathRule = PathRule(encodesTwice: encodesTwice, normalizes: normalizes)
            }
            signer.signsSessionToken = signsToken ?? true
            return signer
        }
    }
}
