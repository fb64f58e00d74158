/// What a regular expression is made of.
indirect enum RegularExpressionNode: Hashable, Sendable {
    case set(ScalarSet)
    case sequence([RegularExpressionNode])
    case alternatives([RegularExpressionNode])
    case repetition(
        RegularExpressionNode, atLeast: Int, atMost: Int?, prefersFewer: Bool)
    /// The first way in which it matches is the only one that is tried.
    case atomic(RegularExpressionNode)
    case look(RegularExpressionNode, isAhead: Bool, isNegated: Bool)
    case edge(Edge)

    enum Edge: Hashable, Sendable { case start, end, word, noWord }
}

/// Reads the syntax of Java's regular expressions.
struct RegularExpressionParser {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0
    private var flags = Flags()

    private struct Flags {
        var ignoresCase = false
        var isUnicode = false
        var dotMatchesLineEnds = false
    }

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func parse() throws(RegularExpressionError) -> RegularExpressionNode {
        guard scalars.count <= RegularExpression.characterLimit else {
            throw .tooLong(characterLimit: RegularExpression.characterLimit)
        }
        let node = try alternatives()
        guard index == scalars.count else { throw .unopened }
        return node
    }

    private var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func take(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[index...].starts(with: wanted) else { return false }
        index += wanted.count
        return true
    }

    // MARK: - Groups

