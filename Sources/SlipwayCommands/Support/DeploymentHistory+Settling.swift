import DeployEngine
import FoundationEssentials
import ProjectStore
import SlipwayCore

extension DeploymentHistory {
    /// How many attempts are asked about at once.
    private static let settlingLimit = 10
    /// How many deployments of a group that the history does not know are looked at to find one.
    private static let searchLimit = 20
    /// How long after it was asked for a deployment may still appear: what was on its way when the
    /// process was killed arrives, and lists lag behind.
    private static let appearanceTime: TimeInterval = 15 * 60
    /// How far this machine's clock may be ahead of AWS's.
    private static let clockError: TimeInterval = 3600

    /// Asks AWS about attempts of a project whose end the history does not know, and writes down what
    /// it says.
    ///
    /// What AWS does not tell stays as it is; chance says where to begin, so that such attempts do not
    /// keep the others from their turn. Throws where the store cannot be written, and where AWS does
    /// not answer, so that the others are not asked about in vain.
    static func settle(
        _ open: [DeploymentRecord], in store: ProjectStore, _ session: AWSSession
    ) throws {
        guard let project = open.first?.attempt.project else { return }
        let connection = session.hasty
        let now = Services.current.now()
        let turn = Services.current.aws.randomNumber()
        try waiting {
            try await settle(open, of: project, in: store, connection, now: now, turn: turn)
        }
    }

    private static func settle(
        _ open: [DeploymentRecord], of project: ProjectName, in store: ProjectStore,
        _ connection: AWSConnection, now: Date, turn: UInt64
    ) async throws {
        let first = Int(turn % UInt64(open.count))
        let chosen = (open[first...] + open[..<first]).prefix(settlingLimit)
        // Those with an id tell the search which deployments it need not look at.
        let named = chosen.filter { $0.deployment != nil }
        let nameless = chosen.filter { $0.deployment == nil }
        var known = try ids(of: project, in: store)
        for record in named + nameless {
            let client = connection.codeDeploy(record.attempt.region)
            switch try await find(record, besides: known, client) {
            case .found(let info):
                try write(info, of: record, to: store)
                known.insert(info.id)
            case .absent:
                guard let requested = record.requestedAt?.date,
                    now.timeIntervalSince(requested) >= appearanceTime
                else { continue }
                try store.denyDeployment(record.id)
            case .unknown: continue
            }
        }
    }

    /// What the history knows to be other attempts' deployments, and their rollbacks.
    private static func ids(
        of project: ProjectName, in store: ProjectStore
    ) throws -> Set<DeploymentID> {
        Set(
            try store.deployments(of: project)
                .flatMap { [$0.deployment, $0.rollback].compactMap(\.self) })
    }

    private static func write(
        _ info: DeploymentInfo, of record: DeploymentRecord, to store: ProjectStore
    ) throws {
        var revision = record.revision
        if case .s3(let location) = info.revision { revision = location }
        if let outcome = info.status.outcome {
            try store.endDeployment(
                record.id, outcome, deployment: info.id, revision: revision,
                rollback: info.rollback?.rollbackID, createdAt: info.createdAt,
                at: info.completedAt)
        } else if record.deployment == nil {
            try store.nameDeployment(record.id, info.id, revision: revision)
        }
    }

    private enum Finding {
        case found(DeploymentInfo)
        /// There is none as yet.
        case absent
        /// AWS does not tell, or has too many to look through.
        case unknown
    }

    /// The deployment of an attempt: by its id, or else by its description, which only it has.
    private static func find(
        _ record: DeploymentRecord, besides known: Set<DeploymentID>, _ client: CodeDeployClient
    ) async throws -> Finding {
        do {
            if let id = record.deployment { return .found(try await client.deployment(id)) }
            guard let description = record.attempt.description,
                let start = record.requestedAt?.date,
                DeploymentMark.isMarked(description)
            else { return .unknown }
            let ids = try await client.deployments(
                record.attempt.application, record.attempt.deploymentGroup, start - clockError
            ).filter { !known.contains($0) }
            // The newest come first: it is among the oldest that were made since.
            for id in ids.suffix(searchLimit) {
                let info = try await client.deployment(id)
                if info.description == UntrustedText(description.rawValue) { return .found(info) }
            }
            return ids.count > searchLimit ? .unknown : .absent
        } catch let error as any AWSFailure
            where [.missing, .denied, .refused].contains(error.meaning)
        {
            return .unknown
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
