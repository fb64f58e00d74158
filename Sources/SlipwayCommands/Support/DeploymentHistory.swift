import DeployEngine
import ProjectStore
import SlipwayCore
import Synchronization

/// Writes what happens to a run's deployments into the store: folds the same changes as the lines.
///
/// The store may refuse: it is said once, and the deployment goes on. What comes later is written
/// all the same where it can be, so that the history comes as near the truth as it may.
final class DeploymentHistory: Sendable {
    private struct Attempt {
        var record: DeploymentRecord.ID?
        var deployment: DeploymentID?
        var revision: S3Location?
    }

    private struct State {
        var attempt = Attempt()
        var hasComplained = false
    }

    private let store: ProjectStore
    private let project: ProjectName
    private let section: String?
    private let build: Build?
    private let state = Mutex(State())

    init(
        _ store: ProjectStore, project: ProjectName, section: String? = nil, build: Build? = nil
    ) {
        self.store = store
        self.project = project
        self.section = section
        self.build = build
    }

    /// The history of a project, where the store is there and knows it: who keeps no project has no
    /// history either.
    convenience init?(
        ifKnown project: ProjectName?, in store: ProjectStore?, section: String?
    ) {
        guard let store, let project, (try? store.project(project)) != nil else { return nil }
        self.init(store, project: project, section: section)
    }

    /// Takes a change. Returns what to say where it could not be written down.
    func fold(_ change: DeployChange) -> Problem? {
        state.withLock { state in
            do {
                try write(change, &state.attempt)
                return nil
            } catch {
                defer { state.hasComplained = true }
                return state.hasComplained ? nil : Self.notRecorded(error)
            }
        }
    }

    static func notRecorded(_ error: any Error) -> Problem {
        Problem(
            .warning, code: "not-recorded",
            "the store's history does not have all of this deployment",
            why: DeployFailure(error).problems.first?.message,
            fix: "nothing to do for this one: slipway deployments may not show it, or not its end")
    }

    private func write(_ change: DeployChange, _ attempt: inout Attempt) throws {
        switch change {
        case .plan(let job, _):
            attempt.record = try store.beginDeployment(
                described(job), isRequested: job.source.isInS3)
        case .done(let result):
            // Whether or not it can be written down, what comes next is another one.
            let before = attempt
            attempt = Attempt()
            try end(before, result)
        case .uploaded(let location): attempt.revision = location
        case .registered(let location):
            // The machine asks for the deployment next: once it was told, there may be one.
            guard let record = attempt.record else { return }
            try store.requestDeployment(record, revision: location)
        case .created(let created):
            attempt.deployment = created.id
            attempt.revision = created.request?.revision ?? attempt.revision
            guard let record = attempt.record else { return }
            try store.nameDeployment(record, created.id, revision: attempt.revision)
        case .result(let result): try end(attempt, result)
        default: break
        }
    }

    private func end(_ attempt: Attempt, _ result: DeployResult) throws {
        guard let record = attempt.record, result.outcome != .nothing else { return }
        try store.endDeployment(
            record, result.outcome, deployment: result.deployment ?? attempt.deployment,
            revision: result.revision ?? attempt.revision,
            rollback: result.rollback?.deployment, createdAt: result.createdAt,
            at: result.completedAt)
    }

    private func described(_ job: DeployJob) -> DeploymentAttempt {
        DeploymentAttempt(
            project: project, application: job.application, deploymentGroup: job.deploymentGroup,
            region: job.region, section: section, branch: build?.branch?.value,
            tag: build?.tag?.value, commit: build?.commit?.value,
            buildNumber: build?.number?.value, description: job.description)
    }
}

extension DeployJob.Source {
    /// Whether its revision is in S3, so that the deployment is asked for at once.
    fileprivate var isInS3: Bool {
        switch self {
        case .folder: false
        case .revision: true
        }
    }
}
