internal import AWSSignature
internal import FoundationEssentials

/// An answer in JSON, of which everything may be missing or of another kind than expected.
enum JSONAnswer: Equatable {
    /// In the order of the text: an answer's objects have few members, which are found faster one
    /// by one than they are hashed.
    case object([Member])
    case array([JSONAnswer])
    case string(String)
    case number(Double)
    case boolean(Bool)
    case null

    struct Member: Equatable {
        let name: String
        let value: JSONAnswer
    }

    /// A member of an object; nil where it is missing or null. Of two of one name, the last.
    subscript(name: String) -> JSONAnswer? {
        guard case .object(let members) = self,
            let member = members.last(where: { $0.name == name })
        else { return nil }
        if case .null = member.value { return nil }
        return member.value
    }

    var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    var bool: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    var integer: Int? {
        if case .number(let value) = self { Int(exactly: value.rounded()) } else { nil }
    }

    /// The elements; none where it is no array.
    var elements: [JSONAnswer] {
        if case .array(let values) = self { values } else { [] }
    }

    /// A moment: seconds since 1970, as AWS writes it, or ISO 8601, as some servers do.
    var date: Date? {
        switch self {
        case .number(let seconds): Date(timeIntervalSince1970: seconds)
        case .string(let text):
            Double(text).map(Date.init(timeIntervalSince1970:)) ?? Self.date(iso8601: text)
        default: nil
        }
    }

    /// `2026-11-24T18:08:19.123456+00:00`: fraction and offset may be missing, the offset means UTC
    /// then.
    static func date(iso8601 text: String) -> Date? {
        let digits = text.prefix(19).filter { $0.isNumber }
        guard text.utf8.count >= 19, digits.count == 14,
            let time = SigningTime("\(digits.prefix(8))T\(digits.dropFirst(8))Z")
        else { return nil }
        var rest = text.dropFirst(19)
        var seconds = Double(time.secondsSince1970)
        if rest.hasPrefix(".") {
            let fraction = rest.dropFirst().prefix { $0.isNumber }
            seconds += Double("0.\(fraction)") ?? 0
            rest = rest.dropFirst(fraction.count + 1)
        }
        if let sign = rest.first, sign == "+" || sign == "-" {
            let offset = rest.dropFirst().filter { $0.isNumber }
            guard offset.count == 4, let hours = Int(offset.prefix(2)),
                let minutes = Int(offset.suffix(2))
            else { return nil }
            let length = Double(hours * 3600 + minutes * 60)
            seconds += sign == "+" ? -length : length
        }
        return Date(timeIntervalSince1970: seconds)
    }
}

/// The `Date` header: `Tue, 24 Nov 2026 18:08:19 GMT`.
enum HTTPDate {
    /// Nil where it is not of that form.
    static func parse(_ text: String) -> Date? {
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int(words[1]),
            let month = months.firstIndex(of: String(words[2]))
        else { return nil }
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let time = words[4].filter { $0 != ":" }
        return SigningTime("\(words[3])\(padded(month + 1))\(padded(day))T\(time)Z")?.date
    }
}
