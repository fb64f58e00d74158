/// The least policy that lets a project deploy, as the JSON that IAM takes.
///
/// Actions and the resources that each can be limited to: AWS's service authorization reference.
package struct IAMPolicy: Equatable, Sendable {
    private let scope: PolicyScope
    private let account: AWSAccountID?
    private let watches: Bool

    /// Without an account, ``accountPlaceholder`` stands in its place. `watches` adds what the
    /// live screen shows and does beyond the least.
    package init(scope: PolicyScope, account: AWSAccountID?, watches: Bool) {
        self.scope = scope
        self.account = account
        self.watches = watches
    }

    /// What to replace by the twelve digits of the account.
    package static let accountPlaceholder = "ACCOUNT_ID"

    /// The policy's document.
    package var json: JSONValue {
        ["Version": "2012-10-17", "Statement": .array(statements)]
    }

    private var statements: [JSONValue] {
        var statements = [
            statement(["s3:PutObject"], unique(scope.keys.map(object)))
        ]
        if let key = encryption { statements.append(key) }
        statements += [
            statement(
                ["codedeploy:RegisterApplicationRevision", "codedeploy:GetApplicationRevision"],
                unique(scope.places.map { codeDeploy("application:\($0.application)", $0.region) })),
            statement(["codedeploy:CreateDeployment", "codedeploy:GetDeployment"], groups),
            statement(
                ["codedeploy:GetDeploymentConfig"],
                scope.configurations.map { codeDeploy("deploymentconfig:\($0.name)", $0.region) }),
        ]
        guard watches else { return statements }
        return statements + [
            statement(["codedeploy:GetDeploymentGroup", "codedeploy:ListDeployments"], groups),
            // AWS limits none of these to a group.
            statement(
                [
                    "codedeploy:ListDeploymentTargets", "codedeploy:BatchGetDeploymentTargets",
                    "codedeploy:StopDeployment",
                ], ["*"]),
        ]
    }

    private var groups: [String] {
        unique(
            scope.places.map { place in
                let group = place.group?.rawValue ?? "*"
                return codeDeploy("deploymentgroup:\(place.application)/\(group)", place.region)
            })
    }

    /// The use of KMS keys, with which S3 encrypts the parts of a revision.
    private var encryption: JSONValue? {
        let keys = scope.encryptionKeys
        guard !keys.isEmpty else { return nil }
        let resources = keys.map { key in
            let id = key.id.rawValue
            if id.hasPrefix("arn:") { return id }
            // An alias is no resource of a policy, and could stand for any key.
            let name = id.hasPrefix("alias/") ? "key/*" : "key/\(id)"
            return "arn:\(key.region.partition):kms:\(key.region):\(accountText):\(name)"
        }
        return statement(["kms:GenerateDataKey", "kms:Decrypt"], unique(resources))
    }

    private func statement(_ actions: [String], _ resources: [String]) -> JSONValue {
        [
            "Effect": "Allow", "Action": .array(actions.map(JSONValue.string)),
            "Resource": .array(resources.map(JSONValue.string)),
        ]
    }

    private func object(_ keys: PolicyScope.Keys) -> String {
        "arn:\(keys.region.partition):s3:::\(keys.bucket)/\(keys.pattern.policyResource)"
    }

    private func codeDeploy(_ resource: String, _ region: Region) -> String {
        "arn:\(region.partition):codedeploy:\(region):\(accountText):\(resource)"
    }

    private var accountText: String { account?.rawValue ?? Self.accountPlaceholder }

    private func unique(_ texts: [String]) -> [String] {
        var seen = Set<String>()
        return texts.filter { seen.insert($0).inserted }
    }
}

/// The id of an AWS account: 12 digits; in AWS's own examples also capitals.
package struct AWSAccountID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Nil for a text that is none.
    package init?(_ text: String) {
        let isAllowed = text.unicodeScalars.allSatisfy {
            ("0"..."9").contains($0) || ("A"..."Z").contains($0)
        }
        guard isAllowed, text.utf8.count == 12 else { return nil }
        rawValue = text
    }

    /// The account that an access key id names; nil for one made before AWS put it there.
    ///
    /// Behind the prefix of 4 letters an id is Base32 (RFC 4648); 40 bits behind the first hold
    /// the account. The first bit is set in ids that have one.
    package init?(of key: AccessKeyID) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".unicodeScalars)
        var bits: UInt64 = 0
        let digits = key.rawValue.unicodeScalars.dropFirst(4).prefix(9)
        guard key.rawValue.utf8.count == 20, digits.count == 9 else { return nil }
        for digit in digits {
            guard let value = alphabet.firstIndex(of: digit) else { return nil }
            bits = bits << 5 | UInt64(value)
        }
        // 45 bits: the mark, 40 of the account, 4 of what follows it.
        guard bits >> 44 == 1 else { return nil }
        let account = (bits >> 4) & 0xFF_FFFF_FFFF
        guard account < 1_000_000_000_000 else { return nil }
        let digitsOfAccount = String(account)
        rawValue =
            String(repeating: "0", count: 12 - digitsOfAccount.utf8.count) + digitsOfAccount
    }

    package var description: String { rawValue }
}

extension Region {
    /// The partition of AWS that the region is in, as ARNs name it.
    package var partition: String {
        let prefixes = [
            ("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-isob-", "aws-iso-b"),
            ("us-isof-", "aws-iso-f"), ("us-iso-", "aws-iso"), ("eu-isoe-", "aws-iso-e"),
            ("eusc-", "aws-eusc"),
        ]
        return prefixes.first { rawValue.hasPrefix($0.0) }?.1 ?? "aws"
    }
}

extension KeyPattern {
    /// The keys that the pattern can give, as a policy's resource: what is fixed before the first
    /// variable, and anything behind it.
    package var policyResource: String {
        var text = ""
        for segment in segments {
            guard case .literal(let literal) = segment else { return text + "*" }
            for scalar in literal.unicodeScalars {
                // What a policy would read as a wildcard or as a variable.
                text += "*?$".unicodeScalars.contains(scalar) ? "${\(scalar)}" : String(scalar)
            }
        }
        return text
    }
}
