package import SlipwayCore

/// What an `appspec.yml` says, and all that is wrong with it.
package struct AppSpecReading: Equatable, Sendable {
    /// What could be read, whatever is wrong with the rest.
    let draft: AppSpec?
    /// In the file's order.
    package let findings: [AppSpecFinding]
    /// The name of the file that was judged, or looked for.
    package let fileName: String

    init(
        draft: AppSpec?, findings: [AppSpecFinding], fileName: String = AppSpecCheck.fileName
    ) {
        self.draft = draft
        self.fileName = fileName
        self.findings = findings.inOrder()
    }

    /// As agent 1.8 reads it; nil where that agent fails at BeforeInstall, or slipway does not read
    /// the file. An unknown event is in it: the agent finds that out at Install.
    package var appSpec: AppSpec? {
        let isUnreadable = findings.contains { finding in
            switch finding.verdict {
            case .refused(let agents, let event):
                agents.contains(.v18) && event == .beforeInstall
            case .beyondLimit: true
            case .accepted: false
            }
        }
        return isUnreadable ? nil : draft
    }

    package func problems(file: String) -> [Problem] { findings.map { $0.problem(file: file) } }
}

/// Reads an `appspec.yml` as the CodeDeploy agent does, both generations at once.
///
/// The agents stop at the first mistake; this reports all of them. What a value is, is decided by
/// the rules of the YAML library of each agent, so that `mode: 0644` is 420 to one of them.
package enum AppSpecReader {
    /// The most bytes that are read.
    package static let byteLimit = 1 << 20

    /// Reads a file of at most ``byteLimit`` bytes; a longer one is refused, without looking at it.
    package static func read(_ bytes: [UInt8]) -> AppSpecReading {
        guard bytes.count <= byteLimit else {
            return AppSpecReading(
                draft: nil,
                findings: [
                    AppSpecFinding(.tooLarge(byteLimit: byteLimit), .beyondLimit, at: nil)
                ])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return AppSpecReading(
                draft: nil,
                findings: [
                    AppSpecFinding(
                        .notUTF8, .refused(by: AgentGeneration.allCases, at: .beforeInstall),
                        at: nil)
                ])
        }
        let document = AppSpecDocument(text)
        var walk = AppSpecWalk()
        walk.findings = document.findings
        var appSpec: AppSpec?
        if let root = document.root {
            appSpec = walk.document(root)
        } else if document.findings.isEmpty {
            walk.refuse(.empty, by: AgentGeneration.allCases, at: nil)
        }
        return AppSpecReading(draft: appSpec, findings: walk.findings)
    }
}
