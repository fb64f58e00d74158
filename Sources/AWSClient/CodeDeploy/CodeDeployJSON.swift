internal import FoundationEssentials
internal import SlipwayCore

extension JSONValue {
    /// AWS leaves out what is absent, at every level, and takes a null for an error.
    var withoutNulls: JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(
            members.filter { $0.value != .null }
                .map { Member(key: $0.key, value: $0.value.withoutNulls) })
    }
}

extension S3Location {
    /// AWS: `RevisionLocation`.
    var json: JSONValue {
        [
            "revisionType": "S3",
            "s3Location": [
                "bucket": .string(bucket.rawValue), "key": .string(key.rawValue),
                "bundleType": .string(bundleType.rawValue),
                "version": JSONValue(version?.rawValue), "eTag": JSONValue(eTag?.rawValue),
            ],
        ]
    }
}

extension DeploymentRequest {
    var members: JSONValue {
        let rollback: JSONValue =
            autoRollback.map { events in
                [
                    "enabled": .boolean(!events.isEmpty),
                    "events": events.isEmpty
                        ? .null : .array(events.map { .string($0.rawValue) }),
                ]
            } ?? .null
        return [
            "applicationName": .string(application.rawValue),
            "deploymentGroupName": .string(deploymentGroup.rawValue),
            "revision": revision.json,
            "deploymentConfigName": JSONValue(deploymentConfiguration?.rawValue),
            "description": JSONValue(description?.rawValue),
            "fileExistsBehavior": JSONValue(fileExistsBehavior?.rawValue),
            "ignoreApplicationStopFailures":
                ignoreApplicationStopFailures.map(JSONValue.boolean) ?? .null,
            "autoRollbackConfiguration": rollback,
            "updateOutdatedInstancesOnly":
                updateOutdatedInstancesOnly.map(JSONValue.boolean) ?? .null,
        ]
    }
}

extension Revision {
    /// Reads a `RevisionLocation`.
    init(_ answer: JSONAnswer) {
        let location = answer["s3Location"]
        if let bucket = location?["bucket"]?.string.flatMap({ try? BucketName($0) }),
            let key = location?["key"]?.string.flatMap({ try? S3Key($0) })
        {
            self = .s3(
                S3Location(
                    bucket: bucket, key: key,
                    version: location?["version"]?.string.flatMap(ObjectVersion.init),
                    eTag: location?["eTag"]?.string.flatMap(ETag.init),
                    bundleType: BundleType(rawValue: location?["bundleType"]?.string ?? "zip")))
        } else {
            self = .other(UntrustedText(answer["revisionType"]?.string ?? "unknown"))
        }
    }
}

extension DeploymentInfo {
    /// Reads a `DeploymentInfo`; nil without a status.
    init?(_ answer: JSONAnswer, id: DeploymentID) {
        guard let status = answer["status"]?.string else { return nil }
        self.init(id: id, status: DeploymentStatus(rawValue: status))
        application = answer["applicationName"]?.string.flatMap { try? ApplicationName($0) }
        deploymentGroup = answer["deploymentGroupName"]?.string.flatMap { try? DeploymentGroup($0) }
        deploymentConfiguration = answer["deploymentConfigName"]?.string.flatMap {
            try? DeploymentConfiguration($0)
        }
        revision = answer["revision"].map(Revision.init)
        previousRevision = answer["previousRevision"].map(Revision.init)
        overview = answer["deploymentOverview"].map(DeploymentOverview.init)
        errorInformation = answer["errorInformation"].flatMap(ErrorInformation.init)
        rollback = answer["rollbackInfo"].flatMap(RollbackInfo.init)
        if answer["autoRollbackConfiguration"]?["enabled"]?.bool == true {
            autoRollback = answer["autoRollbackConfiguration"]?["events"]?.elements.compactMap {
                $0.string.flatMap(AutoRollbackEvent.init)
            }
        }
        creator = answer["creator"]?.string.map(DeploymentCreator.init)
        description = answer["description"]?.string.map(UntrustedText.init)
        fileExistsBehavior = answer["fileExistsBehavior"]?.string.flatMap(FileExistsBehavior.init)
        ignoreApplicationStopFailures = answer["ignoreApplicationStopFailures"]?.bool
        updateOutdatedInstancesOnly = answer["updateOutdatedInstancesOnly"]?.bool
        createdAt = answer["createTime"]?.date
        startedAt = answer["startTime"]?.date
        completedAt = answer["completeTime"]?.date
    }
}

extension DeploymentOverview {
    fileprivate init(_ answer: JSONAnswer) {
        func count(_ name: String) -> Int { answer[name]?.integer ?? 0 }
        self.init(
            pending: count("Pending"), inProgress: count("InProgress"),
            succeeded: count("Succeeded"), failed: count("Failed"), skipped: count("Skipped"),
            ready: count("Ready"))
    }
}

extension ErrorInformation {
    fileprivate init?(_ answer: JSONAnswer) {
        guard let code = answer["code"]?.string else { return nil }
        self.init(
            code: DeploymentErrorCode(rawValue: code),
            message: answer["message"]?.string.map(UntrustedText.init))
    }
}

extension RollbackInfo {
    /// Nil where it names no deployment.
    fileprivate init?(_ answer: JSONAnswer) {
        let rollback = answer["rollbackDeploymentId"]?.string.flatMap(DeploymentID.init)
        let trigger = answer["rollbackTriggeringDeploymentId"]?.string.flatMap(DeploymentID.init)
        guard rollback != nil || trigger != nil else { return nil }
        self.init(
            rollbackID: rollback, triggeringID: trigger,
            message: answer["rollbackMessage"]?.string.map(UntrustedText.init))
    }
}

extension DeploymentTarget {
    /// Reads a `DeploymentTarget` of whichever kind: the one member that is an object. Nil without
    /// an id.
    init?(_ answer: JSONAnswer) {
        guard case .object(let members) = answer,
            let target = members.first(where: { $0.value["targetId"] != nil })?.value,
            let id = target["targetId"]?.string
        else { return nil }
        self.init(
            id: TargetID(id),
            status: TargetStatus(rawValue: target["status"]?.string ?? "Unknown"),
            lastUpdatedAt: target["lastUpdatedAt"]?.date,
            events: (target["lifecycleEvents"]?.elements ?? []).compactMap(
                LifecycleEventRecord.init))
    }
}

extension LifecycleEventRecord {
    fileprivate init?(_ answer: JSONAnswer) {
        guard let name = answer["lifecycleEventName"]?.string else { return nil }
        self.init(
            event: LifecycleEvent(rawValue: name),
            status: LifecycleEventStatus(rawValue: answer["status"]?.string ?? "Unknown"),
            startedAt: answer["startTime"]?.date, endedAt: answer["endTime"]?.date,
            diagnostics: answer["diagnostics"].map(Diagnostics.init))
    }
}

extension Diagnostics {
    fileprivate init(_ answer: JSONAnswer) {
        self.init(
            errorCode: answer["errorCode"]?.string.map(LifecycleErrorCode.init),
            scriptName: answer["scriptName"]?.string.map(UntrustedText.init),
            message: answer["message"]?.string.map(UntrustedText.init),
            logTail: answer["logTail"]?.string.map(UntrustedText.init))
    }
}
