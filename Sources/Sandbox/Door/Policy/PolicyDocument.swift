import FoundationEssentials

/// What a policy document says, before any of it is understood.
struct PolicyDocument: Decodable {
    let version: String?
    let statements: [Statement]

    struct Statement: Decodable {
        let id: String?
        let effect: String
        let actions: [String]?
        let notActions: [String]?
        let resources: [String]?
        let notResources: [String]?
        /// Operator, key, values.
        let conditions: [String: [String: [String]]]
        let unknownKeys: [String]

        private static let known: Set<String> = [
            "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition",
        ]

        init(from decoder: any Decoder) throws {
            let object = try decoder.container(keyedBy: AnyKey.self)
            func texts(_ name: String) throws -> [String]? {
                try object.decodeIfPresent(OneOrMany.self, forKey: AnyKey(name))?.values
            }
            id = try object.decodeIfPresent(String.self, forKey: AnyKey("Sid"))
            effect = try object.decode(String.self, forKey: AnyKey("Effect"))
            actions = try texts("Action")
            notActions = try texts("NotAction")
            resources = try texts("Resource")
            notResources = try texts("NotResource")
            let conditions = try object.decodeIfPresent(
                [String: [String: OneOrMany]].self, forKey: AnyKey("Condition"))
            self.conditions = (conditions ?? [:]).mapValues { $0.mapValues(\.values) }
            unknownKeys = object.allKeys.map(\.stringValue).filter { !Self.known.contains($0) }
                .sorted()
        }
    }

    private static let known: Set<String> = ["Version", "Id", "Statement"]
    let unknownKeys: [String]

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: AnyKey.self)
        version = try object.decodeIfPresent(String.self, forKey: AnyKey("Version"))
        if let many = try? object.decode([Statement].self, forKey: AnyKey("Statement")) {
            statements = many
        } else {
            statements = [try object.decode(Statement.self, forKey: AnyKey("Statement"))]
        }
        unknownKeys = object.allKeys.map(\.stringValue).filter { !Self.known.contains($0) }.sorted()
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    /// One text or a list of them; in conditions also a number or a truth value.
    private struct OneOrMany: Decodable {
        let values: [String]

        init(from decoder: any Decoder) throws {
            if let one = try? Scalar(from: decoder) {
                values = [one.text]
            } else {
                values = try [Scalar](from: decoder).map(\.text)
            }
        }
    }

    private struct Scalar: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            if let text = try? String(from: decoder) {
                self.text = text
            } else if let truth = try? Bool(from: decoder) {
                text = truth ? "true" : "false"
            } else if let number = try? Int(from: decoder) {
                text = String(number)
            } else {
                text = String(try Double(from: decoder))
            }
        }
    }
}
