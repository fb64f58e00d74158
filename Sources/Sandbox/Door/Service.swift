import AWSSignature

/// The services behind the door.
enum Service: String, CaseIterable, Sendable {
    case s3, codedeploy, sts

    /// What it is called in logs and faults.
    var name: String { rawValue }

    /// Which service a request is for: the scope of its signature says so, or, without one, its form.
    init(_ request: IncomingRequest) {
        if let scope = request.claimedService, let service = Service(rawValue: scope) {
            self = service
        } else if request.headers["x-amz-target"] != nil {
            self = .codedeploy
        } else if request.method == "POST", request.path == .root, request.query.isEmpty,
            request.headers["content-type"]?.hasPrefix("application/x-www-form-urlencoded") == true
        {
            self = .sts
        } else {
            self = .s3
        }
    }
}

/// A request, as far as its head tells.
struct IncomingRequest: Sendable {
    let method: String
    let path: RequestPath
    let query: [QueryItem]
    let headers: [HeaderField]

    /// Nil where the path or the query has a broken escape or is not UTF-8.
    init?(_ head: RequestHead) {
        // A proxy's form of a request line has the whole address in it.
        var target = head.target
        if target.hasPrefix("http://") {
            let rest = target.dropFirst("http://".count)
            target = rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
        }
        guard
            let signable = SignableRequest(
                method: head.method, target: target, headers: head.headers, payload: .unsigned)
        else { return nil }
        method = head.method
        path = signable.path
        query = signable.query
        headers = head.headers
    }

    /// As it is signed, with the hash that its body is to have.
    func signable(payload: PayloadHash) -> SignableRequest {
        SignableRequest(
            method: method, path: path, query: query, headers: headers, payload: payload)
    }

    /// The value of a query's item; empty where it has none.
    func item(_ name: String) -> String? {
        query.first { $0.name == name }.map { $0.value ?? "" }
    }

    func has(_ name: String) -> Bool { query.contains { $0.name == name } }

    /// The service that the signature names, whether or not it is right.
    fileprivate var claimedService: String? {
        let credential: String?
        if let value = item("X-Amz-Credential") {
            credential = value
        } else {
            credential = headers["authorization"]?.split(separator: "Credential=").dropFirst()
                .first.map { String($0.prefix { $0 != "," && $0 != " " }) }
        }
        return credential.flatMap { text in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            return parts.count >= 5 ? String(parts[parts.count - 2]) : nil
        }
    }
}
