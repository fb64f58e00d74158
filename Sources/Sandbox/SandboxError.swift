package import SlipwayCore

/// Why the sandbox cannot run.
package enum SandboxError: Error, Equatable, Sendable {
    /// The port cannot be listened on.
    case port(Int, message: String)
    /// Another sandbox uses the state folder.
    case stateInUse(String)
    /// The state folder or a file in it cannot be used.
    case state(String, message: String)
    /// A file of the state folder is not what this program wrote.
    case damagedState(String)
    /// The policy cannot be enforced; `reason` names the part.
    case policy(reason: String, fix: String)
    /// A fault that is none.
    case fault(String, reason: String)
    /// A bucket that cannot be made.
    case bucket(String, reason: String)
}

extension SandboxError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] {
        switch self {
        case .port(let port, let message):
            [
                Problem(
                    code: "port", "cannot listen on port \(port) of 127.0.0.1: \(message)",
                    fix: "give another --port, or none: the system then chooses a free one")
            ]
        case .stateInUse(let folder):
            [
                Problem(
                    code: "sandbox-in-use",
                    "another sandbox is running in \(UntrustedText(folder))",
                    fix: "end it, or give this one a folder of its own with --state FOLDER")
            ]
        case .state(let path, let message):
            [
                Problem(
                    code: "sandbox-state", "cannot use \(UntrustedText(path)): \(message)",
                    fix: "check the path and its permissions, or give another --state FOLDER")
            ]
        case .damagedState(let path):
            [
                Problem(
                    code: "sandbox-state", "\(UntrustedText(path)) is not what a sandbox wrote",
                    fix: "remove the state folder, or give another --state FOLDER")
            ]
        case .policy(let reason, let fix):
            [Problem(code: "policy", UntrustedText(reason).escaped, fix: fix)]
        case .fault(let text, let reason):
            [
                Problem(
                    code: "fault", "the fault \(UntrustedText(text)) is none: \(reason)",
                    why: "a fault is SERVICE or SERVICE.OPERATION, what happens, and how often: "
                        + "codedeploy.GetDeployment throttle every=3",
                    fix: "slipway sandbox --help lists what can happen")
            ]
        case .bucket(let name, let reason):
            [
                Problem(
                    code: "bucket", "cannot make the bucket \(UntrustedText(name)): \(reason)",
                    fix: "give another name: --bucket NAME")
            ]
        }
    }
}
