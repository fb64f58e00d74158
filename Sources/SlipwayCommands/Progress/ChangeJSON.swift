import DeployEngine
import FoundationEssentials
import SlipwayCore

/// A change as one object of `--progress json`. The shape is stable: fields may be added.
enum ChangeJSON {
    static let schema = 1

    /// Nil for what only screens show. A notice is about `deployment` where it says no other.
    static func object(
        _ change: DeployChange, of deployment: DeploymentID? = nil, at date: Date
    ) -> JSONValue? {
        var change = change
        if case .notice(var notice) = change {
            notice.deployment = notice.deployment ?? deployment
            change = .notice(notice)
        }
        guard let (event, members) = members(change) else { return nil }
        return .object(
            [
                .init(key: "schema", value: .integer(schema)),
                .init(key: "time", value: .string(Timestamp(date).rawValue)),
                .init(key: "event", value: .string(event)),
            ] + members)
    }

    private static func members(_ change: DeployChange) -> (String, [JSONValue.Member])? {
        switch change {
        case .plan(let job, let position): ("plan", plan(job, position))
        case .done(let result):
            (
                "notice",
                members([
                    "severity": "info", "code": "application-done",
                    "message": .string(ChangeText.summary(result)), "why": .null, "fix": .null,
                    "deployment_id": JSONValue(result.deployment?.rawValue),
                    "number": JSONValue(result.position?.number),
                    "count": JSONValue(result.position?.count),
                ])
            )
        case .progress(let progress):
            (
                "notice",
                members([
                    "severity": "info", "code": "progress",
                    "message": .string(ChangeText.progress(progress)), "why": .null, "fix": .null,
                    "read_bytes": .integer(progress.readByteCount),
                    "total_bytes": .integer(progress.totalByteCount),
                    "packed_bytes": .integer(progress.packedByteCount),
                    "sent_bytes": JSONValue(progress.sentByteCount),
                ])
            )
        case .packed(let packed):
            (
                "packed",
                members([
                    "files": .integer(packed.size.fileCount),
                    "bytes": .integer(packed.size.byteCount),
                    "archive_bytes": .integer(packed.archiveByteCount),
                ])
            )
        case .uploaded(let location): ("uploaded", members(revision(location)))
        case .registered(let location): ("registered", members(revision(location)))
        case .created(let created):
            (
                "created",
                members([
                    "deployment_id": .string(created.id.rawValue),
                    "application": JSONValue(created.request?.application.rawValue),
                    "deployment_group": JSONValue(created.request?.deploymentGroup.rawValue),
                    "region": .string(created.region.rawValue),
                    "console_url": .string(created.consoleLink),
                ])
            )
        case .status(let change): ("status", status(change))
        case .target(let change):
            (
                "target",
                members([
                    "deployment_id": .string(change.deployment.rawValue),
                    "target": .string(change.target.id.rawValue),
                    "status": .string(change.target.status.rawValue),
                ])
            )
        case .lifecycle(let change):
            (
                "lifecycle",
                members([
                    "deployment_id": .string(change.deployment.rawValue),
                    "target": .string(change.target.rawValue),
                    "lifecycle_event": .string(change.record.event.rawValue),
                    "status": .string(change.record.status.rawValue),
                    "seconds": seconds(change.record.seconds),
                    "diagnostics": change.record.status == .failed
                        ? diagnostics(change.record.diagnostics) : .null,
                ])
            )
        case .connection: nil
        case .stop(let change):
            (
                "notice",
                members([
                    "severity": "info", "code": "stop-asked",
                    "message": .string(ChangeText.stop(change)), "why": .null, "fix": .null,
                    "deployment_id": .string(change.deployment.rawValue),
                    "stop": stop(change.stop),
                ])
            )
        case .notice(let notice): ("notice", members(self.notice(notice)))
        case .result(let result): ("result", self.result(result))
        }
    }

    private static func plan(_ job: DeployJob, _ position: RunPosition) -> [JSONValue.Member] {
        var source: [JSONValue.Member]
        switch job.source {
        case .folder(let destination):
            source = members([
                "application_root": .string(destination.root.rawValue),
                "bucket": .string(destination.bucket.rawValue),
                "key": .string(destination.key.rawValue),
            ])
        case .revision(let location): source = members(["revision": revision(location)])
        }
        return members([
            "application": .string(job.application.rawValue),
            "deployment_group": .string(job.deploymentGroup.rawValue),
            "deployment_config": JSONValue(job.deploymentConfiguration?.rawValue),
            "region": .string(job.region.rawValue), "number": .integer(position.number),
            "count": .integer(position.count),
        ]) + source
    }

    private static func status(_ change: StatusChange) -> [JSONValue.Member] {
        members([
            "deployment_id": .string(change.deployment.rawValue),
            "status": .string(change.info.status.rawValue),
            "rollback": .boolean(change.isRollback),
            "overview": change.info.overview.map(overview) ?? .null,
            "error": error(change.info.errorInformation),
        ])
    }

