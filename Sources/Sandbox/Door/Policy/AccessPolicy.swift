import FoundationEssentials

/// An IAM policy that is enforced: parsed once, and refused where a part of it could not be.
package struct AccessPolicy: Sendable {
    private let statements: [Statement]

    /// The most bytes of a document: more than IAM itself takes.
    package static let byteLimit = 1 << 20

    private struct Statement: Sendable {
        let isAllowed: Bool
        let actions: [Wildcard]
        let excludesActions: Bool
        /// As they are written: variables get their values with each request.
        let resources: [String]
        let excludesResources: Bool
        let conditions: [PolicyCondition]
    }

    /// Parses a policy document.
    ///
    /// Throws ``SandboxError/policy(reason:fix:)`` for what is no policy, and by name for what the
    /// sandbox cannot enforce: it would allow too much, or too little, and say nothing.
    package init(json: [UInt8]) throws(SandboxError) {
        let document: PolicyDocument
        do {
            document = try JSONDecoder().decode(PolicyDocument.self, from: Data(json))
        } catch {
            throw .policy(
                reason: "the policy is not a policy document in JSON: \(Self.words(error))",
                fix: "slipway iam-policy prints one that is")
        }
        guard document.version == "2012-10-17" else {
            throw .policy(
                reason: "the policy's Version is \(document.version ?? "missing")",
                fix: "write \"Version\": \"2012-10-17\"; older versions know no variables")
        }
        try Self.refuseUnknown(document.unknownKeys, in: "the policy")
        var statements: [Statement] = []
        for (index, statement) in document.statements.enumerated() {
            let name = "statement " + (statement.id ?? String(index + 1))
            statements.append(try Self.statement(statement, name))
        }
        self.statements = statements
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            "\(path(context.codingPath))\(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context):
            "\(path(context.codingPath))a value is of the wrong type"
        default: "it cannot be read"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.isEmpty
            ? ""
            : keys.map { $0.intValue.map(String.init) ?? $0.stringValue }
                .joined(separator: ".") + ": "
    }

    private static func refuseUnknown(_ keys: [String], in name: String) throws(SandboxError) {
        guard let key = keys.first else { return }
        throw .policy(
            reason: "\(name) has \(key), which a policy of a user does not have",
            fix: "remove it")
    }

    private static func statement(
        _ statement: PolicyDocument.Statement, _ name: String
    ) throws(SandboxError) -> Statement {
        try refuseUnknown(statement.unknownKeys, in: name)
        guard ["Allow", "Deny"].contains(statement.effect) else {
            throw .policy(
                reason: "the Effect of \(name) is \(statement.effect)",
                fix: "write Allow or Deny")
        }
        let actions = try one(of: statement.actions, statement.notActions, "Action", name)
        let resources = try one(of: statement.resources, statement.notResources, "Resource", name)
        var patterns: [Wildcard] = []
        for action in actions {
            guard action == "*" || action.contains(":") else {
                throw .policy(
                    reason: "\(action) in \(name) is no action",
                    fix: "write it as service:Action, for example s3:PutObject")
            }
            do throws(Wildcard.UnknownVariable) {
                patterns.append(try Wildcard(action, ignoresCase: true, hasVariables: false))
            } catch {
                throw .policy(reason: "\(action) in \(name) is no action", fix: "mend it")
            }
        }
        for resource in resources { try checkVariables(resource, name) }
        var conditions: [PolicyCondition] = []
        for (operation, keys) in statement.conditions.sorted(by: { $0.key < $1.key }) {
            for (key, values) in keys.sorted(by: { $0.key < $1.key }) {
                for value in values { try checkVariables(value, name) }
                conditions.append(
                    try PolicyCondition(operation, key: key, values: values, in: name))
            }
        }
        return Statement(
            isAllowed: statement.effect == "Allow", actions: patterns,
            excludesActions: statement.actions == nil, resources: resources,
            excludesResources: statement.resources == nil, conditions: conditions)
    }

    private static func one(
        of first: [String]?, _ second: [String]?, _ key: String, _ name: String
    ) throws(SandboxError) -> [String] {
        guard (first == nil) != (second == nil), let values = first ?? second, !values.isEmpty
        else {
            throw .policy(
                reason: "\(name) needs \(key) or Not\(key), one of them",
                fix: "write \(key) with what the statement is about")
        }
        return values
    }

    private static func checkVariables(_ text: String, _ name: String) throws(SandboxError) {
        do throws(Wildcard.UnknownVariable) {
            _ = try Wildcard(text, variable: { RequestContext.knows($0) ? "" : nil })
        } catch {
            throw .policy(
                reason: "the sandbox has no value for ${\(error.name)} in \(name)",
                fix: "write the value itself")
        }
    }

    /// What the policy says to something.
    enum Decision: Sendable {
        case allowed
        /// No statement allows it.
        case denied
        /// A statement forbids it.
        case forbidden
    }

    func decide(_ wanted: Authorization, _ context: RequestContext) -> Decision {
        var isAllowed = false
        for statement in statements where applies(statement, to: wanted, context) {
            guard statement.isAllowed else { return .forbidden }
            isAllowed = true
        }
        return isAllowed ? .allowed : .denied
    }

    private func applies(
        _ statement: Statement, to wanted: Authorization, _ context: RequestContext
    ) -> Bool {
        let names = statement.actions.contains { $0.matches(wanted.action) }
        guard names != statement.excludesActions else { return false }
        let covers = statement.resources.contains { pattern in
            // Variables were checked when the policy was read.
            (try? Wildcard(pattern, variable: context.value))?.matches(wanted.resource) == true
        }
        guard covers != statement.excludesResources else { return false }
        return statement.conditions.allSatisfy { $0.holds(in: context) }
    }
}
