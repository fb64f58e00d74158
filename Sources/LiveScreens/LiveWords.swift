import DeployEngine
import FoundationEssentials
import SlipwayCore
import TextGrid

extension DeploymentStatus {
    /// For people; a status that AWS adds later as AWS writes it.
    var words: String {
        switch self {
        case .created: "created"
        case .queued: "queued"
        case .inProgress: "in progress"
        case .baking: "baking"
        case .ready: "ready"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .stopped: "stopped"
        case .other(let name): UntrustedText(name).escaped
        }
    }

    var role: Role {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .stopped: .warning
        case .created, .queued: .pending
        default: .running
        }
    }

    var sign: String {
        switch self {
        case .succeeded: "✓"
        case .failed: "✗"
        case .stopped: "–"
        case .created, .queued: "·"
        default: "▸"
        }
    }
}

extension LiveRun {
    /// The status, and who has to do with it: `stopped by alice on ci-7`.
    var statusWords: String {
        let words = isStopping ? "stopping" : status.words
        guard let stop else { return words }
        if info?.wasStoppedByUser == true { return "\(status.words) by \(stop.who)" }
        return status.isFinal ? status.words : "\(words), \(stop.who) asked to stop it"
    }
}

extension TargetStatus {
    var words: String {
        switch self {
        case .pending: "waiting"
        case .inProgress: "running"
        case .ready: "ready"
        case .unknown: "unknown"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .skipped: "skipped"
        case .other(let name): UntrustedText(name).escaped
        }
    }

    var sign: String {
        switch self {
        case .pending: "·"
        case .inProgress: "▸"
        case .ready, .succeeded: "✓"
        case .failed: "✗"
        case .skipped: "–"
        case .unknown, .other: "?"
        }
    }

    var role: Role {
        switch self {
        case .pending: .pending
        case .inProgress: .running
        case .ready, .succeeded: .succeeded
        case .failed: .failed
        case .skipped: .skipped
        case .unknown, .other: .warning
        }
    }
}

extension DeploymentTarget {
    /// The last event that did happen: not one that waits, or was left out.
    var lastEvent: LifecycleEventRecord? {
        events.last { $0.status != .pending && $0.status != .skipped }
    }
}

extension LifecycleEventStatus {
    /// A target's status of the same name: both are shown alike.
    private var ofTarget: TargetStatus { TargetStatus(rawValue: rawValue) }

    var words: String { ofTarget.words }
    var sign: String { ofTarget.sign }
    var role: Role { ofTarget.role }
}

extension LifecycleEvent {
    /// Four letters for the head of a column.
    var shortName: String {
        switch self {
        case .beforeBlockTraffic: "BfBl"
        case .blockTraffic: "Blck"
        case .afterBlockTraffic: "AfBl"
        case .applicationStop: "Stop"
        case .downloadBundle: "Down"
        case .beforeInstall: "BfIn"
        case .install: "Inst"
        case .afterInstall: "AfIn"
        case .applicationStart: "Strt"
        case .beforeAllowTraffic: "BfAl"
        case .allowTraffic: "Allw"
        case .afterAllowTraffic: "AfAl"
        case .validateService: "Vald"
        default: String(UntrustedText(rawValue).escaped.prefix(4))
        }
    }

    var words: String { UntrustedText(rawValue).escaped }
}

extension DeployResult.Outcome {
    var words: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .stopped: "stopped"
        case .timedOut: "time limit passed, still running"
        case .busy: "group busy"
        case .refused: "refused by AWS"
        case .invalid: "wrong configuration"
        case .interrupted: "left, still running"
        case .created: "created"
        case .stopping: "will stop"
        case .nothing: "nothing to deploy"
        }
    }

    var sign: String {
        switch self {
        case .succeeded, .created: "✓"
        case .failed, .refused, .invalid: "✗"
        case .stopped: "–"
        case .timedOut, .busy, .interrupted, .stopping, .nothing: "·"
        }
    }

    var role: Role {
        switch self {
        case .succeeded, .created: .succeeded
        case .failed, .refused, .invalid: .failed
        case .stopped, .stopping, .timedOut, .busy, .interrupted: .warning
        case .nothing: .notice
        }
    }
}

extension LiveDeployment.Silence {
    /// `last answer 4s ago, throttled; again in 3s`.
    func words(at now: Date) -> String {
        let age = self.age(at: now).map { "last answer \($0) ago" } ?? "no answer yet"
        let wait = Int64(retryAt.timeIntervalSince(now).rounded(.up))
        return "\(age), \(reason); " + (wait > 0 ? "again in \(shownTime(wait))" : "asking again")
    }

    /// The same for where there is little room.
    func ageWords(at now: Date) -> String { age(at: now).map { "\($0) old" } ?? "no answer yet" }

    private func age(at now: Date) -> String? {
        answeredAt.map { shownTime(Int64(max(0, now.timeIntervalSince($0)))) }
    }

    private var reason: String {
        switch failure.meaning {
        case .throttled: "throttled"
        case .unreachable: "no connection"
        case .answerLost: "connection lost"
        case .denied: "not allowed"
        default: "refused"
        }
    }
}

/// `1 instance`, `9 instances`.
func instances(_ count: Int) -> String { counted(count, "instance") }
