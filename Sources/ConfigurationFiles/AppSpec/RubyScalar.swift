import SlipwayCore

/// A YAML value as agent 1.8 has it, whose YAML library is Ruby's (Psych 4): YAML 1.1, with octal
/// numbers, sexagesimal ones, thousands separators, and dates.
enum RubyValue: Equatable {
    case null
    case boolean(Bool)
    case integer(Int)
    /// An integer of more than 64 bits.
    case hugeInteger(isNegative: Bool, digits: String)
    case float(Double)
    case text(String)
    case symbol(String)
    /// A date or a time, which Ruby 3.1 and later refuse to make.
    case date
    /// What raises an error while it is made.
    case failing
    case list
    case mapping
    /// An alias: refused by itself, and nothing more is said about it.
    case unknown

    /// What Ruby's `to_s` makes of it.
    var string: String {
        switch self {
        case .null, .unknown, .date, .failing, .list, .mapping: ""
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .hugeInteger(let isNegative, let digits): (isNegative ? "-" : "") + digits
        case .float(let value): Self.string(value)
        case .text(let text), .symbol(let text): text
        }
    }

    private static func string(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return value.description
    }

    /// Whether Ruby takes it for false, or for nothing.
    var isFalsy: Bool { self == .null || self == .boolean(false) }
}

extension RubyValue {
    /// What a scalar without quotation marks and without a tag is.
    init(plain text: String) {
        guard !text.isEmpty else {
            self = .null
            return
        }
        let scalars = Array(text.unicodeScalars)
        if Self.beginsLikeText(scalars) || scalars.contains("\n") {
            self = Self.word(text, length: scalars.count)
            return
        }
        var scanner = ScalarScanner(scalars)
        if scanner.isTime || scanner.isDate {
            self = .date
        } else if let infinity = Self.infinity(text.lowercased()) {
            self = .float(infinity)
        } else if text.lowercased() == ".nan" {
            self = .float(.nan)
        } else if scalars[0] == ":", scalars.count > 1 {
            self = .symbol(String(text.unicodeScalars.dropFirst()))
        } else if let value = scanner.sexagesimal {
            self = value
        } else if scanner.isFloat {
            self = Self.float(text)
        } else if let base = scanner.integerBase {
            self = Self.integer(text, base: base)
        } else {
            self = .text(text)
        }
    }

    /// Psych's first test: an optional character that begins no number, then one that is in none.
    private static func beginsLikeText(_ scalars: [Unicode.Scalar]) -> Bool {
        func isTextual(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.isAlphabetic
                || "_ \t\n\u{B}\u{C}\r!@#$%^&*(){}<>|/\\~;=".unicodeScalars.contains(scalar)
        }
        if isTextual(scalars[0]) { return true }
        guard scalars.count > 1, !isDigit(scalars[0]),
            !".:-".unicodeScalars.contains(scalars[0])
        else { return false }
        return isTextual(scalars[1])
    }

    private static func word(_ text: String, length: Int) -> RubyValue {
        guard length <= 5 else { return .text(text) }
        return switch text.lowercased() {
        case "~", "null": .null
        case "yes", "true", "on": .boolean(true)
        case "no", "false", "off": .boolean(false)
        default: .text(text)
        }
    }

    private static func infinity(_ text: String) -> Double? {
        switch text {
        case ".inf", "+.inf": .infinity
        case "-.inf": -.infinity
        default: nil
        }
    }

    /// What looks like a float and has no digit before its exponent raises an error.
    private static func float(_ text: String) -> RubyValue {
        let bare = text.filter { $0 != "," && $0 != "_" }
        let mantissa = bare.prefix { $0 != "e" && $0 != "E" }
        guard mantissa.contains(where: \.isNumber) else {
            return mantissa.count == bare.count ? .text(text) : .failing
        }
        // Swift wants a digit behind the point.
        return Double(bare.replacing(".e", with: ".0e").replacing(".E", with: ".0E"))
            .map(RubyValue.float) ?? .text(text)
    }

    private static func integer(_ text: String, base: Int) -> RubyValue {
        var bare = text.filter { $0 != "," && $0 != "_" }
        let isNegative = bare.hasPrefix("-")
        if isNegative || bare.hasPrefix("+") { bare.removeFirst() }
        var digits = bare
        if base == 16 || base == 2 { digits.removeFirst(2) }
        if base == 8, digits.count > 1 { digits.removeFirst() }
        guard !digits.isEmpty else { return .failing }
        if let value = Int((isNegative ? "-" : "") + digits, radix: base) { return .integer(value) }
        return .hugeInteger(isNegative: isNegative, digits: digits)
    }

    /// Ruby's `String#to_i`: blanks, a sign, digits with single underscores; what follows is left.
    static func leadingInteger(_ text: String) -> Int {
        var scalars = Array(text.unicodeScalars.drop { $0.properties.isWhitespace })[...]
        let isNegative = scalars.first == "-"
        if isNegative || scalars.first == "+" { scalars = scalars.dropFirst() }
        var value = 0
        var isAfterDigit = false
        for scalar in scalars {
            if isDigit(scalar) {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                value = overflow ? .max / 16 : product + Int(scalar.value - 0x30)
                isAfterDigit = true
            } else if scalar == "_", isAfterDigit {
                isAfterDigit = false
            } else {
                break
            }
        }
        return isNegative ? -value : value
    }
}

