internal import AWSSignature
package import FoundationEssentials
package import SlipwayCore

/// CodeDeploy in one region. Everything throws ``AWSError`` and `CancellationError`.
///
/// AWS: `CodeDeploy_20141006`, JSON 1.1.
package struct CodeDeployAPI: Sendable {
    private let caller: AWSCaller
    private let region: Region
    private let policy: RetryPolicy?

    /// `policy` says when a request is tried again; nil: as the caller does.
    package init(_ caller: AWSCaller, region: Region, policy: RetryPolicy? = nil) {
        self.caller = caller
        self.region = region
        self.policy = policy
    }

    /// How many targets ``batchGetDeploymentTargets(_:of:)`` may be asked for at once.
    package static let targetBatchLimit = 25

    /// Makes a revision known to an application; one that is known already is no error.
    ///
    /// AWS operation: `RegisterApplicationRevision`.
    package func registerApplicationRevision(
        _ location: S3Location, application: ApplicationName, description: DeploymentDescription?
    ) async throws {
        _ = try await ask(
            "RegisterApplicationRevision",
            [
                "applicationName": .string(application.rawValue), "revision": location.json,
                "description": JSONValue(description?.rawValue),
            ]
        ) { _ throws(AnswerFlaw) in }
    }

    /// When a revision was used.
    ///
    /// AWS operation: `GetApplicationRevision`.
    package func getApplicationRevision(
        _ location: S3Location, application: ApplicationName
    ) async throws -> RevisionUse {
        try await ask(
            "GetApplicationRevision",
            ["applicationName": .string(application.rawValue), "revision": location.json]
        ) { answer throws(AnswerFlaw) in
            RevisionUse(lastUsedAt: answer["revisionInfo"]?["lastUsedTime"]?.date)
        }
    }

    /// The revisions of an application in a bucket, all of them, the one used last first.
    ///
    /// AWS operation: `ListApplicationRevisions`.
    package func listApplicationRevisions(
        application: ApplicationName, bucket: BucketName? = nil
    ) async throws -> [Revision] {
        try await all { token in
            try await ask(
                "ListApplicationRevisions",
                [
                    "applicationName": .string(application.rawValue),
                    "s3Bucket": JSONValue(bucket?.rawValue), "sortBy": "lastUsedTime",
                    "sortOrder": "descending", "nextToken": JSONValue(token),
                ]
            ) { answer throws(AnswerFlaw) in
                Page(
                    elements: (answer["revisions"]?.elements ?? []).map(Revision.init),
                    nextToken: answer["nextToken"]?.string)
            }
        }
    }

    /// Begins a deployment, once: an answer that gets lost is not asked for again, and throws with
    /// the meaning `answerLost`.
    ///
    /// AWS operation: `CreateDeployment`.
    package func createDeployment(_ request: DeploymentRequest) async throws -> DeploymentID {
        try await ask("CreateDeployment", request.members, isRepeatable: false) {
            answer throws(AnswerFlaw) in
            guard let id = answer["deploymentId"]?.string.flatMap(DeploymentID.init) else {
                throw .garbled
            }
            return id
        }
    }

    /// How a deployment is doing.
    ///
    /// AWS operation: `GetDeployment`.
    package func getDeployment(_ id: DeploymentID) async throws -> DeploymentInfo {
        try await ask("GetDeployment", ["deploymentId": .string(id.rawValue)]) {
            answer throws(AnswerFlaw) in
            guard let info = answer["deploymentInfo"].flatMap({ DeploymentInfo($0, id: id) })
            else { throw .garbled }
            return info
        }
    }

    /// What a configuration asks for.
    ///
    /// AWS operation: `GetDeploymentConfig`.
    package func getDeploymentConfig(
        _ name: DeploymentConfiguration
    ) async throws -> DeploymentConfigurationInfo {
        try await ask("GetDeploymentConfig", ["deploymentConfigName": .string(name.rawValue)]) {
            answer throws(AnswerFlaw) in
            guard let info = answer["deploymentConfigInfo"] else { throw .garbled }
            let hosts = info["minimumHealthyHosts"]
            return DeploymentConfigurationInfo(
                minimumHealthyHostsType: hosts?["type"]?.string.map(UntrustedText.init),
                minimumHealthyHosts: hosts?["value"]?.integer)
        }
    }

    /// What a group says of its past.
    ///
    /// AWS operation: `GetDeploymentGroup`.
    package func getDeploymentGroup(
        _ group: DeploymentGroup, application: ApplicationName
    ) async throws -> DeploymentGroupInfo {
        try await ask(
            "GetDeploymentGroup",
            [
                "applicationName": .string(application.rawValue),
                "deploymentGroupName": .string(group.rawValue),
            ]
        ) { answer throws(AnswerFlaw) in
            guard let info = answer["deploymentGroupInfo"] else { throw .garbled }
            func id(_ name: String) -> DeploymentID? {
                info[name]?["deploymentId"]?.string.flatMap(DeploymentID.init)
            }
            return DeploymentGroupInfo(
                lastSuccessfulID: id("lastSuccessfulDeployment"),
                lastAttemptedID: id("lastAttemptedDeployment"),
                targetRevision: info["targetRevision"].map(Revision.init))
        }
    }

    /// What kind of application it is.
    ///
    /// AWS operation: `GetApplication`.
    package func getApplication(_ name: ApplicationName) async throws -> ApplicationInfo {
        try await ask("GetApplication", ["applicationName": .string(name.rawValue)]) {
            answer throws(AnswerFlaw) in
            guard let info = answer["application"] else { throw .garbled }
            return ApplicationInfo(
                id: info["applicationId"]?.string.map(UntrustedText.init),
                computePlatform: info["computePlatform"]?.string.map(UntrustedText.init))
        }
    }

    /// One page of the deployments to a group, the newest first: all of them, or those of the
    /// statuses, or those made since a moment.
    ///
    /// AWS operation: `ListDeployments`.
    package func listDeployments(
        application: ApplicationName, group: DeploymentGroup, statuses: [DeploymentStatus] = [],
        createdSince: Date? = nil, nextToken: String? = nil
    ) async throws -> Page<DeploymentID> {
        // Whole seconds, rounded down: JSON of ours has no fractions.
        let start = createdSince.map { Int($0.timeIntervalSince1970.rounded(.down)) }
        let range: JSONValue = start.map { ["start": .integer($0)] } ?? .null
        let names = statuses.map { JSONValue.string($0.rawValue) }
        return try await ask(
            "ListDeployments",
            [
                "applicationName": .string(application.rawValue),
                "deploymentGroupName": .string(group.rawValue),
                "includeOnlyStatuses": names.isEmpty ? .null : .array(names),
                "createTimeRange": range, "nextToken": JSONValue(nextToken),
            ]
        ) { answer throws(AnswerFlaw) in
            let ids = (answer["deployments"]?.elements ?? []).compactMap {
                $0.string.flatMap(DeploymentID.init)
            }
            return Page(elements: ids, nextToken: answer["nextToken"]?.string)
        }
    }

    /// All deployments to a group made since a moment, the newest first.
    ///
    /// AWS operation: `ListDeployments`, page by page.
    package func deployments(
        application: ApplicationName, group: DeploymentGroup, createdSince start: Date
    ) async throws -> [DeploymentID] {
        try await all { token in
            try await listDeployments(
                application: application, group: group, createdSince: start, nextToken: token)
        }
    }

    /// All targets of a deployment, or those of the statuses. Throws with the meaning `notStarted`
    /// before there are any.
    ///
    /// AWS operation: `ListDeploymentTargets`, page by page.
    package func listDeploymentTargets(
        _ id: DeploymentID, statuses: [TargetStatus] = []
    ) async throws -> [TargetID] {
        let names = statuses.map { JSONValue.string($0.rawValue) }
        return try await all { token in
            try await ask(
                "ListDeploymentTargets",
                [
                    "deploymentId": .string(id.rawValue),
                    "targetFilters": names.isEmpty ? .null : ["TargetStatus": .array(names)],
                    "nextToken": JSONValue(token),
                ]
            ) { answer throws(AnswerFlaw) in
                Page(
                    elements: (answer["targetIds"]?.elements ?? []).compactMap {
                        $0.string.map { TargetID($0) }
                    }, nextToken: answer["nextToken"]?.string)
            }
        }
    }

    /// How targets are doing, however many: they are asked for 25 at a time.
    ///
    /// AWS operation: `BatchGetDeploymentTargets`.
    package func batchGetDeploymentTargets(
        _ targets: [TargetID], of id: DeploymentID
    ) async throws -> [DeploymentTarget] {
        var found: [DeploymentTarget] = []
        for start in stride(from: 0, to: targets.count, by: Self.targetBatchLimit) {
            let batch = targets[start...].prefix(Self.targetBatchLimit)
            found += try await ask(
                "BatchGetDeploymentTargets",
                [
                    "deploymentId": .string(id.rawValue),
                    "targetIds": .array(batch.map { .string($0.rawValue) }),
                ]
            ) { answer throws(AnswerFlaw) in
                (answer["deploymentTargets"]?.elements ?? []).compactMap(DeploymentTarget.init)
            }
        }
        return found
    }

    /// Stops a deployment; `rollsBack` also rolls it back if the group's settings or nil say so.
    ///
    /// AWS operation: `StopDeployment`. Throws with the meaning `alreadyCompleted` where it has
    /// ended.
    package func stopDeployment(
        _ id: DeploymentID, rollsBack: Bool? = nil
    ) async throws -> StopStatus {
        try await ask(
            "StopDeployment",
            [
                "deploymentId": .string(id.rawValue),
                "autoRollbackEnabled": rollsBack.map(JSONValue.boolean) ?? .null,
            ]
        ) { answer throws(AnswerFlaw) in
            guard let status = answer["status"]?.string else { throw .garbled }
            return StopStatus(rawValue: status)
        }
    }
}

