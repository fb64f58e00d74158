import AWSSignature
import FoundationEssentials

/// What the conditions of a policy may ask about a request. Names of keys have no case.
struct RequestContext: Sendable {
    private let values: [String: String]

    /// The keys that the sandbox has values for, in lower case.
    static let keys: Set<String> = [
        "aws:currenttime", "aws:epochtime", "aws:principalaccount", "aws:principalarn",
        "aws:requestedregion", "aws:securetransport", "aws:sourceip", "aws:useragent",
        "aws:username", "s3:delimiter", "s3:max-keys", "s3:prefix",
        "s3:signatureversion", "s3:authtype", "s3:versionid", "s3:x-amz-acl",
        "s3:x-amz-content-sha256", "s3:x-amz-copy-source", "s3:x-amz-metadata-directive",
        "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id",
    ]

    static func knows(_ key: String) -> Bool { keys.contains(key.lowercased()) }

    init(
        _ request: IncomingRequest, _ caller: Caller, region: String, place: SignatureClaim.Place,
        now: Date
    ) {
        let name = caller.arn.split(separator: "/").last.map(String.init)
        var values: [String: String] = [
            "aws:currenttime": SigningTime(now).extended,
            "aws:epochtime": String(Int(now.timeIntervalSince1970)),
            "aws:principalaccount": caller.account, "aws:principalarn": caller.arn,
            "aws:requestedregion": region, "aws:securetransport": "false",
            "aws:sourceip": "127.0.0.1", "s3:signatureversion": "AWS4-HMAC-SHA256",
            "s3:authtype": place == .header ? "REST-HEADER" : "REST-QUERY-STRING",
        ]
        values["aws:useragent"] = request.headers["user-agent"]
        if caller.arn.contains(":user/") { values["aws:username"] = name }
        for item in ["prefix", "delimiter", "max-keys", "versionId"] {
            values["s3:\(item.lowercased())"] = request.item(item)
        }
        for header in request.headers where header.name.lowercased().hasPrefix("x-amz-") {
            values["s3:\(header.name.lowercased())"] = header.value
        }
        self.values = values
    }

    /// For tests.
    init(_ values: [String: String]) { self.values = values }

    func value(_ key: String) -> String? { values[key.lowercased()] }
}
