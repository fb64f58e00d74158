import ArgumentParser
import DeployEngine
import ProjectStore
import SlipwayCore

/// What commands have in common that deploy a revision which is in S3 already.
struct RedeployOptions: ParsableArguments {
    @Flag(name: .customLong("no-watch"), help: "End once the deployment is made.")
    var leaves = false
    @Option(
        help: ArgumentHelp(
            "What to do where the group is busy with another deployment: fail or wait.",
            valueName: "policy"))
    var whenBusy: BusyPolicy = .fail
    @OptionGroup var consent: ConsentOption
    @OptionGroup var reference: DeploymentReference
    @OptionGroup var timeLimit: TimeLimitOption
    @OptionGroup var progress: ProgressOptions

    /// Does what a command is for with the deployment that is meant.
    func with(
        purpose: String,
        _ work: (DeploymentPlace.Found, AWSSession, DeploymentInfo) throws -> Void
    ) throws {
        try progress.endingInResults(of: reference.named) {
            let found = try reference.resolve()
            let session = try AWSSession(of: found.project, in: reference.store, for: purpose)
            let client = session.connection.codeDeploy(found.region)
            let info = try waiting { try await client.deployment(found.deployment) }
            try work(found, session, info)
        }
    }

    /// Deploys a revision where an earlier deployment went, with its options.
    func deploy(
        _ revision: S3Location, as info: DeploymentInfo, _ found: DeploymentPlace.Found,
        _ session: AWSSession, verb: String
    ) throws {
        guard let application = info.application ?? found.record?.attempt.application,
            let group = info.deploymentGroup ?? found.record?.attempt.deploymentGroup
        else {
            throw Problem(
                code: "no-group", "AWS does not say which group \(found.deployment) was for",
                fix: "deploy with slipway deploy")
        }
        try consent.confirm(
            "This deploys s3://\(revision.bucket)/\(revision.key)"
                + (revision.version.map { ", version \($0)," } ?? "")
                + " to \(group) of \(application) in \(found.region).")
        let job = DeployJob(
            deploying: revision, as: info, application, group, in: found.region,
            description: DeploymentMark.description(
                project: found.project, build: nil, verb: "\(verb) \(found.deployment)",
                number: Services.current.aws.randomNumber()),
            timeLimit: try timeLimit.limit())
        let history = DeploymentHistory(
            ifKnown: found.project, in: try? session.openStore(),
            section: found.record?.attempt.section)
        let run = DeployRun(
            machine: DeployMachine(
                jobs: [job],
                options: .init(
                    watches: !leaves, whenBusy: whenBusy,
                    seed: Services.current.aws.randomNumber())),
            session: session, form: progress.form(isWatched: !leaves),
            context: { _ in
                LiveContext(
                    project: found.project, application: application, group: group,
                    store: try? session.openStoreForScreen())
            })
        let result = try run { history?.fold($0) }
        if result.exitStatus != .success { throw EarlyExit(result.exitStatus) }
    }
}

struct RedeployCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redeploy",
        abstract: "Deploy the revision of a deployment once more, where it went.",
        discussion: """
            Asks first. The revision is in S3 already: nothing is packed. Ends as deploy does.

            Examples:
              slipway redeploy
              slipway redeploy d-75I7MBT7C --yes
            """)

    @OptionGroup var options: RedeployOptions

    func run() throws {
        try options.with(purpose: "redeploy") { found, session, info in
            try options.deploy(
                try Self.revision(of: info, found), as: info, found, session, verb: "again as")
        }
    }

    private static func revision(
        of info: DeploymentInfo, _ found: DeploymentPlace.Found
    ) throws -> S3Location {
        switch info.revision {
        case .s3(let location): return location
        case nil where found.record?.revision != nil:
            return found.record!.revision!  // Just seen.
        case .other(let kind):
            throw Problem(
                code: "other-revision", "the revision of \(found.deployment) is not in S3: \(kind)",
                fix: "deploy with slipway deploy")
        case nil:
            throw Problem(
                code: "no-revision", "AWS does not say what \(found.deployment) deployed",
                fix: "deploy with slipway deploy")
        }
    }
}

struct RollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Deploy the last revision that succeeded before a deployment.",
        discussion: """
            Asks first, and names the revision. It is the one that the group had before the \
            deployment: AWS knows it, or else the store's history does. Ends as deploy does.

            Examples:
              slipway rollback
              slipway rollback d-75I7MBT7C --yes
            """)

    @OptionGroup var options: RedeployOptions

    func run() throws {
        try options.with(purpose: "rollback") { found, session, info in
            let revision = try info.earlierRevision(in: found.region) {
                try history(of: found.project)
            }
            try options.deploy(revision, as: info, found, session, verb: "rollback of")
        }
    }

    /// Nothing where there is no store, or it does not know the project.
    private func history(of project: ProjectName?) throws -> [DeploymentRecord] {
        guard let project else { return [] }
        do {
            return try options.reference.store.open(.read).deployments(of: project)
        } catch StoreError.missing, StoreError.unknownProject {
            return []
        }
    }
}