extension CodeDeployAPI {
    private func ask<Answer>(
        _ operation: String, _ input: JSONValue, isRepeatable: Bool = true,
        decode: (JSONAnswer) throws(AnswerFlaw) -> Answer
    ) async throws -> Answer {
        let body = Array(input.withoutNulls.compact.utf8)
        let endpoints = caller.endpoints
        let call = AWSCall(
            operation: operation, service: .codeDeploy, region: region,
            place: { region in
                let endpoint = endpoints.endpoint(of: .codeDeploy, in: region)
                return AWSCall.Place(
                    endpoint: endpoint, path: RequestPath(decoded: endpoint.pathPrefix + "/"))
            },
            method: "POST",
            headers: [
                HeaderField("Content-Type", "application/x-amz-json-1.1"),
                HeaderField("X-Amz-Target", "CodeDeploy_20141006.\(operation)"),
            ], body: .bytes(body), payload: PayloadHash(.sha256(body)),
            isRepeatable: isRepeatable, policy: policy)
        return try await caller.perform(call) { response throws(AnswerFlaw) in
            // An operation without output may answer with nothing.
            let answer = response.body.isEmpty ? .object([]) : JSONAnswer.parse(response.body)
            guard let answer, case .object = answer else { throw .garbled }
            return try decode(answer)
        }
    }

    /// Every page, up to a thousand: a service that never ends its list is not followed for ever.
    private func all<Element: Sendable>(
        _ page: (String?) async throws -> Page<Element>
    ) async throws -> [Element] {
        var elements: [Element] = []
        var token: String?
        for _ in 0..<1000 {
            let next = try await page(token)
            elements += next.elements
            guard let following = next.nextToken, !following.isEmpty, following != token
            else { break }
            token = following
        }
        return elements
    }
}
