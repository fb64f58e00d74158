package import FoundationEssentials

/// A moment as SigV4 writes it: `20150830T123600Z`, UTC, whole seconds.
///
/// Header: `X-Amz-Date`.
package struct SigningTime: Hashable, Sendable, CustomStringConvertible {
    /// `20150830T123600Z`.
    package let text: String
    /// Whole seconds since 1970.
    package let secondsSince1970: Int

    /// Cuts off the fraction of a second. A date beyond the year 9999 or before 1970 is taken for
    /// the nearest that can be written.
    package init(_ date: Date) {
        let seconds = min(max(date.timeIntervalSince1970, 0), 253_402_300_799)
        self.init(secondsSince1970: Int(seconds))
    }

    /// Nil where the text is not of the form `20150830T123600Z`, or no such day or time exists.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z")
        else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            bytes[range].reduce(0) { sum, byte in
                guard let sum, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                else { return nil }
                return sum * 10 + Int(byte - UInt8(ascii: "0"))
            }
        }
        guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8),
            let hour = number(9..<11), let minute = number(11..<13), let second = number(13..<15),
            year >= 1970, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            second < 60
        else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        self.init(secondsSince1970: ((days * 24 + hour) * 60 + minute) * 60 + second)
        // The 31st of February was counted on into March.
        guard self.text == text else { return nil }
    }

    private init(secondsSince1970 seconds: Int) {
        secondsSince1970 = seconds
        let (year, month, day) = Self.civil(days: seconds / 86_400)
        let time = seconds % 86_400
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: width - digits.utf8.count) + digits
        }
        text =
            padded(year, 4) + padded(month, 2) + padded(day, 2) + "T"
            + padded(time / 3600, 2) + padded(time / 60 % 60, 2) + padded(time % 60, 2) + "Z"
    }

    /// `20150830`: the day of a credential scope.
    package var day: String { String(text.prefix(8)) }

    package var date: Date { Date(timeIntervalSince1970: Double(secondsSince1970)) }

    package var description: String { text }

    // Howard Hinnant's civil calendar: years begin in March, so that the leap day is the last.

    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
