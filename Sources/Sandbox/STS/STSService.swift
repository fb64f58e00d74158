import AWSSignature
import FoundationEssentials
import SlipwayCore

/// STS: who am I, and temporary keys. The query protocol: a form in, XML out.
struct STSService: Sendable {
    let account: SandboxAccount
    let partition: String

    private static let namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
    static let version = "2011-06-15"

    /// The fields of a form, the first of each name.
    static func fields(_ body: [UInt8]) -> [String: String]? {
        // A form writes a blank as +.
        let text = String(decoding: body.map { $0 == 0x2B ? 0x20 : $0 }, as: UTF8.self)
        guard let items = SignableRequest.query(text) else { return nil }
        return Dictionary(items.map { ($0.name, $0.value ?? "") }) { first, _ in first }
    }

    /// Whether the operation is one that nobody signs.
    static func isUnsigned(_ operation: String) -> Bool {
        operation == "AssumeRoleWithWebIdentity"
    }

    /// What the caller must be allowed. Everybody may ask who they are.
    func authorizations(
        _ operation: String, _ fields: [String: String]
    ) throws(AWSFault) -> [Authorization] {
        guard operation == "AssumeRole" else { return [] }
        return [Authorization(action: "sts:AssumeRole", resource: try roleARN(fields))]
    }

    /// Carries out an operation. The caller is nil where the request was not signed.
    func answer(
        _ operation: String, _ fields: [String: String], caller: Caller?, requestID: String,
        now: Date
    ) throws(AWSFault) -> Answer {
        let result: XMLElement
        switch (operation, caller) {
        case ("GetCallerIdentity", let caller?):
            result = XMLElement(
                "GetCallerIdentityResult",
                [
                    XMLElement("Arn", caller.arn), XMLElement("UserId", userID(caller)),
                    XMLElement("Account", caller.account),
                ])
        case ("AssumeRole", .some):
            let role = try role(fields)
            result = XMLElement(
                "AssumeRoleResult", try session(role, fields, now: now))
        case ("AssumeRoleWithWebIdentity", _):
            let role = try role(fields)
            let identity = try WebIdentity(fields["WebIdentityToken"] ?? "", now: now)
            result = XMLElement(
                "AssumeRoleWithWebIdentityResult",
                [
                    XMLElement("SubjectFromWebIdentityToken", identity.subject),
                    XMLElement("Audience", identity.audience),
                    XMLElement("Provider", identity.issuer),
                ] + (try session(role, fields, now: now)))
        default:
            throw AWSFault(
                code: "InvalidAction",
                message: "Could not find operation \(operation) for version \(Self.version). The "
                    + "sandbox has GetCallerIdentity, AssumeRole and AssumeRoleWithWebIdentity.",
                status: 400)
        }
        let metadata = XMLElement("ResponseMetadata", [XMLElement("RequestId", requestID)])
        return Answer(
            xml: XMLElement(
                "\(operation)Response", namespace: Self.namespace, [result, metadata]))
    }

    /// A fault in STS's form.
    static func answer(_ fault: AWSFault, requestID: String) -> Answer {
        let error = XMLElement(
            "Error",
            [
                XMLElement("Type", fault.status < 500 ? "Sender" : "Receiver"),
                XMLElement("Code", fault.code), XMLElement("Message", fault.message),
            ])
        return Answer(
            fault.status,
            xml: XMLElement(
                "ErrorResponse", namespace: namespace, [error, XMLElement("RequestId", requestID)]))
    }

    /// AIDA and 17 characters for a user; for a session the role's id and the session's name.
    private func userID(_ caller: Caller) -> String {
        let name = caller.arn.split(separator: ":").last.map(String.init) ?? ""
        let parts = name.split(separator: "/").map(String.init)
        guard parts.count == 3 else { return stableID("AIDA", name) }
        return "\(stableID("AROA", parts[1])):\(parts[2])"
    }

    private func stableID(_ prefix: String, _ name: String) -> String {
        let digest = ContentDigest.sha256("\(account.id)/\(name)".utf8).hexadecimal
        return prefix + digest.prefix(17).uppercased()
    }

    // MARK: - Roles

    private struct Role {
        let name: String
        let sessionName: String
    }

    private func roleARN(_ fields: [String: String]) throws(AWSFault) -> String {
        let arn = fields["RoleArn"] ?? ""
        guard (20...2048).contains(arn.utf8.count) else {
            throw Self.invalid("roleArn", arn, "Member must have length between 20 and 2048")
        }
        return arn
    }

