/// An error as AWS words it: its code, what it says, and the HTTP status it comes with.
///
/// The door turns it into JSON 1.1, S3's XML or STS's XML, whichever the request speaks.
package struct AWSFault: Error, Equatable, Sendable {
    /// AWS's name for the error, such as `DeploymentDoesNotExistException` or `NoSuchKey`.
    package let code: String
    package let message: String
    /// The HTTP status. JSON services answer 400 to nearly everything.
    package let status: Int

    package init(code: String, message: String, status: Int = 400) {
        self.code = code
        self.message = message
        self.status = status
    }
}
