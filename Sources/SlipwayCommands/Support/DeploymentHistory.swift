import DeployEngine
import FoundationEssentials
import ProjectStore
import SlipwayCore
import Synchronization

/// Writes what happens to a run's deployments into the store: folds the same changes as the lines.
///
/// The store may refuse: it is said once, and the deployment goes on.
final class DeploymentHistory: Sendable {
    private struct State {
        var record: DeploymentRecord.ID?
        var deployment: DeploymentID?
        var revision: S3Location?
        var hasGivenUp = false
    }

    private let store: ProjectStore
    private let project: ProjectName
    private let section: String?
    private let build: Build?
    private let watches: Bool
    private let state = Mutex(State())

    init(
        _ store: ProjectStore, project: ProjectName, section: String? = nil, build: Build? = nil,
        watches: Bool
    ) {
        self.store = store
        self.project = project
        self.section = section
        self.build = build
        self.watches = watches
    }

    /// The history of a project, where the store is there and knows it: who keeps no project has no
    /// history either.
    convenience init?(
        ifKnown project: ProjectName?, in store: ProjectStore?, section: String?, watches: Bool
    ) {
        guard let store, let project, (try? store.project(project)) != nil else { return nil }
        self.init(store, project: project, section: section, watches: watches)
    }

    /// Takes a change. Returns what to say where it could not be written down.
    func fold(_ change: DeployChange) -> Problem? {
        state.withLock { state in
            guard !state.hasGivenUp else { return nil }
            do {
                try write(change, &state)
                return nil
            } catch {
                state.hasGivenUp = true
                return Self.notRecorded(error)
            }
        }
    }

    static func notRecorded(_ error: any Error) -> Problem {
        Problem(
            .warning, code: "not-recorded", "this deployment is not in the store's history",
            why: DeployFailure(error).problems.first?.message,
            fix: "nothing to do for this one: slipway deployments will not show it")
    }

    private func write(_ change: DeployChange, _ state: inout State) throws {
        switch change {
        case .plan(let job, _, _):
            // The machine goes on only after success.
            if let record = state.record {
                try store.endDeployment(
                    record, watches ? .succeeded : .created, deployment: state.deployment,
                    revision: state.revision)
            }
            state = State()
            state.record = try store.beginDeployment(attempt(job))
        case .uploaded(let location): state.revision = location
        case .created(let created):
            guard let record = state.record else { return }
            state.deployment = created.id
            state.revision = created.request?.revision ?? state.revision
            try store.nameDeployment(record, created.id, revision: state.revision)
        case .result(let result):
            guard let record = state.record, result.outcome != .nothing else { return }
            try store.endDeployment(
                record, result.outcome, deployment: result.deployment ?? state.deployment,
                revision: result.revision ?? state.revision, rollback: result.rollback?.deployment)
        default: break
        }
    }

    private func attempt(_ job: DeployJob) -> DeploymentAttempt {
        DeploymentAttempt(
            project: project, application: job.application, deploymentGroup: job.deploymentGroup,
            region: job.region, section: section, branch: build?.branch?.value,
            tag: build?.tag?.value, commit: build?.commit?.value,
            buildNumber: build?.number?.value, description: job.description)
    }

    /// How many unfinished attempts are asked about at once.
    private static let settlingLimit = 10

    /// Asks AWS how attempts ended that the history does not know the end of, and writes it down.
    ///
    /// What AWS does not tell stays as it is. Throws where the store cannot be written, and where AWS
    /// does not answer, so that the others are not asked about in vain.
    static func settle(
        _ records: [DeploymentRecord], in store: ProjectStore, _ connection: AWSConnection
    ) async throws {
        for record in records.filter(\.isOpen).prefix(settlingLimit) {
            let client = connection.codeDeploy(record.attempt.region)
            guard let info = try await find(record, client) else { continue }
            var revision = record.revision
            if case .s3(let location) = info.revision { revision = location }
            if let outcome = info.status.outcome {
                try store.endDeployment(
                    record.id, outcome, deployment: info.id, revision: revision,
                    rollback: info.rollback?.rollbackID)
            } else if record.deployment == nil {
                try store.nameDeployment(record.id, info.id, revision: revision)
            }
        }
    }

    /// The deployment of an attempt: by its id, or else by its description, which only it has.
    private static func find(
        _ record: DeploymentRecord, _ client: CodeDeployClient
    ) async throws -> DeploymentInfo? {
        do {
            if let id = record.deployment { return try await client.deployment(id) }
            guard let description = record.attempt.description, let start = record.startedAt.date,
                DeploymentMark.isMarked(description)
            else { return nil }
            let ids = try await client.deployments(
                record.attempt.application, record.attempt.deploymentGroup, start - 60)
            for id in ids.prefix(20) {
                let info = try await client.deployment(id)
                if info.description == UntrustedText(description.rawValue) { return info }
            }
            return nil
        } catch let error as any AWSFailure
            where [.missing, .denied, .refused].contains(error.meaning)
        {
            return nil
        }
    }
}

extension DeploymentStatus {
    /// What a final status means; nil for one that is none.
    var outcome: DeployOutcome? {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .stopped: .stopped
        default: nil
        }
    }
}

/// What makes a description one of its kind, so that a deployment is found by it.
enum DeploymentMark {
    private static let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789")
    private static let length = 12

    /// `acme/shop, master 0123456, build 42 (slipway k3f9x2m1qp7a)`.
    static func description(
        project: ProjectName?, build: Build?, verb: String? = nil, number: UInt64
    ) -> DeploymentDescription {
        let commit = build?.commit.map { " \($0.value.short)" } ?? ""
        let parts = [
            project?.rawValue, verb,
            (build?.branch?.value ?? build?.tag?.value).map { $0 + commit },
            build?.number.map { "build \($0.value)" },
        ]
        let text = parts.compactMap(\.self).joined(separator: ", ")
        let mark = "(slipway \(mark(number)))"
        // The mark must not be what is cut off.
        let room = DeploymentDescription.characterLimit - mark.utf16.count - 1
        var kept = ""
        for character in text {
            guard kept.utf16.count + character.utf16.count <= room else { break }
            kept.append(character)
        }
        return DeploymentDescription(kept.isEmpty ? mark : "\(kept) \(mark)")
    }

    static func isMarked(_ description: DeploymentDescription) -> Bool {
        description.rawValue.hasSuffix(")") && description.rawValue.contains("(slipway ")
    }

    private static func mark(_ number: UInt64) -> String {
        var rest = number
        var text = ""
        for _ in 0..<length {
            text.append(alphabet[Int(rest % UInt64(alphabet.count))])
            rest /= UInt64(alphabet.count)
        }
        return text
    }
}
