import Synchronization

/// AWS: `ApplicationInfo`.
private struct ApplicationInfo: Encodable {
    let applicationId: String
    let applicationName: String
    let createTime: AWSTime
    let linkedToGitHub = false
    let computePlatform = "Server"

    init(_ record: ApplicationRecord) {
        applicationId = record.id
        applicationName = record.name
        createTime = record.createTime
    }

    enum CodingKeys: CodingKey {
        case applicationId, applicationName, createTime, linkedToGitHub, computePlatform
    }
}

struct ApplicationInput: Decodable {
    var applicationName: String?
    var newApplicationName: String?
    var computePlatform: String?
    var tags: [Tag]?
}

struct BatchGetApplicationsInput: Decodable {
    var applicationNames: [String]?
}

struct ListInput: Decodable {
    var nextToken: String?
}

extension CodeDeploy {
    func createApplication(_ input: ApplicationInput) throws(AWSFault) -> some Encodable {
        let name = try NameKind.application.checked(input.applicationName)
        try Check.computePlatform(input.computePlatform)
        let tags = try Check.tags(input.tags)
        return try change { state throws(AWSFault) in
            guard state.application(named: name) == nil else {
                throw .applicationAlreadyExists(name)
            }
            guard state.applications.count < options.limits.applications else {
                throw .limit("Application", options.limits.applications, of: "applications")
            }
            let record = ApplicationRecord(
                id: .uuid(), name: name, createTime: options.now(), tags: tags)
            try save(record, in: &state)
            return ["applicationId": record.id]
        }
    }

    func getApplication(_ input: ApplicationInput) throws(AWSFault) -> some Encodable {
        let name = try NameKind.application.checked(input.applicationName)
        return try change { state throws(AWSFault) in
            guard let record = state.application(named: name) else {
                throw .applicationDoesNotExist(name)
            }
            return ["application": ApplicationInfo(record)]
        }
    }

    func batchGetApplications(
        _ input: BatchGetApplicationsInput
    ) throws(AWSFault) -> some Encodable {
        let names = try Check.batch(
            input.applicationNames, limit: 100,
            missing: .required("ApplicationName", "Application name"))
        return try change { state throws(AWSFault) in
            var infos: [ApplicationInfo] = []
            for name in names {
                let record = try state.application(name, account: account)
                infos.append(ApplicationInfo(record))
            }
            return ["applicationsInfo": infos]
        }
    }

    func listApplications(_ input: ListInput) throws(AWSFault) -> some Encodable {
        struct Output: Encodable {
            let applications: [String]
            let nextToken: String?
        }
        let names = state.withLock { $0.applications.values.map(\.name).sorted() }
        let page = try Page(
            of: names, after: input.nextToken, size: options.pageSize, operation: .listApplications)
        return Output(applications: page.items, nextToken: page.nextToken)
    }

    func updateApplication(_ input: ApplicationInput) throws(AWSFault) -> some Encodable {
        let name = try NameKind.application.checked(input.applicationName)
        let newName = try NameKind.application.checked(input.newApplicationName ?? name)
        return try change { state throws(AWSFault) in
            var record = try state.application(name, account: account)
            guard newName == name || state.application(named: newName) == nil else {
                throw .applicationAlreadyExists(newName)
            }
            record.name = newName
            try save(record, in: &state)
            return Nothing()
        }
    }

    /// Deleting one that is not there is no error.
    func deleteApplication(_ input: ApplicationInput) throws(AWSFault) -> some Encodable {
        let name = try NameKind.application.checked(input.applicationName)
        return try change { state throws(AWSFault) in
            guard let record = state.application(named: name) else { return Nothing() }
            for group in state.groups(of: record) { try delete(group, in: &state) }
            for revision in (state.revisions[record.id] ?? [:]).values {
                try stored { () throws(StateFolderError) in
                    try folder.remove(.revisions, id: revision.id)
                }
            }
            try stored { () throws(StateFolderError) in
                try folder.remove(.applications, id: record.id)
            }
            state.revisions[record.id] = nil
            state.applications[record.id] = nil
            return Nothing()
        }
    }

    func save(
        _ record: ApplicationRecord, in state: inout FleetState
    ) throws(AWSFault) {
        try stored { () throws(StateFolderError) in
            try folder.save(record, .applications, id: record.id)
        }
        state.applications[record.id] = record
    }
}

extension FleetState {
    /// The application. Throws `ApplicationDoesNotExistException`.
    func application(
        _ name: String?, account: String
    ) throws(AWSFault) -> ApplicationRecord {
        let name = try NameKind.application.checked(name)
        guard let record = application(named: name) else {
            throw .noApplications(account: account)
        }
        return record
    }

    /// The group. Throws the faults of an application and a group that do not exist.
    func group(
        _ name: String?, application: String?, account: String
    ) throws(AWSFault) -> GroupRecord {
        let application = try self.application(application, account: account)
        let name = try NameKind.group.checked(name)
        guard let record = group(named: name, of: application) else {
            throw .groupDoesNotExist(name)
        }
        return record
    }
}
