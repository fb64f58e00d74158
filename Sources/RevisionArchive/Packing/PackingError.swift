package import SlipwayCore

/// Why the packing of a revision ended early. Paths are relative to the application root.
package enum PackingError: Error, Equatable, Sendable {
    /// The file was written to, replaced, renamed or removed since the tree was listed.
    case changed(path: String)
    case unreadable(path: String, message: String)
    /// The system has no thread left to pack with.
    case noThread(message: String)
}

extension PackingError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] {
        switch self {
        case .changed(let path):
            [
                Problem(
                    code: "changed-while-read",
                    "\(UntrustedText(path)) changed while the revision was packed",
                    why: "half of one state and half of another must not be deployed",
                    fix: "let nothing write to the application root meanwhile, and try again",
                    file: UntrustedText(path).escaped)
            ]
        case .unreadable(let path, let message):
            [
                Problem(
                    code: "unreadable", "cannot read \(UntrustedText(path)): \(message)",
                    fix: "check its permissions", file: UntrustedText(path).escaped)
            ]
        case .noThread(let message):
            [
                Problem(
                    code: "no-thread", "cannot start a thread: \(message)",
                    fix: "raise the limit of processes (ulimit -u)")
            ]
        }
    }
}