private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

/// The regular expressions of Psych's scalar scanner, by hand: none needs to go back.
private struct ScalarScanner {
    private let scalars: [Unicode.Scalar]
    private var position = 0

    init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private var isAtEnd: Bool { position == scalars.count }

    private var next: Unicode.Scalar? { isAtEnd ? nil : scalars[position] }

    private mutating func take(_ characters: String) -> Bool {
        guard let next, characters.unicodeScalars.contains(next) else { return false }
        position += 1
        return true
    }

    private mutating func digits(_ range: ClosedRange<Int>) -> Bool {
        var count = 0
        while count < range.upperBound, let next, isDigit(next) {
            position += 1
            count += 1
        }
        return range.contains(count)
    }

    private mutating func skip(_ isIncluded: (Unicode.Scalar) -> Bool) -> Int {
        let start = position
        while let next, isIncluded(next) { position += 1 }
        return position - start
    }

    private mutating func reset() { position = 0 }

    /// `2026-01-31`, month and day with one digit or two.
    var isDate: Bool {
        mutating get {
            reset()
            guard digits(4...4), take("-"), let month = number(), take("-"), let day = number()
            else { return false }
            return isAtEnd && (0...12).contains(month) && (0...31).contains(day)
        }
    }

    private mutating func number() -> Int? {
        let start = position
        guard digits(1...2) else { return nil }
        return Int(String(String.UnicodeScalarView(scalars[start..<position])))
    }

    /// A date, `T` or blanks, hours, minutes and seconds, perhaps a fraction and a zone.
    var isTime: Bool {
        mutating get {
            reset()
            _ = take("-")
            guard digits(4...4), take("-"), digits(1...2), take("-"), digits(1...2) else {
                return false
            }
            guard take("Tt") || skip({ $0.properties.isWhitespace }) > 0, digits(1...2),
                take(":"), digits(2...2), take(":"), digits(2...2)
            else { return false }
            if take(".") { _ = skip(isDigit) }
            _ = skip { $0.properties.isWhitespace }
            if isAtEnd || take("Z") { return isAtEnd }
            guard take("+-"), digits(1...2) else { return false }
            _ = take(":")
            return isAtEnd || digits(2...2) && isAtEnd
        }
    }

    /// `1:30` or `1:30:00`, with a fraction or without; Psych counts from hours.
    var sexagesimal: RubyValue? {
        mutating get {
            reset()
            _ = take("+-")
            guard let first = next, isDigit(first) else { return nil }
            _ = skip { isDigit($0) || $0 == "_" }
            var count = 0
            while count < 2, take(":") {
                let start = position
                guard digits(1...2) else { return nil }
                if position - start == 2, !("0"..."5").contains(scalars[start]) { return nil }
                count += 1
            }
            guard count > 0 else { return nil }
            let isFloat = take(".")
            if isFloat { _ = skip { isDigit($0) || $0 == "_" } }
            guard isAtEnd else { return nil }
            return value(isFloat: isFloat)
        }
    }

    private func value(isFloat: Bool) -> RubyValue {
        let text = String(String.UnicodeScalarView(scalars))
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if isFloat {
            let weights = [3600.0, 60, 1]
            return .float(
                zip(parts, weights).reduce(0) { sum, part in
                    sum + (Double(part.0.filter { $0 != "_" }) ?? 0) * part.1
                })
        }
        let weights = [3600, 60, 1]
        return .integer(
            zip(parts, weights).reduce(0) { sum, part in
                let (product, overflow) = RubyValue.leadingInteger(String(part.0))
                    .multipliedReportingOverflow(by: part.1)
                return overflow ? .max / 16 : sum &+ product
            })
    }

    /// Digits with `_` and `,`, a point, digits, and an exponent that has a sign.
    var isFloat: Bool {
        mutating get {
            reset()
            _ = take("+-")
            if let next, isDigit(next) {
                _ = skip { isDigit($0) || $0 == "_" || $0 == "," }
            }
            guard take(".") else { return false }
            _ = skip(isDigit)
            if take("eE") { guard take("+-"), digits(1...(.max)) else { return false } }
            return isAtEnd
        }
    }

    /// 2, 8, 10 or 16; nil for what is no integer.
    var integerBase: Int? {
        mutating get {
            for (prefix, digits, base) in [("0b", "01", 2), ("0x", "", 16), ("0", "01234567", 8)] {
                reset()
                _ = take("+-")
                guard prefix.unicodeScalars.allSatisfy({ take(String($0)) }) else { continue }
                let count = skip { scalar in
                    scalar == "_" || scalar == ","
                        || (base == 16
                            ? scalar.properties.isASCIIHexDigit
                            : digits.unicodeScalars.contains(scalar))
                }
                if count > 0, isAtEnd { return base }
            }
            reset()
            _ = take("+-")
            if take("0") { return isAtEnd ? 10 : nil }
            guard let first = next, isDigit(first) else { return nil }
            position += 1
            while !isAtEnd {
                _ = take(",_")
                guard let next, isDigit(next) else { return nil }
                position += 1
            }
            return 10
        }
    }
}
