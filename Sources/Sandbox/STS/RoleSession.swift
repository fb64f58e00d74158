import AWSSignature
import FoundationEssentials
import SlipwayCore

/// Temporary keys. The token says what they are for, and a code that only this state folder can
/// make vouches for it: nothing needs to be kept.
struct RoleSession: Sendable, Equatable {
    /// `assumed-role/NAME/SESSION`.
    let name: String
    /// Whole seconds since 1970.
    let expires: Int

    private static let version = "1"

    /// Keys for the session.
    func keys(of account: SandboxAccount) -> (id: String, secret: String, token: String) {
        let id = SandboxAccount.accessKeyID("ASIA", account: UInt64(account.id) ?? 0)
        let fields = [Self.version, id, String(expires), name].joined(separator: "\n")
        let token = "\(Base64.encode(Array(fields.utf8))).\(Self.code("token", fields, account))"
        return (id, Self.secret(fields, account), token)
    }

    /// The session of a token and the secret that goes with it; nil for a token that is none of ours
    /// or belongs to another access key.
    static func read(
        _ token: String, accessKeyID: String, account: SandboxAccount
    ) -> (session: RoleSession, secret: SecretAccessKey)? {
        let parts = token.split(separator: ".")
        guard parts.count == 2, let bytes = Base64.decode(String(parts[0])) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard code("token", text, account) == parts[1] else { return nil }
        let fields = text.split(separator: "\n").map(String.init)
        guard fields.count == 4, fields[0] == version, fields[1] == accessKeyID,
            let expires = Int(fields[2]),
            let secret = try? SecretAccessKey(SecretBytes(copying: secret(text, account).utf8))
        else { return nil }
        return (RoleSession(name: fields[3], expires: expires), secret)
    }

    private static func secret(_ fields: String, _ account: SandboxAccount) -> String {
        String(code("secret", fields, account).prefix(40))
    }

    private static func code(
        _ purpose: String, _ text: String, _ account: SandboxAccount
    ) -> String {
        let scope = CredentialScope(day: purpose, region: "sandbox", service: "session")
        return SigningKey(account.sessionSecret, scope: scope).signature(of: text)
    }
}
