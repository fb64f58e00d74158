/// A step of a deployment on one instance, as AWS writes it: `BeforeInstall`.
///
/// AWS may add some, so any name is one; ``isKnown`` says whether the agent knows it.
package struct LifecycleEvent: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let beforeBlockTraffic = LifecycleEvent(rawValue: "BeforeBlockTraffic")
    package static let blockTraffic = LifecycleEvent(rawValue: "BlockTraffic")
    package static let afterBlockTraffic = LifecycleEvent(rawValue: "AfterBlockTraffic")
    package static let applicationStop = LifecycleEvent(rawValue: "ApplicationStop")
    package static let downloadBundle = LifecycleEvent(rawValue: "DownloadBundle")
    package static let beforeInstall = LifecycleEvent(rawValue: "BeforeInstall")
    package static let install = LifecycleEvent(rawValue: "Install")
    package static let afterInstall = LifecycleEvent(rawValue: "AfterInstall")
    package static let applicationStart = LifecycleEvent(rawValue: "ApplicationStart")
    package static let beforeAllowTraffic = LifecycleEvent(rawValue: "BeforeAllowTraffic")
    package static let allowTraffic = LifecycleEvent(rawValue: "AllowTraffic")
    package static let afterAllowTraffic = LifecycleEvent(rawValue: "AfterAllowTraffic")
    package static let validateService = LifecycleEvent(rawValue: "ValidateService")

    /// The eleven names that the agent allows under `hooks:`, in the order in which they run behind
    /// a load balancer. The scripts of two of them never run: ``runsScripts``.
    package static let known: [LifecycleEvent] = [
        .beforeBlockTraffic, .afterBlockTraffic, .applicationStop, .downloadBundle, .beforeInstall,
        .install, .afterInstall, .applicationStart, .beforeAllowTraffic, .afterAllowTraffic,
        .validateService,
    ]

    /// Whether the agent accepts the name under `hooks:`.
    package var isKnown: Bool { Self.known.contains(self) }

    /// Whether scripts that are hooked to the event ever run.
    package var runsScripts: Bool {
        isKnown && self != .downloadBundle && self != .install
    }

    /// Whether the event's scripts come from the revision that was installed before.
    package var runsPreviousRevision: Bool {
        self == .applicationStop || self == .beforeBlockTraffic || self == .afterBlockTraffic
    }

    package var description: String { rawValue }
}
