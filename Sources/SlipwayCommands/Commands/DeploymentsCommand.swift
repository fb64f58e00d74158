import ArgumentParser
import DeployEngine
import ProjectStore
import SlipwayCore

struct DeploymentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deployments",
        abstract: "Show what was deployed: branch, commit, revision, result, duration.",
        discussion: """
            From the store: what slipway deployed, newest first. An attempt is running while a \
            slipway is at work on it. interrupted without an id: slipway was ended before anything \
            was deployed. unfinished: slipway was ended before it knew how the deployment did; \
            --refresh asks AWS, as the next deploy to the same group does.

            Examples:
              slipway deployments
              slipway deployments --limit 5 --json
            """)

    @Option(help: ArgumentHelp("At most this many.", valueName: "count"))
    var limit = 20
    @Flag(help: "Ask AWS how unfinished ones ended, and write it down.")
    var refresh = false
    @OptionGroup var project: ProjectOption
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: JSONOption

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
    }

    func run() throws {
        let project = try project.resolve()
        if refresh { try askAWS(project) }
        let records = try store.open(.read).deployments(of: project, limit: limit)
        let console = Services.current.console
        if output.json {
            try console.jsonArray { element in
                for record in records { try element(record.json) }
            }
            return
        }
        guard !records.isEmpty else {
            console.note("nothing was deployed yet")
            console.note("next: slipway plan, then slipway deploy")
            return
        }
        let year = Timestamp(Services.current.now()).rawValue.prefix(4)
        try console.table(
            ["STARTED UTC", "DEPLOYMENT", "RESULT", "TIME", "GROUP", "BUILD"],
            records.map { $0.row(inYear: year) })
        explain(records)
    }

    /// What to do about those whose end is not known.
    private func explain(_ records: [DeploymentRecord]) {
        let unfinished = records.filter { $0.standing == .unfinished }
        guard !unfinished.isEmpty else { return }
        let console = Services.current.console
        console.note("unfinished: slipway was ended before it knew how the deployment did")
        if !refresh {
            console.note("next: slipway deployments --refresh asks AWS")
        } else if let id = unfinished.lazy.compactMap(\.deployment).first {
            console.note("AWS says no more yet; slipway watch \(id) waits for the end")
        } else {
            console.note("AWS shows no such deployment yet, or may not tell; ask again later")
        }
    }

    private func askAWS(_ project: ProjectName) throws {
        let open = try store.open(.read).deployments(of: project).filter(\.isOpen)
        guard !open.isEmpty else { return }
        let session = try AWSSession(of: project, in: store, for: "deployments")
        try DeploymentHistory.settle(open, in: try session.openStore(), session)
    }
}

extension DeploymentRecord {
    /// Fits 80 columns where names are of usual length: what may be long comes last.
    fileprivate func row(inYear year: Substring) -> [String] {
        [
            started(inYear: year), deployment?.rawValue ?? "-", standing.word,
            seconds.map { shownTime(Int64($0)) } ?? "-",
            "\(attempt.application)/\(attempt.deploymentGroup)",
            build + (stop.map { ", stopped by \($0.who)" } ?? ""),
        ]
    }

    /// `11-24 15:04`; of another year `2025-11-24`.
    private func started(inYear year: Substring) -> String {
        let text = startedAt.rawValue
        guard text.hasPrefix(year) else { return String(text.prefix(10)) }
        return String(text.prefix(16).dropFirst(5)).replacing("T", with: " ")
    }

    /// `master 0123456 #42`; of the name of a branch or a tag its beginning.
    private var build: String {
        let parts = [
            (attempt.tag ?? attempt.branch).map(Self.shortened), attempt.commit?.short,
            attempt.buildNumber.map { "#\($0)" },
        ]
        let text = parts.compactMap(\.self).joined(separator: " ")
        return text.isEmpty ? "-" : text
    }

    private static func shortened(_ name: String) -> String {
        let limit = 16
        return name.count <= limit ? name : name.prefix(limit - 3) + "..."
    }

    /// The shape is stable: fields may be added.
    fileprivate var json: JSONValue {
        [
            "deployment_id": JSONValue(deployment?.rawValue),
            "project": .string(attempt.project.rawValue),
            "application": .string(attempt.application.rawValue),
            "deployment_group": .string(attempt.deploymentGroup.rawValue),
            "region": .string(attempt.region.rawValue), "section": JSONValue(attempt.section),
            "branch": JSONValue(attempt.branch), "tag": JSONValue(attempt.tag),
            "commit": JSONValue(attempt.commit?.rawValue),
            "build_num": JSONValue(attempt.buildNumber?.rawValue),
            "description": JSONValue(attempt.description?.rawValue),
            "revision": revision.map(ChangeJSON.revision) ?? .null,
            "result": .string(standing.word), "stop": ChangeJSON.stop(stop),
            "rollback_id": JSONValue(rollback?.rawValue),
            "started_at": .string(startedAt.rawValue), "started_by": .string(startedBy),
            "ended_at": JSONValue(endedAt?.rawValue),
            "duration_seconds": JSONValue(seconds.map { Int($0) }),
        ]
    }
}