    private func role(_ fields: [String: String]) throws(AWSFault) -> Role {
        let arn = try roleARN(fields)
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "iam", parts[3].isEmpty,
            parts[5].hasPrefix("role/"), let name = parts[5].split(separator: "/").last
        else {
            throw AWSFault(code: "ValidationError", message: "\(arn) is invalid", status: 400)
        }
        guard parts[1] == partition, parts[4] == account.id else {
            throw AWSFault(
                code: "AccessDenied",
                message: "The sandbox knows the roles of its own account only: "
                    + "arn:\(partition):iam::\(account.id):role/\(name)", status: 403)
        }
        let session = fields["RoleSessionName"] ?? ""
        guard (2...64).contains(session.utf8.count),
            session.unicodeScalars.allSatisfy(Self.isNameScalar)
        else {
            throw Self.invalid(
                "roleSessionName", session,
                "Member must satisfy regular expression pattern: [\\w+=,.@-]*")
        }
        if fields["Policy"] != nil {
            throw AWSFault(
                code: "ValidationError", message: "The sandbox does not support session policies.",
                status: 400)
        }
        return Role(name: String(name), sessionName: session)
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "+", "=", ",", ".", "@", "-": true
        default: false
        }
    }

    private func session(
        _ role: Role, _ fields: [String: String], now: Date
    ) throws(AWSFault) -> [XMLElement] {
        let duration = fields["DurationSeconds"] ?? "3600"
        guard let seconds = Int(duration), (900...43_200).contains(seconds) else {
            throw Self.invalid(
                "durationSeconds", duration,
                "Member must have value between 900 and 43200")
        }
        let expires = Int(now.timeIntervalSince1970) + seconds
        let name = "assumed-role/\(role.name)/\(role.sessionName)"
        let keys = RoleSession(name: name, expires: expires).keys(of: account)
        let end = SigningTime(Date(timeIntervalSince1970: Double(expires)))
        let arn = "arn:\(partition):sts::\(account.id):\(name)"
        return [
            XMLElement(
                "AssumedRoleUser",
                [
                    XMLElement(
                        "AssumedRoleId",
                        "\(stableID("AROA", role.name)):\(role.sessionName)"),
                    XMLElement("Arn", arn),
                ]),
            XMLElement(
                "Credentials",
                [
                    XMLElement("AccessKeyId", keys.id),
                    XMLElement("SecretAccessKey", keys.secret),
                    XMLElement("SessionToken", keys.token),
                    XMLElement("Expiration", end.extended),
                ]),
        ]
    }

    private static func invalid(_ name: String, _ value: String, _ rule: String) -> AWSFault {
        AWSFault(
            code: "ValidationError",
            message: "1 validation error detected: Value '\(value)' at '\(name)' failed to satisfy "
                + "constraint: \(rule)", status: 400)
    }
}

/// What a web identity token says. Whether its issuer signed it is not checked: the sandbox trusts
/// every issuer.
struct WebIdentity {
    let subject: String
    let audience: String
    let issuer: String

    private struct Claims: Decodable {
        let sub: String
        let iss: String
        let aud: Audience?
        let exp: Double?
    }

    private struct Audience: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            if let text = try? String(from: decoder) {
                self.text = text
            } else {
                text = try [String](from: decoder).first ?? ""
            }
        }
    }

    /// Throws `InvalidIdentityToken`, and `ExpiredTokenException` for a token that is past its time.
    init(_ token: String, now: Date) throws(AWSFault) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Self.decode(parts[1]),
            let claims = try? JSONDecoder().decode(Claims.self, from: Data(bytes))
        else {
            throw AWSFault(
                code: "InvalidIdentityToken",
                message: "The ID Token provided is not a valid JWT. (You may see this error if you "
                    + "sent an Access Token)", status: 400)
        }
        if let end = claims.exp, end <= now.timeIntervalSince1970 {
            throw AWSFault(
                code: "ExpiredTokenException",
                message: "Token expired: current date/time must be "
                    + "before the expiration date/time", status: 400)
        }
        subject = claims.sub
        audience = claims.aud?.text ?? ""
        issuer = claims.iss
    }

    /// Base64 of the kind for addresses, without padding.
    private static func decode(_ text: Substring) -> [UInt8]? {
        var standard = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        while standard.count % 4 != 0 { standard.append("=") }
        return Base64.decode(String(standard))
    }
}
