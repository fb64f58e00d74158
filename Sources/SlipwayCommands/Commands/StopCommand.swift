import ArgumentParser
import DeployEngine
import SlipwayCore

struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop a deployment.",
        discussion: """
            Asks first. Instances that are being deployed to finish what they do. Ends with 0 once \
            the deployment has stopped, with 1 where it failed first; one that had succeeded \
            already ends it with 0 too, and is said. Who stops it is written into the store: AWS does \
            not tell those who watch.

            Example:
              slipway stop d-75I7MBT7C --roll-back
            """)

    @Flag(
        inversion: .prefixedNo,
        help: "Roll back to the revision before; else what the group's settings say.")
    var rollBack: Bool?
    @Flag(name: .customLong("no-watch"), help: "End once AWS has taken the order.")
    var leaves = false
    @OptionGroup var consent: ConsentOption
    @OptionGroup var reference: DeploymentReference
    @OptionGroup var timeLimit: TimeLimitOption
    @OptionGroup var progress: ProgressOptions

    func run() throws {
        let found = try reference.resolve()
        let place = found.record.map { " of \($0.attempt.application)" } ?? ""
        try consent.confirm("This stops the deployment \(found.deployment)\(place).")
        let session = try AWSSession(of: found.project, in: reference.store, for: "stop")
        let console = Services.current.console
        let rollBack = rollBack
        let store = try? session.openStore()
        do {
            let answer = try waiting {
                try await session.stop(
                    found.deployment, in: found.region, rollsBack: rollBack, of: found.project,
                    writingTo: store)
            }
            if let notice = answer.notice { console.show([notice]) }
            console.note(
                answer.status == .succeeded
                    ? "\(found.deployment) has stopped" : "\(found.deployment) will stop")
        } catch let error as any AWSFailure where error.meaning == .alreadyCompleted {
            console.note("\(found.deployment) is over already")
        }
        if leaves { return }
        let result = try found.watch(
            session, try timeLimit.limit(), progress.form(), isToStop: true)
        if result.exitStatus != .success { throw EarlyExit(result.exitStatus) }
    }
}
