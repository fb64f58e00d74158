import ConfigurationFiles
import Glibc
import SlipwayCore

/// Where an instance keeps what, on this machine and as its programs see it.
///
/// The agent's own part is laid out as the agent lays it out in `/opt/codedeploy-agent`.
struct AgentFolder: Sendable {
    /// Where the instance's programs find the agent's part.
    static let agentHome = "/opt/codedeploy-agent"
    static let machineHome = agentHome + "/deployment-root"
    static let archiveName = "deployment-archive"

    let path: String

    var root: String { path + "/root" }
    var home: String { path + "/deployment-root" }
    var instructions: String { home + "/deployment-instructions" }
    var ongoing: String { home + "/ongoing-deployment" }

    /// What follows ``home`` and ``machineHome`` in a deployment's folder.
    static func name(of deployment: AgentDeployment) -> String {
        "\(deployment.groupID)/\(deployment.id)"
    }

    func folder(of deployment: AgentDeployment) -> String {
        "\(home)/\(Self.name(of: deployment))"
    }

    func cleanupList(of group: String) -> String { "\(instructions)/\(group)-cleanup" }

    /// Makes the folders that everything else lies in.
    func make(for deployment: AgentDeployment) throws {
        for id in [deployment.id, deployment.groupID] where !Self.canName(id) {
            throw AgentError.unusableIdentifier(UntrustedText(id).description)
        }
        for folder in [root, folder(of: deployment), instructions, ongoing] {
            try makeFolders(folder)
        }
    }

    private static func canName(_ id: String) -> Bool {
        id.utf8.count <= 200 && id.first != "."
            && id.unicodeScalars.allSatisfy {
                $0.isASCIILetterOrDigit || "-_.:".unicodeScalars.contains($0)
            }
            && !["", "deployment-instructions", "ongoing-deployment"].contains(id)
    }

    // MARK: - What Install last succeeded with

    /// The deployment's folder that scripts of the previous revision come from, below ``home``.
    func lastInstalled(in group: String) -> String? {
        let text = wholeFile(pointer(group)).map { String(decoding: $0, as: UTF8.self) }
        guard let text, let name = text.split(separator: "\n").first else { return nil }
        return "\(group)/\(name)"
    }

    func noteInstalled(_ deployment: AgentDeployment) throws {
        try replaceFile(pointer(deployment.groupID), with: deployment.id + "\n")
    }

    private func pointer(_ group: String) -> String {
        "\(instructions)/\(group)_last_successful_install"
    }

    // MARK: - What is going on

    /// Notes the event until ``end(_:)``, so that a killed process finds it when it starts again.
    func begin(_ event: LifecycleEvent, of deployment: AgentDeployment) throws {
        try replaceFile("\(ongoing)/\(deployment.id)", with: event.rawValue + "\n")
    }

    func end(_ deployment: AgentDeployment) { unlink("\(ongoing)/\(deployment.id)") }

    /// The events that were going on when the process was killed, and forgets them.
    func takeInterrupted() -> [(deployment: String, event: LifecycleEvent)] {
        var interrupted: [(deployment: String, event: LifecycleEvent)] = []
        for id in names(in: ongoing) {
            let path = "\(ongoing)/\(id)"
            defer { unlink(path) }
            // What was being noted had not begun.
            guard !id.hasSuffix(".new"), let bytes = wholeFile(path) else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            let name = text.split(separator: "\n").first.map(String.init) ?? ""
            interrupted.append((id, LifecycleEvent(rawValue: name)))
        }
        return interrupted
    }

    // MARK: - Archives

    /// Removes the oldest archives of a group, so that with the new one five are left; never the
    /// one that Install last succeeded with.
    func removeOldArchives(before deployment: AgentDeployment) throws {
        let retained = 5
        let group = "\(home)/\(deployment.groupID)"
        let others = names(in: group).filter { $0 != deployment.id }
        let extra = others.count - retained + 1
        guard extra > 0 else { return }
        let kept = lastInstalled(in: deployment.groupID)
        var removable: [(name: String, time: Duration)] = []
        for name in others where "\(deployment.groupID)/\(name)" != kept {
            removable.append((name, modificationTime("\(group)/\(name)")))
        }
        removable.sort { ($0.time, $0.name) < ($1.time, $1.name) }
        for archive in removable.prefix(extra) { try removeTree("\(group)/\(archive.name)") }
    }

    /// The AppSpec of a deployment's archive, as the agent reads it.
    ///
    /// Hooks look for `appspec.yml` alone; Install takes `appspec.yaml` too.
    func appSpec(in deployment: String, orYAML: Bool = false) throws -> AppSpecReading {
        let archive = "\(home)/\(deployment)/\(Self.archiveName)"
        let tree = AgentTree(self)
        let names = orYAML ? ["appspec.yml", "appspec.yaml"] : ["appspec.yml"]
        for name in names {
            let place = "\(deployment)/\(Self.archiveName)/\(name)"
            guard let file = try? tree.archives.open(place, O_RDONLY) else { continue }
            let bytes = try file.contents(limit: AppSpecReader.byteLimit + 1)
            return AppSpecReader.read(bytes)
        }
        if orYAML {
            throw AgentError.system(
                code: ENOENT, call: "rb_sysopen",
                path: Self.machinePath(archive + "/appspec.yml", self))
        }
        throw AgentError.appSpecMissing(archive: Self.machinePath(archive, self))
    }

    /// A path of this machine as the instance's programs have it.
    static func machinePath(_ path: String, _ folder: AgentFolder) -> String {
        path.hasPrefix(folder.home) ? machineHome + path.dropFirst(folder.home.count) : path
    }
}

extension AppSpecReading {
    /// The AppSpec, or the first of its flaws that agent 1.8 on Linux fails with at BeforeInstall.
    func agentAppSpec() throws -> AppSpec {
        let refusals = findings.filter { finding in
            switch finding.verdict {
            case .refused(let agents, .beforeInstall): agents.contains(.v18)
            case .beyondLimit: true
            default: false
            }
        }
        let first = refusals.min { $0.flaw.agentRank < $1.flaw.agentRank }
        if let appSpec, appSpec.os == .windows { throw AgentError.windows }
        if let first { throw AgentError.appSpec(first) }
        guard let appSpec else { throw AgentError.notUTF8Name }
        return appSpec
    }

    /// The events that agent 1.8 does not know and fails over at Install.
    var unknownEvents: [LifecycleEvent] {
        findings.compactMap { finding in
            guard case .refused(let agents, .install) = finding.verdict, agents.contains(.v18),
                case .unknownEvent(let name, _) = finding.flaw
            else { return nil }
            return LifecycleEvent(rawValue: name)
        }
    }
}