    private static func overview(_ overview: DeploymentOverview) -> JSONValue {
        [
            "pending": .integer(overview.pending), "in_progress": .integer(overview.inProgress),
            "succeeded": .integer(overview.succeeded), "failed": .integer(overview.failed),
            "skipped": .integer(overview.skipped), "ready": .integer(overview.ready),
        ]
    }

    private static func notice(_ notice: DeployNotice) -> JSONValue {
        let problem = notice.problem
        return [
            "severity": .string(notice.isHeartbeat ? "info" : problem.severity.rawValue),
            "file": JSONValue(problem.file), "line": JSONValue(problem.line),
            "column": JSONValue(problem.column),
            "code": .string(problem.code), "message": .string(problem.message),
            "why": JSONValue(problem.why), "fix": JSONValue(problem.fix),
            "deployment_id": JSONValue(notice.deployment?.rawValue),
        ]
    }

    private static func result(_ result: DeployResult) -> [JSONValue.Member] {
        members([
            "result": .string(result.outcome.rawValue),
            "exit_code": .integer(Int(result.exitStatus.rawValue)),
            "number": JSONValue(result.position?.number),
            "count": JSONValue(result.position?.count),
        ]) + deployed(result)
            + members([
                "failures": .array(
                    result.failures.map { failure($0, previous: result.previousRevision) }),
                "error": error(result.errorInformation),
                "stop": stop(result.stop),
                "rollback": result.rollback.map(rollback) ?? .null,
                "busy_with": JSONValue(result.busyWith?.rawValue),
                "earlier": .array(
                    result.earlier.map {
                        .object(
                            members(["result": .string($0.outcome.rawValue)]) + deployed($0))
                    }),
                "not_begun": .array(result.notBegun.map { .string($0.rawValue) }),
                "problems": .array(result.problems.map(\.json)),
            ])
    }

    /// What was deployed where, how long it took and to how many instances.
    private static func deployed(_ result: DeployResult) -> [JSONValue.Member] {
        let link = result.deployment.flatMap { id in
            result.region.map { consoleLink(to: id, in: $0) }
        }
        return members([
            "application": JSONValue(result.application?.rawValue),
            "region": JSONValue(result.region?.rawValue),
            "deployment_id": JSONValue(result.deployment?.rawValue),
            "console_url": JSONValue(link),
            "revision": result.revision.map(revision) ?? .null,
            "duration_seconds": .integer(Int(result.duration.components.seconds)),
            "overview": result.overview.map(overview) ?? .null,
        ])
    }

    private static func failure(_ failure: TargetFailure, previous: Revision?) -> JSONValue {
        .object(
            members([
                "target": .string(failure.target.rawValue),
                "lifecycle_event": JSONValue(failure.record?.event.rawValue),
            ]) + members(diagnostics(failure.record?.diagnostics ?? Diagnostics()))
                + members(explanation(failure.record?.explanation(previous: previous))))
    }

    private static func explanation(_ explanation: Explanation?) -> JSONValue {
        [
            "why": JSONValue(explanation?.meaning),
            "fix": JSONValue(explanation.map { "check \($0.nextCheck)" }),
        ]
    }

    private static func rollback(_ rollback: RollbackResult) -> JSONValue {
        let location: JSONValue =
            if case .s3(let location) = rollback.revision { revision(location) } else { .null }
        return [
            "deployment_id": .string(rollback.deployment.rawValue),
            "result": .string(rollback.outcome.rawValue), "revision": location,
            "stop": stop(rollback.stop),
        ]
    }

    static func stop(_ stop: DeploymentStop?) -> JSONValue {
        guard let stop else { return .null }
        return [
            "user": .string(stop.author.user), "host": .string(stop.author.host),
            "at": .string(stop.askedAt.rawValue),
            "rolls_back": stop.rollsBack.map(JSONValue.boolean) ?? .null,
        ]
    }

    private static func diagnostics(_ diagnostics: Diagnostics?) -> JSONValue {
        guard let diagnostics else { return .null }
        return [
            "error_code": JSONValue(diagnostics.errorCode?.rawValue),
            "script": diagnostics.scriptName?.json ?? .null,
            "message": diagnostics.message?.json ?? .null,
            "log_tail": diagnostics.logTail?.json ?? .null,
        ]
    }

    private static func error(_ error: ErrorInformation?) -> JSONValue {
        guard let error else { return .null }
        return .object(
            members([
                "code": .string(error.code.rawValue), "message": error.message?.json ?? .null,
            ]) + members(explanation(error.explanation)))
    }

    static func revision(_ location: S3Location) -> JSONValue {
        [
            "bucket": .string(location.bucket.rawValue), "key": .string(location.key.rawValue),
            "e_tag": JSONValue(location.eTag?.rawValue),
            "version": JSONValue(location.version?.rawValue),
        ]
    }

    /// JSON of ours has no fractions: thousandths are cut off, and the value is a whole number of
    /// seconds where it is long.
    private static func seconds(_ seconds: Double?) -> JSONValue {
        seconds.map { .integer(Int($0.rounded())) } ?? .null
    }

    private static func members(_ value: JSONValue) -> [JSONValue.Member] {
        if case .object(let members) = value { members } else { [] }
    }
}
