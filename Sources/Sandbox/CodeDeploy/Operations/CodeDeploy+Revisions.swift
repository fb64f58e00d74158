/// AWS: `GenericRevisionInfo`.
private struct GenericRevisionInfo: Encodable {
    let description: String?
    let deploymentGroups: [String]
    let firstUsedTime: AWSTime?
    let lastUsedTime: AWSTime?
    let registerTime: AWSTime
}

struct RevisionInput: Decodable {
    var applicationName: String?
    var description: String?
    var revision: RevisionLocation?
}

struct BatchGetApplicationRevisionsInput: Decodable {
    var applicationName: String?
    var revisions: [RevisionLocation]?
}

struct ListApplicationRevisionsInput: Decodable {
    var applicationName: String?
    var sortBy: String?
    var sortOrder: String?
    var s3Bucket: String?
    var s3KeyPrefix: String?
    var deployed: String?
    var nextToken: String?
}

extension CodeDeploy {
    /// Registering a revision again changes its description.
    func registerApplicationRevision(_ input: RevisionInput) throws(AWSFault) -> some Encodable {
        let name = try NameKind.application.checked(input.applicationName)
        let location = try Check.revision(input.revision)
        try Check.description(input.description, limit: options.limits.description)
        return try change { state throws(AWSFault) in
            let application = try state.application(name, account: account)
            var record = try register(location, with: application, in: &state)
            if let description = input.description, description != record.description {
                record.description = description
                try save(record, in: &state)
            }
            return Nothing()
        }
    }

    func getApplicationRevision(_ input: RevisionInput) throws(AWSFault) -> some Encodable {
        struct Output: Encodable {
            let applicationName: String
            let revision: RevisionLocation
            let revisionInfo: GenericRevisionInfo
        }
        let name = try NameKind.application.checked(input.applicationName)
        let location = try Check.revision(input.revision)
        return try change { state throws(AWSFault) in
            let application = try state.application(name, account: account)
            guard let record = state.revisions[application.id]?[location.normalized] else {
                throw .revisionDoesNotExist(name)
            }
            return Output(
                applicationName: name, revision: record.location,
                revisionInfo: info(record, in: state))
        }
    }

    func batchGetApplicationRevisions(
        _ input: BatchGetApplicationRevisionsInput
    ) throws(AWSFault) -> some Encodable {
        struct Info: Encodable {
            let revisionLocation: RevisionLocation
            let genericRevisionInfo: GenericRevisionInfo
        }
        struct Output: Encodable {
            let applicationName: String
            let errorMessage: String?
            let revisions: [Info]
        }
        let name = try NameKind.application.checked(input.applicationName)
        guard let given = input.revisions, !given.isEmpty else {
            throw .required("Revision", "Revision")
        }
        guard given.count <= 25 else { throw .limit("Batch", 25, of: "entries in a batch") }
        var locations: [RevisionLocation] = []
        for location in given { locations.append(try Check.revision(location).normalized) }
        return try change { state throws(AWSFault) in
            let application = try state.application(name, account: account)
            let known = state.revisions[application.id] ?? [:]
            let found = locations.uniqued.compactMap { known[$0] }
            return Output(
                applicationName: name,
                errorMessage: found.count < locations.uniqued.count
                    ? AWSFault.revisionDoesNotExist(name).message : nil,
                revisions: found.map {
                    Info(revisionLocation: $0.location, genericRevisionInfo: info($0, in: state))
                })
        }
    }

    func listApplicationRevisions(
        _ input: ListApplicationRevisionsInput
    ) throws(AWSFault) -> some Encodable {
        struct Output: Encodable {
            let revisions: [RevisionLocation]
            let nextToken: String?
        }
        let name = try NameKind.application.checked(input.applicationName)
        let order = try RevisionOrder(by: input.sortBy, in: input.sortOrder)
        guard input.s3KeyPrefix == nil || input.s3Bucket != nil else {
            throw .bucketFilterRequired
        }
        let wanted: Bool?
        switch input.deployed {
        case nil, "ignore": wanted = nil
        case "include": wanted = true
        case "exclude": wanted = false
        default:
            throw .invalid("DeployedStateFilter", "The filter is include, exclude or ignore")
        }
        return try change { state throws(AWSFault) in
            let application = try state.application(name, account: account)
            let records = (state.revisions[application.id] ?? [:]).values.filter { record in
                let place = record.location.s3Location
                let isDeployed = !targetGroups(record, in: state).isEmpty
                return (input.s3Bucket == nil || place?.bucket == input.s3Bucket)
                    && (place?.key ?? "").hasPrefix(input.s3KeyPrefix ?? "")
                    && (wanted == nil || wanted == isDeployed)
            }
            let page = try Page(
                of: order.sorted(records).map(\.id), after: input.nextToken,
                size: options.pageSize, operation: .listApplicationRevisions)
            let byID = Dictionary(uniqueKeysWithValues: records.map { ($0.id, $0.location) })
            return Output(
                revisions: page.items.compactMap { byID[$0] }, nextToken: page.nextToken)
        }
    }

    /// The revision as it is registered; it is if it was not.
    func register(
        _ location: RevisionLocation, with application: ApplicationRecord,
        in state: inout FleetState
    ) throws(AWSFault) -> RevisionRecord {
        if let record = state.revisions[application.id]?[location.normalized] { return record }
        let record = RevisionRecord(
            id: .uuid(), applicationID: application.id, location: location,
            registerTime: options.now())
        try save(record, in: &state)
        return record
    }

    func save(_ record: RevisionRecord, in state: inout FleetState) throws(AWSFault) {
        try stored { () throws(StateFolderError) in
            try folder.save(record, .revisions, id: record.id)
        }
        state.revisions[record.applicationID, default: [:]][record.location.normalized] = record
    }

    private func info(
        _ record: RevisionRecord, in state: borrowing FleetState
    ) -> GenericRevisionInfo {
        GenericRevisionInfo(
            description: record.description, deploymentGroups: targetGroups(record, in: state),
            firstUsedTime: record.firstUsedTime, lastUsedTime: record.lastUsedTime,
            registerTime: record.registerTime)
    }

    /// The groups whose target revision it is.
    private func targetGroups(
        _ record: RevisionRecord, in state: borrowing FleetState
    ) -> [String] {
        state.groups.values.filter {
            $0.applicationID == record.applicationID
                && record.location.isSame(as: $0.targetRevision)
        }.map(\.name).sorted()
    }
}

/// How ListApplicationRevisions sorts.
private struct RevisionOrder {
    private let time: @Sendable (RevisionRecord) -> AWSTime?
    private let descends: Bool

    init(by: String?, in order: String?) throws(AWSFault) {
        switch by {
        case nil, "registerTime": time = { $0.registerTime }
        case "firstUsedTime": time = { $0.firstUsedTime }
        case "lastUsedTime": time = { $0.lastUsedTime }
        default:
            throw .invalid("SortBy", "The order is by registerTime, firstUsedTime or lastUsedTime")
        }
        switch order {
        case nil, "ascending": descends = false
        case "descending": descends = true
        default: throw .invalid("SortOrder", "The order is ascending or descending")
        }
    }

    /// Those without the time come as the oldest.
    func sorted(_ records: [RevisionRecord]) -> [RevisionRecord] {
        let sorted = records.sorted {
            (time($0)?.seconds ?? 0, $0.id) < (time($1)?.seconds ?? 0, $1.id)
        }
        return descends ? sorted.reversed() : sorted
    }
}
