/// How a command ends: the spec's table, in one place.
package enum ExitStatus: Int32, Sendable {
    /// Done; also: nothing to deploy for this branch.
    case success = 0
    case deploymentFailed = 1
    /// `circle.yml`, `appspec.yml`, settings or keys are wrong or missing.
    case configuration = 2
    /// AWS or the network refused, after the retries.
    case aws = 3
    case deploymentStopped = 4
    /// The time limit passed; the deployment is still running.
    case timedOut = 5
    /// The group is busy with another deployment.
    case groupBusy = 6
    /// The store cannot be used: locked, damaged, no unlocker.
    case store = 7
    case usage = 64
    case interrupted = 130
}
