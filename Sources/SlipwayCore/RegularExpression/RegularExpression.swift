/// A regular expression of a file that nobody vouches for, in the dialect of Java, which CircleCI
/// had: it is matched in bounded time, whatever it says.
///
/// There are no captures and no back-references, so that what an instruction finds at a place is
/// the same however the place was reached: nothing is tried twice.
struct RegularExpression: Hashable, Sendable {
    private let node: RegularExpressionNode

    /// Reads an expression, without the slashes around it.
    ///
    /// Throws ``RegularExpressionError`` for one that is none, that is too large, or that uses what
    /// is not supported.
    init(_ text: String) throws(RegularExpressionError) {
        var parser = RegularExpressionParser(text)
        node = try parser.parse()
        guard RegularExpressionProgram.size(of: node) <= Self.instructionLimit else {
            throw .tooLarge(instructionLimit: Self.instructionLimit)
        }
    }

    /// Whether the whole text is matched. Takes its steps from a budget, and throws where there are
    /// not enough.
    func matchesWhole(_ text: String, budget: inout Int) throws(TooManySteps) -> Bool {
        let program = RegularExpressionProgram(node)
        var matcher = RegularExpressionMatcher(program, text, budget: budget)
        defer { budget = matcher.budget }
        return try matcher.matchesWhole()
    }

    /// The most characters of an expression.
    static let characterLimit = 1_000
    /// The most instructions that counted repetitions may make of it.
    static let instructionLimit = 5_000
    /// How deep groups may lie in each other.
    static let depthLimit = 50
    /// The most steps to find a build's section, whatever it takes of expressions: a few hundredths
    /// of a second.
    static let stepLimit = 1_000_000

    struct TooManySteps: Error {}
}

/// Why a text is no regular expression.
package enum RegularExpressionError: Error, Hashable, Sendable {
    case tooLong(characterLimit: Int)
    case tooLarge(instructionLimit: Int)
    case tooDeep(depthLimit: Int)
    /// A group, class or brace that is opened and not closed.
    case unclosed(Unicode.Scalar)
    /// A group that is closed and was not opened.
    case unopened
    /// A repetition of nothing.
    case nothingToRepeat(Unicode.Scalar)
    case badRepetition
    case badEscape(String)
    case reversedRange
    case unknownProperty(String)
    case backReference(String)
    /// Syntax of other dialects, or one that slipway leaves out.
    case unsupported(String)

    /// The error in words.
    var text: String {
        switch self {
        case .tooLong(let limit): "it is longer than \(limit) characters"
        case .tooLarge(let limit): "its repetitions stand for more than \(limit) steps"
        case .tooDeep(let limit): "its groups are nested deeper than \(limit) levels"
        case .unclosed(let scalar): "a \(scalar) is never closed"
        case .unopened: "a ) closes what nothing opened"
        case .nothingToRepeat(let scalar): "there is nothing before \(scalar) to repeat"
        case .badRepetition: "a { begins no repetition like {2} or {2,5}"
        case .badEscape(let escape): "\(UntrustedText(escape)) means nothing"
        case .reversedRange: "a range counts backwards"
        case .unknownProperty(let name): "\\p{\(UntrustedText(name))} is no class of characters"
        case .backReference(let text):
            "\(UntrustedText(text)) refers back to a group: that may take for ever"
        case .unsupported(let text): "\(UntrustedText(text)) is not supported"
        }
    }
}
