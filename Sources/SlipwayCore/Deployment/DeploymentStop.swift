/// Who had slipway stop a deployment, as the settings store knows it: AWS does not say.
package struct DeploymentStop: Equatable, Sendable {
    /// The number of the stop in its store.
    package struct ID: Hashable, Sendable {
        package let rawValue: Int64

        package init(_ rawValue: Int64) { self.rawValue = rawValue }
    }

    package var id: ID
    package var author: Author
    package var askedAt: Timestamp
    /// Nil for what the group's settings say.
    package var rollsBack: Bool?
    /// Whether AWS is known to have taken the order.
    package var isTaken: Bool

    package init(
        id: ID, author: Author, askedAt: Timestamp, rollsBack: Bool?, isTaken: Bool
    ) {
        self.id = id
        self.author = author
        self.askedAt = askedAt
        self.rollsBack = rollsBack
        self.isTaken = isTaken
    }

    /// `alice on ci-7`, for people.
    package var who: String { "\(UntrustedText(author.user)) on \(UntrustedText(author.host))" }
}
