/// How an attempt to deploy ended, as the history and `--progress json` write it.
package enum DeployOutcome: String, CaseIterable, Sendable {
    case succeeded, failed, stopped
    /// The time limit passed; the deployment is still running.
    case timedOut = "timed_out"
    case busy
    /// AWS or the network refused.
    case refused
    /// What the user wrote, or the application root, is wrong.
    case invalid
    case interrupted
    /// Made and, as was asked, not watched.
    case created
    /// Told to stop and, as was asked, not watched.
    case stopping
    /// There was nothing to deploy.
    case nothing

    /// Whether a deployment that was made goes on, and may have ended since.
    package var leavesDeploymentRunning: Bool {
        self == .timedOut || self == .interrupted || self == .created || self == .refused
    }
}
