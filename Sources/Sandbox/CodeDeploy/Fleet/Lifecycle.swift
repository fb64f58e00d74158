package import SlipwayCore

/// The steps of a deployment on one instance.
package enum Lifecycle {
    /// In place and without a load balancer, in the order in which the agent takes them.
    package static let events: [LifecycleEvent] = [
        .applicationStop, .downloadBundle, .beforeInstall, .install, .afterInstall,
        .applicationStart, .validateService,
    ]
}
