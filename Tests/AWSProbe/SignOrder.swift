import AWSSignature
import SlipwayCore

/// A request to sign.
struct SignOrder: Decodable {
    let method: String
    /// Decoded.
    let path: String
    let query: [[String?]]
    let headers: [[String]]
    let payload: String
    let region: String
    let service: String
    let time: String
    let accessKeyID: String
    let secret: String
    let token: String?
    /// Seconds, to put the signature into the query.
    let presign: Int?

    enum CodingKeys: String, CodingKey {
        case method, path, query, headers, payload, region, service, time, secret, token, presign
        case accessKeyID = "access_key_id"
    }

    var result: JSONValue {
        get throws {
            guard let time = SigningTime(time) else { throw ProbeError.missing("time") }
            let keys = SigningKeys(
                accessKeyID: accessKeyID,
                secretAccessKey: try SecretAccessKey(SecretBytes(copying: Array(secret.utf8))),
                sessionToken: try token.map {
                    try SessionToken(SecretBytes(copying: Array($0.utf8)))
                })
            let request = SignableRequest(
                method: method, path: RequestPath(decoded: path),
                query: query.map { QueryItem($0[0] ?? "", $0[1]) },
                headers: headers.map { HeaderField($0[0], $0[1]) },
                payload: PayloadHash(rawValue: payload))
            let signer = Signer(keys: keys, region: region, service: service)
            let signed =
                presign.map { signer.presign(request, at: time, expiresAfter: $0) }
                ?? signer.sign(request, at: time)
            let isValid = try SignatureClaim.read(from: signed.request)?
                .isValid(for: signed.request, secret: keys.secretAccessKey)
            return [
                "signature": .string(signed.signature), "target": .string(request.target),
                "canonical": .string(signed.canonicalRequest.text),
                "verifies": .boolean(isValid == true),
            ]
        }
    }
}
