/// A range of SELinux levels, such as `s0-s1:c0.c5,c10`. AppSpec key: `range`.
package struct SELinuxRange: Hashable, Sendable {
    /// The largest number of a category.
    package static let categoryLimit = 1023

    package let low: Int
    package let high: Int
    /// Sorted; nil where the range names no categories.
    package let categories: [Int]?

    /// Parses a range as an agent of a generation does: 1.8 refuses categories that overlap and
    /// allows a comma at the end, 2.0 the reverse.
    package init(_ text: String, agent: AgentGeneration) throws(SELinuxRangeError) {
        let isStrict = agent == .v18
        let parts = try Self.split(text, at: ":", strictly: isStrict)
        let levels = try Self.split(parts[0], at: "-", strictly: isStrict)
        low = try Self.number(levels[0], prefix: "s", strictly: isStrict)
        high = levels.count > 1 ? try Self.number(levels[1], prefix: "s", strictly: isStrict) : low
        if high < low { throw .reversed }
        guard parts.count > 1 else {
            categories = nil
            return
        }
        var names = parts[1].split(separator: ",", omittingEmptySubsequences: false)
            .map(String.init)
        // Ruby's split drops what is empty at the end.
        if isStrict { while names.last == "" { names.removeLast() } }
        var numbers: [Int] = []
        for name in names {
            guard name.contains(".") else {
                numbers.append(try Self.category(name, strictly: isStrict))
                continue
            }
            let ends = try Self.split(name, at: ".", strictly: isStrict)
            let first = try Self.category(ends[0], strictly: isStrict)
            let last = try Self.category(ends[1], strictly: isStrict)
            if last < first { throw .reversed }
            numbers += Array(first...last)
        }
        if isStrict, Set(numbers).count < numbers.count { throw .overlap }
        categories = Set(numbers).sorted()
    }

    /// Splits in two, of which neither may be empty; 2.0 splits everywhere and looks at two.
    private static func split(
        _ text: String, at separator: Character, strictly isStrict: Bool
    ) throws(SELinuxRangeError) -> [String] {
        let parts = text.split(
            separator: separator, maxSplits: isStrict ? 1 : .max, omittingEmptySubsequences: false
        ).map(String.init)
        if parts.contains("") && isStrict { throw .missingPart }
        return parts
    }

    private static func category(
        _ text: String, strictly isStrict: Bool
    ) throws(SELinuxRangeError) -> Int {
        let number = try number(text, prefix: "c", strictly: isStrict)
        guard number <= categoryLimit else { throw .category(text) }
        return number
    }

    private static func number(
        _ text: String, prefix: String, strictly isStrict: Bool
    ) throws(SELinuxRangeError) -> Int {
        var digits = text.dropFirst(prefix.count)
        // The integer parser of agent 2.0 takes a plus.
        if !isStrict, digits.first == "+" { digits = digits.dropFirst() }
        guard text.hasPrefix(prefix), !digits.isEmpty,
            digits.unicodeScalars.allSatisfy({ ("0"..."9").contains($0) })
        else { throw prefix == "s" ? .level(text) : .category(text) }
        let number = Int(digits) ?? .max
        if !isStrict, prefix == "s", number > Int(UInt8.max) { throw .level(text) }
        return number
    }
}

/// Why a text is no SELinux range.
package enum SELinuxRangeError: Error, Equatable, Sendable {
    case missingPart
    case level(String)
    case category(String)
    case reversed
    case overlap
}
