package import SlipwayCore

/// How the sandbox's CodeDeploy behaves where AWS's own numbers are in the way of a test or of a
/// rehearsal.
package struct FleetOptions: Sendable {
    /// How many instances a new group gets when no instance there is has its tags.
    package var instancesPerGroup = 1
    /// How many entries a list operation answers at once.
    package var pageSize = 100
    package var limits = FleetLimits()
    package var timing = FleetTiming()
    /// How many lifecycle events are carried out side by side at most.
    package var parallelEvents = 64
    /// How long a lifecycle event takes before the agent is asked for it; nil for no time.
    package var pace: EventPace?
    /// The time; seconds since 1970.
    package var now: @Sendable () -> AWSTime = { .now }

    package init() {}
}

/// AWS's quotas.
package struct FleetLimits: Sendable {
    /// Applications in a region.
    package var applications = 1000
    /// Groups of an application.
    package var groups = 1000
    /// Deployment configurations of one's own.
    package var configurations = 50
    /// Deployments that go on at a time.
    package var deployments = 1300
    /// Instances in one deployment.
    package var instances = 1000
    /// Tag filters, and triggers, of a group.
    package var perGroup = 10
    /// Lists of tag filters in a tag set.
    package var tagLists = 3
    /// UTF-16 units of a description.
    package var description = 256

    package init() {}
}

/// How long AWS waits.
package struct FleetTiming: Sendable {
    /// For an agent to take a lifecycle event.
    package var eventStart = Duration.seconds(300)
    /// For a lifecycle event to end, all its scripts together.
    package var event = Duration.seconds(3600)
    /// For a deployment to end.
    package var deployment = Duration.seconds(12 * 3600)

    package init() {}

    /// Every wait divided by a factor.
    package init(faster factor: Int) {
        eventStart /= factor
        event /= factor
        deployment /= factor
    }
}
