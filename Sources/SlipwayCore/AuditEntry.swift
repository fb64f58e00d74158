/// Who changes the store, from where: as far as the system can tell.
package struct Author: Equatable, Sendable {
    package let user: String
    package let host: String

    package init(user: String, host: String) {
        self.user = user
        self.host = host
    }
}

/// One row of the audit log. The texts of old and new are JSON and never hold a secret.
package struct AuditEntry: Equatable, Sendable {
    package let sequence: Int
    package let at: Timestamp
    package let author: Author
    package let project: String?
    package let action: String
    package let subject: String?
    package let old: String?
    package let new: String?

    package init(
        sequence: Int, at: Timestamp, author: Author, project: String?, action: String,
        subject: String?, old: String?, new: String?
    ) {
        self.sequence = sequence
        self.at = at
        self.author = author
        self.project = project
        self.action = action
        self.subject = subject
        self.old = old
        self.new = new
    }
}
