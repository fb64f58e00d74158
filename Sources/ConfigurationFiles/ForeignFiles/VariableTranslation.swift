import SlipwayCore

/// A text with a service's variables in it, as a key pattern has them.
struct VariableTranslation {
    private(set) var text = ""
    /// The first variable that no key pattern has, or a brace that none can have.
    private(set) var unknown: String?

    init(_ source: String, of service: ForeignService) {
        var rest = Substring(source)
        while let first = rest.first {
            guard first == "$" else {
                if first == "{" || first == "}" { unknown = unknown ?? String(first) }
                text.append(first)
                rest.removeFirst()
                continue
            }
            rest.removeFirst()
            let isBraced = rest.first == "{"
            if isBraced { rest.removeFirst() }
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            rest = rest[name.endIndex...]
            var part: Substring = ""
            if isBraced {
                part = rest.prefix { $0 != "}" }
                rest = rest[part.endIndex...].dropFirst()
            }
            if let variable = Self.variable(String(name), String(part), of: service) {
                text += "{\(variable.rawValue)}"
            } else {
                unknown = unknown ?? "$\(name)\(part)"
            }
        }
    }

    /// `part` is what stands behind the name in braces: `:0:7` takes the first seven characters.
    private static func variable(
        _ name: String, _ part: String, of service: ForeignService
    ) -> KeyPattern.Variable? {
        guard let variable = variables(of: service)[name] else { return nil }
        if part.isEmpty { return variable }
        let length = part.split(separator: ":").last.flatMap { Int($0) }
        let isHead = part.hasPrefix(":0:") || part.hasPrefix("::")
        guard variable == .commit, isHead, let length, (6...12).contains(length) else { return nil }
        return .shortCommit
    }

    private static func variables(of service: ForeignService) -> [String: KeyPattern.Variable] {
        switch service {
        case .travis:
            [
                "TRAVIS_BRANCH": .branch, "TRAVIS_COMMIT": .commit,
                "TRAVIS_BUILD_NUMBER": .buildNumber,
            ]
        case .codeship:
            [
                "CI_BRANCH": .branch, "CI_COMMIT_ID": .commit, "CI_BUILD_NUMBER": .buildNumber,
                "CI_BUILD_ID": .buildNumber,
            ]
        case .bitbucket:
            [
                "BITBUCKET_BRANCH": .branch, "BITBUCKET_COMMIT": .commit,
                "BITBUCKET_BUILD_NUMBER": .buildNumber,
            ]
        }
    }
}
