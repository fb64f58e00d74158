package import SlipwayCore

/// Why hooks cannot be confined on this machine.
package enum ConfinementError: Error, Equatable, Sendable {
    case notInstalled
    /// Bubblewrap's own words.
    case refused(String)
    /// Something of the instance's lies where its programs need the machine's own.
    case occupied(path: String)
}

extension ConfinementError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notInstalled:
            "The hooks cannot be confined: bubblewrap is not installed on this machine."
        case .refused(let words):
            "The hooks cannot be confined: bubblewrap says: \(words)"
        case .occupied(let path):
            "The hooks cannot be confined: the instance has something other than a folder at "
                + "\(path)."
        }
    }
}

extension ConfinementError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] {
        switch self {
        case .notInstalled:
            [
                Problem(
                    code: "bubblewrap-missing", "hooks cannot be confined on this machine",
                    why: "bwrap is not installed, and hooks are other people's programs",
                    fix: "install bubblewrap, or give --unconfined to let them do all you can do")
            ]
        case .refused(let words):
            [
                Problem(
                    code: "bubblewrap-refused", "hooks cannot be confined on this machine",
                    why: "bwrap says: \(UntrustedText(words)); in a container, user namespaces may "
                        + "be missing",
                    fix: "allow user namespaces, or give --unconfined to let hooks do all you can")
            ]
        case .occupied(let path):
            [
                Problem(
                    code: "bubblewrap-occupied", "the hooks of an instance cannot be confined",
                    why: "it has something other than a folder at \(UntrustedText(path))",
                    fix: "remove it")
            ]
        }
    }
}
