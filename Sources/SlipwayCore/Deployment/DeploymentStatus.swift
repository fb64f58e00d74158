/// How far a deployment is.
///
/// AWS: `DeploymentStatus`. A status that AWS adds later is ``other(_:)``, which is running.
package enum DeploymentStatus: RawRepresentable, Hashable, Sendable {
    case created, queued, inProgress, baking, ready
    case succeeded, failed, stopped
    case other(String)

    private static let known: [DeploymentStatus] = [
        .created, .queued, .inProgress, .baking, .ready, .succeeded, .failed, .stopped,
    ]

    package init(rawValue: String) {
        self = Self.known.first { $0.rawValue == rawValue } ?? .other(rawValue)
    }

    /// As AWS writes it.
    package var rawValue: String {
        switch self {
        case .created: "Created"
        case .queued: "Queued"
        case .inProgress: "InProgress"
        case .baking: "Baking"
        case .ready: "Ready"
        case .succeeded: "Succeeded"
        case .failed: "Failed"
        case .stopped: "Stopped"
        case .other(let name): name
        }
    }

    /// Whether nothing more will happen. Only three statuses are final; whatever else there is, now
    /// or later, is running.
    package var isFinal: Bool { self == .succeeded || self == .failed || self == .stopped }
}

/// How far a deployment is on one target.
///
/// AWS: `TargetStatus`.
package enum TargetStatus: RawRepresentable, Hashable, Sendable {
    case pending, inProgress, ready, unknown
    case succeeded, failed, skipped
    case other(String)

    private static let known: [TargetStatus] = [
        .pending, .inProgress, .ready, .unknown, .succeeded, .failed, .skipped,
    ]

    package init(rawValue: String) {
        self = Self.known.first { $0.rawValue == rawValue } ?? .other(rawValue)
    }

    /// As AWS writes it.
    package var rawValue: String {
        switch self {
        case .pending: "Pending"
        case .inProgress: "InProgress"
        case .ready: "Ready"
        case .unknown: "Unknown"
        case .succeeded: "Succeeded"
        case .failed: "Failed"
        case .skipped: "Skipped"
        case .other(let name): name
        }
    }

    /// Whether the target is done with.
    package var isFinal: Bool { self == .succeeded || self == .failed || self == .skipped }
}

/// How far a target is with one lifecycle event.
///
/// AWS: `LifecycleEventStatus`.
package enum LifecycleEventStatus: RawRepresentable, Hashable, Sendable {
    case pending, inProgress, unknown
    case succeeded, failed, skipped
    case other(String)

    private static let known: [LifecycleEventStatus] = [
        .pending, .inProgress, .unknown, .succeeded, .failed, .skipped,
    ]

    package init(rawValue: String) {
        self = Self.known.first { $0.rawValue == rawValue } ?? .other(rawValue)
    }

    /// As AWS writes it.
    package var rawValue: String {
        switch self {
        case .pending: "Pending"
        case .inProgress: "InProgress"
        case .unknown: "Unknown"
        case .succeeded: "Succeeded"
        case .failed: "Failed"
        case .skipped: "Skipped"
        case .other(let name): name
        }
    }

    /// Whether the event is over.
    package var isFinal: Bool { self == .succeeded || self == .failed || self == .skipped }
}
