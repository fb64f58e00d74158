import SlipwayCore

/// A part of a list, and where the next begins.
struct Page {
    let items: [String]
    let nextToken: String?

    /// The entries behind those that the token stands for.
    ///
    /// A token holds the last entry that was given, so that entries which come and go between two
    /// pages neither repeat one nor leave one out. Throws `InvalidNextTokenException` for a text that
    /// no list of the operation gave.
    init(
        of items: [String], after token: String?, size: Int, operation: Operation
    ) throws(AWSFault) {
        var start = 0
        if let token {
            let position = try Token(token, operation: operation).last
            let index = items.firstIndex(of: position).map { $0 + 1 }
            // Entries that can go are sorted by their names.
            start = index ?? items.firstIndex { $0 > position } ?? items.count
        }
        let end = min(start + size, items.count)
        self.items = Array(items[start..<end])
        nextToken =
            end < items.count
            ? Token(last: items[end - 1]).text(operation: operation) : nil
    }

    /// The last entry that was given.
    private struct Token {
        let last: String

        init(last: String) { self.last = last }

        func text(operation: Operation) -> String {
            let plain = "\(operation.rawValue) \(last)"
            return plain.utf8.map {
                let digits = String($0, radix: 16)
                return digits.utf8.count == 1 ? "0" + digits : digits
            }.joined()
        }

        init(_ text: String, operation: Operation) throws(AWSFault) {
            let digits = text.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16) }
            let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { index in
                digits[index].flatMap { high in digits[index + 1].map { high << 4 | $0 } }
            }
            let parts = String(decoding: bytes.map { $0 ?? 0 }, as: UTF8.self)
                .split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard digits.count.isMultiple(of: 2), bytes.allSatisfy({ $0 != nil }),
                parts.count == 2, parts[0] == operation.rawValue
            else { throw .invalid("NextToken", "The next token was not given by this operation") }
            last = String(parts[1])
        }
    }
}
