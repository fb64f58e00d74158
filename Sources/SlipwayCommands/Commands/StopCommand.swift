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
        try progress.endingInResults(of: reference.named) { try stop() }
    }

    private func stop() throws {
        let found = try reference.resolve()
        if !consent.yes { try consent.needTerminal("This stops \(found.deployment).") }
        let session = try AWSSession(of: found.project, in: reference.store, for: "stop")
        let info = consent.yes ? nil : try Self.look(at: found, session)
        let console = Services.current.console
        var answer: StopStatus?
        if info?.status.isFinal != true {
            try consent.confirm(Self.question(found, info))
            answer = try stop(found, session)
        }
        switch answer {
        case nil: console.note("\(found.deployment) is over already")
        case let answer? where leaves:
            var result = DeployResult(
                answer == .succeeded ? .stopped : .stopping, exitStatus: .success)
            (result.deployment, result.region) = (found.deployment, found.region)
            result.application = info?.application ?? found.record?.attempt.application
            var printer = progress.printer
            return try printer.show(.result(result))
        case .succeeded?: console.note("\(found.deployment) has stopped")
        case .pending?, .other?: console.note("\(found.deployment) will stop")
        }
        let result = try found.watch(
            session, try timeLimit.limit(), progress.form(isWatched: !leaves), isToStop: true)
        if result.exitStatus != .success { throw EarlyExit(result.exitStatus) }
    }

    /// Tells AWS; nil where it is over already.
    private func stop(
        _ found: DeploymentPlace.Found, _ session: AWSSession
    ) throws -> StopStatus? {
        let rollBack = rollBack
        let store = try? session.openStore()
        do {
            let answer = try waiting {
                try await session.stop(
                    found.deployment, in: found.region, rollsBack: rollBack, of: found.project,
                    writingTo: store)
            }
            if let notice = answer.notice { Services.current.console.show([notice]) }
            return answer.status
        } catch let error as any AWSFailure where error.meaning == .alreadyCompleted {
            return nil
        }
    }

    /// Nil where AWS does not tell, which need not keep anybody from stopping it.
    private static func look(
        at found: DeploymentPlace.Found, _ session: AWSSession
    ) throws -> DeploymentInfo? {
        do {
            return try waiting {
                try await session.hasty.codeDeploy(found.region).deployment(found.deployment)
            }
        } catch let error as any AWSFailure where ![.missing, .badKeys].contains(error.meaning) {
            return nil
        }
    }

    /// `This stops the deployment d-1 of shop to production in us-east-1: 1 in progress.`
    private static func question(
        _ found: DeploymentPlace.Found, _ info: DeploymentInfo?
    ) -> String {
        let application = info?.application ?? found.record?.attempt.application
        let group = info?.deploymentGroup ?? found.record?.attempt.deploymentGroup
        return [
            "This stops the deployment \(found.deployment)", application.map { " of \($0)" },
            group.map { " to \($0)" }, " in \(found.region)",
            info?.overview.flatMap { $0.total > 0 ? ": \(ChangeText.counts($0))" : nil }, ".",
        ].compactMap(\.self).joined()
    }
}
