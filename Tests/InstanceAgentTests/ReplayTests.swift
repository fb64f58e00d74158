import Glibc
import InstanceAgent
import SlipwayCore
import TestSupport
import Testing

/// The cases of `Cases/`. One at a time: all at once they would keep tests with time limits waiting.
@Suite(.serialized) struct ReplayTests {
    @Test(arguments: ReplayCase.all)
    func `a deployment does what it did before`(replayed: ReplayCase) async throws {
        let needs = replayed.needs ?? []
        if needs.contains("root"), geteuid() != 0 { return }
        var confinements: [HookConfinement] = []
        if Machine.canConfine { confinements.append(.bubblewrap(network: false)) }
        if !needs.contains("bubblewrap") { confinements.append(.unconfined) }
        for confinement in confinements { try await replay(replayed, confinement) }
    }

    private func replay(_ replayed: ReplayCase, _ hooks: HookConfinement) async throws {
        let machine = Machine(hooks: hooks, second: .seconds(replayed.second ?? 1))
        machine.write(replayed.root ?? [:])
        for (index, step) in replayed.deployments.enumerated() {
            let place = "\(replayed.name), \(hooks), deployment \(index + 1)"
            let kind = AgentDeployment.Bundle.Kind(rawValue: step.bundle ?? "zip")!
            let bundle = try machine.bundle(
                replayed.revisions[step.revision]!, kind: kind, name: "\(index)-\(step.revision)")
            let deployment = machine.deployment(
                "d-\(index + 1)", bundle, group: step.group ?? "group-1",
                fileExistsBehavior: step.fileExistsBehavior.flatMap {
                    FileExistsBehavior(rawValue: $0)
                } ?? .disallow)
            let events = step.order?.map { LifecycleEvent(rawValue: $0) } ?? Machine.events
            let results = await machine.deploy(
                deployment, events, ignoringStopFailures: step.ignoreStopFailures ?? false)
            compare(results, step, events, place)
            if let root = step.root { compare(root, machine.tree, place) }
            if let log = step.log {
                #expect(
                    machine.log(deployment.id, group: deployment.groupID) == log, "\(place)")
            }
        }
    }

    private func compare(
        _ results: [LifecycleEvent: EventResult], _ step: ReplayCase.Deployment,
        _ events: [LifecycleEvent], _ place: String
    ) {
        var hasFailed = false
        for event in events {
            guard let result = results[event] else {
                Issue.record("\(place): no \(event)")
                continue
            }
            guard let expected = step.events?[event.rawValue] else {
                #expect(result == (hasFailed ? .skipped : .succeeded), "\(place): \(event)")
                continue
            }
            hasFailed = !((step.ignoreStopFailures ?? false) && event.runsPreviousRevision)
            guard result.status == .failed, let diagnostics = result.diagnostics else {
                Issue.record("\(place): \(event) should have failed")
                continue
            }
            let pairs = [
                (diagnostics.errorCode.rawValue, expected.code),
                (diagnostics.scriptName, expected.script),
                (diagnostics.message, expected.message), (diagnostics.logTail, expected.log),
            ]
            for case (let found, let wanted?) in pairs {
                #expect(found == wanted, "\(place): \(event)")
            }
        }
    }

    private func compare(
        _ expected: [String: TreeEntry], _ found: [String: TreeEntry], _ place: String
    ) {
        var wanted = expected
        for path in expected.keys {
            var rest = path.split(separator: "/").dropLast()
            while !rest.isEmpty {
                let folder = rest.joined(separator: "/") + "/"
                if wanted[folder] == nil { wanted[folder] = TreeEntry() }
                rest = rest.dropLast()
            }
        }
        #expect(wanted.keys.sorted() == found.keys.sorted(), "\(place)")
        for (path, entry) in wanted {
            guard var other = found[path] else { continue }
            if entry.mode == nil { other.mode = nil }
            #expect(other == entry, "\(place): \(path)")
        }
    }
}
