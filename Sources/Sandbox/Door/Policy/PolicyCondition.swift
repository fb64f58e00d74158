import FoundationEssentials

/// One line of a statement's `Condition`.
struct PolicyCondition: Sendable {
    private enum Test: Sendable {
        case text(like: Bool, ignoresCase: Bool)
        case number(Order)
        case date(Order)
        case truth
        case address
        /// Whether the key is absent.
        case null
    }

    private enum Order: Sendable {
        case equal, less, lessOrEqual, greater, greaterOrEqual

        func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
            switch self {
            case .equal: left == right
            case .less: left < right
            case .lessOrEqual: left <= right
            case .greater: left > right
            case .greaterOrEqual: left >= right
            }
        }
    }

    private let test: Test
    private let isNegated: Bool
    private let holdsWithoutKey: Bool
    private let key: String
    private let values: [String]

    private static let tests: [String: (Test, Bool)] = [
        "StringEquals": (.text(like: false, ignoresCase: false), false),
        "StringNotEquals": (.text(like: false, ignoresCase: false), true),
        "StringEqualsIgnoreCase": (.text(like: false, ignoresCase: true), false),
        "StringNotEqualsIgnoreCase": (.text(like: false, ignoresCase: true), true),
        "StringLike": (.text(like: true, ignoresCase: false), false),
        "StringNotLike": (.text(like: true, ignoresCase: false), true),
        "ArnEquals": (.text(like: true, ignoresCase: false), false),
        "ArnNotEquals": (.text(like: true, ignoresCase: false), true),
        "ArnLike": (.text(like: true, ignoresCase: false), false),
        "ArnNotLike": (.text(like: true, ignoresCase: false), true),
        "NumericEquals": (.number(.equal), false),
        "NumericNotEquals": (.number(.equal), true),
        "NumericLessThan": (.number(.less), false),
        "NumericLessThanEquals": (.number(.lessOrEqual), false),
        "NumericGreaterThan": (.number(.greater), false),
        "NumericGreaterThanEquals": (.number(.greaterOrEqual), false),
        "DateEquals": (.date(.equal), false),
        "DateNotEquals": (.date(.equal), true),
        "DateLessThan": (.date(.less), false),
        "DateLessThanEquals": (.date(.lessOrEqual), false),
        "DateGreaterThan": (.date(.greater), false),
        "DateGreaterThanEquals": (.date(.greaterOrEqual), false),
        "Bool": (.truth, false),
        "IpAddress": (.address, false),
        "NotIpAddress": (.address, true),
        "Null": (.null, false),
    ]

    /// Throws, by name, for an operator or a key that the sandbox cannot judge.
    init(
        _ operation: String, key: String, values: [String], in statement: String
    ) throws(SandboxError) {
        let hasSuffix = operation.hasSuffix("IfExists")
        let name = hasSuffix ? String(operation.dropLast("IfExists".count)) : operation
        guard let (test, isNegated) = Self.tests[name] else {
            throw .policy(
                reason: "the sandbox cannot judge the condition \(operation) in \(statement)",
                fix:
                    "leave it out here; it can judge \(Self.tests.keys.sorted().joined(separator: ", "))"
            )
        }
        guard RequestContext.knows(key) else {
            throw .policy(
                reason: "the sandbox cannot judge the condition key \(key) in \(statement)",
                fix: "leave it out here; it knows "
                    + RequestContext.keys.sorted().joined(separator: ", "))
        }
        self.test = test
        self.isNegated = isNegated
        self.key = key
        self.values = values
        // A negated test holds for what is not there, as everything else is not.
        holdsWithoutKey = hasSuffix || isNegated
    }

    func holds(in context: RequestContext) -> Bool {
        let given = context.value(key)
        if case .null = test {
            return values.contains { ($0 == "true") == (given == nil) }
        }
        guard let given else { return holdsWithoutKey }
        let agrees = values.contains { holds(given, $0, context) }
        return agrees != isNegated
    }

    private func holds(_ given: String, _ value: String, _ context: RequestContext) -> Bool {
        switch test {
        case .text(let like, let ignoresCase):
            let pattern = try? Wildcard(
                like ? value : Self.literal(value), ignoresCase: ignoresCase,
                variable: context.value)
            return pattern?.matches(given) == true
        case .number(let order):
            guard let given = Double(given), let value = Double(value) else { return false }
            return order.holds(given, value)
        case .date(let order):
            guard let given = Self.date(given), let value = Self.date(value) else { return false }
            return order.holds(given, value)
        case .truth: return given.lowercased() == value.lowercased()
        case .address: return AddressRange(value)?.contains(given) == true
        case .null: return false
        }
    }

    /// A text in which `*` and `?` stand for themselves, and variables for their values.
    private static func literal(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let character = rest.first {
            if rest.hasPrefix("${"), let end = rest.firstIndex(of: "}") {
                result += rest[...end]
                rest = rest[rest.index(after: end)...]
                continue
            }
            result += character == "*" || character == "?" ? "${\(character)}" : String(character)
            rest.removeFirst()
        }
        return result
    }

    private static func date(_ text: String) -> Date? {
        if let seconds = Double(text) { return Date(timeIntervalSince1970: seconds) }
        let style = Date.ISO8601FormatStyle()
        return (try? style.parse(text))
            ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
    }
}

/// Addresses of IPv4 in the form `203.0.113.0/24`.
private struct AddressRange {
    private let base: UInt32
    private let mask: UInt32

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let base = Self.number(parts[0]), parts.count <= 2 else { return nil }
        var length = 32
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...32).contains(given) else { return nil }
            length = given
        }
        mask = length == 0 ? 0 : UInt32.max << (32 - length)
        self.base = base
    }

    func contains(_ address: String) -> Bool {
        Self.number(address[...]).map { $0 & mask == base & mask } == true
    }

    private static func number(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        return parts.reduce(0) { sum, part in
            guard let sum, let byte = UInt8(part) else { return nil }
            return sum << 8 | UInt32(byte)
        }
    }
}