    private mutating func alternatives() throws(RegularExpressionError) -> RegularExpressionNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= RegularExpression.depthLimit else {
            throw .tooDeep(depthLimit: RegularExpression.depthLimit)
        }
        // Flags count to the end of the group in which they stand.
        let outer = flags
        defer { flags = outer }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(RegularExpressionError) -> RegularExpressionNode {
        var parts: [RegularExpressionNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            if take("\\Q") {
                while index < scalars.count, !take("\\E") {
                    parts.append(literal(scalars[index]))
                    index += 1
                }
                // A repetition behind it means its last character.
                if let last = parts.popLast() { parts.append(try repeated(last)) }
                continue
            }
            guard let part = try atom() else { continue }
            parts.append(try repeated(part))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    /// One thing that can be repeated; nil for flags, which stand for nothing.
    private mutating func atom() throws(RegularExpressionError) -> RegularExpressionNode? {
        let scalar = scalars[index]
        index += 1
        switch scalar {
        case "(": return try group()
        case "[": return .set(withFlags(try characterClass()))
        case ".":
            return .set(flags.dotMatchesLineEnds ? .everything : .inverted(.lineEnds))
        case "^": return .edge(.start)
        case "$": return .edge(.end)
        case "\\": return try escape()
        case "*", "+", "?": throw .nothingToRepeat(scalar)
        case "{": throw .badRepetition
        default: return literal(scalar)
        }
    }

    private func literal(_ scalar: Unicode.Scalar) -> RegularExpressionNode {
        .set(withFlags(.only(scalar)))
    }

    private func withFlags(_ set: ScalarSet) -> ScalarSet {
        flags.ignoresCase ? .anyCase(set, isUnicode: flags.isUnicode) : set
    }

    private mutating func group() throws(RegularExpressionError) -> RegularExpressionNode? {
        guard take("?") else { return try closed(alternatives()) }
        if take(":") { return try closed(alternatives()) }
        if take(">") { return .atomic(try closed(alternatives())) }
        for (opening, isAhead, isNegated) in [
            ("=", true, false), ("!", true, true), ("<=", false, false), ("<!", false, true),
        ] where take(opening) {
            return .look(try closed(alternatives()), isAhead: isAhead, isNegated: isNegated)
        }
        if take("<") {
            let name = scalars[index...].prefix { $0 != ">" }
            guard !name.isEmpty, name.allSatisfy(ScalarSet.word.contains),
                index + name.count < scalars.count
            else { throw .unsupported("(?<") }
            index += name.count + 1
            return try closed(alternatives())
        }
        return try flagGroup()
    }

    private mutating func closed(
        _ node: RegularExpressionNode
    ) throws(RegularExpressionError) -> RegularExpressionNode {
        guard take(")") else { throw .unclosed("(") }
        return node
    }

    /// `(?i)`, to the end of the group around it, or `(?i:...)`.
    private mutating func flagGroup() throws(RegularExpressionError) -> RegularExpressionNode? {
        let outer = flags
        var isOn = true
        while let scalar = next {
            index += 1
            switch scalar {
            case "-": isOn = false
            case "i": flags.ignoresCase = isOn
            case "u", "U": flags.isUnicode = isOn
            case "s": flags.dotMatchesLineEnds = isOn
            // No name has several lines.
            case "m", "d": break
            case ")": return nil
            case ":":
                let node = try closed(alternatives())
                flags = outer
                return node
            default: throw .unsupported("(?\(scalar)")
            }
        }
        throw .unclosed("(")
    }

    // MARK: - Repetitions

    private mutating func repeated(
        _ node: RegularExpressionNode
    ) throws(RegularExpressionError) -> RegularExpressionNode {
        guard let (atLeast, atMost) = try bounds() else { return node }
        let prefersFewer = take("?")
        let isPossessive = !prefersFewer && take("+")
        if let scalar = next, "*+?{".unicodeScalars.contains(scalar) {
            throw .nothingToRepeat(scalar)
        }
        let repetition = RegularExpressionNode.repetition(
            node, atLeast: atLeast, atMost: atMost, prefersFewer: prefersFewer)
        return isPossessive ? .atomic(repetition) : repetition
    }

    private mutating func bounds() throws(RegularExpressionError) -> (Int, Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard take("{") else { return nil }
        guard let atLeast = try number() else { throw .badRepetition }
        var atMost: Int? = atLeast
        if take(",") { atMost = try number() }
        guard take("}") else { throw next == nil ? .unclosed("{") : .badRepetition }
        if let atMost, atMost < atLeast { throw .reversedRange }
        return (atLeast, atMost)
    }

    private mutating func number() throws(RegularExpressionError) -> Int? {
        let digits = scalars[index...].prefix(while: ScalarSet.digits.contains)
        index += digits.count
        guard !digits.isEmpty else { return nil }
        guard digits.count <= 6, let number = Int(Self.text(digits)) else {
            throw .tooLarge(instructionLimit: RegularExpression.instructionLimit)
        }
        return number
    }

    private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    // MARK: - Escapes

    private mutating func escape() throws(RegularExpressionError) -> RegularExpressionNode {
        guard let scalar = next else { throw .badEscape("\\") }
        switch scalar {
        case "b", "B", "A", "z", "Z":
            index += 1
            switch scalar {
            case "b": return .edge(.word)
            case "B": return .edge(.noWord)
            case "A": return .edge(.start)
            default: return .edge(.end)
            }
        case "1"..."9": throw .backReference("\\\(scalar)")
        case "k": throw .backReference("\\k")
        case "G", "R", "X", "N": throw .unsupported("\\\(scalar)")
        default: return .set(withFlags(try escapedSet()))
        }
    }

    /// What stands behind a backslash, in a class or outside.
    private mutating func escapedSet() throws(RegularExpressionError) -> ScalarSet {
        guard let scalar = next else { throw .badEscape("\\") }
        index += 1
        switch scalar {
        case "d": return .digits
        case "D": return .inverted(.digits)
        case "w": return .word
        case "W": return .inverted(.word)
        case "s": return .space
        case "S": return .inverted(.space)
        case "h": return .blank
        case "H": return .inverted(.blank)
        case "p": return try property()
        case "P": return .inverted(try property())
        default: return .only(try escapedScalar(scalar))
        }
    }

    private mutating func escapedScalar(
        _ scalar: Unicode.Scalar
    ) throws(RegularExpressionError) -> Unicode.Scalar {
        switch scalar {
        case "t": return "\t"
        case "n": return "\n"
        case "r": return "\r"
        case "f": return "\u{C}"
        case "a": return "\u{7}"
        case "e": return "\u{1B}"
        case "x": return try take("{") ? code(digits: nil) : code(digits: 2)
        case "u": return try code(digits: 4)
        default:
            guard !scalar.isASCIILetterOrDigit else { throw .badEscape("\\\(scalar)") }
            return scalar
        }
    }

    /// A character by its code: so many digits, or those up to a brace.
    private mutating func code(digits: Int?) throws(RegularExpressionError) -> Unicode.Scalar {
        let hexadecimal = scalars[index...].prefix(digits ?? 6)
            .prefix { $0.properties.isASCIIHexDigit }
        index += hexadecimal.count
        let isWhole = digits.map { $0 == hexadecimal.count } ?? take("}")
        guard isWhole, let value = UInt32(Self.text(hexadecimal), radix: 16),
            let scalar = Unicode.Scalar(value)
        else { throw .badEscape("\\\(digits == 4 ? "u" : "x")") }
        return scalar
    }

    private mutating func property() throws(RegularExpressionError) -> ScalarSet {
        let name: String
        if take("{") {
            let inner = scalars[index...].prefix { $0 != "}" }
            index += inner.count
            guard take("}") else { throw .unclosed("{") }
            name = Self.text(inner)
        } else {
            name = next.map(String.init) ?? ""
            index = min(index + 1, scalars.count)
        }
        guard let set = ScalarSet.named(name) else { throw .unknownProperty(name) }
        return set
    }

    // MARK: - Classes

    /// A class behind its opening bracket: unions, classes in it, and intersections with `&&`.
    private mutating func characterClass() throws(RegularExpressionError) -> ScalarSet {
        depth += 1
        defer { depth -= 1 }
        guard depth <= RegularExpression.depthLimit else {
            throw .tooDeep(depthLimit: RegularExpression.depthLimit)
        }
        let isInverted = take("^")
        var whole: ScalarSet?
        var parts: [ScalarSet] = []
        while true {
            guard let scalar = next else { throw .unclosed("[") }
            if scalar == "]", !parts.isEmpty || whole != nil { break }
            if take("&&") {
                whole = Self.joined(whole, parts)
                parts = []
                continue
            }
            parts.append(try classPart())
        }
        index += 1
        let set = Self.joined(whole, parts)
        return isInverted ? .inverted(set) : set
    }

    private static func joined(_ whole: ScalarSet?, _ parts: [ScalarSet]) -> ScalarSet {
        guard let whole else { return .union(parts) }
        return parts.isEmpty ? whole : .intersection(whole, .union(parts))
    }

    private mutating func classPart() throws(RegularExpressionError) -> ScalarSet {
        if take("[") { return try characterClass() }
        let first = try classScalar()
        guard case .scalar(let from) = first else { return first.set }
        // A hyphen at the end is itself.
        guard index + 1 < scalars.count, scalars[index] == "-",
            scalars[index + 1] != "]", scalars[index + 1] != "["
        else { return .only(from) }
        index += 1
        guard case .scalar(let to) = try classScalar() else { throw .reversedRange }
        guard from.value <= to.value else { throw .reversedRange }
        return .ranges([from.value...to.value])
    }

    private enum ClassPart {
        case scalar(Unicode.Scalar)
        case many(ScalarSet)

        var set: ScalarSet {
            switch self {
            case .scalar(let scalar): .only(scalar)
            case .many(let set): set
            }
        }
    }

    private mutating func classScalar() throws(RegularExpressionError) -> ClassPart {
        let scalar = scalars[index]
        index += 1
        guard scalar == "\\" else { return .scalar(scalar) }
        let set = try escapedSet()
        if case .ranges(let ranges) = set, ranges.count == 1, ranges[0].count == 1,
            let only = Unicode.Scalar(ranges[0].lowerBound)
        {
            return .scalar(only)
        }
        return .many(set)
    }
}
