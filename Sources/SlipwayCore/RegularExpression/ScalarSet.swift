/// A class of characters, as a regular expression names it.
indirect enum ScalarSet: Hashable, Sendable {
    case ranges([ClosedRange<UInt32>])
    case property(Property)
    case union([ScalarSet])
    case intersection(ScalarSet, ScalarSet)
    case inverted(ScalarSet)
    /// With the other capitals of each: of ASCII only, or of all letters.
    case anyCase(ScalarSet, isUnicode: Bool)

    enum Property: Hashable, Sendable { case letter, upper, lower, titlecase, mark, number, digit }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .ranges(let ranges): ranges.contains { $0.contains(scalar.value) }
        case .property(let property): Self.has(scalar, property)
        case .union(let sets): sets.contains { $0.contains(scalar) }
        case .intersection(let one, let other): one.contains(scalar) && other.contains(scalar)
        case .inverted(let set): !set.contains(scalar)
        case .anyCase(let set, let isUnicode):
            set.contains(scalar)
                || ((isUnicode || scalar.isASCII)
                    && (Self.single(scalar.properties.lowercaseMapping).map(set.contains) ?? false
                        || Self.single(scalar.properties.uppercaseMapping).map(set.contains)
                            ?? false))
        }
    }

    static func only(_ scalar: Unicode.Scalar) -> ScalarSet {
        .ranges([scalar.value...scalar.value])
    }

    /// The characters of a text.
    static func any(of text: String) -> ScalarSet {
        .ranges(text.unicodeScalars.map { $0.value...$0.value })
    }

    private static func single(_ text: String) -> Unicode.Scalar? {
        let scalars = text.unicodeScalars
        return scalars.count == 1 ? scalars.first : nil
    }

    private static func has(_ scalar: Unicode.Scalar, _ property: Property) -> Bool {
        let category = scalar.properties.generalCategory
        return switch property {
        case .letter:
            [
                .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            ].contains(category)
        case .upper: category == .uppercaseLetter
        case .lower: category == .lowercaseLetter
        case .titlecase: category == .titlecaseLetter
        case .mark: [.nonspacingMark, .spacingMark, .enclosingMark].contains(category)
        case .number: [.decimalNumber, .letterNumber, .otherNumber].contains(category)
        case .digit: category == .decimalNumber
        }
    }

    // MARK: - Classes with names

    static let everything = inverted(.ranges([]))
    static let digits = ranges([0x30...0x39])
    static let upper = ranges([0x41...0x5A])
    static let lower = ranges([0x61...0x7A])
    static let word = union([digits, upper, lower, only("_")])
    static let space = any(of: " \t\n\u{B}\u{C}\r")
    static let blank = any(of: " \t")
    static let lineEnds = any(of: "\n\r\u{85}\u{2028}\u{2029}")

    /// What `\p{NAME}` stands for; nil for a name that none of ours is.
    static func named(_ name: String) -> ScalarSet? {
        switch name {
        case "Lower": lower
        case "Upper": upper
        case "Alpha": union([lower, upper])
        case "Digit": digits
        case "Alnum": union([lower, upper, digits])
        case "ASCII": ranges([0...0x7F])
        case "Punct": ranges([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
        case "Graph": ranges([0x21...0x7E])
        case "Print": ranges([0x20...0x7E])
        case "Blank": blank
        case "Cntrl": ranges([0...0x1F, 0x7F...0x7F])
        case "XDigit": union([digits, ranges([0x41...0x46, 0x61...0x66])])
        case "Space": space
        case "L", "IsL", "IsAlphabetic": property(.letter)
        case "Lu", "IsLu", "IsUppercase": property(.upper)
        case "Ll", "IsLl", "IsLowercase": property(.lower)
        case "Lt", "IsLt", "IsTitlecase": property(.titlecase)
        case "M", "IsM": property(.mark)
        case "N", "IsN": property(.number)
        case "Nd", "IsNd", "IsDigit": property(.digit)
        default: nil
        }
    }
}
