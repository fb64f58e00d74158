import DeployEngine
import SlipwayCore

/// A change as lines for people. What ``ChangeJSON`` says, these say.
enum ChangeText {
    /// The lines of a change, none of which has a line break; the result has its last line in
    /// ``summary(_:)``. `labelled` is the deployment that stands in front of each line already.
    static func lines(
        _ change: DeployChange, labelled: DeploymentID? = nil
    ) -> [String] {
        switch change {
        case .plan(let job, let position): plan(job, position)
        case .done(let result): [summary(result)]
        case .progress(let progress): [Self.progress(progress)]
        case .packed(let packed):
            ["packed \(packed.size.words), into \(shownBytes(packed.archiveByteCount))"]
        case .uploaded(let location): ["uploaded \(Self.location(location))"]
        case .registered(let location): ["registered \(object(location))"]
        case .created(let created):
            ["created \(created.id)\(place(created))", "  \(created.consoleLink)"]
        case .status(let change): status(change, labelled)
        case .target(let change):
            [
                "\(change.target.id) \(UntrustedText(change.target.status.rawValue))"
                    + owner(change.deployment, labelled)
            ]
        case .lifecycle(let change): lifecycle(change, labelled)
        case .connection: []
        case .stop(let change): [stop(change)]
        case .notice(let notice): lines(notice.problem, isQuiet: notice.isHeartbeat)
        case .result(let result): failures(result)
        }
    }

    /// How far packing and sending are.
    static func progress(_ progress: UploadProgress) -> String {
        "packing: \(shownBytes(progress.readByteCount)) of \(shownBytes(progress.totalByteCount)) "
            + "read, \(shownBytes(progress.packedByteCount)) packed\(sent(progress))"
    }

    /// `, 1.5 MiB sent`, where it is sent.
    static func sent(_ progress: UploadProgress) -> String {
        progress.sentByteCount.map { ", \(shownBytes($0)) sent" } ?? ""
    }

    /// Who has it stopped.
    static func stop(_ change: StopChange) -> String {
        "\(change.stop.who) asked to stop \(change.deployment)"
            + (change.stop.rollsBack == true ? " and to roll it back" : "")
    }

    /// The last line: result, duration, how many of the instances, id, console link.
    static func summary(_ result: DeployResult) -> String {
        let verb =
            switch result.outcome {
            case .timedOut: "still running"
            case .nothing: "nothing to deploy"
            case .invalid: "not deployed: something is wrong"
            case .refused: "refused"
            case .busy: "not deployed"
            case .stopping: "will stop"
            case .stopped: "stopped" + by(result.stop)
            default: result.outcome.rawValue
            }
        var text = "\(verb) after \(shownTime(result.duration.components.seconds))"
        if [.nothing, .invalid, .stopping].contains(result.outcome) { text = verb }
        if result.outcome == .busy { text += ": the group is busy" }
        if let overview = result.overview, overview.total > 0 {
            text += ", " + share(overview, result.outcome)
        }
        if let application = result.application {
            text = "\(application)\(words(result.position)): " + text
        }
        if let id = result.deployment {
            text += ": \(id)"
            if let region = result.region { text += "  \(consoleLink(to: id, in: region))" }
        }
        return text
    }

    /// ` (application 1 of 2)`, where there are several.
    private static func words(_ position: RunPosition?) -> String {
        position?.words.map { " (\($0))" } ?? ""
    }

    /// `2 of 9 instances failed`: those that the outcome is about.
    private static func share(
        _ overview: DeploymentOverview, _ outcome: DeployResult.Outcome
    ) -> String {
        let (count, word) =
            outcome == .failed ? (overview.failed, "failed") : (overview.succeeded, "succeeded")
        return "\(count) of \(counted(overview.total, "instance")) \(word)"
    }

    /// ` by alice on ci-7`, where that is known.
    private static func by(_ stop: DeploymentStop?) -> String {
        stop.map { " by \($0.who)" } ?? ""
    }

    static func lines(_ problem: Problem, isQuiet: Bool = false) -> [String] {
        if isQuiet { return [problem.message] }
        let place = problem.place.map { $0 + ": " } ?? ""
        var lines = ["\(problem.severity.rawValue): \(place)\(problem.message)"]
        if let why = problem.why { lines.append("  why: \(why)") }
        if let fix = problem.fix { lines.append("  fix: \(fix)") }
        return lines
    }

    private static func plan(_ job: DeployJob, _ position: RunPosition) -> [String] {
        var lines = [
            "\(job.application) to \(job.deploymentGroup) in \(job.region)\(words(position))"
                + (job.deploymentConfiguration.map { ", \($0)" } ?? "")
        ]
        switch job.source {
        case .folder(let destination):
            lines.append(
                "  \(destination.root.rawValue) as s3://\(destination.bucket)/\(destination.key)")
        case .revision(let location): lines.append("  \(Self.location(location))")
        }
        return lines
    }

    private static func place(_ created: CreatedDeployment) -> String {
        let request = created.request.map { " of \($0.application) to \($0.deploymentGroup)" }
        return (request ?? "") + " in \(created.region)"
    }

    /// ` (d-75I7MBT7C)`, unless that is said already.
    private static func owner(_ id: DeploymentID, _ labelled: DeploymentID?) -> String {
        id == labelled ? "" : " (\(id))"
    }

