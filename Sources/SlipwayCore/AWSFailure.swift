/// An error of AWS, or of the way to it, that is left after the retries.
package protocol AWSFailure: ProblemReporting {
    /// What was asked for: `CreateDeployment`, `PutObject`.
    var operation: String { get }
    /// What it means to whoever asked.
    var meaning: AWSFailureMeaning { get }
}

/// What an error of AWS means to whoever asked: the few differences that decide what is done next.
package enum AWSFailureMeaning: Hashable, Sendable {
    /// The keys are good, and may not do this.
    case denied
    /// The keys are unknown, expired, or do not sign rightly.
    case badKeys
    /// Too many requests, still after the retries. Nothing was done.
    case throttled
    /// No connection came about. Nothing was done.
    case unreachable
    /// The request may have arrived: the answer broke off, did not come in time, or was a 5xx. It
    /// may have been carried out.
    case answerLost
    /// What was named is not there.
    case missing
    /// Another deployment runs in the group: its id, where AWS's message has one.
    ///
    /// AWS: `DeploymentLimitExceededException`.
    case groupBusy(DeploymentID?)
    /// AWS: `DeploymentAlreadyCompletedException`.
    case alreadyCompleted
    /// AWS: `DeploymentNotStartedException`: there are no targets yet.
    case notStarted
    /// AWS said no for another reason. Nothing was done.
    case refused
}

/// Whose AWS keys they are.
///
/// AWS operation: `GetCallerIdentity`.
package struct CallerIdentity: Equatable, Sendable {
    package var account: AWSAccountID?
    package var arn: UntrustedText
    package var userID: UntrustedText

    package init(account: AWSAccountID?, arn: UntrustedText, userID: UntrustedText) {
        self.account = account
        self.arn = arn
        self.userID = userID
    }
}
