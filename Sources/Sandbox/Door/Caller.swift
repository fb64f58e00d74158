/// Who signed a request.
package struct Caller: Sendable, Equatable {
    package let accessKeyID: String
    /// The ARN of the user or role session, such as `arn:aws:iam::123456789012:user/slipway`.
    package let arn: String
    /// The account's twelve digits.
    package let account: String

    package init(accessKeyID: String, arn: String, account: String) {
        self.accessKeyID = accessKeyID
        self.arn = arn
        self.account = account
    }
}
