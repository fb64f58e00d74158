/// The name of a deployment group.
///
/// AWS: 1 to 100 characters, each a letter, a digit or one of `._+=,@-`.
/// circle.yml key: `deployment_group`.
package struct DeploymentGroup: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Throws ``CodeDeployNameError`` for a name that CodeDeploy would refuse.
    package init(_ text: String) throws(CodeDeployNameError) {
        try CodeDeployNameError.check(text, kind: .deploymentGroup)
        rawValue = text
    }

    package var description: String { rawValue }
}

/// The name of a deployment configuration: how many instances are deployed to at once.
///
/// AWS: as ``DeploymentGroup``; names that begin with `CodeDeployDefault.` are AWS's own.
/// circle.yml key: `deployment_config`.
package struct DeploymentConfiguration: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Throws ``CodeDeployNameError`` for a name that CodeDeploy would refuse.
    package init(_ text: String) throws(CodeDeployNameError) {
        try CodeDeployNameError.check(text, kind: .deploymentConfiguration)
        rawValue = text
    }

    package var description: String { rawValue }

    /// AWS's own configurations for instances.
    package static let standard = ["OneAtATime", "HalfAtATime", "AllAtOnce"].map {
        DeploymentConfiguration(standard: $0)
    }

    private init(standard name: String) { rawValue = "CodeDeployDefault." + name }

    /// The standard configurations that may be meant, where this is none and looks like one.
    package var likelyMeant: String? {
        guard !Self.standard.contains(self) else { return nil }
        let short = rawValue.split(separator: ".").last.map(String.init) ?? rawValue
        let names = Self.standard.map {
            String($0.rawValue.dropFirst("CodeDeployDefault.".count))
        }
        if rawValue.lowercased().hasPrefix("codedeploydefault.") {
            return nearestName(to: short, among: names).map { "CodeDeployDefault." + $0 }
                ?? Self.standard.map(\.rawValue).joined(separator: " or ")
        }
        return names.first { $0.lowercased() == rawValue.lowercased() }
            .map { "CodeDeployDefault." + $0 }
    }
}

/// Why CodeDeploy would refuse a name.
package struct CodeDeployNameError: Error, Equatable, Sendable {
    package enum Kind: String, Sendable {
        case deploymentGroup = "deployment group"
        case deploymentConfiguration = "deployment configuration"
    }

    package enum Flaw: Equatable, Sendable {
        case empty
        case tooLong(limit: Int)
        case character(Unicode.Scalar)
    }

    package let kind: Kind
    package let name: String
    package let flaw: Flaw

    fileprivate static func check(_ text: String, kind: Kind) throws(CodeDeployNameError) {
        guard !text.isEmpty else { throw .init(kind: kind, name: text, flaw: .empty) }
        guard text.unicodeScalars.count <= 100 else {
            throw .init(kind: kind, name: text, flaw: .tooLong(limit: 100))
        }
        for scalar in text.unicodeScalars
        where !scalar.isASCIILetterOrDigit && !"._+=,@-".unicodeScalars.contains(scalar) {
            throw .init(kind: kind, name: text, flaw: .character(scalar))
        }
    }
}

extension CodeDeployNameError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] {
        let why =
            switch flaw {
            case .empty: "it is empty"
            case .tooLong(let limit): "it is longer than \(limit) characters"
            case .character(let scalar): "it contains \(describe(scalar))"
            }
        return [
            Problem(
                code: kind == .deploymentGroup
                    ? "invalid-deployment-group" : "invalid-deployment-config",
                "\"\(UntrustedText(name))\" is not the name of a \(kind.rawValue)", why: why,
                fix: "use the name that CodeDeploy knows: letters, digits and . _ + = , @ -")
        ]
    }
}
