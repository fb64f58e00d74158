import ArgumentParser
import DeployEngine
import ProjectStore
import SlipwayCore

/// Which deployment a command is about.
struct DeploymentReference: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The deployment's id; else the newest that this project made.",
            valueName: "deployment-id"))
    var deployment: String?
    @OptionGroup var place: DeploymentPlace

    var store: StoreOptions { place.store }

    /// As it was written; nil for one that is to be found.
    var named: [String?] { [deployment] }

    func resolve() throws -> DeploymentPlace.Found { try place.find(deployment) }
}

/// Which deployments a command is about.
struct DeploymentReferences: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The deployments' ids; else the newest that this project made.",
            valueName: "deployment-id"))
    var deployments: [String] = []
    @OptionGroup var place: DeploymentPlace

    var store: StoreOptions { place.store }

    /// As they were written, each once; nil for one that is to be found.
    var named: [String?] {
        guard !deployments.isEmpty else { return [nil] }
        var seen: Set<String> = []
        return deployments.filter { seen.insert($0).inserted }
    }

    /// At least one, each once.
    func resolve() throws -> [DeploymentPlace.Found] { try named.map { try place.find($0) } }
}

/// Where a deployment is, and whose.
struct DeploymentPlace: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The region it is in; else what the store knows, or $AWS_REGION.",
            valueName: "region"))
    var region: String?
    @Option(
        help: ArgumentHelp(
            "Without an id: the newest of this application.", valueName: "application"))
    var application: String?
    @OptionGroup var project: ProjectOption
    @OptionGroup var store: StoreOptions

    /// A deployment that was found.
    struct Found {
        var deployment: DeploymentID
        var region: Region
        /// What the store's history has of it.
        var record: DeploymentRecord?
        var project: ProjectName?
    }

    /// Finds a deployment by its id; without one, the project's newest.
    func find(_ id: String?) throws -> Found {
        let project = try project.resolveIfKnown()
        guard let text = id else { return try newest(of: project) }
        guard let id = DeploymentID(text) else {
            throw UsageProblem(
                Problem(
                    code: "invalid-deployment-id", "\(shownWord(text)) is no id of a deployment",
                    fix: "ids are like d-75I7MBT7C: slipway deployments shows those of a project"))
        }
        let record = try ifThere { try store.open(.read).deployment(id) }
        return Found(
            deployment: id, region: try region(of: record, project),
            record: record, project: project ?? record?.attempt.project)
    }

    private func newest(of project: ProjectName?) throws -> Found {
        let records = try project.flatMap { project in
            try ifThere { try store.open(.read).deployments(of: project) }
        }
        let newest = records?.first { record in
            record.deployment != nil
                && (application == nil || record.attempt.application.rawValue == application)
        }
        guard let record = newest, let id = record.deployment else {
            throw Problem(
                code: "no-deployment",
                "the store knows no deployment of "
                    + (project?.rawValue ?? "this project"),
                why: "only those that slipway made are in it", fix: "give the deployment's id")
        }
        return Found(
            deployment: id, region: try region(of: record, project), record: record,
            project: project)
    }

    /// The region: as said, as recorded, the only one of the settings, or the environment's.
    private func region(of record: DeploymentRecord?, _ project: ProjectName?) throws -> Region {
        if let region { return try Region(region) }
        if let record { return record.attempt.region }
        let settings = try project.flatMap { project in
            try ifThere { try store.open(.read).settings(in: project) }
        }
        let regions = Set((settings ?? []).compactMap { $0.settings?.region })
        if regions.count == 1, let only = regions.first { return only }
        let services = Services.current
        if let name = services.variable("AWS_REGION") ?? services.variable("AWS_DEFAULT_REGION") {
            return try Region(name)
        }
        throw UsageProblem(
            Problem(
                code: "no-region", "the region of the deployment is not known",
                why: regions.isEmpty
                    ? "neither the store nor AWS_REGION names one"
                    : "the project's applications are in several",
                fix: "--region us-east-1"))
    }

    /// What a store has; nil where there is no store, or the store does not know the project.
    private func ifThere<Value>(_ body: () throws -> Value?) throws -> Value? {
        do {
            return try body()
        } catch StoreError.missing, StoreError.unknownProject {
            return nil
        }
    }
}

extension DeploymentPlace.Found {
    /// Writes down what became known of the deployment, where the history has it. What cannot be
    /// written is not worth failing for: AWS knows it.
    func settle(_ result: DeployResult, _ store: ProjectStore?) {
        guard let store, let record, record.isOpen,
            [.succeeded, .failed, .stopped].contains(result.outcome)
        else { return }
        try? store.endDeployment(
            record.id, result.outcome, deployment: deployment, revision: result.revision,
            rollback: result.rollback?.deployment, createdAt: result.createdAt,
            at: result.completedAt)
    }
}
