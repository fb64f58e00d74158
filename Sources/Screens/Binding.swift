package import TextGrid

/// A key and what it does here.
package struct Binding<Message: Sendable>: Sendable {
    /// The first one is shown; the others do the same.
    package var keys: [Key]
    /// Two or three words for the footer and the palette: `add project`.
    package var label: String
    /// A sentence for the help; the label where there is no more to say.
    package var detail: String
    package var message: Message
    /// Why it cannot be done now. Pressing the key says so.
    package var reason: String?
    /// Whether it stands in the footer. Movement does not.
    package var isInFooter: Bool

    package init(
        _ keys: Key..., label: String, detail: String? = nil, message: Message,
        unless reason: String? = nil, isInFooter: Bool = true
    ) {
        self.keys = keys
        self.label = label
        self.detail = detail ?? label
        self.message = message
        self.reason = reason
        self.isInFooter = isInFooter
    }

    /// The binding for a screen that wraps this one's messages.
    package func map<Other>(_ transform: (Message) -> Other) -> Binding<Other> {
        var other = Binding<Other>(
            label: label, detail: detail, message: transform(message), unless: reason,
            isInFooter: isInFooter)
        other.keys = keys
        return other
    }
}

extension Binding: Equatable where Message: Equatable {}

/// A key that works on every screen.
package struct UniversalKey: Sendable {
    package let key: Key
    package let detail: String

    /// In the order of help and key table.
    package static let all: [UniversalKey] = [
        UniversalKey(key: .character("?"), detail: "help for this screen; F1 also while typing"),
        UniversalKey(key: .character(":"), detail: "the palette: find a command; ^P also"),
        UniversalKey(key: .control("l"), detail: "draw everything again"),
        UniversalKey(key: .control("z"), detail: "suspend; fg comes back"),
        UniversalKey(key: .control("c"), detail: "cancel; twice in a row, leave"),
    ]
}

/// The table of keys, as the README has it.
package struct KeyTable: Equatable, Sendable {
    package private(set) var rows: [(keys: String, detail: String)] = []

    package init() {}

    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.rows.elementsEqual(rhs.rows, by: ==)
    }

    package mutating func add<Message>(_ bindings: [Binding<Message>]) {
        for binding in bindings {
            add(binding.keys.map(\.label).joined(separator: ", "), binding.detail)
        }
    }

    package mutating func addUniversal() {
        for universal in UniversalKey.all { add(universal.key.label, universal.detail) }
    }

    private mutating func add(_ keys: String, _ detail: String) {
        if !rows.contains(where: { $0.keys == keys && $0.detail == detail }) {
            rows.append((keys, detail))
        }
    }

    /// As Markdown.
    package var markdown: String {
        (["| key | does |", "|---|---|"]
            + rows.map { row in
                let keys = row.keys.split(separator: ", ").map { "`\($0)`" }
                return "| \(keys.joined(separator: " ")) | \(row.detail) |"
            }).joined(separator: "\n") + "\n"
    }
}