    private static func status(_ change: StatusChange, _ labelled: DeploymentID?) -> [String] {
        var text = change.deployment == labelled ? "" : "\(change.deployment) "
        text += "\(UntrustedText(change.info.status.rawValue))"
        if change.isRollback { text += " (rollback)" }
        if let overview = change.info.overview, overview.total > 0 {
            text += ": \(counts(overview))"
        }
        guard let error = change.info.errorInformation else { return [text] }
        return [text, "  " + self.error(error)]
    }

    /// `2 of 5 done: 1 in progress, 2 pending, 1 succeeded, 1 failed`.
    static func counts(_ overview: DeploymentOverview) -> String {
        let parts = [
            (overview.pending, "pending"), (overview.inProgress, "in progress"),
            (overview.ready, "ready"), (overview.succeeded, "succeeded"),
            (overview.failed, "failed"), (overview.skipped, "skipped"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return parts.joined(separator: ", ")
    }

    private static func lifecycle(
        _ change: LifecycleChange, _ labelled: DeploymentID?
    ) -> [String] {
        let record = change.record
        var text =
            "\(change.target) \(UntrustedText(record.event.rawValue)) "
            + "\(UntrustedText(record.status.rawValue))"
        if let seconds = record.seconds { text += " in \(shownSeconds(seconds))" }
        text += owner(change.deployment, labelled)
        guard record.status == .failed, let diagnostics = record.diagnostics else { return [text] }
        return [text] + lines(diagnostics)
    }

    /// Error code, script and message on one line, and the log's tail below it.
    private static func lines(_ diagnostics: Diagnostics) -> [String] {
        let facts = [
            diagnostics.errorCode.map { UntrustedText($0.rawValue).escaped },
            diagnostics.scriptName?.escaped, diagnostics.message?.escaped,
        ]
        let line = facts.compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ", ")
        return (line.isEmpty ? [] : ["  " + line])
            + (diagnostics.logTail?.escapedLines.map { "  | " + $0 } ?? [])
    }

    private static func lines(_ explanation: Explanation) -> [String] {
        ["  why: \(explanation.meaning)", "  fix: check \(explanation.nextCheck)"]
    }

    private static func error(_ error: ErrorInformation) -> String {
        let code = UntrustedText(error.code.rawValue)
        return "\(code)\(error.message.map { ": \($0)" } ?? "")"
    }

    /// Everything that failed, with the logs, once more: for whoever looks at the end only.
    private static func failures(_ result: DeployResult) -> [String] {
        var lines: [String] = []
        for failure in alike(result.failures) {
            let names = Self.names(failure.targets)
            guard let record = failure.record else {
                lines.append(
                    "failed: \(names), "
                        + (result.outcome == .stopped
                            ? "which the stop kept from being through"
                            : "without a failed event: no agent may be answering"))
                continue
            }
            lines.append("failed: \(names) at \(UntrustedText(record.event.rawValue))")
            if let diagnostics = record.diagnostics { lines += Self.lines(diagnostics) }
            if let explanation = record.explanation(previous: result.previousRevision) {
                lines += Self.lines(explanation)
            }
        }
        if let error = result.errorInformation {
            lines.append("error: CodeDeploy says \(self.error(error))")
            // It asks who stopped it.
            if result.stop == nil, let explanation = error.explanation {
                lines += Self.lines(explanation)
            }
        }
        if let rollback = result.rollback {
            let revision: String? =
                switch rollback.revision {
                case .s3(let location): Self.location(location)
                case .other(let kind): kind.escaped
                case nil: nil
                }
            let id = rollback.deployment
            let words =
                switch rollback.outcome {
                case .succeeded: "rolled back by \(id)\(revision.map { " to \($0)" } ?? "")"
                case .failed: "the rollback \(id) failed too"
                case .stopped: "the rollback \(id) was stopped\(by(rollback.stop))"
                case .running: "the rollback \(id) is still running"
                }
            lines.append(words)
        }
        if let other = result.busyWith { lines.append("busy with \(other)") }
        lines += result.earlier.map { "before that: " + summary($0) }
        if !result.notBegun.isEmpty {
            lines.append(
                "not begun: " + result.notBegun.map { "\($0)" }.joined(separator: ", "))
        }
        if let revision = result.revision { lines.append("revision: \(location(revision))") }
        return lines + result.problems.flatMap { Self.lines($0) }
    }

    /// Failures that read the same but for the target, in the order of the first of each.
    private static func alike(
        _ failures: [TargetFailure]
    ) -> [(record: LifecycleEventRecord?, targets: [TargetID])] {
        var groups: [(record: LifecycleEventRecord?, targets: [TargetID])] = []
        var places: [LifecycleEventRecord?: Int] = [:]
        for failure in failures {
            var record = failure.record
            record?.startedAt = nil
            record?.endedAt = nil
            if let place = places[record] {
                groups[place].targets.append(failure.target)
            } else {
                places[record] = groups.count
                groups.append((record, [failure.target]))
            }
        }
        return groups
    }

    /// `i-1`, or `9 instances (i-1, i-2, i-3 and 6 more)`.
    private static func names(_ targets: [TargetID]) -> String {
        let limit = 3
        let listed = targets.prefix(limit).map(\.description).joined(separator: ", ")
        guard targets.count > 1 else { return listed }
        let more = targets.count > limit ? " and \(targets.count - limit) more" : ""
        return "\(counted(targets.count, "instance")) (\(listed)\(more))"
    }

    private static func object(_ location: S3Location) -> String {
        "s3://\(location.bucket)/\(location.key)"
    }

    private static func location(_ location: S3Location) -> String {
        [
            object(location), location.version.map { "version \($0)" },
            location.eTag.map { "eTag \($0)" },
        ].compactMap(\.self).joined(separator: ", ")
    }
}
