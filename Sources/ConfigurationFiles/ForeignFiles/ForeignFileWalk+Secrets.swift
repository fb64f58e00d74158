import SlipwayCore

extension ForeignFileWalk {
    /// Says where the file has AWS keys, and shows none of them.
    mutating func reportSecrets(in root: YAMLNode) {
        var pending: [(YAMLNode, isSecret: Bool)] = [(root, false)]
        while let (node, isSecret) = pending.popLast() {
            switch node.kind {
            case .mapping(let pairs):
                for pair in pairs {
                    let name = pair.key.text?.lowercased() ?? ""
                    let holdsKey =
                        name.contains("secret_access_key") || name.contains("session_token")
                    pending.append((pair.value, isSecret || holdsKey))
                }
            case .sequence(let nodes): pending += nodes.map { ($0, isSecret) }
            case .scalar(let text, _):
                if isSecret, !node.isNull {
                    reportSecret(node, text)
                } else if let assignment = Self.assignment(in: text) {
                    reportSecret(node, assignment)
                }
            }
        }
    }

    private mutating func reportSecret(_ node: YAMLNode, _ text: String) {
        let isVariable = text.drop { "\"' ".contains($0) }.hasPrefix("$")
        // What Travis encrypts is a long text in base64 below `secure`.
        let isEncrypted = text.utf8.count > 100
        let fix = "slipway keys set ACCESS_KEY_ID; the secret is asked for"
        if isVariable {
            report(
                node.mark, .warning, code: "keys-elsewhere",
                "the AWS keys are in a variable of \(service.name)",
                why: "they are not in this file, and were not read", fix: fix)
        } else if isEncrypted {
            report(
                node.mark, .warning, code: "secret-in-file",
                "an AWS secret key stands here, encrypted", why: "only \(service.name) can read it",
                fix: fix)
        } else {
            report(
                node.mark, .warning, code: "secret-in-file",
                "an AWS secret key stands here in the clear",
                why: "whoever reads the repository has it; slipway neither shows nor keeps it",
                fix: "make new keys in IAM, give them to slipway keys set, delete the old ones")
        }
    }

    /// What is assigned to the secret's variable in a line of shell; nil where nothing is.
    private static func assignment(in text: String) -> String? {
        guard let name = text.firstRange(of: "AWS_SECRET_ACCESS_KEY=") else { return nil }
        let value = text[name.upperBound...].prefix { !$0.isWhitespace }
        return value.isEmpty ? nil : String(value)
    }
}
